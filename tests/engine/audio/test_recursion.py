"""Recursive filters against their known responses, and that nobody waits for what they are made of."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.audio.recursion import recursive

ROOT = Path(__file__).resolve().parents[3]


def test_one_pole_halves_at_each_sample_along_the_last_axis() -> None:
    impulses = np.zeros((2, 5))
    impulses[0, 0], impulses[1, 2] = 1.0, 3.0
    found = recursive([1.0], [1.0, -0.5], impulses)
    assert found.tolist() == [[1, 0.5, 0.25, 0.125, 0.0625], [0, 0, 3, 1.5, 0.75]]


def test_a_filter_without_a_first_pole_is_none() -> None:
    with pytest.raises(ValueError, match="coefficient"):
        recursive([1.0], [0.0, 1.0], np.ones(4))


def test_what_renders_is_there_before_any_filter_is_read() -> None:
    code = "import sys, engine.pipeline; sys.exit('scipy.signal' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
