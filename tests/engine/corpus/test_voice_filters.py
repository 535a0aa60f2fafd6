"""Sweeping filters against recursive ones, their stability, tuning of the string, saturation."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.signal import bilinear, lfilter

from engine.corpus.voices.filters import bandpass, bell, highpass, lowpass, string, sweep
from engine.corpus.voices.shaping import finish, saturate
from engine.corpus.voices.voice import SAMPLE_RATE


def error_db(actual: np.ndarray, expected: np.ndarray) -> float:
    return float(10 * np.log10(np.sum((actual - expected) ** 2) / np.sum(expected**2)))


def analog(poles: np.ndarray, zeros: list[float], hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Bilinear transform of a prototype with its cutoff at 1 rad/s, moved to `hz`."""
    scale = 2 * SAMPLE_RATE * np.tan(np.pi * hz / SAMPLE_RATE)
    powers = scale ** np.arange(len(poles))
    return bilinear(zeros * powers[len(poles) - len(zeros) :], poles * powers, SAMPLE_RATE)


@pytest.mark.parametrize(("octaves", "resonance"), [(7.625, 0.0), (10.0, 0.3), (11.5, 0.7)])
def test_a_still_ladder_equals_the_recursive_filter(octaves, resonance):
    hz = 2.0**octaves  # cutoffs are rounded to 1/32 octave: these are exact
    noise = np.random.default_rng(0).standard_normal(8192)
    k = 4 * resonance
    ladder = np.array([1.0, 4.0, 6.0, 4.0, 1.0 + k])
    expected = lfilter(*analog(ladder, [1.0 + 0.6 * k], hz), noise)
    assert error_db(sweep(noise, hz, resonance), expected) < -35.0


def test_a_still_band_pass_equals_the_recursive_filter():
    noise = np.random.default_rng(1).standard_normal(8192)
    q = 0.6 * 20.0**0.4
    expected = lfilter(*analog(np.array([1.0, 1 / q, 1.0]), [1 / q, 0.0], 2048.0), noise)
    assert error_db(sweep(noise, 2048.0, 0.4, "band"), expected) < -35.0


def test_the_sweep_follows_its_cutoff():
    noise = np.random.default_rng(2).standard_normal(2 * SAMPLE_RATE)
    cutoff = np.geomspace(200.0, 8000.0, len(noise))
    audio = sweep(noise, cutoff, 0.2)
    start, end = audio[: SAMPLE_RATE // 4], audio[-SAMPLE_RATE // 4 :]

    def energy_above(part: np.ndarray, hz: float) -> float:
        power = np.abs(np.fft.rfft(part)) ** 2
        return float(power[np.fft.rfftfreq(len(part), 1 / SAMPLE_RATE) > hz].sum() / power.sum())

    assert energy_above(start, 1500.0) < 0.01
    assert energy_above(end, 1500.0) > 0.6


def test_the_sweep_is_causal():
    impulse = np.zeros(6000)
    impulse[3000] = 1.0
    audio = sweep(impulse, 800.0, 0.5)
    assert np.max(np.abs(audio[:2744])) < 1e-6
    assert np.sum(audio[2744:3000] ** 2) < 2e-3 * np.sum(audio**2)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(1.0, 40000.0), min_size=2, max_size=12),
    st.floats(0.0, 1.0),
    st.sampled_from(["ladder", "low", "band", "high"]),
)
def test_no_cutoff_and_no_resonance_makes_it_unstable(points, resonance, kind):
    n = 6000
    cutoff = np.interp(np.linspace(0, len(points) - 1, n), np.arange(len(points)), points)
    audio = sweep(np.random.default_rng(0).uniform(-1, 1, n), cutoff, resonance, kind)
    assert np.all(np.isfinite(audio))
    assert np.max(np.abs(audio)) < 40.0


def test_fixed_filters_have_their_gains():
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE

    def gain_db(filtered: np.ndarray) -> float:
        return float(20 * np.log10(np.std(filtered[10000:]) * np.sqrt(2)))

    tone = np.sin(2 * np.pi * 1000.0 * time)
    assert gain_db(lowpass(tone, 1000.0)) == pytest.approx(-3.0, abs=0.1)
    assert gain_db(highpass(tone, 1000.0)) == pytest.approx(-3.0, abs=0.1)
    assert gain_db(bandpass(tone, 1000.0, 3.0)) == pytest.approx(0.0, abs=0.1)
    assert gain_db(bell(tone, 1000.0, 6.0)) == pytest.approx(6.0, abs=0.1)
    assert gain_db(lowpass(tone, 100.0)) == pytest.approx(-40.0, abs=0.5)


@pytest.mark.parametrize("hz", [65.41, 440.0, 1318.5])
def test_the_string_is_in_tune_and_dies_in_its_time(hz):
    pick = np.zeros(2 * SAMPLE_RATE)
    pick[: round(SAMPLE_RATE / hz)] = np.random.default_rng(0).uniform(-1, 1, round(SAMPLE_RATE / hz))
    audio = string(pick, hz, 1.5, 0.3)
    size = 1 << 19
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), size))
    frequency = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    near = np.abs(frequency / hz - 1) < 0.03
    found = frequency[near][np.argmax(spectrum[near])]
    assert abs(1200 * np.log2(found / hz)) < 2.0
    assert np.std(audio[-2000:]) < 0.01 * np.std(audio[:2000])


def test_saturation_bounds_keeps_silence_and_adds_odd_harmonics():
    tone = np.sin(2 * np.pi * np.arange(44100) * 441 / 44100)
    driven = saturate(tone, 0.8)
    spectrum = np.abs(np.fft.rfft(driven)) / len(tone) * 2
    assert spectrum[3 * 441] > 0.1 * spectrum[441]
    assert spectrum[2 * 441] < 1e-3 * spectrum[441]
    assert np.max(np.abs(driven)) <= 1.001
    assert not saturate(np.zeros(64), 0.5).any()
    assert saturate(tone, 0.0) is tone


def test_saturation_hardly_aliases():
    # Folded products of 7 kHz land between harmonics; the naive curve leaves several times as much.
    tone = np.sin(2 * np.pi * np.arange(44100) * 7001 / 44100)
    spectrum = np.abs(np.fft.rfft(saturate(tone, 0.6))) ** 2
    naive = np.abs(np.fft.rfft((x := (1.5 + 18 * 0.36) * tone) / np.sqrt(1 + x * x))) ** 2
    fold = 44100 - 5 * 7001
    assert spectrum[fold] / spectrum[7001] < 0.4 * naive[fold] / naive[7001]


def test_finish_sets_the_peak_and_ends_in_silence_without_dc():
    audio = finish(1.0 + np.sin(2 * np.pi * np.arange(44100) * 100 / 44100), 0.7)
    assert np.max(np.abs(audio)) == pytest.approx(0.7, abs=1e-6)
    assert audio[-1] == 0.0
    assert abs(audio[22050 : 22050 + 40 * 441].mean()) < 1e-3
