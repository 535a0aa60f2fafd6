"""Wave shaping and the finish every strike gets: saturation without aliasing, bit reduction, level, fade."""

import numpy as np
from numpy.typing import NDArray

from engine.audio.recursion import recursive
from engine.corpus.voices.voice import SAMPLE_RATE, Signal

_FADE = 220
_FADE_OUT = np.linspace(1.0, 0.0, _FADE) ** 2
_DC_POLE = float(np.exp(-2.0 * np.pi * 12.0 / SAMPLE_RATE))


def saturate(audio: Signal, drive: float, bias: float = 0.0) -> Signal:
    """Soft saturation of `audio` `[n]` at about its level; `drive` 0 (clean) to 1, `bias` adds even harmonics.

    The curve is `x / sqrt(1 + x^2)`, first-order antiderivative antialiasing (Parker, Zavalishin, Le Bivic 2016):
    with the integral `sqrt(1 + x^2)` the difference quotient never divides by the small difference.
    """
    peak = float(np.max(np.abs(audio))) if len(audio) else 0.0
    if drive <= 0.0 or peak < 1e-9:
        return audio
    gain = 1.5 + 18.0 * drive**2
    x = np.empty(len(audio) + 1, np.float32)
    x[0] = bias
    x[1:] = audio
    x[1:] *= gain / peak
    x[1:] += bias
    root = np.sqrt(1.0 + x * x)
    shaped = (x[1:] + x[:-1]) / (root[1:] + root[:-1])
    centre = bias / np.sqrt(1.0 + bias * bias)
    return np.asarray((shaped - centre) * np.float32(peak * np.sqrt(1.0 + gain * gain) / gain))


def fold(audio: Signal, amount: float) -> Signal:
    """Sine wave folder: `amount` 0 leaves `audio` `[n]` alone, 1 folds it twice."""
    if amount <= 0.0:
        return audio
    gain = 1.0 + 3.0 * amount
    return np.asarray(np.sin(0.5 * np.pi * gain * audio))


def crush(audio: Signal, bits: float, hold: float) -> Signal:
    """Lo-fi converter: rounds `audio` `[n]` to `bits` and holds each value for `hold` samples."""
    index = (np.floor(np.arange(len(audio)) / hold) * hold).astype(np.intp)
    levels = 2.0 ** (bits - 1.0)
    peak = max(float(np.max(np.abs(audio))), 1e-9)
    return np.asarray(np.rint(audio[index] / peak * levels) / levels * peak)


def finish(audio: Signal, peak: float) -> NDArray[np.float32]:
    """The end of every strike: no DC, a short fade at the end, the highest sample at `peak`. float32 `[n]`."""
    clean = recursive([1.0, -1.0], [1.0, -_DC_POLE], audio)
    length = min(_FADE, len(clean))
    clean[len(clean) - length :] *= _FADE_OUT[-length:]
    highest = float(np.max(np.abs(clean))) if len(clean) else 0.0
    if highest > 1e-9:
        clean *= peak / highest
    return clean.astype(np.float32)
