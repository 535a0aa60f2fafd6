"""The beat condition: saw-teeth that begin anew on every beat and every bar, and the rate that goes with a tempo."""

import math

import pytest
import torch

from engine.conditioning.beat import beat_condition, timed_conditions
from engine.tempo import FRAME_RATE, LoopGeometry


@pytest.mark.parametrize(("tempo", "bars"), [(40.0, 1), (126.0, 4), (133.37, 3), (240.0, 16)])
def test_saw_teeth_count_the_beats_and_bars(tempo: float, bars: int) -> None:
    geometry = LoopGeometry(tempo, bars)
    teeth = beat_condition(geometry)
    assert teeth.shape == (1, 2, geometry.frames) and teeth.dtype == torch.float32
    assert float(teeth.min()) == 0.0 and float(teeth.max()) < 1.0
    for row, (count, beats) in enumerate(((4 * bars, 1), (bars, 4))):
        saw = teeth[0, row]
        falls = torch.argwhere(saw.diff() < 0)[:, 0] + 1
        assert len(falls) == count - 1
        assert torch.equal(falls, geometry.frames * beats * torch.arange(1, count) // (4 * bars))
        assert float(saw[1]) == pytest.approx(count / geometry.frames)


def test_the_same_musical_place_has_the_same_value_at_every_tempo() -> None:
    slow, fast = (beat_condition(LoopGeometry(tempo, 2)) for tempo in (60.0, 174.0))
    places = torch.arange(32)
    picked = [teeth[0, :, places * (teeth.shape[-1] // 32)] for teeth in (slow, fast)]
    torch.testing.assert_close(*picked)


def test_they_say_when_and_nothing_else() -> None:
    geometry = LoopGeometry(240.0, 2)
    timed = timed_conditions(geometry)
    assert timed.beat_given.item() == 1.0 and timed.bars.item() == 2.0
    assert timed.rate.item() == pytest.approx(math.log2(48 / FRAME_RATE), abs=1e-5)  # 3 frames in a sixteenth
    for mask in ("pattern_given", "notes_given", "curves_given", "clap_given", "voices_given", "tags", "key"):
        assert not getattr(timed, mask).any(), mask


def test_frames_that_are_no_equal_bars_have_none() -> None:
    whole = LoopGeometry(126.0, 4, hop_length=1024)
    assert whole.frames % 64 and timed_conditions(whole).bars.item() == 0.0
