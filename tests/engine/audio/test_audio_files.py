"""Reading what is really there, writing whole files alone, names that are valid everywhere."""

import os
import struct
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio.io import read_audio, write_aiff, write_flac, write_wav
from engine.errors import AudioFileError, ExportError

RATE = 44100
AUDIO = (0.2 * np.random.default_rng(0).standard_normal((2, 4800))).clip(-1, 1).astype(np.float32)


@pytest.mark.parametrize(("subtype", "step"), [("PCM_16", 2**-15), ("PCM_24", 2**-23), ("FLOAT", 0.0)])
def test_samples_survive_to_the_last_bit(tmp_path: Path, subtype: str, step: float) -> None:
    got = read_audio(write_wav(tmp_path / "a.wav", AUDIO, RATE, subtype=subtype))
    assert got.sample_rate == RATE and got.audio.dtype == np.float32 and got.audio.flags.c_contiguous
    assert got.audio.shape == AUDIO.shape and np.abs(got.audio - AUDIO).max() <= step


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_equal_loops_are_equal_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subtype: str) -> None:
    first = write_wav(tmp_path / "a.wav", AUDIO, RATE, subtype=subtype, tempo_bpm=120, beats=4).read_bytes()
    assert b"PEAK" not in first  # libsndfile's PEAK chunk holds the time of writing
    assert write_wav(tmp_path / "b.wav", AUDIO, RATE, subtype=subtype, tempo_bpm=120, beats=4).read_bytes() == first


def test_loud_floats_clip_and_do_not_wrap(tmp_path: Path) -> None:
    loud = np.array([[1.5, -1.5, 0.5, 1.0]], dtype=np.float32)
    for subtype in ("PCM_16", "PCM_24"):
        got = read_audio(write_wav(tmp_path / "a.wav", loud, RATE, subtype=subtype)).audio
        np.testing.assert_allclose(got, [[1, -1, 0.5, 1]], atol=2**-15)
    assert read_audio(write_wav(tmp_path / "a.wav", loud, RATE, subtype="FLOAT")).audio.max() == 1.5


@pytest.mark.parametrize("write", [write_wav, write_flac, write_aiff])
def test_what_is_not_a_number_is_not_written(tmp_path: Path, write: object) -> None:
    old = tmp_path / "old.wav"
    old.write_bytes(b"old")
    for bad in (np.nan, np.inf):
        broken = AUDIO.copy()
        broken[1, 5] = bad
        with pytest.raises(ExportError, match="not numbers"):
            write(old, broken, RATE)  # type: ignore[operator]
    assert old.read_bytes() == b"old" and list(tmp_path.iterdir()) == [old]


def test_impossible_exports_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="possible: PCM_16, PCM_24, FLOAT"):
        write_wav(tmp_path / "a.wav", AUDIO, RATE, subtype="MP3")
    with pytest.raises(ExportError, match="possible: PCM_16, PCM_24"):
        write_flac(tmp_path / "a.flac", AUDIO, RATE, subtype="FLOAT")
    with pytest.raises(ExportError, match="shape"):
        write_wav(tmp_path / "a.wav", AUDIO[0], RATE)
    with pytest.raises(ExportError, match="does not exist"):
        write_wav(tmp_path / "no" / "a.wav", AUDIO, RATE)
    assert not list(tmp_path.iterdir())


