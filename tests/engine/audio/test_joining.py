"""Loops one after the other: exactly as long, no louder where they meet, and a loop again."""

import numpy as np

from engine.audio.joining import join_loops


def noises(*lengths: int) -> list[np.ndarray]:
    chance = np.random.default_rng(0)
    return [chance.standard_normal((2, length)).astype(np.float32) for length in lengths]


def test_what_is_joined_is_as_long_as_its_parts_and_untouched_away_from_the_joints() -> None:
    a, b = noises(1000, 700)
    joined = join_loops([a, b], fade=50)
    assert joined.shape == (2, 1700)
    assert np.array_equal(joined[:, 50:950], a[:, 50:950])
    assert np.array_equal(joined[:, 1050:1650], b[:, 50:650])
    assert not np.array_equal(joined[:, 950:1000], a[:, 950:])


def test_noise_keeps_its_power_through_a_joint() -> None:
    a, b = noises(40_000, 40_000)
    joined = join_loops([a, b], fade=8000)
    middle = joined[:, 32_000:48_000]
    assert abs(middle.std() - 1.0) < 0.02


def test_a_loop_joined_to_itself_is_played_again() -> None:
    (a,) = noises(600)
    assert np.array_equal(join_loops([a, a], fade=20), np.concatenate((a, a), axis=1))


def test_there_is_no_step_at_a_joint_of_smooth_loops() -> None:
    turn = np.arange(2000) / 2000
    low, high = (np.tile(np.sin(2 * np.pi * n * turn + 1.0), (2, 1)).astype(np.float32) for n in (3, 7))
    joined = join_loops([low, high], fade=200)
    around = np.concatenate((joined, joined[:, :1]), axis=1)
    assert np.abs(np.diff(around)).max() < 1.5 * 2 * np.pi * 7 / 2000
