"""What LAION's audio tower hears: ten seconds at 48 kHz as a log-mel spectrogram."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.audio.resampling import resample_loop

SAMPLE_RATE: Final = 48_000
WINDOW_SAMPLES: Final = 480_000
FFT_SIZE: Final = 1024
HOP_LENGTH: Final = 480
LOWEST_HZ: Final = 50.0
HIGHEST_HZ: Final = 14_000.0
QUIETEST: Final = 1e-10

_LINEAR_HZ_PER_MEL: Final = 200 / 3
_BREAK_HZ: Final = 1000.0
_LOG_STEP: Final = np.log(6.4) / 27


def loop_windows(audio: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Loop `[C, T]` as windows `[W, 480000]` at 48 kHz, mono, evenly spread and repeated round its end.

    A loop of up to ten seconds fills one window; a longer one is covered by as many as it takes.
    """
    mono = resample_loop(audio.mean(axis=0, keepdims=True), sample_rate, SAMPLE_RATE)[0]
    count = max(1, int(np.ceil(len(mono) / WINDOW_SAMPLES)))
    starts = np.arange(count) * len(mono) // count
    return np.stack([np.take(mono, np.arange(start, start + WINDOW_SAMPLES), mode="wrap") for start in starts])


def log_mel(windows: Tensor, mels: int) -> Tensor:
    """Windows `[W, T]` at 48 kHz to decibels `[W, 1, T / 480 + 1, mels]`, as torchlibrosa computed them for LAION."""
    window = torch.hann_window(FFT_SIZE, device=windows.device)
    spectrum = torch.stft(
        windows.float(), FFT_SIZE, HOP_LENGTH, window=window, center=True, pad_mode="reflect", return_complex=True
    )
    power = spectrum.real.square() + spectrum.imag.square()
    bank = torch.from_numpy(slaney_filters(mels)).to(windows.device)
    return 10 * torch.log10((bank @ power).clamp_min(QUIETEST)).transpose(1, 2)[:, None]


def slaney_filters(mels: int) -> NDArray[np.float32]:
    """Triangular mel filters of unit area `[mels, 513]`, 50 Hz to 14 kHz (Slaney 1998, Auditory Toolbox)."""
    centres = _hertz(np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), mels + 2))
    frequencies = np.linspace(0, SAMPLE_RATE / 2, FFT_SIZE // 2 + 1)
    low, middle, high = centres[:-2, None], centres[1:-1, None], centres[2:, None]
    rising, falling = (frequencies - low) / (middle - low), (high - frequencies) / (high - middle)
    return (np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)).astype(np.float32)


def _mel(hertz: float) -> float:
    if hertz < _BREAK_HZ:
        return hertz / _LINEAR_HZ_PER_MEL
    return float(_BREAK_HZ / _LINEAR_HZ_PER_MEL + np.log(hertz / _BREAK_HZ) / _LOG_STEP)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    start = _BREAK_HZ / _LINEAR_HZ_PER_MEL
    above: NDArray[np.float64] = _BREAK_HZ * np.exp(_LOG_STEP * (mel - start))
    return np.where(mel < start, mel * _LINEAR_HZ_PER_MEL, above)
