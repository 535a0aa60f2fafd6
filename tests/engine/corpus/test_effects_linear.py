"""Filters, reverbs and delays: right numbers, and exactly circular."""

import numpy as np
import pytest

from engine.corpus.effects import equaliser, space, transfer

RATE = 44100
AWKWARD = 99991  # a prime: no transform of this length is fast
SMOOTH = 96000


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32) * 0.3


def impulse(samples: int, place: int = 0) -> np.ndarray:
    audio = np.zeros(samples, dtype=np.float32)
    audio[place] = 1
    return audio


def level_db(audio: np.ndarray, hertz: float) -> float:
    """Level of a sine component, 0 dB for unit amplitude."""
    turns = np.exp(-2j * np.pi * hertz / RATE * np.arange(audio.shape[-1]))
    return float(20 * np.log10(2 * abs(np.mean(audio * turns)) + 1e-12))


DESIGNS = {
    "low_pass": equaliser.low_pass(900, 3),
    "high_pass": equaliser.high_pass(30),
    "band_pass": equaliser.band_pass(500, 4),
    "bell": equaliser.bell(80, 6, 2),
    "tilt": equaliser.tilt(3),
    "all_pass": equaliser.all_pass(700),
    "phaser": equaliser.phaser(900, 6, 0.5),
    "chain": equaliser.chain(equaliser.high_pass(40), equaliser.bell(300, -4), equaliser.low_pass(8000)),
}


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("samples", [AWKWARD, SMOOTH, 30000])
def test_a_filter_commutes_with_rolling(name, samples):
    audio = noise(samples)
    rolled = transfer.apply(np.roll(audio, 12345), DESIGNS[name])
    assert np.abs(rolled - np.roll(transfer.apply(audio, DESIGNS[name]), 12345)).max() < 1e-4


def test_block_filtering_equals_one_transform_of_the_whole_loop():
    audio = noise(2, SMOOTH)
    for design in DESIGNS.values():
        spectrum = np.fft.rfft(audio) * design(transfer.grid_of(SMOOTH))
        assert np.abs(transfer.apply(audio, design) - np.fft.irfft(spectrum, SMOOTH)).max() < 1e-4


@pytest.mark.parametrize(
    ("design", "hertz", "expected_db"),
    [
        (equaliser.low_pass(1000), 1000, -3.01),
        (equaliser.low_pass(1000), 4000, -24.3),
        (equaliser.high_pass(1000), 250, -24.1),
        (equaliser.bell(1000, 6, 1), 1000, 6.0),
        (equaliser.tilt(4, 800), 800, 0.0),
        (equaliser.tilt(4, 800), 20, -4.0),
        (equaliser.band_pass(2000, 3), 2000, 0.0),
        (equaliser.all_pass(700), 3100, 0.0),
    ],
)
def test_filter_gains(design, hertz, expected_db):
    time = np.arange(RATE) / RATE
    out = transfer.apply(np.sin(2 * np.pi * hertz * time).astype(np.float32), design)
    assert level_db(out, hertz) == pytest.approx(expected_db, abs=0.25)


def test_lead_in_goes_round_short_loops_more_than_once():
    assert transfer.lead_in(np.arange(3, dtype=np.float32), 4, 9).tolist() == [2, 0, 1, 2, 0, 1, 2, 0, 1]


@pytest.mark.parametrize("kind", space.REVERB_KINDS)
@pytest.mark.parametrize("samples", [AWKWARD, SMOOTH])
def test_reverb_wraps_around_the_loop(kind, samples):
    response = space.reverb_response(kind, 1.2, 0.02, 0.5, np.random.default_rng(3))
    design, seconds = space.reverb(response), response.shape[1] / RATE
    audio = noise(samples)
    wet = transfer.apply_long(audio, design, seconds)
    rolled = transfer.apply_long(np.roll(audio, 777), design, seconds)
    assert wet.shape == (2, samples)
    assert np.abs(rolled - np.roll(wet, 777, axis=-1)).max() < 1e-4


@pytest.mark.parametrize("kind", ["room", "hall", "plate"])
@pytest.mark.parametrize("rt60", [0.5, 1.5, 3.0])
def test_reverb_time(kind, rt60):
    """Slope of the backward-integrated energy between -5 and -25 dB (Schroeder), below 1 kHz."""
    response = space.reverb_response(kind, rt60, 0.0, 0.5, np.random.default_rng(1))
    padded = np.pad(response[0], (0, RATE))
    low = transfer.apply(padded, equaliser.chain(equaliser.low_pass(1000), equaliser.low_pass(1000)))[
        : response.shape[1]
    ]
    decay = 10 * np.log10(np.cumsum(low[::-1] ** 2)[::-1] / np.sum(low**2))
    begin, end = np.argmax(decay < -5), np.argmax(decay < -25)
    assert 3 * (end - begin) / RATE == pytest.approx(rt60, rel=0.2)


@pytest.mark.parametrize("kind", space.REVERB_KINDS)
def test_reverb_has_unit_energy_and_independent_sides(kind):
    response = space.reverb_response(kind, 1.0, 0.01, 0.5, np.random.default_rng(5))
    assert np.sum(response**2, axis=1) == pytest.approx([1, 1], rel=1e-3)
    assert abs(float(response[0] @ response[1])) < 0.3


def test_damping_shortens_the_highs():
    energy = []
    for damping in (0.0, 1.0):
        response = space.reverb_response("plate", 1.5, 0.0, damping, np.random.default_rng(2))[0]
        late = response[RATE // 2 :]
        high = transfer.apply(np.pad(late, (0, RATE)), equaliser.high_pass(8000))
        energy.append(float(np.sum(high**2)))
    assert energy[1] < energy[0] / 30


@pytest.mark.parametrize("samples", [120000, 119993])
def test_echo_comes_at_the_right_time_and_gain(samples):
    tempo_bpm, beats, feedback = 120.0, 0.75, 0.5
    seconds = beats * 60 / tempo_bpm
    design = space.delay(seconds, feedback, 20, 18000, ping_pong=False)
    audio = np.convolve(impulse(samples), np.hanning(50))[:samples].astype(
        np.float32
    )  # the loop's filters barely touch it
    out = transfer.apply_long(audio, design, space.delay_seconds_total(seconds, feedback))
    step = round(seconds * RATE)
    for echo in range(1, 4):
        around = out[:, echo * step : echo * step + 220]
        assert np.abs(np.argmax(around, axis=1) - 25).max() <= 8
        assert around.max() == pytest.approx(feedback ** (echo - 1), rel=0.12)
    assert np.abs(out[:, 300 : step - 300]).max() < 0.05


def test_an_echo_past_the_end_sounds_at_the_start():
    design = space.delay(0.5, 0.0, 20, 18000, ping_pong=False)
    out = transfer.apply_long(impulse(44100, 40000), design, space.delay_seconds_total(0.5, 0.0))
    assert abs(int(np.argmax(out[0])) - (40000 + 22050 - 44100)) <= 2


def test_ping_pong_alternates():
    design = space.delay(0.25, 0.6, 20, 18000, ping_pong=True)
    out = transfer.apply_long(impulse(200000), design, space.delay_seconds_total(0.25, 0.6))
    energy = [[float(np.sum(side[s - 50 : s + 50] ** 2)) for side in out] for s in (11025, 22050, 33075)]
    assert energy[0][1] < 1e-3 * energy[0][0]
    assert energy[1][0] < 1e-3 * energy[1][1]
    assert energy[2][1] < 1e-3 * energy[2][0]
