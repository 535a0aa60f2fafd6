"""Notes, channels and programs mean the parts that the General MIDI standard gives them."""

import pytest

from engine.patterns.general_midi import CHANNELS, DRUM_CHANNEL, DRUM_NOTES, DRUM_OF, PROGRAMS, is_drums, pitched_part
from engine.vocabulary import PARTS


def test_every_part_has_a_place_of_its_own() -> None:
    assert {*DRUM_NOTES, *CHANNELS} == set(PARTS)
    assert len({*CHANNELS.values(), DRUM_CHANNEL}) == 4
    notes = [note for drums in DRUM_NOTES.values() for note in drums]
    assert len(notes) == len(set(notes)) == len(DRUM_OF)


@pytest.mark.parametrize(("note", "part"), [
    (36, "kick"), (38, "snare"), (39, "snare"), (42, "closed_hat"), (46, "open_hat"), (51, "open_hat"),
    (64, "percussion"),
])  # fmt: skip
def test_the_level_1_drum_map(note: int, part: str) -> None:
    """Bass drum 1, acoustic snare, hand clap, closed and open hi-hat, ride cymbal 1, low conga."""
    assert DRUM_OF[note] == part


def test_notes_outside_the_map_are_no_part() -> None:
    assert all(note not in DRUM_OF for note in (*range(35), *range(83, 128)))


@pytest.mark.parametrize("part", CHANNELS)
def test_a_part_is_known_by_the_program_that_is_written_for_it(part: str) -> None:
    assert pitched_part("", PROGRAMS[part], [60], chords=0.0) == part


def test_a_name_outweighs_a_program_and_a_program_outweighs_pitches() -> None:
    assert pitched_part("Sub", PROGRAMS["lead"], [80], chords=0.9) == "bass"
    assert pitched_part("track 3", PROGRAMS["lead"], [30], chords=0.9) == "lead"
    assert pitched_part("track 3", None, [49, 50], chords=0.0) == "bass"
    assert pitched_part("track 3", None, [50, 50], chords=0.5) == "lead"
    assert pitched_part("track 3", None, [50, 50], chords=0.51) == "pad"


def test_drums_are_told_by_channel_ten_or_by_name() -> None:
    assert is_drums(9, "") and is_drums(0, "Drum Rack") and not is_drums(0, "Lead")
