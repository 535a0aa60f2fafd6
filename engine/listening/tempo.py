"""The tempo and the bars of a file: as they are given, or its name, its tags or its sound say."""

from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.chunks import LoopMetadata
from engine.audio.io import AudioFile
from engine.errors import AudioFileError
from engine.files import shown_name
from engine.listening.bars import tempo_of, whole_bars
from engine.listening.by_ear import GUESSED_TEMPI_BPM, hear_tempo, is_one_stroke, possible_bars
from engine.listening.errors import OneShot, TempoUnsure
from engine.listening.names import tempo_in_name
from engine.listening.told_tempo import WHOLE_BARS_TOLERANCE, Finding, fit_bars
from engine.requests import MAX_BARS, MAX_TEMPO_BPM, MIN_TEMPO_BPM
from engine.tempo import check_tempo
from engine.vocabulary import BEATS_PER_BAR

MAX_LOOP_SECONDS: Final = 120.0
SILENT_PEAK: Final = 1e-4
MIN_CONFIDENCE: Final = 0.1
"""A tempo guessed from sound alone with less than this is refused: wrong grids harm."""


def find_tempo(path: Path, file: AudioFile, *, tempo_bpm: float | None = None, fit: str | None = None) -> Finding:
    """Tempo and bars of `file`: as given, by its name, by its tags, by its sound, in this order.

    The tempo returned makes the length whole bars exactly, e.g. 125.98 for a loop named 126 that is a little long.
    `fit` is as for `fit_bars`. Raises `AudioFileError` on silence, `TempoUnsure`, `OneShot`, and as `fit_bars` does.
    """
    seconds = file.audio.shape[-1] / file.sample_rate
    told = told_tempo(path, file, tempo_bpm)
    if told is not None:
        return fit_bars(path, seconds, told, fit)
    if np.abs(file.audio - file.audio.mean(axis=-1, keepdims=True)).max() < SILENT_PEAK:
        raise AudioFileError(f"{shown_name(path)} is silent.")
    return _tempo_by_sound(path, file, seconds)


def told_tempo(path: Path, file: AudioFile, tempo_bpm: float | None = None) -> Finding | None:
    """The tempo that `file` is told to have, without its bars; None where nobody tells. Raises `InvalidRequest`."""
    seconds = file.audio.shape[-1] / file.sample_rate
    told = (("given", tempo_bpm), ("name", tempo_in_name(path.stem)), ("chunk", _in_tags(file.metadata, seconds)))
    return next((Finding(check_tempo(tempo), 0, who, 1.0) for who, tempo in told if tempo is not None), None)


def _in_tags(metadata: LoopMetadata, seconds: float) -> float | None:
    """Tags tell a tempo, a number of beats, or both; a tempo that does not give whole bars is often a default."""
    tempo, beats = metadata.tempo_bpm, metadata.beats or 0
    if tempo is not None and 1 <= whole_bars(seconds, tempo, off_share=WHOLE_BARS_TOLERANCE) <= MAX_BARS:
        return tempo
    by_beats = tempo_of(seconds, beats / BEATS_PER_BAR)
    if beats and beats % BEATS_PER_BAR == 0 and MIN_TEMPO_BPM <= by_beats <= MAX_TEMPO_BPM:
        return by_beats
    return tempo


def _tempo_by_sound(path: Path, file: AudioFile, seconds: float) -> Finding:
    name, (low, high) = shown_name(path), GUESSED_TEMPI_BPM
    if not possible_bars(seconds):
        raise TempoUnsure(f"{name} lasts {seconds:.2f} s, which is no 1 to {MAX_BARS} bars at {low:g}-{high:g} BPM")
    if is_one_stroke(file.audio):
        raise OneShot(f"{name} is one stroke and its tail, not a loop")
    heard = hear_tempo(file.audio, file.sample_rate)
    guess = f"{heard.tempo_bpm:.1f} BPM"
    if heard.or_half:
        guess = f"{guess} or {heard.tempo_bpm / 2:.1f} BPM"
    elif not heard.bars:
        guess = f"{guess}, {heard.beats:g} beats"
    if not heard.bars or heard.confidence < MIN_CONFIDENCE:
        raise TempoUnsure(f"The tempo of {name} cannot be told from its sound (best guess {guess})")
    return Finding(heard.tempo_bpm, heard.bars, "sound", heard.confidence)
