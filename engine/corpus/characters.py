"""Character tags that follow from the notes: density, swing, the kick's figure, repetition."""

from collections.abc import Mapping
from typing import Final

from engine.corpus.score import Note
from engine.vocabulary import BEATS_PER_BAR

SPARSE_BELOW: Final = 2.0
"""Onsets per beat, all parts together (a chord is one), below which a loop is sparse."""

BUSY_ABOVE: Final = 7.0
"""Onsets per beat above which a loop is busy."""

SWUNG_FROM: Final = 0.12
"""Delay of every second sixteenth, in steps, that is heard as swing (62 % in drum machine terms is 0.24)."""

EVOLVING_FROM: Final = 0.6
HYPNOTIC_UP_TO: Final = 0.1
"""Share of a loop's events that not every bar has."""


def planned_characters(notes: Mapping[str, tuple[Note, ...]], bars: int, swing: float) -> tuple[str, ...]:
    """The characters that are known before anything is rendered, in the order of the vocabulary."""
    beats = bars * BEATS_PER_BAR
    found = []
    density = onset_density(notes, beats)
    if density < SPARSE_BELOW:
        found.append("sparse")
    if density > BUSY_ABOVE:
        found.append("busy")
    if swing >= SWUNG_FROM and offbeat_sixteenths(notes) >= max(2, bars):
        found.append("swung")
    found += kick_figure(notes.get("kick", ()), beats)
    if bars > 1:
        change = bar_change(notes, bars)
        if change >= EVOLVING_FROM:
            found.append("evolving")
        elif change <= HYPNOTIC_UP_TO and density >= SPARSE_BELOW:
            found.append("hypnotic")
    return tuple(found)


def onset_density(notes: Mapping[str, tuple[Note, ...]], beats: int) -> float:
    """Onsets per beat, summed over the parts."""
    return sum(len({n.beat for n in part}) for part in notes.values()) / beats


def offbeat_sixteenths(notes: Mapping[str, tuple[Note, ...]]) -> int:
    """How many onsets lie on the sixteenths that swing moves."""
    moved = {round(n.beat * 96) for part in notes.values() for n in part if 0.2 < (n.beat % 0.5) < 0.49}
    return len(moved)


def kick_figure(kick: tuple[Note, ...], beats: int) -> list[str]:
    """`four_on_the_floor` with a loud kick on nearly every beat and little else, `broken` when it avoids them."""
    loud = [n.beat for n in kick if n.velocity >= 0.6]
    on_beat = {round(b) for b in loud if abs(b - round(b)) < 0.02}
    if len(on_beat) >= 0.8 * beats and len(loud) <= 1.6 * beats:
        return ["four_on_the_floor"]
    off_beat = len([b for b in loud if abs(b - round(b)) >= 0.02])
    if len(loud) * 4 >= beats and len(on_beat) <= 0.6 * beats and off_beat * 4 >= len(loud):
        return ["broken"]
    return []


def bar_change(notes: Mapping[str, tuple[Note, ...]], bars: int) -> float:
    """Share of events (part, place in the bar, pitch) that not every bar has, 0 when all bars are the same."""
    events = [
        {
            (part, round((n.beat % BEATS_PER_BAR) * 8), round(n.pitch))
            for part, played in notes.items()
            for n in played
            if int(n.beat // BEATS_PER_BAR) == bar
        }
        for bar in range(bars)
    ]
    everything = set.union(*events)
    return 1.0 - len(set.intersection(*events)) / len(everything) if everything else 0.0
