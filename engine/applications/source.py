"""The musician's own audio as a loop to work on: whole bars at a known tempo, and what is known of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from engine.audio.descriptors import measure_curves
from engine.audio.io import AudioFile, read_audio
from engine.audio.loudness import TARGET_LUFS, integrated_loudness
from engine.audio.resampling import resample_loop, resample_periodic
from engine.corpus.folder import (
    MAX_LOOP_SECONDS,
    WHOLE_BARS_TOLERANCE,
    Finding,
    find_tempo,
    key_in_name,
    tempo_in_name,
)
from engine.errors import AudioFileError, CorpusError, InvalidRequest
from engine.loop import Loop
from engine.requests import MAX_BARS, MAX_TEMPO_BPM, MIN_TEMPO_BPM, LoopRequest
from engine.tempo import LoopGeometry, check_tempo
from engine.vocabulary import BEATS_PER_BAR, CURVES, STEPS_PER_BAR

Audio = NDArray[np.float32]
Fit = Literal["trim", "stretch"]
FITS: Final = ("trim", "stretch")

_ROUNDING_SECONDS = 1e-4
_SILENT_PEAK = 1e-4
_CLIPPED_SHARE = 1e-3
_DC = 0.01
_MAX_GAIN_DB = 40.0


class TempoUnsure(InvalidRequest):
    """The tempo of a file cannot be heard surely: it has to be given."""


class NotWholeBars(InvalidRequest):
    """A file that is not whole bars at its tempo, as `lasts` says.

    Told to be at `tempo_bpm`, it can be cut to `trim_bars`, and is whole at `stretch_bpm`; None where that is not
    possible.
    """

    def __init__(
        self, message: str, lasts: str, tempo_bpm: float, *, trim_bars: int | None, stretch_bpm: float | None
    ) -> None:
        super().__init__(message)
        self.lasts, self.tempo_bpm = lasts, tempo_bpm
        self.trim_bars, self.stretch_bpm = trim_bars, stretch_bpm


@dataclass(frozen=True, eq=False)
class SourceLoop:
    """A loop to work on: `audio [2, T]` float32 at `sample_rate`, T exactly the length of its `request`.

    `request` says what is known of it: tempo and bars, and either everything that it was made with or its measured
    curves. `tempo_from` is "given", "recipe", "name", "chunk" or "sound", with a `confidence` in (0, 1]. `remarks`
    are sentences for the user. `latent [D, F]` is what it was decoded from, where that is at hand.
    """

    name: str
    audio: Audio
    sample_rate: int
    request: LoopRequest
    tempo_from: str = "given"
    confidence: float = 1.0
    remarks: tuple[str, ...] = ()
    latent: NDArray[np.float32] | None = None
    latent_pack: str | None = None

    @property
    def geometry(self) -> LoopGeometry:
        """Its length in bars, beats and samples."""
        return LoopGeometry(self.request.tempo_bpm, self.request.bars, self.sample_rate)

    @classmethod
    def from_loop(cls, loop: Loop, name: str = "loop") -> "SourceLoop":
        """A rendered loop, with its latent and all that it was asked for."""
        return cls(
            name, loop.audio, loop.sample_rate, loop.request, "recipe", latent=loop.latent, latent_pack=loop.pack_hash
        )

    @classmethod
    def from_audio(cls, audio: Audio, sample_rate: int, request: LoopRequest, name: str = "loop") -> "SourceLoop":
        """Audio `[2, T]` that `request` describes, T the whole loop; raises `AudioFileError` when it is silent."""
        return cls(name, _levelled(audio, sample_rate, name), sample_rate, request)


def read_source(
    path: Path | str, sample_rate: int, *, tempo_bpm: float | None = None, fit: str | None = None
) -> SourceLoop:
    """Read the loop in `path` at `sample_rate`; its tempo is given, or its recipe's, name's, chunk's, or heard.

    A file that is not whole bars is refused, or with `fit` "trim" cut after its last whole bar, with "stretch" taken
    as the nearest number of bars at whatever tempo that is. Raises `AudioFileError` and `InvalidRequest`, with what
    is possible.
    """
    path = Path(path)
    if fit is not None and fit not in FITS:
        raise InvalidRequest(f"Unknown fit {fit!r}; possible: {', '.join(FITS)}.")
    if tempo_bpm is not None:
        check_tempo(tempo_bpm)
    file = read_audio(path, max_seconds=MAX_LOOP_SECONDS)
    recipe = recipe_request(file.metadata.comment) if tempo_bpm is None else None
    seconds = file.audio.shape[-1] / file.sample_rate
    if recipe is not None and abs(seconds / _seconds(recipe.bars, recipe.tempo_bpm) - 1) < 1e-3:
        return _source(path, file, sample_rate, Finding(recipe.tempo_bpm, recipe.bars, "recipe", 1.0), recipe)
    found = _tempo_and_bars(path, file, tempo_bpm, fit)
    if fit == "trim":
        whole = round(_seconds(found.bars, found.tempo_bpm) * file.sample_rate)
        file = replace(file, audio=file.audio[:, :whole])
    key = file.metadata.key or key_in_name(path.stem)
    request = LoopRequest(
        tempo_bpm=found.tempo_bpm, bars=found.bars, key=key, compose=False, guidance_scale=1.0, repeat=0.0
    )
    return _source(path, file, sample_rate, found, request)


def recipe_request(comment: str | None) -> LoopRequest | None:
    """The request in the recipe of a file that LoopGen wrote; None where there is none, or not one of a loop.

    A loop that was made from another one carries what it was made with, but is not what its request alone gives.
    """
    try:
        found: Any = json.loads(comment or "")
        request = found["request"] if isinstance(found, Mapping) else None
        return LoopRequest.from_dict(request) if isinstance(request, Mapping) else None
    except (ValueError, KeyError, TypeError, RecursionError):  # InvalidRequest is a ValueError
        return None


def with_curves(request: LoopRequest, audio: Audio, sample_rate: int) -> LoopRequest:
    """`request` with the four curves of loop `audio [2, T]` as measured, sixteen points a bar."""
    measured = measure_curves(audio, sample_rate, STEPS_PER_BAR * request.bars)
    return request.with_(
        curves={name: tuple(round(float(v), 3) for v in row) for name, row in zip(CURVES, measured, strict=True)}
    )


def _source(path: Path, file: AudioFile, sample_rate: int, found: Finding, request: LoopRequest) -> SourceLoop:
    remarks = []
    if np.mean(np.abs(file.audio) >= 0.9999) > _CLIPPED_SHARE:
        remarks.append(f"{path.name} is clipped; its distortion is taken for its sound.")
    if np.abs(file.audio.mean(axis=-1)).max() > _DC:
        remarks.append(f"{path.name} has a direct-current offset, which is taken out.")
    audio = resample_loop(file.audio, file.sample_rate, sample_rate)
    audio = resample_periodic(audio, LoopGeometry(request.tempo_bpm, request.bars, sample_rate).samples)
    audio = _levelled(np.repeat(audio, 2, axis=0) if len(audio) == 1 else audio, sample_rate, path.name)
    if found.source != "recipe":
        request = with_curves(request, audio, sample_rate)
    return SourceLoop(path.name, audio, sample_rate, request, found.source, found.confidence, tuple(remarks))


def _tempo_and_bars(path: Path, file: AudioFile, tempo_bpm: float | None, fit: str | None) -> Finding:
    seconds = file.audio.shape[-1] / file.sample_rate
    named, chunk = tempo_in_name(path.stem), file.metadata.tempo_bpm
    for source, tempo in (("given", tempo_bpm), ("name", named), ("chunk", chunk)):
        if tempo is not None:
            return _whole_bars(path, seconds, Finding(check_tempo(tempo), 0, source, 1.0), fit)
    try:
        return find_tempo(path, file)
    except CorpusError as error:
        if np.abs(file.audio - file.audio.mean(axis=-1, keepdims=True)).max() < _SILENT_PEAK:
            raise AudioFileError(f"{path.name} is silent.") from error
        heard = str(error).partition(": write it")[0].rstrip(".")  # with the best guess, where there is one
        raise TempoUnsure(
            f"{heard}; give its tempo ({MIN_TEMPO_BPM:g} to {MAX_TEMPO_BPM:g} BPM), "
            "on the command line with --from-bpm."
        ) from error


def _whole_bars(path: Path, seconds: float, told: Finding, fit: str | None) -> Finding:
    """What the file is at the tempo that it is `told` to have."""
    tempo, bars = told.tempo_bpm, seconds / _seconds(1, told.tempo_bpm)
    lasts = f"{path.name} lasts {bars * BEATS_PER_BAR:.2f} beats at {tempo:g} BPM ({told.source})"
    if bars < 1 - WHOLE_BARS_TOLERANCE and (fit == "trim" or bars < 0.5):
        raise InvalidRequest(f"{lasts}, less than a bar; 1 to {MAX_BARS} whole bars are possible.")
    whole = max(1, round(bars))
    if whole <= MAX_BARS and abs(bars / whole - 1) <= WHOLE_BARS_TOLERANCE and fit != "trim":
        exact = abs(bars / whole - 1) * seconds < _ROUNDING_SECONDS
        return replace(told, tempo_bpm=tempo if exact else _at_whole(seconds, whole), bars=whole)
    if fit == "trim":
        return replace(told, bars=min(MAX_BARS, int(bars + WHOLE_BARS_TOLERANCE)))
    stretched = _at_whole(seconds, whole)
    possible = whole <= MAX_BARS and MIN_TEMPO_BPM <= stretched <= MAX_TEMPO_BPM
    if fit == "stretch" and possible:
        return replace(told, tempo_bpm=stretched, bars=whole)
    cut = min(MAX_BARS, int(bars))
    offers = [f"cut it to {cut} bars with --fit trim"] if cut else []
    offers += [f"take it as {whole} bars at {stretched:.2f} BPM with --fit stretch"] if possible else []
    raise NotWholeBars(
        f"{lasts}; 1 to {MAX_BARS} whole bars of {BEATS_PER_BAR} beats are possible: "
        f"{' or '.join(offers) or 'give another tempo'}.",
        lasts,
        tempo,
        trim_bars=cut or None,
        stretch_bpm=stretched if possible else None,
    )


def _levelled(audio: Audio, sample_rate: int, name: str) -> Audio:
    """Without direct current, at the level of the loops that models know; `AudioFileError` when silent."""
    audio = audio - audio.mean(axis=-1, keepdims=True)
    if np.abs(audio).max() < _SILENT_PEAK:
        raise AudioFileError(f"{name} is silent.")
    loudness = integrated_loudness(audio, sample_rate)
    gain_db = min(TARGET_LUFS - loudness, _MAX_GAIN_DB) if np.isfinite(loudness) else 0.0
    return np.asarray(audio * 10 ** (gain_db / 20), dtype=np.float32)


def _seconds(bars: int, tempo_bpm: float) -> float:
    return bars * BEATS_PER_BAR * 60 / tempo_bpm


def _at_whole(seconds: float, bars: int) -> float:
    """The tempo at which `bars` bars last `seconds`."""
    return bars * BEATS_PER_BAR * 60 / seconds