def test_files_that_are_none_are_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound here" * 100)
    (tmp_path / "empty.wav").touch()
    (tmp_path / "folder.wav").mkdir()
    os.mkfifo(tmp_path / "pipe.wav")  # opening it would wait for ever
    soundfile.write(tmp_path / "silent.wav", np.zeros((0, 2)), RATE)
    soundfile.write(tmp_path / "wide.wav", np.zeros((10, 6)), RATE)
    soundfile.write(tmp_path / "slow.wav", np.zeros((10, 1)), 100)
    soundfile.write(tmp_path / "adpcm.wav", np.zeros((1000, 1)), RATE, subtype="MS_ADPCM")
    soundfile.write(tmp_path / "long.wav", np.zeros((8000 * 3, 1)), 8000)
    expected = {
        "text": "Cannot read", "empty": "Cannot read", "folder": "no audio file", "pipe": "no audio file",
        "missing": "no audio file", "silent": "no sound", "wide": "6 channels", "slow": "100 samples a second",
        "adpcm": "MS_ADPCM", "long": "at most 2 s",
    }  # fmt: skip
    for name, sentence in expected.items():
        with pytest.raises(AudioFileError, match=sentence) as caught:
            read_audio(tmp_path / f"{name}.wav", max_seconds=2)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_samples_that_no_music_has_are_refused(tmp_path: Path, bad: float) -> None:
    broken = AUDIO.copy()
    broken[0, 100] = bad
    soundfile.write(tmp_path / "a.wav", broken.T, RATE, subtype="FLOAT")
    with pytest.raises(AudioFileError, match="holds samples of"):
        read_audio(tmp_path / "a.wav")


def test_a_bomb_is_refused_without_reading_it(tmp_path: Path) -> None:
    """A sparse file of 8 kB on disk that claims hours."""
    path = tmp_path / "bomb.wav"
    size = 3_900_000_000
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt ")
        file.write(struct.pack("<IHHIIHH", 16, 1, 1, RATE, RATE * 2, 2, 16))
        file.write(b"data" + struct.pack("<I", size))
        file.truncate(size + 44)
    start = time.thread_time()
    with pytest.raises(AudioFileError, match="at most 600 s"):
        read_audio(path)
    assert time.thread_time() - start < 1


def test_a_header_that_claims_more_than_there_is_gives_what_there_is(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", AUDIO, RATE, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[: 44 + 4 * 1000])
    assert read_audio(path).audio.shape == (2, 1000)


def test_a_few_thousand_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    sources = [
        write_wav(tmp_path / "a.wav", AUDIO[:, :500], RATE, tempo_bpm=120, beats=4, recipe="{}").read_bytes(),
        write_flac(tmp_path / "a.flac", AUDIO[:, :500], RATE, tempo_bpm=120, recipe="{}").read_bytes(),
    ]
    outcomes = {"read": 0, "refused": 0}
    path = tmp_path / "mutant"
    for source in sources * 500:
        mutant = bytearray(source)
        for position in rng.integers(0, 200 if rng.random() < 0.7 else len(mutant), rng.integers(1, 6)):
            mutant[position % len(mutant)] = rng.integers(256)
        path.write_bytes(mutant[: len(mutant) if rng.random() < 0.7 else rng.integers(len(mutant))])
        try:
            got = read_audio(path)
        except AudioFileError:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
            assert np.isfinite(got.audio).all() and got.audio.shape[0] in (1, 2)
    assert min(outcomes.values()) > 100, outcomes


def test_reading_takes_the_memory_of_the_sound_and_hardly_more(tmp_path: Path) -> None:
    path = tmp_path / "tiny.flac"
    with soundfile.SoundFile(path, "w", 192_000, 2, format="FLAC", subtype="PCM_16") as out:
        for _ in range(40):
            out.write(np.zeros((192_000, 2), np.int16))
    assert path.stat().st_size < 50_000
    tracemalloc.start()
    audio = read_audio(path).audio
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert audio.nbytes == 40 * 192_000 * 2 * 4
    assert peak < audio.nbytes + 40_000_000


def test_too_little_memory_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_args: object) -> None:
        raise MemoryError

    path = write_wav(tmp_path / "a.wav", np.zeros((2, 100)), 44100)
    monkeypatch.setattr("engine.audio.io.np.empty", none_left)
    with pytest.raises(AudioFileError, match="too little memory"):
        read_audio(path)


@pytest.mark.parametrize("name", ["x" * 300 + ".wav", "a\0b.wav", "\udcff.wav", "."])
def test_names_that_are_no_file_are_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(AudioFileError):
        read_audio(tmp_path / name)
