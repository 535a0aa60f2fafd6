"""Codec figures against degradations whose size is known."""

import numpy as np
import pytest
from known_loops import RATE, house, place

from engine.audio.likeness import mel_distance, si_sdr
from engine.errors import MissingDependency
from engine.evaluation.judges import opus
from engine.evaluation.judges.codec_quality import kick_attack_errors
from engine.tempo import LoopGeometry


def test_si_sdr_of_known_noise_and_gain() -> None:
    rng = np.random.default_rng(0)
    clean, noise = rng.standard_normal((2, 2, RATE))
    assert si_sdr(clean, 0.3 * (clean + 0.1 * noise)) == pytest.approx(20, abs=0.1)
    assert si_sdr(clean, 2 * clean) == 100
    assert si_sdr(clean, noise) < -15


def test_mel_distance_of_a_gain_is_its_logarithm() -> None:
    audio = np.random.default_rng(0).standard_normal((2, RATE)).astype(np.float32) * 0.1
    assert mel_distance(audio, audio, RATE) == 0
    assert mel_distance(audio, audio / 10, RATE) == pytest.approx(1, abs=0.01)


def _thump(rise_ms: float) -> np.ndarray:
    """A note of 60 Hz that rises in a straight line and dies away."""
    t = np.arange(int(0.3 * RATE)) / RATE
    peak = rise_ms / 1000
    return np.sin(2 * np.pi * 60 * t) * np.where(t < peak, t / peak, np.exp(-np.maximum(t - peak, 0) / 0.05))


@pytest.mark.parametrize("slower_ms", [20, 40])
def test_a_kick_that_fades_in_attacks_later(slower_ms: int) -> None:
    geometry = LoopGeometry(120, 2)
    audio, slow = (place([(float(b), _thump(ms)) for b in range(8)], geometry) for ms in (20, 20 + slower_ms))
    kicks = tuple(geometry.beat_to_seconds(b) for b in range(8))
    np.testing.assert_array_equal(kick_attack_errors(audio, audio, RATE, kicks), np.zeros(8))
    errors = kick_attack_errors(audio, slow, RATE, kicks)
    assert np.median(errors) == pytest.approx(0.8 * slower_ms, rel=0.3)  # a ramp spends 80 % between 10 and 90 %
    np.testing.assert_allclose(kick_attack_errors(audio, 0.5 * audio, RATE, kicks), 0, atol=0.05)
    assert len(kick_attack_errors(audio * 0, audio, RATE, kicks)) == 0


@pytest.mark.skipif(not opus.opus_available(), reason="no Opus encoder on the path")
def test_opus_gets_better_with_bits_and_stays_in_place() -> None:
    audio, _ = house(120, 2)
    low, high = opus.through_opus(audio, RATE, 16), opus.through_opus(audio, RATE, 64)
    assert low.audio.shape == high.audio.shape == audio.shape
    assert low.kbps_per_channel < high.kbps_per_channel
    assert si_sdr(audio, high.audio) > si_sdr(audio, low.audio) > 1
    assert mel_distance(audio, high.audio, RATE) < mel_distance(audio, low.audio, RATE)


def test_without_an_encoder_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opus.shutil, "which", lambda name: None)
    with pytest.raises(MissingDependency, match="opusenc"):
        opus.through_opus(np.zeros((2, 100), np.float32), RATE, 16)
