"""Crossfades add up: in power where two sounds differ, in gain where they are alike."""

import numpy as np
import pytest

from loopgen_app.sound.crossfade import Crossfade


def test_powers_add_up_to_one_and_gains_of_what_is_alike() -> None:
    fade, alike = Crossfade(128), Crossfade(128, alike=True)
    assert fade.rise.shape == alike.rise.shape == (256, 2)
    assert fade.rise**2 + fade.fall**2 == pytest.approx(np.ones((256, 2)), abs=1e-6)
    assert alike.rise + alike.fall == pytest.approx(np.ones((256, 2)), abs=1e-6)
    assert (np.diff(fade.rise[:, 0]) > 0).all() and (np.diff(alike.rise[:, 0]) > 0).all()


def test_it_is_over_until_it_begins() -> None:
    fade = Crossfade(32)
    assert fade.left == 0
    fade.from_silence()
    assert fade.left == 64
