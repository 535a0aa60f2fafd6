"""The metronome: clicks begin on the sample of their beat, whatever the size of the blocks they are mixed into."""

import numpy as np
import pytest

from loopgen_app.sound.metronome import BEATS_PER_BAR, CLICK_SECONDS, Metronome, click

RATE = 44_100


def loudest_hz(sound: np.ndarray) -> float:
    size = 1 << 16
    return float(np.argmax(np.abs(np.fft.rfft(sound, size))) * RATE / size)


@pytest.mark.parametrize(("accent", "hertz", "peak"), [(True, 1500, 0.35), (False, 1000, 0.22)])
def test_a_click_is_short_soft_and_of_its_pitch(accent: bool, hertz: float, peak: float) -> None:
    sound = click(RATE, accent=accent)
    assert sound.shape == (round(CLICK_SECONDS * RATE), 2) and sound.dtype == np.float32
    assert loudest_hz(sound[:, 0]) == pytest.approx(hertz, rel=0.03)
    assert 0.85 * peak < np.abs(sound).max() < peak
    assert np.abs(sound[-10:]).max() < 0.05 * peak


@pytest.mark.parametrize("block", [1, 64, 441, 5000])
def test_a_click_is_the_same_in_blocks_of_any_size(block: int) -> None:
    metronome = Metronome(RATE)
    out = np.zeros((2 * block + 4000, 2), np.float32)
    metronome.mix(out[:block])
    assert not out.any()  # nothing was struck
    metronome.strike(4)
    for start in range(block, len(out), block):
        metronome.mix(out[start : start + block])
    whole = click(RATE, accent=True)
    np.testing.assert_array_equal(out[block : block + len(whole)], whole)
    assert not out[block + len(whole) :].any()


@pytest.mark.parametrize("tempo", [40.0, 126.0, 133.37, 240.0])
@pytest.mark.parametrize("block", [64, 512, 4096])
def test_the_count_in_is_one_bar_of_four_clicks_to_the_sample(tempo: float, block: int) -> None:
    metronome, frames = Metronome(RATE), []
    metronome.count_in(tempo)
    while metronome.counting:
        out = np.full((block, 2), 9.0, np.float32)  # what is not overwritten would show
        at = 0
        while at < block and metronome.counting:
            at += metronome.count(out[at:])
        frames.append(out[:at])
    sound = np.concatenate(frames)
    beat = 60.0 / tempo * RATE
    assert len(sound) == round(BEATS_PER_BAR * beat) and np.abs(sound).max() < 0.35
    expected = np.zeros_like(sound)
    for number in range(BEATS_PER_BAR):
        one, start = click(RATE, accent=number == 0), round(number * beat)
        expected[start : start + len(one)] = one[: len(expected) - start]
    np.testing.assert_array_equal(sound, expected)


def test_hush_ends_the_count_and_the_click() -> None:
    metronome = Metronome(RATE)
    metronome.count_in(120.0)
    out = np.zeros((300, 2), np.float32)
    assert metronome.count(out) == 300 and out.any()
    metronome.hush()
    rest = np.zeros((300, 2), np.float32)
    metronome.mix(rest)
    assert not metronome.counting and not rest.any()
