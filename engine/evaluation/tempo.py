"""Tempo and beat phase of a loop: a comb on the onset envelope, without any prior on the tempo.

A loop that repeats exactly has a line spectrum, so among all tempi the comb can only choose those at which a whole
number of beats fits the loop: a hit "within 1 %" says that the *right number of beats* is heard in it. The phase is
where the envelope's beat lies against the requested grid.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from engine.audio.descriptors import onset_envelope
from engine.errors import InvalidRequest
from engine.tempo import LoopGeometry

Doubles = NDArray[np.float64]

LOWEST_BPM, HIGHEST_BPM = 60.0, 200.0
HARMONICS = (1, 2, 4)
"""Beats, eighths and sixteenths: the teeth of the comb."""
STRICT = (1.0,)
OCTAVES = (0.5, 1.0, 2.0)

_HOP = 256
_TILED_SECONDS = 30.0
_GRID_BPM = 0.05
_LATENCY_SECONDS = 0.005  # a drum that starts on the grid is heard this late in the envelope


@dataclass(frozen=True)
class TempoEstimate:
    """`tempo_bpm` and `salience`: the winning comb over the median comb (1 = no beat at all)."""

    tempo_bpm: float
    salience: float


@dataclass(frozen=True)
class BeatPhase:
    """Where the beat is heard against the requested grid; positive is late.

    `beat_ms` is wrapped to half a beat on either side, `sixteenth_ms` to half a sixteenth. `clarity` is the share of
    the comb's magnitude that lines up at that shift, 0 to 1.
    """

    beat_ms: float
    sixteenth_ms: float
    clarity: float


def comb_tempo(
    audio: NDArray[Any], sample_rate: float, low_bpm: float = LOWEST_BPM, high_bpm: float = HIGHEST_BPM
) -> TempoEstimate:
    """Tempo of loop `audio [C, T]` in [`low_bpm`, `high_bpm`]: the greatest sum at 1x, 2x, 4x."""
    if not 0 < low_bpm < high_bpm:
        raise InvalidRequest(f"Tempo range {low_bpm:g} to {high_bpm:g} BPM is empty.")
    envelope, rate = _tiled(audio, sample_rate)
    length = scipy.fft.next_fast_len(max(len(envelope), round(rate * 60 / _GRID_BPM)), real=True)
    magnitudes = np.abs(scipy.fft.rfft(envelope, n=length))
    candidates = np.arange(low_bpm, high_bpm + _GRID_BPM / 2, _GRID_BPM)
    comb = np.zeros(len(candidates))
    for harmonic in HARMONICS:
        comb += magnitudes[np.round(candidates / 60 * harmonic * length / rate).astype(np.int64)]
    best = _refine(envelope, rate, float(candidates[comb.argmax()]))
    usual = float(np.median(comb))
    return TempoEstimate(min(max(best, low_bpm), high_bpm), float(comb.max()) / usual if usual > 0 else 1.0)


def tempo_hit(
    estimated_bpm: float, requested_bpm: float, *, ratios: tuple[float, ...] = STRICT, tolerance: float = 0.01
) -> bool:
    """Whether the estimate is within `tolerance` of the request times one of `ratios` (see `OCTAVES`)."""
    return any(abs(estimated_bpm / (requested_bpm * ratio) - 1) <= tolerance for ratio in ratios)


def beat_phase(audio: NDArray[Any], sample_rate: float, geometry: LoopGeometry) -> BeatPhase:
    """How late the beat of loop `audio [C, T]` is against `geometry`'s grid, from the phases of the comb's teeth."""
    hop = _hop(sample_rate)
    envelope = np.asarray(onset_envelope(audio, sample_rate, hop), dtype=np.float64)
    # Positions are counted in samples of the loop, whose length need not be a whole number of hops.
    position = np.arange(len(envelope)) * hop / audio.shape[-1]
    turns = np.exp(-2j * np.pi * geometry.beats * position)
    teeth = np.array([np.dot(envelope, turns**harmonic) for harmonic in HARMONICS])
    beat_seconds = 60.0 / geometry.tempo_bpm
    shifts = np.linspace(-0.5, 0.5, 4000, endpoint=False)
    aligned = np.real(sum(tooth * np.exp(2j * np.pi * h * shifts) for h, tooth in zip(HARMONICS, teeth, strict=True)))
    total = float(np.abs(teeth).sum())
    best = int(aligned.argmax())
    sixteenth = -float(np.angle(teeth[-1])) / (2 * np.pi * HARMONICS[-1])
    return BeatPhase(
        beat_ms=1000 * (float(shifts[best]) * beat_seconds - _LATENCY_SECONDS),
        sixteenth_ms=1000 * (sixteenth * beat_seconds - _LATENCY_SECONDS),
        clarity=float(aligned[best]) / total if total > 0 else 0.0,
    )


def _hop(sample_rate: float) -> int:
    return max(1, round(_HOP * sample_rate / 44100))


def _tiled(audio: NDArray[Any], sample_rate: float) -> tuple[Doubles, float]:
    """The envelope without its mean, repeated to 30 s and tapered (Hann), and its frame rate."""
    envelope = np.asarray(onset_envelope(audio, sample_rate, _hop(sample_rate)), dtype=np.float64)
    # ceil(T / hop) frames stand for T samples: the rate that makes the repetition exact.
    rate = len(envelope) * sample_rate / audio.shape[-1]
    envelope = np.tile(envelope - envelope.mean(), max(1, int(np.ceil(_TILED_SECONDS * rate / len(envelope)))))
    return envelope * np.hanning(len(envelope) + 2)[1:-1], rate


def _refine(envelope: Doubles, rate: float, tempo_bpm: float) -> float:
    """The comb's maximum within one grid step of `tempo_bpm`, by a parabola through three exact evaluations."""
    time = np.arange(len(envelope)) / rate
    step = _GRID_BPM
    around = []
    for candidate in (tempo_bpm - step, tempo_bpm, tempo_bpm + step):
        turns = np.exp(-2j * np.pi * candidate / 60 * time)
        around.append(sum(abs(np.dot(envelope, turns**h)) for h in HARMONICS))
    below, middle, above = around
    curvature = below - 2 * middle + above
    if curvature >= 0:
        return tempo_bpm
    return tempo_bpm + step * float(np.clip((below - above) / (2 * curvature), -1, 1))
