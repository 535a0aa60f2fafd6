"""The four curves of a loop, measured on fixed scales, and its onset envelope.

| curve | what is measured | 0 | 1 | smoothed over |
|---|---|---|---|---|
| loudness | K-weighted level (ITU-R BS.1770), both channels | -60 LUFS or less | 0 LUFS | 150 ms |
| brightness | amplitude-weighted spectral centroid, on a log scale | 100 Hz | 10 kHz | 150 ms |
| density | onsets per second | 0 | 16 | 1 s |
| noisiness | spectral flatness in octaves, 200 Hz to 12.8 kHz | -20 dB (tones) | -2.5 dB (white noise) | 150 ms |

Everything is circular: rotating the loop rotates its curves. Silence measures 0 on every curve.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.fft
import scipy.ndimage
from numpy.typing import NDArray

from engine.audio.spectrum import Floats, check_audio, mel_filters, mel_spectrogram, power_spectra
from engine.errors import InvalidRequest
from engine.vocabulary import CURVES

__all__ = ["measure_curves", "mel_spectrogram", "onset_envelope", "onset_envelopes", "onset_times"]

Doubles = NDArray[np.float64]

LOUDNESS_RANGE_LUFS = (-60.0, 0.0)
BRIGHTNESS_RANGE_HZ = (100.0, 10_000.0)
MAX_ONSETS_PER_SECOND = 16.0
NOISINESS_RANGE_DB = (-20.0, -2.5)
"""A Hann periodogram of white noise has a flatness of exp(-Euler's gamma) = -2.5 dB."""

SMOOTHING_SECONDS = 0.15
DENSITY_SMOOTHING_SECONDS = 1.0

_WINDOW = 4096  # 93 ms: resolves the partials of a bass note, else a saw-tooth reads as noise
_HOP = 1024
_ONSET_WINDOW = 1024
_ONSET_HOP_SECONDS = 0.01
_MELS = 40
_ONSET_LEAD = 170  # samples of an onset window that lie after its frame: a click then peaks in its own frame
_ONSET_RANGE_DB = 60.0
# What counts as louder is louder than all of the last 30 ms: longer than a period of the lowest bass, whose pulses
# would else be onsets of their own.
_ONSET_MEMORY_SECONDS = 0.03
_ONSET_THRESHOLD_DB = 2.5
_ONSET_FULL_DB = 5.0
_OCTAVES_HZ = (200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, 12800.0)
_SILENCE = 1e-10  # power, -100 dB


def measure_curves(audio: NDArray[Any], sample_rate: float, frames: int) -> Floats:
    """Measure loop `audio [C, T]` (or mono `[T]`): float32 `[4, frames]` in [0, 1], rows as `vocabulary.CURVES`.

    Frame `i` is read at its centre, `(i + 0.5) / frames` of the loop. A mono loop measures as the same sound on both
    channels. Raises `AudioFileError` on audio that is empty or not finite, `InvalidRequest` on `frames` below 1.
    """
    if frames < 1:
        raise InvalidRequest(f"{frames} frames of curves cannot be measured; at least 1 is needed.")
    audio = check_audio(audio)
    length = audio.shape[-1]
    count = max(1, round(length / _HOP))
    centres = np.arange(count, dtype=np.int64) * length // count
    power = power_spectra(audio, centres - _WINDOW // 2, _WINDOW)
    frequencies = np.linspace(0, sample_rate / 2, power.shape[-1])
    smoothing = SMOOTHING_SECONDS * sample_rate / length * count
    rows = {
        "loudness": _loudness(power, frequencies, smoothing),
        "brightness": _brightness(power, frequencies, smoothing),
        "noisiness": _noisiness(power, frequencies, smoothing),
        "density": _density(audio, sample_rate),
    }
    return np.stack([_at_frames(rows[name], frames) for name in CURVES])


def onset_envelope(audio: NDArray[Any], sample_rate: float, hop: int, *, circular: bool = True) -> Floats:
    """Log-mel flux `[ceil(T / hop)]` in dB: by how much 40 mel bands exceed their last 30 ms (root mean square).

    Value `i` belongs to sample `i * hop`; a click peaks in the frame nearest to it. Levels more than 60 dB below the
    loop's loudest band count as silence, so the level does not matter. `circular` treats `audio [C, T]` as a
    loop, else it begins and ends in silence. Raises `AudioFileError` on audio that is empty or not finite.
    """
    audio = check_audio(audio)
    if hop < 1:
        raise InvalidRequest(f"A hop of {hop} samples is not possible; at least 1 is needed.")
    return _flux(audio, sample_rate, np.arange(0, audio.shape[-1], hop, dtype=np.int64), hop, circular=circular)


def onset_envelopes(
    audio: NDArray[Any], sample_rate: float, hop: int, bands_hz: Sequence[tuple[float, float]]
) -> Floats:
    """The onset envelope of loop `audio [C, T]` in each of `bands_hz`, `[bands, ceil(T / hop)]`, as `onset_envelope`.

    A band that lies above what the rate can hold is empty: zero. Raises `AudioFileError` on audio that is empty or
    not finite.
    """
    audio = check_audio(audio)
    if hop < 1:
        raise InvalidRequest(f"A hop of {hop} samples is not possible; at least 1 is needed.")
    rises = _rises(audio, sample_rate, np.arange(0, audio.shape[-1], hop, dtype=np.int64), hop, circular=True)
    bottom, top = 2595 * np.log10(1 + np.array(_mel_range(sample_rate)) / 700)
    steps = np.arange(1, _MELS + 1) / (_MELS + 1)
    centres = 700 * (10 ** ((bottom + (top - bottom) * steps) / 2595) - 1)
    inside = [(centres >= low) & (centres < high) for low, high in bands_hz]
    squares = [np.square(rises[:, own]).sum(axis=-1) / max(1, own.sum()) for own in inside]
    return np.asarray(np.sqrt(np.stack(squares)), dtype=np.float32)


def onset_times(audio: NDArray[Any], sample_rate: float) -> tuple[Doubles, Doubles]:
    """Onsets of a loop `audio [C, T]`: sorted times in seconds, strengths in (0, 1]; sounds together count once."""
    audio = check_audio(audio)
    length = audio.shape[-1]
    frames, strengths, count = _onsets(audio, sample_rate)
    return frames * (length / sample_rate / count), strengths


def _loudness(power: Floats, frequencies: Doubles, smoothing: float) -> Doubles:
    # Hann leaves 3/8 of the power in the window; bins hold half a real signal's power in the unit of power_spectra.
    mean_square = (power @ _k_weighting(frequencies).astype(np.float32)).astype(np.float64) / 0.75
    # BS.1770 sums the channels; power_spectra averages them, so two channels are twice the mean.
    lufs = -0.691 + 10 * np.log10(2 * np.maximum(_smooth(mean_square, smoothing), 1e-12))
    return _scale(lufs, LOUDNESS_RANGE_LUFS)


def _brightness(power: Floats, frequencies: Doubles, smoothing: float) -> Doubles:
    heard = (frequencies >= 30) & (frequencies <= 16_000)
    amplitude = np.sqrt(power[:, heard])
    weight = _smooth(amplitude.sum(axis=-1), smoothing)
    moment = _smooth(amplitude @ frequencies[heard], smoothing)
    low, high = BRIGHTNESS_RANGE_HZ
    silence = np.sqrt(_SILENCE)
    centroid = (moment + silence * low) / (weight + silence)
    return _scale(np.log(np.maximum(centroid, 1.0)), (np.log(low), np.log(high)))


def _noisiness(power: Floats, frequencies: Doubles, smoothing: float) -> Doubles:
    weight = _stevens(power[:, frequencies < _OCTAVES_HZ[0]])  # lower sounds are heard as tones
    noise = np.zeros_like(weight)
    for low, high in itertools.pairwise(_OCTAVES_HZ):
        octave = power[:, (frequencies >= low) & (frequencies < high)]
        if not octave.shape[-1]:
            continue
        # Relative floor: below float32's own noise the logarithm would measure rounding.
        arithmetic = octave.mean(axis=-1, dtype=np.float64)
        logs = np.log(np.maximum(octave, (arithmetic * 1e-7 + 1e-30)[:, None].astype(np.float32)))
        flatness_db = 10 / np.log(10) * (logs.mean(axis=-1, dtype=np.float64) - np.log(arithmetic + 1e-30))
        loud = _stevens(octave)
        noise += loud * _scale(flatness_db, NOISINESS_RANGE_DB)
        weight += loud
    share: Doubles = _smooth(noise, smoothing) / (_smooth(weight, smoothing) + _SILENCE**0.3)
    return np.clip(share, 0, 1)


def _density(audio: Floats, sample_rate: float) -> Doubles:
    seconds = audio.shape[-1] / sample_rate
    frames, strengths, count = _onsets(audio, sample_rate)
    impulses = np.zeros(count)
    impulses[frames] = strengths * (count / seconds)
    rate = _smooth(impulses, DENSITY_SMOOTHING_SECONDS / seconds * count)
    return _scale(rate, (0.0, MAX_ONSETS_PER_SECOND))


def _flux(
    audio: Floats, sample_rate: float, positions: NDArray[np.int64], hop: int, *, circular: bool = True
) -> Floats:
    rises = _rises(audio, sample_rate, positions, hop, circular=circular)
    flux: Floats = np.sqrt(np.square(rises).mean(axis=-1)).astype(np.float32)
    return flux


def _rises(
    audio: Floats, sample_rate: float, positions: NDArray[np.int64], hop: int, *, circular: bool
) -> NDArray[Any]:
    """By how many dB each of 40 mel bands exceeds its last 30 ms at `positions`, `[positions, 40]`."""
    recent = max(1, round(_ONSET_MEMORY_SECONDS * sample_rate / hop))
    starts = positions + _ONSET_LEAD - _ONSET_WINDOW
    if not circular:
        starts = np.concatenate([starts[0] - hop * np.arange(recent, 0, -1), starts])
    power = power_spectra(audio, starts, _ONSET_WINDOW, circular=circular)
    mel = power @ mel_filters(_MELS, power.shape[-1], float(sample_rate), *_mel_range(sample_rate))
    floor = max(float(mel.max()) * 10 ** (-_ONSET_RANGE_DB / 10), _SILENCE)
    levels = 10 * np.log10(np.maximum(mel, floor))
    before = np.max([np.roll(levels, step, axis=0) for step in range(1, recent + 1)], axis=0)
    rises: NDArray[Any] = np.maximum(levels - before, 0)
    return rises if circular else rises[recent:]


def _mel_range(sample_rate: float) -> tuple[float, float]:
    return 30.0, min(16_000.0, sample_rate / 2)


def _onsets(audio: Floats, sample_rate: float) -> tuple[NDArray[np.int64], Doubles, int]:
    """Frames of the onsets of a loop, how clearly each stands out in (0, 1], and the number of (10 ms) frames."""
    length = audio.shape[-1]
    count = max(1, round(length / sample_rate / _ONSET_HOP_SECONDS))
    flux = _flux(audio, sample_rate, np.arange(count, dtype=np.int64) * length // count, max(1, length // count))
    highest = scipy.ndimage.maximum_filter1d(flux, 5, mode="wrap")
    usual = scipy.ndimage.median_filter(flux, 21, mode="wrap")
    clear = (flux - usual - _ONSET_THRESHOLD_DB) / (_ONSET_FULL_DB - _ONSET_THRESHOLD_DB)
    first_of_plateau = flux > np.roll(flux, 1)
    frames = np.flatnonzero((flux == highest) & first_of_plateau & (clear > 0))
    return frames, np.minimum(clear[frames], 1.0).astype(np.float64), count


def _k_weighting(frequencies: Doubles) -> Doubles:
    """Power response of the K filter: the analogue prototype of the 48 kHz biquads of BS.1770, for any rate."""
    s = 2j * np.pi * np.maximum(frequencies, 1e-3)
    shelf_w, shelf_q, gain = 2 * np.pi * 1681.974450955533, 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    mid = gain**0.4996667741545416
    shelf = (gain * s**2 + mid * shelf_w / shelf_q * s + shelf_w**2) / (s**2 + shelf_w / shelf_q * s + shelf_w**2)
    high_w, high_q = 2 * np.pi * 38.13547087602444, 0.5003270373238773
    high_pass = s**2 / (s**2 + high_w / high_q * s + high_w**2)
    response: Doubles = np.square(np.abs(shelf * high_pass))
    return response


def _stevens(power: Floats) -> Doubles:
    """Loudness after Stevens' power law, intensity to the 0.3."""
    return np.asarray(power.sum(axis=-1, dtype=np.float64) ** 0.3)


def _smooth(values: NDArray[Any], width: float) -> Doubles:
    """Circular Gaussian of unit sum, `width` frames wide at half height; a shorter loop becomes its mean."""
    sigma = width / 2.3548
    response = np.exp(-2 * np.square(np.pi * sigma * scipy.fft.rfftfreq(len(values))))
    smoothed: Doubles = scipy.fft.irfft(scipy.fft.rfft(values.astype(np.float64)) * response, n=len(values))
    return np.maximum(smoothed, 0.0)  # everything smoothed here is a power, an amplitude or a rate


def _scale(values: Doubles, limits: tuple[float, float]) -> Doubles:
    low, high = limits
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def _at_frames(row: Doubles, frames: int) -> Floats:
    positions = (np.arange(frames) + 0.5) / frames * len(row)
    return np.interp(positions, np.arange(len(row)), row, period=len(row)).astype(np.float32)
