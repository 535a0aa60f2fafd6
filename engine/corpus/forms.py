"""Which parts play, and how a loop moves inside: full arrangements, drums alone, breakdowns, entries, fills."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from engine.corpus.patterns import kicks, snares
from engine.corpus.patterns.grid import Canvas, Hit
from engine.corpus.streams import chance, choose, pick
from engine.corpus.styles import Style
from engine.vocabulary import NOTE_RANGES, PARTS, STEPS_PER_BAR

DRUMS: Final = tuple(part for part in PARTS if part not in NOTE_RANGES)
PITCHED: Final = tuple(NOTE_RANGES)

FORMS: Final[Mapping[str, float]] = {
    "full": 0.57,
    "drums": 0.1,
    "no_kick": 0.08,
    "breakdown": 0.06,
    "sparse": 0.06,
    "single": 0.065,
    "pair": 0.065,
}
"""Shares of the forms. A model must hear parts alone to tell them apart: an eighth is one or two parts."""


def draw_parts(habits: Style, rng: np.random.Generator) -> tuple[str, tuple[str, ...]]:
    """The form of a loop and its parts in the order of those that `habits` have."""
    form = choose(rng, FORMS)
    likely = {part: rng.random() < p for part, p in habits.parts.items()}
    chosen = {part for part, plays in likely.items() if plays}
    if form == "full":
        chosen |= set(_some(habits, rng, 3 - len(chosen), chosen))
    elif form == "drums":
        chosen &= set(DRUMS)
        chosen |= set(_some(habits, rng, 3 - len(chosen), chosen, DRUMS))
    elif form == "no_kick":
        chosen -= {"kick"}
        chosen |= set(_some(habits, rng, 3 - len(chosen), chosen | {"kick"}))
    elif form == "breakdown":
        chosen &= {*PITCHED, pick(rng, ("closed_hat", "percussion", "open_hat"))}
        chosen |= set(_some(habits, rng, 3 - len(chosen), chosen, PITCHED))
    else:
        chosen = set()
        count = {"single": 1, "pair": 2, "sparse": 3}[form]
        options = {part: 0.5 + p for part, p in habits.parts.items()}
        while len(chosen) < min(count, len(options)):
            chosen.add(choose(rng, options))
    return form, tuple(part for part in habits.parts if part in chosen)


def _some(
    habits: Style, rng: np.random.Generator, count: int, taken: set[str], options: tuple[str, ...] = ()
) -> list[str]:
    left = {part: p for part, p in habits.parts.items() if part not in taken and part in (options or habits.parts)}
    found: list[str] = []
    while left and len(found) < count:
        part = choose(rng, left)
        found.append(part)
        del left[part]
    return found


def shape(hits: Mapping[str, list[Hit]], bars: int, energy: float, rng: np.random.Generator) -> dict[str, list[Hit]]:
    """The loop as a whole: thinned when there is little energy, with entries, breaks and fills.

    No part falls silent altogether.
    """
    moved = {part: _calm(part, part_hits, energy, rng) for part, part_hits in hits.items()}
    if bars > 1 and len(moved) > 2 and chance(rng, 0.22):
        moved = _entry(moved, bars, rng)
    if len(moved) > 2 and chance(rng, 0.08):
        moved = _break(moved, bars, rng)
    if len(moved) > 1 and chance(rng, 0.1 + 0.2 * energy):
        moved = _fill(moved, bars, rng)
    return {part: found or list(hits[part]) for part, found in moved.items()}


def _calm(part: str, hits: list[Hit], energy: float, rng: np.random.Generator) -> list[Hit]:
    """With little energy the same weak steps of every bar go missing; the kick and held notes stay."""
    if part in ("kick", "pad") or energy > 0.35:
        return hits
    missing = {s for s in range(STEPS_PER_BAR) if rng.random() > 0.45 + 1.5 * energy}
    return [h for h in hits if h.velocity > 0.85 or int(h.step) % STEPS_PER_BAR not in missing]


def _entry(hits: dict[str, list[Hit]], bars: int, rng: np.random.Generator) -> dict[str, list[Hit]]:
    """One or two parts play only in the first or only in the second half, or rest in the last bar."""
    chosen = rng.choice(list(hits), size=int(rng.integers(1, 3)), replace=False).tolist()
    plays = pick(rng, (range(bars // 2, bars), range(bars // 2, bars), range(bars // 2), range(bars - 1)))
    return {
        part: [_within(h, plays) for h in found if int(h.step // STEPS_PER_BAR) in plays] if part in chosen else found
        for part, found in hits.items()
    }


def _within(hit: Hit, bars: range) -> Hit:
    """`hit`, ending with the last of `bars` when it is held."""
    end = bars.stop * STEPS_PER_BAR
    return replace(hit, steps=min(hit.steps, max(end - hit.step, 0.5)))


def _break(hits: dict[str, list[Hit]], bars: int, rng: np.random.Generator) -> dict[str, list[Hit]]:
    """The kick, or all drums, rest for the last two beats or the last bar."""
    start = bars * STEPS_PER_BAR - pick(rng, (4, 8, 8, 16))
    resting = ("kick",) if chance(rng, 0.6) else DRUMS
    return {part: [h for h in found if part not in resting or h.step < start] for part, found in hits.items()}


def _fill(hits: dict[str, list[Hit]], bars: int, rng: np.random.Generator) -> dict[str, list[Hit]]:
    """A fill at the end of the loop on the snare, the percussion or the kick, if one of them plays."""
    options = {
        part: weight for part, weight in {"snare": 3.0, "percussion": 2.0, "kick": 1.0}.items() if part in hits
    }
    if not options:
        return hits
    part = choose(rng, options)
    fill = (kicks.fill if part == "kick" else snares.fill)(Canvas(rng, bars))
    start = min(h.step for h in fill)
    return {**hits, part: [h for h in hits[part] if h.step < start] + fill}
