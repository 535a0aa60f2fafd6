"""Loop geometry over its whole range: 40-240 BPM, 1-16 bars."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequest
from engine.tempo import LoopGeometry, check_bars, check_tempo

GEOMETRIES = st.builds(
    LoopGeometry,
    st.floats(40, 240),
    st.integers(1, 16),
    st.sampled_from([44100, 48000, 24000]),
    st.sampled_from([1024, 320, 512]),
)


@given(GEOMETRIES)
def test_samples_are_the_rounded_length(geometry: LoopGeometry) -> None:
    exact = geometry.bars * 4 * 60 / geometry.tempo_bpm * geometry.sample_rate
    assert abs(geometry.samples - exact) <= 0.5
    assert geometry.seconds == pytest.approx(exact / geometry.sample_rate)


@given(GEOMETRIES)
def test_frames_cost_little_pitch(geometry: LoopGeometry) -> None:
    assert abs(geometry.decoded_samples - geometry.samples) <= geometry.hop_length / 2
    # Four bars at 240 BPM are 172 frames: half a frame of them is 5 cents, and less at every lower tempo.
    assert abs(geometry.pitch_ratio - 1) <= geometry.hop_length / 2 / geometry.samples + 1e-12
    if geometry.bars >= 4 and geometry.sample_rate == 44100:
        assert abs(1200 * np.log2(geometry.pitch_ratio)) < 5.1


@given(GEOMETRIES)
def test_phases_are_saw_teeth_that_close(geometry: LoopGeometry) -> None:
    for phase, cycles in ((geometry.beat_phase(), geometry.beats), (geometry.bar_phase(), geometry.bars)):
        assert phase.shape == (geometry.frames,)
        assert phase[0] == 0
        assert (phase >= 0).all()
        assert (phase < 1).all()
        if geometry.frames > 2 * cycles:
            assert int((np.diff(phase) < 0).sum()) == cycles - 1
            step = cycles / geometry.frames
            assert np.allclose(np.diff(np.append(phase, 0)) % 1, step % 1, atol=1e-5)


@given(GEOMETRIES, st.floats(0, 1))
def test_positions_convert_and_return(geometry: LoopGeometry, share: float) -> None:
    beat = share * geometry.beats
    assert geometry.frame_to_beat(geometry.beat_to_frame(beat)) == pytest.approx(beat, abs=1e-9)
    assert (
        abs(geometry.sample_to_beat(geometry.beat_to_sample(beat)) - beat)
        <= 0.5001 * geometry.beats / geometry.samples
    )
    assert geometry.beat_to_seconds(geometry.beats) == pytest.approx(geometry.seconds)
    assert geometry.step_to_beat(geometry.steps) == geometry.beats


def test_known_lengths() -> None:
    assert LoopGeometry(120, 4).samples == 352_800
    assert LoopGeometry(120, 4).frames == 345
    assert LoopGeometry(126, 4).samples == 336_000
    assert LoopGeometry(174.5, 1).samples == 60_653


@pytest.mark.parametrize("tempo", [39.99, 240.01, float("nan"), float("inf"), -120])
def test_impossible_tempi_are_refused(tempo: float) -> None:
    with pytest.raises(InvalidRequest, match="40 to 240 BPM"):
        check_tempo(tempo)


@pytest.mark.parametrize("bars", [0, 17, True])
def test_impossible_bars_are_refused(bars: int) -> None:
    with pytest.raises(InvalidRequest, match="1 to 16"):
        check_bars(bars)
