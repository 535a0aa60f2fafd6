"""Sampled instruments: what is struck when, loops that close, and what is said when there are none."""

from pathlib import Path

import numpy as np
import pytest

from engine.corpus.sampled import (
    PROGRAMS,
    SOUNDFONT_VARIABLE,
    Instruments,
    NoteEvent,
    events_of,
    render_circular,
    with_instrument,
)
from engine.corpus.score import Note
from engine.errors import CorpusError, LoopGenError

SAMPLES = 44100


class Bell:
    """A synth whose keys ring for 0.6 s at the level of their velocity and know nothing of being let go."""

    def __init__(self) -> None:
        self.ringing: list[list[float]] = []
        self.programs: list[tuple[int, int]] = []

    def program_select(self, chan: int, sfid: int, bank: int, preset: int, is_drums: bool = False) -> None:
        assert is_drums == (bank == 128)
        if preset == 127:
            raise RuntimeError("no such program")
        self.programs.append((bank, preset))

    def noteon(self, chan: int, key: int, vel: int) -> None:
        self.ringing.append([vel / 127, 0.6 * SAMPLES])

    def noteoff(self, chan: int, key: int) -> None: ...

    def sounds_off(self, chan: int) -> None:
        self.ringing.clear()

    def generate(self, samples: int) -> bytes:
        out = np.zeros((samples, 2), np.float32)
        for note in self.ringing:
            out[: round(min(samples, note[1]))] += note[0]
            note[1] -= samples
        self.ringing = [note for note in self.ringing if note[1] > 0]
        return out.tobytes()


def test_what_rings_past_the_end_is_heard_at_the_beginning() -> None:
    audio = render_circular(Bell(), 0, [NoteEvent(22050, 60, 127)], SAMPLES)
    assert audio.shape == (SAMPLES,)
    assert audio[:4410] == pytest.approx(1.0)  # 0.6 s from the middle of a second: a tenth of it goes round
    assert audio[4420:22050].max() == 0
    assert audio[22050:] == pytest.approx(1.0)


def test_events_follow_pitches_and_velocities() -> None:
    notes = [Note(0.0, 0.5, 1.0, 40.0), Note(1.0, 0.5, 0.5, 43.0)]
    events = events_of("bass", notes, [(0.0, 0.5, 40.0), (1.0, 0.5, 43.4), (1.0, 0.5, 55.0)], 120, 0)
    struck = [(event.sample, event.key, event.velocity) for event in events if event.velocity]
    assert struck == [(0, 40, 127), (22050, 43, 78), (22050, 55, 78)]
    let_go = [event.sample for event in events if not event.velocity]
    assert let_go == [11025 - 32, 33075 - 32, 33075 - 32]
    assert {event.key for event in events_of("snare", notes, [], 120, 38)} == {38}


def test_parts_are_played_now_and_then_as_loud_as_before() -> None:
    bell = Bell()
    instruments = Instruments(bell, 1)
    notes, stem = [Note(0.0, 1.0, 0.9, 40.0)], np.full(SAMPLES, 0.25, np.float32)
    pitches = [(0.0, 1.0, 40.0)]
    made = [
        with_instrument(stem, "bass", notes, pitches, 120, rng=np.random.default_rng(seed), instruments=instruments)
        for seed in range(200)
    ]
    played = [audio for audio in made if audio is not stem]
    assert 30 <= len(played) <= 70  # a quarter
    assert all(np.abs(audio).max() == pytest.approx(0.25, abs=1e-3) for audio in played)
    assert {program for _, program in bell.programs} <= {*PROGRAMS["bass"]}
    again = with_instrument(stem, "bass", notes, pitches, 120, rng=np.random.default_rng(3), instruments=instruments)
    assert np.array_equal(again, made[3])


def test_without_a_soundfont_stems_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SOUNDFONT_VARIABLE, raising=False)
    stem = np.ones(100, np.float32)
    rng = np.random.default_rng(0)
    assert with_instrument(stem, "lead", [Note(0.0)], [(0.0, 1.0, 60.0)], 120, rng=rng) is stem


def test_a_program_that_is_not_there_is_silent() -> None:
    assert not Instruments(Bell(), 1).play("lead", 127, [NoteEvent(0, 60, 100)], 1000).any()


def test_a_soundfont_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LoopGenError, match=r"tinysoundfont|does not exist"):
        Instruments.open(tmp_path / "none.sf3")
    pytest.importorskip("tinysoundfont")
    broken = tmp_path / "broken.sf3"
    broken.write_bytes(b"no soundfont")
    with pytest.raises(CorpusError, match="cannot be read"):
        Instruments.open(broken)
