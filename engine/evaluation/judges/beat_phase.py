"""Is the loop in time? Its onsets against the requested beat, the sixteenth grid and the requested pattern."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.descriptors import onset_envelope
from engine.audio.spectrum import check_audio, mel_filters, power_spectra
from engine.tempo import LoopGeometry

Doubles = NDArray[np.float64]

_HOP = 256
_WINDOW, _LEAD, _BANDS = 1024, 170, 40
_LATENCY_SECONDS = 0.009
"""How late corpus loops are heard against their grid, micro-timing included (median of 320 loops,
120 of them held out: a phase measured on those is calibrated on them too)."""
_ATTACK_SECONDS = 0.005
"""How late corpus loops are heard against their own onsets (the same loops; 90 % lie within 4 ms of it)."""
_PATTERN_BLUR_SECONDS = 0.01


@dataclass(frozen=True)
class BeatPhase:
    """Where the beat is heard against the requested grid, in ms; positive is late.

    `sixteenth_ms` is the phase of the envelope at four times the beat frequency: sharp, wrapped to half a sixteenth.
    `beat_ms` adds the whole sixteenths by which the accents are off, wrapped to half a beat. Syncopated and off-beat
    loops really have their accents off the beat, so only its distribution beside that of the corpus means something.
    """

    beat_ms: float
    sixteenth_ms: float


def beat_phase(audio: NDArray[Any], sample_rate: float, geometry: LoopGeometry) -> BeatPhase:
    """Measure loop `audio [C, T]`, T being the whole loop of `geometry`."""
    audio = check_audio(audio)
    hop = max(1, round(_HOP * sample_rate / 44100))
    sixteenth_ms = 60_000 / geometry.tempo_bpm / 4
    fine = _turns(np.asarray(onset_envelope(audio, sample_rate, hop), dtype=np.float64), hop, audio, geometry, 4)
    late_ms = _wrap(-float(np.angle(fine)) / (2 * np.pi) * sixteenth_ms - 1000 * _LATENCY_SECONDS, sixteenth_ms)
    # Accents by amplitude rather than by decibel: a kick then weighs more than a hat.
    accents = _amplitude_flux(audio, sample_rate, hop)
    beat, eighth = (_turns(accents, hop, audio, geometry, multiple) for multiple in (1, 2))
    shifts = late_ms + sixteenth_ms * np.arange(-2, 2)
    turns = np.exp(2j * np.pi * (shifts + 1000 * _LATENCY_SECONDS) / (4 * sixteenth_ms))
    best = int(np.argmax(np.real(beat * turns + eighth * turns**2)))
    return BeatPhase(_wrap(float(shifts[best]), 4 * sixteenth_ms), late_ms)


def pattern_lag(
    audio: NDArray[Any], sample_rate: float, geometry: LoopGeometry, onsets: Sequence[tuple[float, float]]
) -> float:
    """How late loop `audio [C, T]` is against requested `onsets` (beat, velocity) of all parts, in ms; NaN for none.

    The lag within half a beat at which the onset envelope correlates best with the pattern: unlike the beat's phase
    it is unambiguous for syncopated patterns.
    """
    if not onsets:
        return float("nan")
    audio = check_audio(audio)
    hop = max(1, round(_HOP * sample_rate / 44100))
    envelope = np.asarray(onset_envelope(audio, sample_rate, hop), dtype=np.float64)
    count = len(envelope)
    frames_per_second = count * sample_rate / audio.shape[-1]
    cycles = np.fft.rfftfreq(count, 1 / count)
    blur = np.exp(-2 * np.square(np.pi * _PATTERN_BLUR_SECONDS * frames_per_second * cycles / count))
    positions = np.array([beat for beat, _ in onsets]) / geometry.beats
    weights = np.sqrt([velocity for _, velocity in onsets])
    pattern = np.exp(-2j * np.pi * cycles[:, None] * positions) @ weights
    spectrum = np.fft.rfft(envelope - envelope.mean()) * np.conj(pattern) * blur
    fine = 8  # steps per frame, by zero-padding the spectrum
    correlation = np.fft.irfft(spectrum, n=fine * count)
    half_beat = round(30 / geometry.tempo_bpm * frames_per_second * fine)
    lags = np.arange(-half_beat, half_beat + 1)
    best = int(lags[correlation[lags % len(correlation)].argmax()])
    return float(1000 * (best / fine / frames_per_second - _ATTACK_SECONDS))


def _turns(envelope: Doubles, hop: int, audio: NDArray[Any], geometry: LoopGeometry, multiple: int) -> complex:
    """Fourier component of the envelope at `multiple` times the beat frequency, counted in samples of the loop."""
    # The length of the loop need not be a whole number of hops.
    position = np.arange(len(envelope)) * hop / audio.shape[-1]
    return complex(np.dot(envelope, np.exp(-2j * np.pi * geometry.beats * multiple * position)))


def _amplitude_flux(audio: NDArray[np.float32], sample_rate: float, hop: int) -> Doubles:
    starts = np.arange(0, audio.shape[-1], hop, dtype=np.int64) + _LEAD - _WINDOW
    power = power_spectra(audio, starts, _WINDOW)
    amplitude = np.sqrt(
        power @ mel_filters(_BANDS, power.shape[-1], float(sample_rate), 30.0, min(16_000.0, sample_rate / 2))
    )
    return np.asarray(np.maximum(amplitude - np.roll(amplitude, 1, axis=0), 0).mean(axis=-1), dtype=np.float64)


def _wrap(value: float, period: float) -> float:
    return (value + period / 2) % period - period / 2
