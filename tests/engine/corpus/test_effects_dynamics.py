"""Ducking, compression, limiting, distortion and movement: depth, recovery, ceilings, and the loop seam."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from engine.corpus.effects import dynamics, modulation, saturation, stereo
from engine.corpus.effects.equaliser import low_pass

RATE = 44100


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32) * 0.3


def test_ducking_depth_and_recovery():
    curve = dynamics.ducking_curve(88200, [(22050, 1.0), (66150, 0.5)], 0.8, 0.25, curve=1.0)
    assert curve[22050] == pytest.approx(0.2, abs=0.01)
    assert curve[66150] == pytest.approx(0.6, abs=0.01)
    assert curve[22050 + 11025 // 2] == pytest.approx(0.6, abs=0.01)
    assert curve[22050 + 11025 :][:1000].min() == 1
    assert curve[22050 - 200] == 1


def test_ducking_wraps_around_the_seam():
    early = dynamics.ducking_curve(44100, [(100, 1.0)], 0.9, 0.3)
    moved = dynamics.ducking_curve(44100, [(44000, 1.0)], 0.9, 0.3)
    assert np.array_equal(np.roll(early, -200), moved)


@pytest.mark.parametrize("seconds", [0.002, 0.3, 5.0])
def test_smoothing_is_in_its_periodic_steady_state(seconds):
    signal = np.abs(noise(50021))
    once = dynamics.smooth(signal, seconds)
    twice = dynamics.smooth(np.tile(signal, 2), seconds)
    assert np.abs(np.tile(once, 2) - twice).max() < 1e-5
    assert once.mean() == pytest.approx(signal.mean(), rel=1e-4)


def rolls_with(effect, audio, shift=7919) -> float:
    return float(np.abs(effect(np.roll(audio, shift, axis=-1)) - np.roll(effect(audio), shift, axis=-1)).max())


TIME_INVARIANT = {
    "compress": lambda x: dynamics.compress(x, -20, 4, 0.005, 0.2),
    "limit": lambda x: dynamics.limit(x, 0.5),
    "transients": lambda x: dynamics.shape_transients(x, 1.0),
    "tanh": lambda x: saturation.saturate(x, 12, "tanh"),
    "asymmetric": lambda x: saturation.saturate(x, 12, "asymmetric"),
    "fold": lambda x: saturation.saturate(x, 12, "fold"),
    "place": lambda x: stereo.place(x[0], 0.3, 0.008),
    "widen": lambda x: stereo.widen(x, 1.4),
}


@pytest.mark.parametrize("name", TIME_INVARIANT)
def test_time_invariant_effects_commute_with_rolling(name):
    assert rolls_with(TIME_INVARIANT[name], noise(2, 60013)) < 1e-4


MOVING = {  # effect of a loop with its number of LFO cycles per repetition
    "chorus": lambda x, n: modulation.chorus(x, 0.012, 0.003, 3 * n, 0.8),
    "flanger": lambda x, n: modulation.chorus(x, 0.002, 0.001, 2 * n, 0.7),
    "wobble": lambda x, n: modulation.wobble(x, 0.001, 2 * n, 23 * n),
    "auto_pan": lambda x, n: modulation.auto_pan(x, 0.8, 4 * n),
    "sweep": lambda x, n: modulation.sweep(
        x, [low_pass(f) for f in (400, 900, 3000)], 0.5 + 0.5 * modulation.cycle(x.shape[-1], 2 * n)
    ),
}


@pytest.mark.parametrize("name", MOVING)
def test_moving_effects_repeat_with_the_loop(name):
    audio = noise(2, 60013)
    once, twice = MOVING[name](audio, 1), MOVING[name](np.tile(audio, 2), 2)
    assert np.abs(np.tile(once, 2) - twice).max() < 1e-4


def test_sweep_ends_are_the_first_and_the_last_filter():
    audio = noise(30000)
    designs = [low_pass(300), low_pass(5000)]
    for place in (0, 1):
        from engine.corpus.effects.transfer import apply

        swept = modulation.sweep(audio, designs, np.full(30000, place, dtype=np.float32))
        assert np.abs(swept - apply(audio, designs[place])).max() < 1e-6


def test_compressor_ratio():
    """A steady tone 12 dB over the threshold comes out 12 / ratio over it."""
    tone = np.sin(2 * np.pi * 441 * np.arange(44100) / RATE).astype(np.float32)
    audio = np.stack([tone, tone]) * np.float32(np.sqrt(2) * 10 ** (-8 / 20))  # -8 dB RMS
    out = dynamics.compress(audio, -20, 4, 0.05, 0.2)
    assert 10 * np.log10(np.mean(out**2)) == pytest.approx(-20 + 12 / 4, abs=0.3)


@given(st.floats(0.05, 1.0), st.integers(0, 10**6), st.floats(0.5, 8.0))
@settings(max_examples=20, deadline=None)
def test_limiter_never_passes_its_ceiling(ceiling, seed, gain):
    audio = noise(2, 20011, seed=seed) * np.float32(gain)
    assert np.abs(dynamics.limit(audio, ceiling)).max() <= ceiling


def test_limiter_leaves_quiet_loops_alone():
    audio = noise(2, 5000) * 0.1
    assert np.array_equal(dynamics.limit(audio, 0.98), audio)


@pytest.mark.parametrize("shape", saturation.SHAPES)
def test_saturation_keeps_the_peak_and_is_gentle_on_quiet_sound(shape):
    audio = noise(2, 20000)
    assert np.abs(saturation.saturate(audio, 18, shape)).max() == pytest.approx(np.abs(audio).max(), rel=1e-4)
    silent = np.zeros((2, 100), dtype=np.float32)
    assert np.array_equal(saturation.saturate(silent, 18, shape), silent)


def test_saturation_aliases_less_than_the_bare_curve():
    """A driven 5 kHz tone: what lies below it (only aliases can) is at least 10 dB lower than from plain tanh."""
    time = np.arange(44100) / RATE
    tone = np.sin(2 * np.pi * 5003 * time).astype(np.float32)
    plain = saturation.saturate(tone, 20, "tanh", anti_alias=False)
    assert np.abs(plain - np.tanh(10 * tone)).max() < 1e-3
    ours = saturation.saturate(tone, 20, "tanh")

    def aliases(audio):
        spectrum = np.abs(np.fft.rfft(audio)) ** 2
        return 10 * np.log10(spectrum[50:4900].sum() / spectrum[4990:5010].sum())

    assert aliases(ours) < aliases(plain) - 10


def test_crush_levels():
    audio = np.linspace(-1, 1, 1000, dtype=np.float32)
    assert len(np.unique(saturation.crush(audio, 3, 1))) == 9
    held = saturation.crush(noise(1000), 16, 4)
    assert np.array_equal(held[0::4][:250], held[3::4])


def test_transient_shaper_raises_attacks():
    beat = np.exp(-np.arange(22050) / 3000).astype(np.float32) * noise(22050)
    audio = np.tile(beat, 4)
    raised = dynamics.shape_transients(audio, 1.0)
    assert np.abs(raised[:200]).max() > 1.2 * np.abs(audio[:200]).max()
    assert np.abs(raised[15000:20000] - audio[15000:20000]).max() < 1e-3


def test_pan_keeps_power_and_sides():
    audio = noise(1000)
    for pan in (-1, -0.4, 0, 0.7, 1):
        placed = stereo.place(audio, pan)
        assert np.sum(placed**2) == pytest.approx(2 * np.sum(audio**2), rel=1e-4)
    assert np.abs(stereo.place(audio, 1)[0]).max() < 1e-6
    assert np.array_equal(stereo.place(audio, 0, 0.001)[1], np.roll(stereo.place(audio, 0)[1], 44))


def test_width_zero_is_mono_and_one_changes_nothing():
    audio = noise(2, 1000)
    mono = stereo.widen(audio, 0)
    assert np.array_equal(mono[0], mono[1])
    assert np.abs(stereo.widen(audio, 1) - audio).max() < 1e-6
