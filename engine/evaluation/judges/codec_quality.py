"""What a codec does to the attack of the kick."""

from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from engine.audio.spectrum import check_audio

_LOW_BAND_HZ = (30.0, 150.0)
_ATTACK_WINDOW_SECONDS = (0.04, 0.12)


def kick_attack_errors(
    reference: NDArray[Any], decoded: NDArray[Any], sample_rate: float, kick_seconds: tuple[float, ...]
) -> NDArray[np.float64]:
    """Decoded minus reference attack time in ms, one per kick that has one: 10-90 % rise of the 30-150 Hz envelope.

    A kick counts when its low band rises by at least 12 dB in the reference; others stand on a bass note.
    """
    before, after = (_low_envelope(check_audio(audio), sample_rate) for audio in (reference, decoded))
    errors = []
    for seconds in kick_seconds:
        wanted, found = (_attack(envelope, sample_rate, seconds) for envelope in (before, after))
        if wanted is not None:
            # A decoded kick without a rise is as wrong as the window is long.
            errors.append(1000 * ((_ATTACK_WINDOW_SECONDS[1] if found is None else found) - wanted))
    return np.array(errors)


def _low_envelope(audio: NDArray[np.float32], sample_rate: float) -> NDArray[np.float64]:
    """Magnitude of the analytic signal of the low band: circular, zero-phase, smooth edges of a third octave."""
    spectrum = scipy.fft.fft(audio.mean(axis=0).astype(np.float64))
    frequencies = np.maximum(scipy.fft.fftfreq(len(spectrum), 1 / sample_rate), 1e-9)
    low, high = _LOW_BAND_HZ
    octaves_outside = np.maximum(np.maximum(np.log2(low / frequencies), np.log2(frequencies / high)), 0.0)
    gain = np.cos(np.pi / 2 * np.minimum(3 * octaves_outside, 1.0)) ** 2
    gain[scipy.fft.fftfreq(len(spectrum)) <= 0] = 0.0
    return np.asarray(np.abs(scipy.fft.ifft(2 * gain * spectrum)))


def _attack(envelope: NDArray[np.float64], sample_rate: float, seconds: float) -> float | None:
    """Rise time from 10 to 90 % of the peak that follows the onset, in seconds; None without a rise of 12 dB."""
    before, after = (round(length * sample_rate) for length in _ATTACK_WINDOW_SECONDS)
    around = envelope[(round(seconds * sample_rate) + np.arange(-before, after)) % len(envelope)]
    peak = int(around[before:].argmax()) + before
    lowest = int(around[: peak + 1].argmin())
    top, bottom = around[peak], around[lowest]
    if bottom > top / 4 or top < 1e-4:
        return None
    rise = around[lowest : peak + 1]
    late = int(np.argmax(rise >= bottom + 0.9 * (top - bottom)))
    early = int(np.flatnonzero(rise[: late + 1] <= bottom + 0.1 * (top - bottom))[-1])
    return (late - early) / sample_rate
