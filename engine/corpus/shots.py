"""Drums that an import found: kept as files that the corpus layers over its voices (`engine.corpus.one_shots`)."""

from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.io import read_audio, write_wav
from engine.audio.resampling import resample
from engine.errors import AudioFileError, CorpusError
from engine.files import free_path

LABELS: Final = {
    "kick": "kick",
    "snare": "snare",
    "closed_hat": "closed hh",
    "open_hat": "open hh",
    "percussion": "tom",
}
"""How each part begins the name of a sample, so that `part_of` finds it."""
_LONGEST_SECONDS: Final = 12.0
_RATE: Final = 44_100
_MAX_STEM: Final = 80


def keep_one_shot(folder: Path, path: Path, part: str) -> Path | None:
    """The drum in `path` as a WAV of its own in `folder`, which is made; None where it cannot be used.

    A drum that is there already stays as it is; another of its name gets one of its own. Raises `CorpusError` where
    no folder can be made, `ExportError` where nothing can be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CorpusError(f"The folder of one-shots {folder} cannot be made: {error.strerror or error}.") from error
    try:
        file = read_audio(path, max_seconds=_LONGEST_SECONDS)
    except AudioFileError:
        return None
    audio = resample(file.audio, file.sample_rate, _RATE)
    peak = float(np.abs(audio).max(initial=0.0))
    stem = "".join(letter if letter.isalnum() or letter in " -_#" else "_" for letter in path.stem)[:_MAX_STEM]
    name = f"{LABELS[part]} - {stem.encode('utf-8', 'ignore').decode()}.wav"
    if peak <= 0:
        return None
    audio = audio / max(1.0, peak)
    target = folder / name
    if target.is_file() and _is_same(target, audio):
        return target
    return write_wav(free_path(folder, name), audio, _RATE, is_loop=False)


def _is_same(target: Path, audio: np.ndarray) -> bool:
    try:
        there = read_audio(target).audio
    except AudioFileError:
        return False
    return there.shape == audio.shape and bool(np.abs(there - audio).max() < 2.0**-20)
