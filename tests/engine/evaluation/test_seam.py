"""The seam measure: silent on exact loops, loud on clicks, cuts and fades that are really there."""

import numpy as np
from known_loops import RATE, house

from engine.evaluation.judges.seam import measure_seam, spectral_jumps, step_percentile
from engine.tempo import LoopGeometry


def _pad(geometry: LoopGeometry) -> np.ndarray:
    """A steady chord that wraps exactly."""
    t = np.arange(geometry.samples) / geometry.samples
    cycles = [round(f * geometry.seconds) for f in (110, 165, 220, 331, 880)]
    return np.stack([0.1 * sum(np.sin(2 * np.pi * c * t + c + k) for c in cycles) for k in (0, 1)]).astype(np.float32)


def test_an_exact_loop_has_no_seam() -> None:
    for bars in (1, 2, 4):
        audio, geometry = house(124, bars)
        seam = measure_seam(audio, RATE, geometry)
        assert 0.9 < seam.ratio < 1.1
        assert seam.step_percentile <= 99


def test_a_pad_cut_out_of_a_longer_one_clicks() -> None:
    geometry = LoopGeometry(120, 4)
    exact = _pad(geometry)
    assert 0.9 < measure_seam(exact, RATE, geometry).ratio < 1.1
    stretched = np.stack(
        [np.interp(np.arange(geometry.samples) * 0.9993, np.arange(geometry.samples), c) for c in exact]
    )
    assert measure_seam(stretched, RATE, geometry).ratio > 3


def test_a_loop_that_fades_to_silence_has_a_seam() -> None:
    geometry = LoopGeometry(120, 4)
    faded = _pad(geometry) * np.minimum(1, np.arange(geometry.samples)[::-1] / 8000).astype(np.float32)
    assert measure_seam(faded, RATE, geometry).ratio > 3


def test_the_jump_does_not_depend_on_level_and_is_found_at_its_place() -> None:
    geometry = LoopGeometry(120, 1)
    audio = _pad(geometry)
    half = geometry.samples // 2
    audio[:, half:] *= 0.1  # a step of 20 dB in the middle, seen by the outer windows
    points = np.array([geometry.samples // 4, half])
    quiet, loud = spectral_jumps(audio * 0.01, RATE, points), spectral_jumps(audio, RATE, points)
    np.testing.assert_allclose(quiet, loud, rtol=1e-3)
    assert loud[1] > 10 * loud[0]


def test_step_percentile_ranks_the_step_at_the_loop_point() -> None:
    ramp = np.concatenate([np.linspace(0, 1, 100), np.linspace(1, 0, 100)])[None].astype(np.float32)
    assert step_percentile(ramp) < 10
    ramp[:, -1] = 1.0
    assert step_percentile(ramp) > 98
    assert step_percentile(np.zeros((2, 50), np.float32)) == 0
