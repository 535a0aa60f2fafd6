"""Loop geometry over its whole range: 40-240 BPM, 1-16 bars."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from engine.errors import InvalidRequest
from engine.tempo import LoopGeometry, TempoRamp, check_bars, check_tempo, frames_per_step

GEOMETRIES = st.builds(
    LoopGeometry,
    st.floats(40, 240),
    st.integers(1, 16),
    st.sampled_from([44100, 48000, 24000]),
    st.sampled_from([None, 1024, 320, 512]),
)


@given(GEOMETRIES)
def test_samples_are_the_rounded_length(geometry: LoopGeometry) -> None:
    exact = geometry.bars * 4 * 60 / geometry.tempo_bpm * geometry.sample_rate
    assert abs(geometry.samples - exact) <= 0.5
    assert geometry.seconds == pytest.approx(exact / geometry.sample_rate)


@given(GEOMETRIES)
def test_frames_follow_the_beat_or_come_as_near_as_their_hop_lets_them(geometry: LoopGeometry) -> None:
    if geometry.hop_length is None:
        each = geometry.beat_to_frame(1 / 4)
        assert each == frames_per_step(geometry.tempo_bpm) == geometry.frames / geometry.steps
        assert 36.9 < geometry.frame_rate < 49.3
    else:
        assert abs(geometry.frames * geometry.hop_length - geometry.samples) <= geometry.hop_length / 2


@pytest.mark.parametrize(("tempo", "frames"), [(40, 16), (60, 11), (120, 5), (170, 4), (240, 3)])
def test_a_sixteenth_has_whole_frames(tempo: float, frames: int) -> None:
    assert frames_per_step(tempo) == frames
    # Half of a frame is the most that rounding moves the rate by: a seventh where there are three or four.
    assert LoopGeometry(tempo, 3).frame_rate == pytest.approx(44100 / 1024, rel=1 / 7)


def test_frame_rates_stay_between_the_bounds_at_every_tempo() -> None:
    rates = [LoopGeometry(tempo, 1).frame_rate for tempo in np.linspace(40, 240, 4001).tolist()]
    assert min(rates) == pytest.approx(36.92, abs=0.02)  # at 184.6 BPM, where 4 frames become 3
    assert max(rates) == pytest.approx(49.21, abs=0.02)


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
def test_a_beat_is_at_the_same_share_of_samples_frames_and_seconds(geometry: LoopGeometry, share: float) -> None:
    beat = share * geometry.beats
    assert geometry.beat_to_frame(beat) / geometry.frames == pytest.approx(share, abs=1e-9)
    assert abs(geometry.beat_to_sample(beat) - share * geometry.samples) <= 0.5001
    assert geometry.beat_to_seconds(beat) == pytest.approx(share * geometry.seconds)


def test_known_lengths() -> None:
    assert LoopGeometry(120, 4).samples == 352_800
    assert LoopGeometry(120, 4).frames == 320
    assert LoopGeometry(120, 4, hop_length=1024).frames == 345
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


def test_a_ramp_has_the_frames_of_its_bars() -> None:
    ramp = TempoRamp(100, 140, 6)
    assert ramp.frames_per_step == (6, 6, 6, 5, 5, 5)  # 100, 105, 115, 125, 135 and 140 BPM in their middles
    assert ramp.frames == 16 * 33
    assert ramp.beat_to_frame(4) == LoopGeometry(100, 1).frames == 96
    assert ramp.frames - ramp.beat_to_frame(20) == LoopGeometry(140, 1).frames == 80
    assert np.allclose(ramp.frame_beats()[:96], np.arange(96) / 24)
    # The beat at 8: after a steady bar, 4 of the 16 beats over which 40 BPM are added.
    half = 4 * 60 / 100 + 60 / 2.5 * np.log(110 / 100)
    assert ramp.edges()[ramp.beat_to_frame(8) == np.arange(ramp.frames + 1)] == pytest.approx(half * 44100)


@given(st.floats(40, 240), st.floats(40, 240), st.integers(2, 64), st.sampled_from([None, 1024, 320]))
def test_edges_rise_from_nothing_to_all_samples(first: float, last: float, bars: int, hop: int | None) -> None:
    ramp = TempoRamp(first, last, bars, hop_length=hop)
    edges = ramp.edges()
    assert edges.shape == (ramp.frames + 1,)
    assert edges[0] == 0 and (np.diff(edges) > 0).all()
    assert abs(edges[-1] - ramp.samples) <= 0.5 + 1e-6
    assert ramp.beat_to_frame(ramp.beats) == pytest.approx(ramp.frames)


def test_a_ramp_that_is_level_is_a_loop_over_and_over() -> None:
    ramp, loop = TempoRamp(126, 126, 3), LoopGeometry(126, 1)
    assert ramp.frames == 3 * loop.frames
    assert np.allclose(ramp.edges(), np.arange(ramp.frames + 1) * loop.samples / loop.frames)
