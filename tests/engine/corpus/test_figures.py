"""Names for what parts play are given to exactly that: written out, shifted, thinned until the name is untrue."""

import pytest

from engine.corpus.figures import ON_GRID, figures, onsets_per_bar, share_at
from engine.corpus.score import Note

BARS = 2


def notes(beats: list[float], length: float = 0.25, chord: int = 1, slide: bool = False) -> tuple[Note, ...]:
    """The beats of one bar in every bar, with as many voices each."""
    return tuple(
        Note(4 * bar + beat, length, pitch=50 + 4 * voice, slide=slide)
        for bar in range(BARS)
        for beat in beats
        for voice in range(chord)
    )


OFFBEATS, BACKBEAT, EIGHTHS = [0.5, 1.5, 2.5, 3.5], [1.0, 3.0], [0.5 * step for step in range(8)]
SIXTEENTHS = [0.25 * step for step in range(16)]


@pytest.mark.parametrize(
    ("part", "played", "named"),
    [
        ("closed_hat", notes(OFFBEATS), "offbeat hats"), ("open_hat", notes(OFFBEATS), "offbeat open hats"),
        ("closed_hat", notes(SIXTEENTHS), "sixteenth hats"), ("closed_hat", notes(EIGHTHS), None),
        ("closed_hat", notes(SIXTEENTHS[:12]), None), ("closed_hat", notes(SIXTEENTHS[:13]), "sixteenth hats"),
        ("snare", notes(BACKBEAT), "a backbeat"), ("snare", notes([0.0, 2.0]), None),
        ("snare", notes([1.0 + ON_GRID - 0.01, 3.0]), "a backbeat"), ("snare", notes([1.2, 3.2]), None),
        ("bass", notes(OFFBEATS), "offbeat bass"), ("bass", notes([0.0, 2.0], 2.0), "long bass notes"),
        ("bass", notes(SIXTEENTHS[:10]), "a rolling bassline"),
        ("bass", notes([0.0, 0.75, 2.0]), "a sparse bassline"),
        ("bass", notes([0.0, 0.25, 1.0, 2.0, 3.0]), None),
        ("lead", notes([0.0, 1.5], 0.25, 3), "chord stabs"), ("lead", notes([0.0, 1.5], 0.25, 2), "synth stabs"),
        ("lead", notes([0.0, 2.0], 1.0, 3), "chords"),
        ("lead", notes([0.0, 1.0], slide=True), "a sliding synth line"),
        ("lead", notes(SIXTEENTHS), "a busy synth line"), ("lead", notes([0.0, 1.0]), None),
        ("pad", notes([0.0], 4.0, 3), "held chords"), ("pad", notes([0.0], 4.0), "long notes"),
        ("pad", notes([0.0], 1.9, 3), None),
    ],
)  # fmt: skip
def test_a_figure_is_named_where_it_is_played(part: str, played: tuple[Note, ...], named: str | None) -> None:
    found = figures({part: played}, BARS)
    assert (named in found) if named else found == ()


def test_chord_stabs_need_three_voices_and_silence_has_no_name() -> None:
    assert "chord stabs" not in figures({"lead": notes([0.0, 1.5], 0.25, 2)}, BARS)
    assert figures({}, BARS) == figures(dict.fromkeys(("kick", "snare", "bass", "lead", "pad"), ()), BARS) == ()


def test_onsets_are_counted_once_a_chord_and_shares_around_the_cycle() -> None:
    assert onsets_per_bar(notes([0.0, 1.0, 2.0], chord=3), BARS) == 3.0
    assert share_at(notes([0.5, 1.5, 2.0, 3.0]), (0.5,)) == 0.5 and share_at((), (0.5,)) == 0.0
    assert share_at((Note(4.0),), (0.0,), 4) == 1.0
