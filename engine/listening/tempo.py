"""The tempo and the bars of a file: as they are given, or its name, its tags or its sound say."""

from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.chunks import LoopMetadata
from engine.audio.io import AudioFile
from engine.errors import AudioFileError
from engine.files import shown_name
from engine.listening.bars import tempo_of, whole_bars
from engine.listening.by_ear import hear_tempo, is_one_stroke, possible_bars
from engine.listening.candidates import GUESSED_TEMPI_BPM
from engine.listening.errors import OneShot, TempoUnsure
from engine.listening.kinds import is_named_drum
from engine.listening.names import tempi_alone, tempo_in_name
from engine.listening.told_tempo import WHOLE_BARS_TOLERANCE, Finding, fit_bars
from engine.requests import MAX_BARS, MAX_TEMPO_BPM, MIN_TEMPO_BPM
from engine.tempo import check_tempo
from engine.vocabulary import BEATS_PER_BAR

MAX_LOOP_SECONDS: Final = 120.0
SILENT_PEAK: Final = 1e-4
MIN_CONFIDENCE: Final = 0.6
"""A tempo guessed from sound alone that is less probable is refused: wrong grids harm."""
_LONGEST_DRUM_SECONDS: Final = 4.0
_BORNE_OUT_BEATS: Final = 0.01


def find_tempo(
    path: Path,
    file: AudioFile,
    *,
    tempo_bpm: float | None = None,
    fit: str | None = None,
    folders: tuple[str, ...] = (),
) -> Finding:
    """Tempo and bars of `file`: as given, by its name, its tags, its `folders` (names, nearest first), its sound.

    The tempo returned makes the length whole bars exactly, e.g. 125.98 for a loop named 126 that is a little long.
    `fit` is as for `fit_bars`. A file that was picked by itself, without `folders`, is taken for a loop, whatever it
    is called. Raises `AudioFileError` on silence, `TempoUnsure`, `OneShot`, and as `fit_bars` does.
    """
    seconds = file.audio.shape[-1] / file.sample_rate
    told = told_tempo(path, file, tempo_bpm, folders)
    if told is not None:
        return fit_bars(path, seconds, told, fit)
    if np.abs(file.audio - file.audio.mean(axis=-1, keepdims=True)).max() < SILENT_PEAK:
        raise AudioFileError(f"{shown_name(path)} is silent.")
    if folders and is_named_drum(path.stem, folders) and seconds < _LONGEST_DRUM_SECONDS:
        raise OneShot(f"{shown_name(path)} is named like a single sound and tells no tempo")
    return _tempo_by_sound(path, file, seconds)


def told_tempo(
    path: Path, file: AudioFile, tempo_bpm: float | None = None, folders: tuple[str, ...] = ()
) -> Finding | None:
    """The tempo that `file` is told to have, without its bars; None where nobody tells. Raises `InvalidRequest`.

    Of several the first that makes it whole bars is believed, else the first. A number by itself in a name, which may
    count anything, is believed only where it makes whole bars to a hundredth of a beat.
    """
    if tempo_bpm is not None:
        return Finding(check_tempo(tempo_bpm), 0, "given", 1.0)
    seconds = file.audio.shape[-1] / file.sample_rate
    told = [
        Finding(tempo, 0, who, 1.0)
        for who, tempo in (
            ("name", tempo_in_name(path.stem)),
            ("chunk", _in_tags(file.metadata, seconds)),
            *(("folder", tempo_in_name(name)) for name in folders),
        )
        if tempo is not None
    ]
    alone = (
        Finding(tempo, 0, who, 1.0)
        for who, names in (("name", (path.stem,)), ("folder", folders))
        for name in names
        for tempo in tempi_alone(name)
        if 1 <= whole_bars(seconds, tempo, off_beats=_BORNE_OUT_BEATS) <= MAX_BARS
    )
    whole = (each for each in told if 1 <= _whole(seconds, each.tempo_bpm) <= MAX_BARS)
    believed = next(iter((*whole, *alone, *told)), None)
    if believed is not None:
        check_tempo(believed.tempo_bpm)
    return believed


def _whole(seconds: float, tempo_bpm: float) -> int:
    return whole_bars(seconds, tempo_bpm, off_share=WHOLE_BARS_TOLERANCE)


def _in_tags(metadata: LoopMetadata, seconds: float) -> float | None:
    """Tags tell a tempo, a number of beats, or both; a tempo that does not give whole bars is often a default."""
    tempo, beats = metadata.tempo_bpm, metadata.beats or 0
    if tempo is not None and 1 <= _whole(seconds, tempo) <= MAX_BARS:
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
    if heard.in_three > MIN_CONFIDENCE:
        raise TempoUnsure(f"{name} sounds like 3/4 at {guess}, and loops in 4/4 are possible")
    if heard.rival_bpm is not None:
        guess = f"{guess} or {heard.rival_bpm:.1f} BPM"
    elif not heard.bars:
        guess = f"{guess}, {heard.beats:g} beats"
    if not heard.bars or heard.confidence < MIN_CONFIDENCE:
        raise TempoUnsure(f"The tempo of {name} cannot be told from its sound (best guess {guess})")
    return Finding(heard.tempo_bpm, heard.bars, "sound", heard.confidence)
