"""The musician's own audio as a loop to work on: whole bars at a known tempo, and what is known of it."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.descriptors import measure_curves
from engine.audio.io import read_audio
from engine.audio.loudness import TARGET_LUFS, integrated_loudness
from engine.audio.resampling import resample_loop, resample_periodic
from engine.errors import AudioFileError
from engine.files import shown_name
from engine.listening.reading import FileLoop, as_loop
from engine.listening.tempo import MAX_LOOP_SECONDS, SILENT_PEAK
from engine.listening.told_tempo import Finding, check_fit
from engine.loop import Loop
from engine.recipe import Recipe, find_recipe
from engine.requests import LoopRequest
from engine.tempo import LoopGeometry, check_tempo
from engine.vocabulary import CURVES, STEPS_PER_BAR

Audio = NDArray[np.float32]
_CLIPPED_SHARE = 1e-3
_CLIPPED_BELOW = 1.001
_DC = 0.01
_MAX_GAIN_DB = 40.0


@dataclass(frozen=True, eq=False)
class SourceLoop:
    """A loop to work on: `audio [2, T]` float32 at `sample_rate`, T exactly the length of its `request`.

    `request` says what is known of it: tempo and bars, and either everything that it was made with or its measured
    curves. `tempo_from` is "given", "recipe", "name", "chunk" or "sound", with a `confidence` in (0, 1]. `remarks`
    are sentences for the user. `latent [D, F]` is what it was decoded from, where that is at hand, and `recipe` what
    its file carries where that can be believed. `gain` is what its samples were multiplied by.
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
    recipe: Recipe | None = None
    gain: float = 1.0

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
        gain = _levelling(audio, sample_rate, name)
        return cls(name, _levelled(audio, gain), sample_rate, request, gain=gain)


def read_source(
    path: Path | str, sample_rate: int, *, tempo_bpm: float | None = None, fit: str | None = None
) -> SourceLoop:
    """Read the loop in `path` at `sample_rate`; its tempo is given, or its recipe's, name's, chunk's, or heard.

    A file that is not whole bars is refused, or with `fit` "trim" cut after its last whole bar, with "stretch" taken
    as the nearest number of bars at whatever tempo that is. Raises `AudioFileError` and `InvalidRequest`, with what
    is possible.
    """
    path = Path(path)
    check_fit(fit)
    if tempo_bpm is not None:
        check_tempo(tempo_bpm)
    file = read_audio(path, max_seconds=MAX_LOOP_SECONDS)
    recipe = find_recipe(file.metadata.comment) if tempo_bpm is None else None
    if recipe is not None and recipe.kind == "loop" and recipe.fits(file.audio.shape[-1], file.sample_rate):
        known = recipe.request
        told = FileLoop(file, Finding(known.tempo_bpm, known.bars, "recipe", 1.0), known.key)
        return replace(_source(path, sample_rate, told, known), recipe=recipe)
    loop = as_loop(path, file, tempo_bpm=tempo_bpm, fit=fit)
    found = loop.finding
    request = LoopRequest(
        tempo_bpm=found.tempo_bpm, bars=found.bars, key=loop.key, compose=False, guidance_scale=1.0, repeat=0.0
    )
    return _source(path, sample_rate, loop, request)


def with_curves(request: LoopRequest, audio: Audio, sample_rate: int) -> LoopRequest:
    """`request` with the four curves of loop `audio [2, T]` as measured, sixteen points a bar."""
    measured = measure_curves(audio, sample_rate, STEPS_PER_BAR * request.bars)
    return request.with_(
        curves={name: tuple(round(float(v), 3) for v in row) for name, row in zip(CURVES, measured, strict=True)}
    )


def _source(path: Path, sample_rate: int, loop: FileLoop, request: LoopRequest) -> SourceLoop:
    file, found = loop.file, loop.finding
    remarks, name, level = [*loop.remarks], shown_name(path), np.abs(file.audio)
    # Floats beyond full scale are whole: nothing cut them off there.
    if level.max() < _CLIPPED_BELOW and np.mean(level >= 0.9999) > _CLIPPED_SHARE:
        remarks.append(f"{name} is clipped; its distortion is taken for its sound.")
    if np.abs(file.audio.mean(axis=-1)).max() > _DC:
        remarks.append(f"{name} has a direct-current offset, which is taken out.")
    audio = resample_loop(file.audio, file.sample_rate, sample_rate)
    audio = resample_periodic(audio, LoopGeometry(request.tempo_bpm, request.bars, sample_rate).samples)
    audio = np.repeat(audio, 2, axis=0) if len(audio) == 1 else audio
    gain = _levelling(audio, sample_rate, name)
    audio = _levelled(audio, gain)
    if found.source != "recipe":
        request = with_curves(request, audio, sample_rate)
    heard = (found.source, found.confidence, tuple(remarks))
    return SourceLoop(name, audio, sample_rate, request, *heard, gain=gain)


def _levelling(audio: Audio, sample_rate: int, name: str) -> float:
    """What brings audio to the level of the loops that models know; `AudioFileError` when it is silent."""
    audio = audio - audio.mean(axis=-1, keepdims=True)
    if np.abs(audio).max() < SILENT_PEAK:
        raise AudioFileError(f"{name} is silent.")
    loudness = integrated_loudness(audio, sample_rate)
    gain_db = min(TARGET_LUFS - loudness, _MAX_GAIN_DB) if np.isfinite(loudness) else 0.0
    return float(10 ** (gain_db / 20))


def _levelled(audio: Audio, gain: float) -> Audio:
    """Without direct current, times `gain`."""
    return np.asarray((audio - audio.mean(axis=-1, keepdims=True)) * gain, dtype=np.float32)
