"""Oscillators against exact additive sums: what aliases, and how much."""

import numpy as np
import pytest

from engine.corpus.voices.envelopes import decay, drift, levelled
from engine.corpus.voices.oscillators import cloud, cycle, modes, pulse, saw, sine
from engine.corpus.voices.voice import SAMPLE_RATE


def alias_db(audio: np.ndarray, hz: float) -> float:
    """Energy that lies on no harmonic of `hz`, relative to all of it, below 16 kHz."""
    middle = audio[200:-200] * np.blackman(len(audio) - 400)
    power = np.abs(np.fft.rfft(middle, 1 << 17)) ** 2
    frequency = np.fft.rfftfreq(1 << 17, 1 / SAMPLE_RATE)
    order = np.round(frequency / hz)
    harmonic = (np.abs(frequency - order * hz) < 12.0) & (order > 0)
    audible = (frequency > 40.0) & (frequency < 16000.0)
    return float(10 * np.log10(power[audible & ~harmonic].sum() / power[audible].sum()))


@pytest.mark.parametrize("hz", [110.0, 997.0, 2637.0])
@pytest.mark.parametrize("oscillator", [saw, pulse])
def test_saw_and_pulse_are_band_limited(oscillator, hz):
    phase = hz / SAMPLE_RATE * np.arange(SAMPLE_RATE)
    assert alias_db(oscillator(phase), hz) < -60.0


def test_the_alias_figure_sees_a_naive_saw():
    phase = 997.0 / SAMPLE_RATE * np.arange(SAMPLE_RATE)
    assert alias_db(2.0 * (phase % 1.0) - 1.0, 997.0) > -35.0


def test_saw_has_the_harmonics_of_a_saw():
    hz, n = 441.0, SAMPLE_RATE
    audio = saw(hz / SAMPLE_RATE * np.arange(n))
    spectrum = np.abs(np.fft.rfft(audio)) * 2 / n
    orders = np.arange(1, 18)
    np.testing.assert_allclose(spectrum[(441 * orders)], 2 / np.pi / orders, rtol=0.03)


def test_saws_add_up():
    phases = np.array([[110.0], [165.3], [220.7]]) / SAMPLE_RATE * np.arange(8000)
    np.testing.assert_allclose(saw(phases), sum(saw(row) for row in phases), atol=1e-9)


def test_pulse_has_no_dc():
    audio = pulse(300.0 / SAMPLE_RATE * np.arange(SAMPLE_RATE), 0.2)
    assert abs(audio.mean()) < 1e-3


def test_cycle_is_the_sum_of_its_harmonics():
    phase = 220.0 / SAMPLE_RATE * np.arange(20000)
    amplitudes, starts = np.array([1.0, 0.5, 0.0, 0.25]), np.array([0.0, 0.25, 0.0, 0.6])
    exact = sum(
        a * np.sin(2 * np.pi * (k * phase + s)) for k, a, s in zip((1, 2, 3, 4), amplitudes, starts, strict=True)
    )
    assert np.max(np.abs(cycle(phase, amplitudes, starts) - exact)) < 2e-3


def test_cycle_drops_harmonics_above_nyquist():
    hz = 9000.0
    audio = cycle(hz / SAMPLE_RATE * np.arange(SAMPLE_RATE), np.ones(8))
    spectrum = np.abs(np.fft.rfft(audio))
    assert np.argsort(spectrum)[-2:].tolist() == [18000, 9000] or set(np.argsort(spectrum)[-2:]) == {9000, 18000}
    assert np.sort(spectrum)[-3] < 1e-2 * spectrum.max()


def test_sine_is_exact_after_an_hour():
    phase = 440.0 * 3600 + 440.0 / SAMPLE_RATE * np.arange(1000)
    assert np.max(np.abs(sine(phase) - np.sin(2 * np.pi * (phase % 1.0)))) < 1e-5


def test_cloud_keeps_its_energy_in_its_bands():
    audio = cloud(5 * SAMPLE_RATE, np.array([300.0, 700.0]), np.array([1.0, 1.0]), 15.0, np.random.default_rng(0))
    assert np.sqrt(np.mean(audio**2)) == pytest.approx(1.0, abs=0.01)
    power = np.abs(np.fft.rfft(audio * np.hanning(len(audio)))) ** 2
    frequency = np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE)
    near = (np.abs(frequency - 300) < 15) | (np.abs(frequency - 700) < 30)
    assert power[near].sum() / power.sum() > 0.999


def test_decay_falls_by_sixty_decibels_in_its_time():
    assert 20 * np.log10(decay(SAMPLE_RATE, 0.5)[SAMPLE_RATE // 2]) == pytest.approx(-60.0, abs=0.01)


def test_modes_die_in_their_times():
    audio = modes(SAMPLE_RATE, np.array([500.0]), np.array([0.4]), np.array([1.0]), np.random.default_rng(0))
    early, late = (np.max(np.abs(audio[at : at + 200])) for at in (0, round(0.2 * SAMPLE_RATE)))
    assert 20 * np.log10(late / early) == pytest.approx(-30.0, abs=0.7)


def test_drift_is_slow_and_bounded():
    wander = drift(4 * SAMPLE_RATE, 0.5, np.random.default_rng(3))
    assert np.max(np.abs(wander)) <= 1.0
    assert np.max(np.abs(np.diff(wander))) < 1e-3
    assert np.ptp(wander) > 0.2


def test_levelling_evens_out_slow_fades_alone():
    time = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * 300.0 * time)
    fading = tone * np.where(time < 2.0, 1.0, 0.1)
    even = levelled(fading, 0.7)

    def drop_db(audio: np.ndarray) -> float:
        return float(
            20 * np.log10(np.std(audio[SAMPLE_RATE : 2 * SAMPLE_RATE - 20000]) / np.std(audio[3 * SAMPLE_RATE :]))
        )

    assert drop_db(fading) == pytest.approx(20.0, abs=0.2)
    assert 6.0 < drop_db(even) < 11.0
    assert np.std(levelled(tone, 0.7) / np.std(levelled(tone, 0.7)) - tone / np.std(tone)) < 0.02
