"""The comb on loops whose tempo and phase are known to the sample."""

import numpy as np
import pytest
from known_loops import RATE, house

from engine.errors import InvalidRequest
from engine.evaluation.judges.tempo import OCTAVES, PLAIN_TEETH, comb_tempo, tempo_hit


@pytest.mark.parametrize("tempo_bpm", [63.0, 75.5, 90.0, 104.0, 126.3, 150.0, 174.0, 199.0])
def test_tempo_of_a_house_loop_up_to_the_octave(tempo_bpm: float) -> None:
    estimate = comb_tempo(house(tempo_bpm)[0], RATE)
    assert tempo_hit(estimate.tempo_bpm, tempo_bpm, ratios=OCTAVES, tolerance=0.001)
    assert estimate.salience > 3


@pytest.mark.parametrize("tempo_bpm", [75.0, 88.0, 104.0, 120.0, 126.3, 150.0, 174.0])
def test_the_octave_is_right_where_house_is_played(tempo_bpm: float) -> None:
    assert tempo_hit(comb_tempo(house(tempo_bpm)[0], RATE).tempo_bpm, tempo_bpm, tolerance=0.001)


def test_equal_teeth_double_slow_tempi() -> None:
    audio, _ = house(75)
    assert comb_tempo(audio, RATE, teeth=PLAIN_TEETH).tempo_bpm == pytest.approx(150, rel=0.01)


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


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="range"):
        comb_tempo(house(120)[0], RATE, 100, 90)
