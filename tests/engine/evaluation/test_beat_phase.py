"""Phase and lag of loops that are late by a known number of milliseconds."""

import numpy as np
import pytest
from known_loops import RATE, hat, house, kick, place

from engine.evaluation.judges.beat_phase import beat_phase, pattern_lag
from engine.tempo import LoopGeometry


@pytest.mark.parametrize("late_ms", [-30.0, -8.0, 0.0, 5.0, 25.0])
@pytest.mark.parametrize("tempo_bpm", [90.0, 118.7])
def test_phase_error_is_signed_milliseconds(late_ms: float, tempo_bpm: float) -> None:
    on_time, geometry = house(tempo_bpm)
    late, _ = house(tempo_bpm, late_seconds=late_ms / 1000)
    zero, shifted = (beat_phase(audio, RATE, geometry) for audio in (on_time, late))
    assert abs(zero.beat_ms) < 5
    assert shifted.beat_ms - zero.beat_ms == pytest.approx(late_ms, abs=0.6)
    assert shifted.sixteenth_ms == pytest.approx(shifted.beat_ms)


def test_phase_wraps_at_half_a_beat_and_half_a_sixteenth() -> None:
    geometry = LoopGeometry(120, 2)
    phase = beat_phase(place([(b + 0.4, kick()) for b in range(8)], geometry), RATE, geometry)
    assert phase.beat_ms == pytest.approx(200, abs=5)
    assert phase.sixteenth_ms == pytest.approx(-50, abs=5)  # 0.4 beats is the second sixteenth less a tenth of a beat


def test_an_off_beat_loop_reads_as_half_a_beat_off_but_its_sixteenths_as_in_time() -> None:
    geometry = LoopGeometry(120, 2)
    phase = beat_phase(place([(b + 0.5, hat()) for b in range(8)], geometry), RATE, geometry)
    assert abs(phase.beat_ms) == pytest.approx(250, abs=6)
    assert abs(phase.sixteenth_ms) < 6


@pytest.mark.parametrize("late_ms", [-60.0, 0.0, 12.0, 90.0])
def test_lag_against_the_pattern_is_right_for_syncopated_loops(late_ms: float) -> None:
    geometry = LoopGeometry(97.3, 2)
    onsets = [(beat, 0.8) for beat in (0.5, 1.25, 2.75, 3.5, 4.5, 6.25)]
    audio = place([(beat, kick()) for beat, _ in onsets], geometry, late_ms / 1000)
    assert pattern_lag(audio, RATE, geometry, onsets) == pytest.approx(late_ms, abs=3)


def test_no_onsets_no_lag() -> None:
    audio, geometry = house(120)
    assert np.isnan(pattern_lag(audio, RATE, geometry, []))
