"""The comb on loops whose tempo and phase are known to the sample."""

import numpy as np
import pytest
from known_loops import RATE, hat, house, kick, place

from engine.errors import InvalidRequest
from engine.evaluation.tempo import OCTAVES, beat_phase, comb_tempo, tempo_hit
from engine.tempo import LoopGeometry


@pytest.mark.parametrize("tempo_bpm", [63.0, 75.5, 90.0, 104.0, 126.3, 150.0, 174.0, 199.0])
def test_tempo_of_a_house_loop_up_to_the_octave(tempo_bpm: float) -> None:
    estimate = comb_tempo(house(tempo_bpm)[0], RATE)
    assert tempo_hit(estimate.tempo_bpm, tempo_bpm, ratios=OCTAVES, tolerance=0.001)
    assert estimate.salience > 3


@pytest.mark.parametrize("tempo_bpm", [104.0, 120.0, 126.3, 150.0])
def test_the_octave_is_right_where_house_is_played(tempo_bpm: float) -> None:
    assert tempo_hit(comb_tempo(house(tempo_bpm)[0], RATE).tempo_bpm, tempo_bpm, tolerance=0.001)


def test_noise_has_no_salient_tempo() -> None:
    noise = np.random.default_rng(0).standard_normal((2, 8 * RATE)).astype(np.float32) * 0.1
    drums, _ = house(120)
    assert comb_tempo(noise, RATE).salience < comb_tempo(drums, RATE).salience / 5


def test_a_loop_in_another_tempo_is_not_a_hit() -> None:
    assert not tempo_hit(comb_tempo(house(126)[0], RATE).tempo_bpm, 120.0, ratios=OCTAVES)


@pytest.mark.parametrize(
    ("estimate", "strict", "octave"),
    [(121.1, True, True), (121.3, False, False), (60.4, False, True), (241.0, False, True), (180.0, False, False)],
)
def test_hits_strict_and_with_octaves(estimate: float, strict: bool, octave: bool) -> None:
    assert tempo_hit(estimate, 120.0) is strict
    assert tempo_hit(estimate, 120.0, ratios=OCTAVES) is octave


@pytest.mark.parametrize("late_ms", [-40.0, -8.0, 0.0, 5.0, 25.0])
@pytest.mark.parametrize("tempo_bpm", [90.0, 128.7])
def test_phase_error_is_signed_milliseconds(late_ms: float, tempo_bpm: float) -> None:
    on_time = beat_phase(*_with_rate(house(tempo_bpm)))
    shifted = beat_phase(*_with_rate(house(tempo_bpm, late_seconds=late_ms / 1000)))
    assert abs(on_time.beat_ms) < 3
    assert shifted.beat_ms - on_time.beat_ms == pytest.approx(late_ms, abs=0.6)


def test_phase_wraps_at_half_a_beat_and_half_a_sixteenth() -> None:
    geometry = LoopGeometry(120, 2)
    audio = place([(b + 0.4, kick()) for b in range(8)], geometry)
    phase = beat_phase(audio, RATE, geometry)
    assert phase.beat_ms == pytest.approx(200, abs=4)
    assert phase.sixteenth_ms == pytest.approx(-50, abs=4)  # 0.4 beats is the second sixteenth less a tenth of a beat
    assert phase.clarity > 0.9


def test_an_off_beat_loop_reads_as_half_a_beat_off_but_its_sixteenths_as_in_time() -> None:
    geometry = LoopGeometry(120, 2)
    phase = beat_phase(place([(b + 0.5, hat()) for b in range(8)], geometry), RATE, geometry)
    assert abs(phase.beat_ms) == pytest.approx(250, abs=5)
    assert abs(phase.sixteenth_ms) < 5


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="range"):
        comb_tempo(house(120)[0], RATE, 100, 90)


def _with_rate(loop: tuple[np.ndarray, LoopGeometry]) -> tuple[np.ndarray, int, LoopGeometry]:
    return loop[0], RATE, loop[1]
