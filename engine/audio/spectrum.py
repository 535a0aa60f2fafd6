"""Power spectra of loops and recordings, and their mel picture (numpy and scipy alone)."""

from functools import lru_cache
from typing import Any, Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from engine.errors import AudioFileError

Floats = NDArray[np.float32]
MEL_HZ: Final = 700.0
"""Below it the scale is even in hertz, above it in octaves (O'Shaughnessy 1987)."""
_BLOCK = 32  # windows transformed at once, so that they stay in the cache


def check_audio(audio: NDArray[Any]) -> Floats:
    """`audio [C, T]` or mono `[T]` as float32 `[C, T]`; raises `AudioFileError` when empty or not finite."""
    if audio.ndim == 1:
        audio = audio[None]
    if audio.ndim != 2 or not audio.size:
        raise AudioFileError(f"Audio of shape {audio.shape} cannot be measured; [channels, samples] is needed.")
    if not np.isfinite(audio).all():
        raise AudioFileError("The audio holds values that are not numbers (NaN or infinite) and cannot be measured.")
    return np.asarray(audio, dtype=np.float32)


def power_spectra(audio: Floats, starts: NDArray[np.int64], window_length: int, *, circular: bool = True) -> Floats:
    """Mean over channels of Hann-windowed power spectra, `[len(starts), window_length // 2 + 1]`.

    Window `i` covers samples `starts[i]` to `starts[i] + window_length` of `audio [C, T]`; beyond the ends a loop
    continues with itself (`circular`), a recording is silent. Scaled so that a full-scale sine on a bin reads 0.25
    (Hann coherent gain 0.5, and half of the power in either sign of frequency).
    """
    before = max(0, -int(starts.min()))
    after = max(0, int(starts.max()) + window_length - audio.shape[-1])
    extended = np.pad(audio, ((0, 0), (before, after)), mode="wrap" if circular else "constant")
    windows = np.lib.stride_tricks.sliding_window_view(extended, window_length, axis=-1)
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window_length) / window_length)).astype(np.float32)
    power = np.zeros((len(starts), window_length // 2 + 1), dtype=np.float32)
    for block in range(0, len(starts), _BLOCK):
        rows = slice(block, block + _BLOCK)
        for channel in windows:
            spectrum = scipy.fft.rfft(channel[starts[rows] + before] * hann, axis=-1)
            power[rows] += np.square(spectrum.real) + np.square(spectrum.imag)
    # Hann: sum(w) = N / 2, so a full-scale sine peaks at (N / 4)^2; 4 / N^2 brings that to 0.25.
    return power * np.float32(4.0 / (window_length**2 * len(audio)))


@lru_cache(maxsize=16)
def mel_filters(
    bands: int, bins: int, sample_rate: float, low_hz: float, high_hz: float, *, bend_hz: float = MEL_HZ
) -> Floats:
    """Triangular filters `[bins, bands]` of unit sum, evenly spaced in mel, or on a scale that bends at `bend_hz`."""

    def to_mel(hertz: float) -> float:
        return 2595.0 * float(np.log10(1 + hertz / bend_hz))

    edges = bend_hz * (10 ** (np.linspace(to_mel(low_hz), to_mel(high_hz), bands + 2) / 2595.0) - 1)
    frequencies = np.linspace(0, sample_rate / 2, bins)[:, None]
    # A filter narrower than a bin would miss every bin: widen it to reach its nearest one.
    bin_width = sample_rate / 2 / (bins - 1)
    below, above = np.maximum(np.diff(edges)[:-1], bin_width), np.maximum(np.diff(edges)[1:], bin_width)
    rising = (frequencies - edges[1:-1] + below) / below
    falling = (edges[1:-1] + above - frequencies) / above
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    filters: Floats = (triangles / np.maximum(triangles.sum(axis=0), 1e-9)).astype(np.float32)
    filters.flags.writeable = False
    return filters


def mel_spectrogram(
    audio: NDArray[Any],
    sample_rate: float,
    *,
    hop: int = 512,
    bands: int = 128,
    window_length: int = 2048,
    circular: bool = True,
    floor_db: float = -80.0,
    bend_hz: float = MEL_HZ,
) -> Floats:
    """Mel spectrogram `[bands, ceil(T / hop)]` in dB for pictures, low bands first, 30 Hz to 16 kHz.

    The scale may bend elsewhere than mel does: the lower `bend_hz`, the more room has the bass.

    0 dB is a full-scale sine; nothing is below `floor_db`. Column `i` is centred on sample `i * hop`. Raises
    `AudioFileError` on audio that is empty or not finite.
    """
    audio = check_audio(audio)
    starts = np.arange(0, audio.shape[-1], hop, dtype=np.int64) - window_length // 2
    power = power_spectra(audio, starts, window_length, circular=circular)
    high_hz = min(16_000.0, sample_rate / 2)
    filters = mel_filters(bands, power.shape[-1], float(sample_rate), 30.0, high_hz, bend_hz=bend_hz)
    # Unit-sum filters average; undo it at the peak so that a sine on a band's centre reads its level.
    levels = power @ (filters / filters.max(axis=0)) / 0.25
    decibels: Floats = 10 * np.log10(np.maximum(levels, 10 ** (floor_db / 10))).T.astype(np.float32)
    return np.ascontiguousarray(decibels)
