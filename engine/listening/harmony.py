"""How much the harmony of a loop changes at each moment: chords and bass notes change on bars and half bars."""

from typing import Any, Final

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from engine.audio.spectrum import check_audio, power_spectra

_WINDOW_SECONDS: Final = 0.186
_HOP_SECONDS: Final = 0.023
_RANGE_HZ: Final = (55.0, 1760.0)
_TUNING_HZ: Final = 440.0
_AROUND: Final = 8
"""Frames on either side of a moment that are compared, 0.18 s: chords are more than the strokes they begin with."""
_QUIET: Final = 0.03
"""Share of the loudest frame below which there is no harmony."""
_PITCHES: Final = 12


def harmonic_changes(audio: NDArray[Any], sample_rate: float, frames: int) -> NDArray[np.float64]:
    """By how much the pitch classes of loop `audio` `[C, T]` differ after each of `frames` moments from before it, in
    [0, 1], `[frames]`. Moment `i` is `i / frames` of the loop. Raises `AudioFileError` on what is no audio."""
    chroma = _pitch_classes(audio, sample_rate)
    smooth = scipy.ndimage.uniform_filter1d(chroma, _AROUND, axis=0, mode="wrap")
    before, after = np.roll(smooth, _AROUND // 2, axis=0), np.roll(smooth, -_AROUND // 2, axis=0)
    norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    loudest = float(norms.max(initial=0.0))
    alike = (before * after).sum(axis=1) / np.maximum(norms, _QUIET**2 * loudest + 1e-12)
    changes = np.clip(1 - alike, 0, 1) * (norms > _QUIET**2 * loudest)
    count = len(changes)
    at = np.arange(frames) / frames * count
    return np.asarray(np.interp(at, np.arange(count), changes, period=count))


def _pitch_classes(audio: NDArray[Any], sample_rate: float) -> NDArray[np.float64]:
    """Amplitude of each pitch class, `[N, 12]`, at every `_HOP_SECONDS` of a loop."""
    audio = check_audio(audio)
    window = 2 ** round(np.log2(_WINDOW_SECONDS * sample_rate))
    count = max(1, round(audio.shape[-1] / sample_rate / _HOP_SECONDS))
    centres = np.arange(count, dtype=np.int64) * audio.shape[-1] // count
    amplitude = np.sqrt(power_spectra(audio, centres - window // 2, window))
    hertz = np.arange(amplitude.shape[1]) * sample_rate / window
    low, high = _RANGE_HZ
    heard = np.flatnonzero((hertz >= low) & (hertz <= high))
    pitches = np.round(_PITCHES * np.log2(hertz[heard] / _TUNING_HZ)).astype(int) % _PITCHES
    return np.asarray(amplitude[:, heard] @ np.eye(_PITCHES)[pitches], dtype=np.float64)
