"""Envelopes of loops: on lines between blocks, without an end."""

import numpy as np
import pytest

from engine.audio.envelopes import amplified, at_samples


@pytest.mark.parametrize("length", [64, 65, 500, 512])
def test_an_envelope_runs_straight_between_blocks_and_round_the_end(length: int) -> None:
    values = np.random.default_rng(length).standard_normal(-(-length // 64))
    wanted = np.interp(np.arange(length), np.arange(0, length, 64), values, period=length)
    assert np.allclose(at_samples(values, 64, length), wanted, atol=1e-6)


def test_gains_in_decibels_are_amplitudes_of_both_channels() -> None:
    audio = np.array([[0.5, 0.5, 0.5], [1.0, -1.0, 0.0]], np.float32)
    louder = amplified(audio, np.array([0.0, -20.0, 20 * np.log10(2)], np.float32))
    assert louder.dtype == np.float32
    assert np.allclose(louder, [[0.5, 0.05, 1.0], [1.0, -0.1, 0.0]], atol=1e-7)
