"""The pitch that a drum falls to, heard in its loop."""

import numpy as np
import pytest

from engine.audio.tuning import fallen_hz

RATE = 44100
STRIKES = [(0, 1.0), (22050, 0.8), (44100, 0.9), (66150, 0.5)]


def kicks(hertz: tuple[float, ...], seconds: float = 0.4) -> np.ndarray:
    """Two seconds of swept sines that fall to `hertz`, a hit each half second."""
    loop = np.zeros(2 * RATE, np.float32)
    time = np.arange(RATE // 2) / RATE
    for (place, velocity), fallen in zip(STRIKES, hertz, strict=True):
        cycles = fallen * time + 4 * fallen * 0.012 * (1 - np.exp(-time / 0.012))
        loop[place : place + len(time)] += velocity * np.sin(2 * np.pi * cycles) * 10 ** (-3 * time / seconds)
    return loop


@pytest.mark.parametrize("hertz", [38.0, 52.7, 90.0])
def test_a_kick_falls_to_its_pitch(hertz: float) -> None:
    assert fallen_hz(kicks((hertz,) * 4), RATE, STRIKES) == pytest.approx(hertz, rel=0.01)
    turned = np.roll(kicks((hertz,) * 4), 66150)  # the first hit now goes round the end
    late = [((place + 66150) % len(turned), velocity) for place, velocity in STRIKES]
    assert fallen_hz(turned, RATE, late) == pytest.approx(hertz, rel=0.01)


def test_what_has_no_pitch_has_none() -> None:
    assert fallen_hz(kicks((50.0, 50.0, 60.0, 50.0)), RATE, STRIKES) is None  # two kicks in turn
    assert fallen_hz(kicks((50.0,) * 4, seconds=0.05), RATE, STRIKES) is None
    assert fallen_hz(np.zeros(2 * RATE, np.float32), RATE, STRIKES) is None
    assert fallen_hz(kicks((50.0,) * 4), RATE, []) is None
