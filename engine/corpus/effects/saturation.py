"""Memoryless distortion, with first-order antiderivative anti-aliasing, and lo-fi damage.

Where a curve `f` has the antiderivative `F`, the output is the mean of `f` over the straight line between two
samples, `(F(x_n) - F(x_{n-1})) / (x_n - x_{n-1})` (Parker, Zavalishin, Le Bivic, DAFx 2016): it aliases about as
little as two-fold oversampling, for less, and the sample before the first is the last, so it is circular.
"""

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from engine.corpus.effects.equaliser import band_pass, chain, high_pass, low_pass
from engine.corpus.effects.transfer import SAMPLE_RATE, Audio, apply

Shape = Literal["tanh", "asymmetric", "fold"]
SHAPES: tuple[Shape, ...] = get_args(Shape)

_BIAS = 0.5
_ILL_CONDITIONED = 1e-4
Curve = Callable[[NDArray[Any]], NDArray[Any]]


def _log_cosh(x: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.abs(x)
    return np.asarray(size + np.log1p(np.exp(-2 * size)))


_CURVES: dict[str, tuple[Curve, Curve]] = {
    "tanh": (np.tanh, _log_cosh),
    "asymmetric": (
        lambda x: np.tanh(x + _BIAS) - np.tanh(_BIAS),
        lambda x: _log_cosh(x + _BIAS) - np.tanh(_BIAS) * x,
    ),
    "fold": (np.sin, lambda x: -np.cos(x)),
}


def saturate(audio: Audio, drive_db: float, shape: Shape = "tanh", *, anti_alias: bool = True) -> Audio:
    """Distort loops `[..., T]` by `shape`, driven so that the loudest sample is `drive_db` over the curve's knee.

    The output keeps the peak level of the input. With `anti_alias` it comes half a sample late and loses some treble
    (-3 dB at 11 kHz): right for tones. Noise and whole mixes hide what the bare curve aliases, and keep their treble.
    """
    peak = float(np.abs(audio).max(initial=0.0))
    if peak < 1e-6:
        return audio
    curve, antiderivative = _CURVES[shape]
    gain = 10 ** (drive_db / 20) / peak
    if anti_alias:
        out = _mean_over_steps(audio.astype(np.float64) * gain, curve, antiderivative)
    else:
        out = curve(audio * np.float32(gain))
    if shape == "asymmetric":
        out -= out.mean(axis=-1, keepdims=True)
    return np.asarray(out * (peak / max(float(np.abs(out).max()), 1e-9)), dtype=np.float32)


def _mean_over_steps(x: NDArray[np.float64], curve: Curve, antiderivative: Curve) -> NDArray[np.float64]:
    primitive = antiderivative(x)
    step = x - np.roll(x, 1, axis=-1)
    flat = np.abs(step) < _ILL_CONDITIONED
    out = (primitive - np.roll(primitive, 1, axis=-1)) / np.where(flat, 1.0, step)
    out[flat] = curve((x - step / 2)[flat])
    return np.asarray(out)


def crush(audio: Audio, bits: float, hold: int) -> Audio:
    """Lower the resolution of loops `[..., T]` to `bits` (of the peak) and hold each sample for `hold` samples.

    Aliases on purpose. The hold starts at sample 0 of the loop.
    """
    peak = max(float(np.abs(audio).max(initial=0.0)), 1e-6)
    held = audio[..., np.arange(audio.shape[-1]) // hold * hold]
    levels = 2 ** (bits - 1)
    return np.asarray(np.round(held / peak * levels) * (peak / levels), dtype=np.float32)


def vinyl_noise(samples: int, crackles_per_second: float, hiss: float, rng: np.random.Generator) -> Audio:
    """A loop of record surface `[2, samples]`: crackle and hiss, RMS about `hiss` for the hiss, peaks about 10x."""
    noise = rng.standard_normal((2, samples), dtype=np.float32)
    noise = apply(noise, chain(high_pass(300.0), low_pass(9000.0))) * np.float32(hiss)
    clicks = np.zeros(samples, dtype=np.float32)
    count = rng.poisson(crackles_per_second * samples / SAMPLE_RATE)
    places = rng.integers(0, samples, count)
    clicks[places] = rng.exponential(1.0, count) * rng.choice([-1.0, 1.0], count)
    clicks = apply(clicks, band_pass(2500.0, 0.7))
    peak = float(np.abs(clicks).max(initial=0.0))
    return noise + clicks * np.float32(10 * hiss / peak if peak > 0 else 0.0)
