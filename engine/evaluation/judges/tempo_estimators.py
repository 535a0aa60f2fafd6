"""Tempo estimators by name: the comb, and beside it ones that others wrote, used only where they are installed.

essentia is AGPL-3.0 and librosa ISC; neither is a dependency of LoopGen, and results say which ones were heard.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.resampling import resample
from engine.audio.spectrum import check_audio
from engine.evaluation.judges.tempo import HIGHEST_BPM, LOWEST_BPM, PLAIN_TEETH, comb_tempo

_TILED_SECONDS = 30.0


@dataclass(frozen=True)
class TempoEstimator:
    """`estimate(audio [C, T], sample_rate) -> BPM` of a loop, under the `name` that results carry."""

    name: str
    estimate: Callable[[NDArray[Any], int], float]


def tempo_estimators() -> tuple[TempoEstimator, ...]:
    """The combs first, then every other estimator that this machine has."""
    found = [
        TempoEstimator("comb", lambda audio, rate: comb_tempo(audio, rate).tempo_bpm),
        TempoEstimator("plain comb", lambda audio, rate: comb_tempo(audio, rate, teeth=PLAIN_TEETH).tempo_bpm),
    ]
    if importlib.util.find_spec("essentia"):
        found.append(TempoEstimator("essentia PercivalBpmEstimator", _percival))
        found.append(TempoEstimator("essentia RhythmExtractor2013", _rhythm_extractor))
    if importlib.util.find_spec("librosa"):
        found.append(TempoEstimator("librosa beat_track", _librosa))
    return tuple(found)


def _repeated(audio: NDArray[Any], sample_rate: int, to_rate: int) -> NDArray[np.float32]:
    """Mono at `to_rate`, the loop repeated to 30 s: these estimators expect a piece of music."""
    mono = check_audio(audio).mean(axis=0, keepdims=True)
    times = max(1, int(np.ceil(_TILED_SECONDS * sample_rate / mono.shape[-1])))
    return np.ascontiguousarray(resample(np.tile(mono, times), sample_rate, to_rate)[0])


def _percival(audio: NDArray[Any], sample_rate: int) -> float:
    standard = _essentia()
    estimator = standard.PercivalBpmEstimator(sampleRate=44100, minBPM=int(LOWEST_BPM), maxBPM=int(HIGHEST_BPM))
    return float(estimator(_repeated(audio, sample_rate, 44100)))


def _rhythm_extractor(audio: NDArray[Any], sample_rate: int) -> float:
    standard = _essentia()
    estimator = standard.RhythmExtractor2013(minTempo=int(LOWEST_BPM), maxTempo=int(HIGHEST_BPM))
    return float(estimator(_repeated(audio, sample_rate, 44100))[0])


def _essentia() -> Any:
    essentia = importlib.import_module("essentia")
    essentia.log.infoActive = False
    essentia.log.warningActive = False
    return importlib.import_module("essentia.standard")


def _librosa(audio: NDArray[Any], sample_rate: int) -> float:
    beat = importlib.import_module("librosa.beat")
    tempo, _ = beat.beat_track(y=_repeated(audio, sample_rate, 22050), sr=22050)
    return float(np.ravel(tempo)[0])
