"""The tempo of a recording whose tempo nobody wrote down: an onset comb with an octave prior, and a confidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.descriptors import onset_envelope

HOP: Final = 256
HARMONICS: Final = ((1, 1.0), (2, 1.0), (4, 0.7))
"""Beat, eighth and sixteenth: music in 4/4 has energy at all three, half or two thirds of its tempo at fewer."""
PRIOR_BPM: Final = 126.0
PRIOR_OCTAVES: Final = 0.5
SAME_TEMPO: Final = 0.02
"""Candidates nearer than this are one tempo."""
EVENTS_DB: Final = (2.0, 4.0)
"""An onset envelope that never exceeds the first (steady noise: 1.9 dB) holds no events; beyond the second, some."""


@dataclass(frozen=True)
class TempoGuess:
    """A tempo and how far it stands out, `confidence` in [0, 1]: 0 where nothing happens or two tempi fit alike."""

    tempo_bpm: float
    confidence: float


def guess_tempo(audio: NDArray[np.float32], sample_rate: int, candidates_bpm: Sequence[float]) -> TempoGuess:
    """The best of `candidates_bpm` for `audio` `[C, T]`, taken as a loop.

    Each candidate is scored by the Fourier magnitude of the onset envelope at one, two and four times its beat
    frequency, weighted by a log-normal prior around 126 BPM that settles octaves. Raises `AudioFileError` on audio
    that is empty or not finite; `candidates_bpm` must not be empty. Slow music with busy off-beats (below about 100
    BPM) tends to be taken for twice its tempo.
    """
    envelope = onset_envelope(audio, sample_rate, HOP).astype(np.float64)
    quiet, loud = EVENTS_DB
    eventful = float(np.clip((envelope.max() - quiet) / (loud - quiet), 0, 1))
    envelope -= envelope.mean()
    tempi = np.asarray(candidates_bpm, dtype=np.float64)
    scores = comb(envelope, sample_rate / HOP, tempi) * tempo_prior(tempi)
    best = int(np.argmax(scores))
    others = scores[np.abs(tempi / tempi[best] - 1) > SAME_TEMPO]
    if scores[best] <= 0:
        return TempoGuess(float(tempi[best]), 0.0)
    runner_up = float(others.max(initial=0.0)) / float(scores[best])
    # A runner-up at half the score is as sure as it gets with music.
    return TempoGuess(float(tempi[best]), eventful * float(np.clip(2 * (1 - runner_up), 0, 1)))


def comb(envelope: NDArray[np.float64], rate: float, tempi: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of the onset `envelope`, at `rate` values a second, recurs at the beats of each of `tempi` in BPM."""
    time = np.arange(len(envelope)) / rate
    score = np.zeros(len(tempi))
    for multiple, weight in HARMONICS:
        turns = np.outer(tempi / 60 * multiple, time)
        score += weight * np.abs(np.exp(-2j * np.pi * turns) @ envelope)
    return score


def tempo_prior(tempi: NDArray[np.float64]) -> NDArray[np.float64]:
    """How usual each of `tempi` in BPM is, in (0, 1]."""
    octaves = np.log2(tempi / PRIOR_BPM)
    return np.asarray(np.exp(-0.5 * (octaves / PRIOR_OCTAVES) ** 2))
