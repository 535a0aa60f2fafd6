"""A file as a loop to work on: what is known of it, and one sentence and a way out where it is none."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import LoopRequest, Recipe, write_wav
from loopgen_app.state.source import SAMPLE_RATE, ReadProblem, ReadRequest, Source, of_bank, read


def beeps(seconds: float) -> NDArray[np.float32]:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = (0.4 * np.sin(2 * np.pi * 220 * time) * np.exp(-8 * (time % 0.5))).astype(np.float32)
    return np.stack([sound, sound])


def write(path: Path, seconds: float) -> Path:
    return write_wav(path, beeps(seconds), SAMPLE_RATE)


def test_a_file_whose_tempo_is_told_is_read_as_whole_bars(tmp_path: Path) -> None:
    found = read(ReadRequest(write(tmp_path / "a.wav", 8.0), tempo_bpm=120.0))
    assert isinstance(found, Source)
    assert (found.loop.request.tempo_bpm, found.loop.request.bars) == (120.0, 4)
    assert found.recipe is None and found.noise_seed is None
    assert "heard" not in found.remark


@pytest.mark.parametrize("fit", ["trim", "stretch"])
def test_what_is_no_whole_bars_says_what_can_be_done_and_that_works(tmp_path: Path, fit: str) -> None:
    path = write(tmp_path / "b.wav", 8.5)
    trouble = read(ReadRequest(path, tempo_bpm=120.0))
    assert isinstance(trouble, ReadProblem) and "not whole bars" in trouble.text
    assert trouble.trim_bars == 4 and trouble.stretch_bpm == pytest.approx(120 * 8 / 8.5, rel=0.01)
    made = read(ReadRequest(path, tempo_bpm=120.0, fit=fit))
    assert isinstance(made, Source) and made.loop.request.bars == 4
    assert made.loop.request.tempo_bpm == pytest.approx(120.0 if fit == "trim" else 112.94, abs=0.1)


def test_what_is_no_sound_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "c.wav").write_bytes(b"RIFF")
    for path in (tmp_path / "c.wav", tmp_path / "nowhere.wav"):
        trouble = read(ReadRequest(path))
        assert isinstance(trouble, ReadProblem) and path.name in trouble.text and "\n" not in trouble.text
        assert (trouble.tempo_bpm, trouble.trim_bars, trouble.stretch_bpm) == (None, None, None)


def test_a_loop_of_the_bank_brings_its_recipe_with_it() -> None:
    request = LoopRequest(tempo_bpm=120.0, bars=1, seed=77)
    found = of_bank("mine", beeps(2.0), SAMPLE_RATE, Recipe(request, "fake", "0" * 64))
    assert isinstance(found, Source) and found.noise_seed == 77 and found.loop.name == "mine"


def test_a_silent_loop_of_the_bank_is_said_to_be_silent() -> None:
    silent = np.zeros((2, 2 * SAMPLE_RATE), np.float32)
    found = of_bank("mine", silent, SAMPLE_RATE, Recipe(LoopRequest(tempo_bpm=120.0, bars=1)))
    assert found == ReadProblem("mine is silent.")
