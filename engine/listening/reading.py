"""A file as a loop: the part of it that is one, its tempo and key, and what has to be said about that.

| what the file or its name says | what is done |
|---|---|
| it is a one-shot, in another meter than 4/4, or its end is missing | refused, unless its tempo is given |
| loop points (smpl) around a bar or more | what is between them is the loop |
| a tempo, and silence of up to 2 % beyond whole bars at it | the silence is cut off, the tempo stays |
| a tempo, and sound of up to 2 % more or less than whole bars | the tempo is moved |

All but the first are told in `FileLoop.remarks`.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.descriptors import onset_envelope
from engine.audio.io import AudioFile
from engine.errors import AudioFileError, InvalidRequest
from engine.files import shown_name
from engine.listening.bars import seconds_of, tempo_of, whole_bars
from engine.listening.errors import OneShot
from engine.listening.kinds import is_named_one_shot, meter_in_name
from engine.listening.loop_tempo import HOP, comb
from engine.listening.names import key_in_name
from engine.listening.tempo import find_tempo, told_tempo
from engine.listening.told_tempo import WHOLE_BARS_TOLERANCE, Finding
from engine.requests import MAX_BARS, MAX_TEMPO_BPM
from engine.vocabulary import BEATS_PER_BAR

_SHORTEST_LOOP_SECONDS: Final = seconds_of(1, MAX_TEMPO_BPM)
"""Loop points around less are those of an instrument that sustains."""
_SILENCE: Final = 1e-3
"""Share of the peak, -60 dB: codecs leave noise where they pad."""
_PADDING_SECONDS: Final = (0.005, 0.06)
"""Silence of this length at the beginning is the delay of a codec; longer is a rest, shorter a soft beginning."""
_CLEARLY: Final = 1.01
_TOLD_SHARE: Final = 1e-3
"""Tempi in names are rounded; what is moved by more is told."""


@dataclass(frozen=True, eq=False)
class FileLoop:
    """The loop that a file holds: `file` cut down to it, whole bars by `finding` up to 2 %, and its `key`.

    `remarks` are sentences for the user.
    """

    file: AudioFile
    finding: Finding
    key: str | None
    remarks: tuple[str, ...] = ()


def as_loop(
    path: Path,
    file: AudioFile,
    *,
    tempo_bpm: float | None = None,
    fit: str | None = None,
    folders: tuple[str, ...] = (),
) -> FileLoop:
    """The loop in `file`, which was read from `path`; `tempo_bpm`, `fit` and `folders` are as for `find_tempo`.

    Raises `AudioFileError` and `InvalidRequest`, and their `OneShot`, `TempoUnsure` and `NotWholeBars`.
    """
    if tempo_bpm is None:
        _check_is_loop(path, file, folders)
    file, remarks = _between_loop_points(path, file)
    told = told_tempo(path, file, tempo_bpm, folders)
    if told is not None and fit is None:
        file, said = _without_padding(path, file, told.tempo_bpm)
        remarks += said
    found = find_tempo(path, file, tempo_bpm=tempo_bpm, fit=fit, folders=folders)
    if fit == "trim":
        file = _cut(file, 0, round(seconds_of(found.bars, found.tempo_bpm) * file.sample_rate))
    elif told is not None and fit is None and abs(found.tempo_bpm / told.tempo_bpm - 1) > _TOLD_SHARE:
        more = "shorter" if found.tempo_bpm > told.tempo_bpm else "longer"
        remarks += (
            f"{shown_name(path)} is {more} than {found.bars} bars at {told.tempo_bpm:g} BPM: "
            f"it is taken to be at {found.tempo_bpm:.2f} BPM.",
        )
    named = next(filter(None, map(key_in_name, (path.stem, *folders))), None)
    return FileLoop(file, found, file.metadata.key or named, remarks)


def _check_is_loop(path: Path, file: AudioFile, folders: tuple[str, ...]) -> None:
    name, metadata = shown_name(path), file.metadata
    if file.missing_seconds > 0:
        there = file.audio.shape[-1] / file.sample_rate
        raise AudioFileError(
            f"{name} is cut off: {there:.2f} s of {there + file.missing_seconds:.2f} s are there "
            "(give its tempo to use them)."
        )
    if metadata.one_shot:
        raise OneShot(f"{name} says that it is a one-shot, not a loop")
    if is_named_one_shot(path.stem, folders):
        raise OneShot(f"{name} is named as a one-shot, not a loop")
    meter = metadata.meter or meter_in_name(path.stem)
    if meter is not None and meter[0] not in (1, 2, BEATS_PER_BAR, 8, 16):
        over, under = meter
        raise InvalidRequest(f"{name} says that it is in {over}/{under}; loops in 4/4 are possible.")


def _between_loop_points(path: Path, file: AudioFile) -> tuple[AudioFile, tuple[str, ...]]:
    samples = file.audio.shape[-1]
    shortest = _SHORTEST_LOOP_SECONDS * file.sample_rate
    for first, last in file.metadata.loops:
        length = last + 1 - first
        if last < samples and shortest <= length < samples - 1:
            of = f"{length / file.sample_rate:.2f} s of {samples / file.sample_rate:.2f} s"
            return _cut(file, first, last + 1), (f"{shown_name(path)} has loop points: they are used, {of}.",)
    return file, ()


def _without_padding(path: Path, file: AudioFile, tempo_bpm: float) -> tuple[AudioFile, tuple[str, ...]]:
    """`file` without the silence that makes it a little longer than whole bars at `tempo_bpm`."""
    samples, rate = file.audio.shape[-1], file.sample_rate
    bars = whole_bars(samples / rate, tempo_bpm, off_share=WHOLE_BARS_TOLERANCE)
    spare = samples - round(seconds_of(bars, tempo_bpm) * rate)
    if not 1 <= bars <= MAX_BARS or spare <= _TOLD_SHARE * samples:
        return file, ()
    level = np.abs(file.audio).max(axis=0)
    sounds = np.flatnonzero(level > _SILENCE * level.max())
    if not len(sounds):
        return file, ()
    head, tail = int(sounds[0]), samples - 1 - int(sounds[-1])
    delay_low, delay_high = _PADDING_SECONDS
    first = min(head, spare) if delay_low <= head / rate < delay_high else 0
    if first + tail < spare or _beats_slower(file, tempo_bpm, tempo_of(samples / rate, bars)):
        return file, ()
    ends = "at its ends" if first else "at its end"
    said = f"{shown_name(path)} is {spare / rate:.3f} s longer than {bars} bars at {tempo_bpm:g} BPM: "
    return _cut(file, first, samples - spare + first), (f"{said}the silence {ends} is cut off.",)


def _beats_slower(file: AudioFile, told_bpm: float, slower_bpm: float) -> bool:
    """Whether the strokes of `file` recur at `slower_bpm` rather than at the tempo it is told to have."""
    envelope = onset_envelope(file.audio, file.sample_rate, HOP).astype(np.float64)
    told, slower = comb(envelope - envelope.mean(), file.sample_rate / HOP, np.array([told_bpm, slower_bpm]))
    return bool(slower > _CLEARLY * told)


def _cut(file: AudioFile, first: int, end: int) -> AudioFile:
    return replace(file, audio=file.audio[:, first:end])
