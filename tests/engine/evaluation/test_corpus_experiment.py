"""Comparing sets of sounds: a set is nearest to itself, and folders are read as they should be."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from known_loops import RATE, hat, house, place

from engine.errors import InvalidRequest
from engine.evaluation.experiments.corpus import compare_sets, excerpts, folder_files, measure_set
from engine.tempo import LoopGeometry


def _loops(first: float) -> list[list[np.ndarray]]:
    return [[house(first + 3 * i, 2)[0]] for i in range(4)]


def test_the_same_sounds_are_nearer_than_others(tmp_path: Path) -> None:
    geometry = LoopGeometry(120, 2)
    hats = [[place([(b / k, hat(k)) for b in range(8)], geometry)] for k in (1, 2, 3, 4)]
    real = measure_set("real", _loops(120), None, progress=False)
    same = measure_set("same", _loops(121), None, progress=False)
    other = measure_set("hats", hats, None, progress=False)
    rows = compare_sets(real, [same, other], tmp_path)
    name = "Frechet, log-mel statistics v1"
    assert rows["same"][name] < rows["hats"][name] / 5
    assert rows["real"]["crest factor dB, 50 %"] == pytest.approx(rows["same"]["crest factor dB, 50 %"], abs=1)
    assert rows["real"]["stereo width, 90 %"] == 0
    assert (tmp_path / "corpus.png").read_bytes()[:4] == b"\x89PNG"
    assert "| Frechet, log-mel statistics v1 |" in (tmp_path / "corpus.md").read_text()


def test_long_files_are_heard_in_spread_excerpts() -> None:
    ramp = np.arange(10 * 400, dtype=np.float32)[None] * np.ones((2, 1), np.float32)  # 400 s at 10 Hz
    pieces = excerpts(ramp, 10)
    assert len(pieces) == 12 and {piece.shape for piece in pieces} == {(2, 100)}
    assert pieces[0][0, 0] == 0 and pieces[-1][0, -1] == 3999
    assert [piece.shape[-1] for piece in excerpts(ramp[:, :150], 10)] == [150]


def test_folders_are_read_at_any_rate_and_channel_count(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    soundfile.write(tmp_path / "sub" / "a.wav", np.zeros(48000) + 0.1, 48000)
    soundfile.write(tmp_path / "b.flac", np.zeros((RATE, 2)), RATE)
    (tmp_path / "notes.txt").write_text("not audio")
    files = list(folder_files(tmp_path))
    assert [file[0].shape for file in files] == [(2, RATE), (2, RATE)]
    assert len(measure_set("x", files, None, progress=False).levels) == 1  # silence is left out


def test_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="No audio"):
        list(folder_files(tmp_path))
    with pytest.raises(InvalidRequest, match="No audio"):
        list(folder_files(tmp_path / "missing"))
