"""The part onset detector: features, peaks, and that it learns what it is taught."""

from pathlib import Path

import numpy as np
import pytest
import torch
from known_loops import RATE, house

from engine.corpus.score import Annotation
from engine.errors import MissingDependency
from engine.evaluation.judges.onset_score import score_onsets
from engine.evaluation.judges.part_onsets import PartOnsetDetector, PartOnsetNetwork, find_peaks, onset_features
from engine.training.detector import make_example, save_detector, train_detector
from engine.vocabulary import PARTS


def _house_annotation(tempo_bpm: float) -> Annotation:
    beats = [float(b) for b in range(8)]
    onsets = {
        "kick": tuple((b, 0.9) for b in beats),
        "snare": tuple((b, 0.9) for b in beats[1::2]),
        "closed_hat": tuple((s / 4, 0.5) for s in range(32)),
    }
    return Annotation(0, tempo_bpm, 2, "house", None, (), onsets)


def test_peaks_are_circular_and_sub_frame() -> None:
    probability = np.zeros(100, dtype=np.float32)
    probability[[99, 0, 1]] = 0.5, 0.9, 0.3
    probability[[40, 41, 42]] = 0.2, 0.25, 0.2
    np.testing.assert_allclose(find_peaks(probability, 0.3), [-0.1], atol=0.01)
    assert len(find_peaks(probability, 0.1)) == 2
    assert len(find_peaks(np.zeros(50, dtype=np.float32), 0.1)) == 0


def test_rotating_a_loop_rotates_the_network_s_answer() -> None:
    features = torch.randn(1, 128, 120, generator=torch.Generator().manual_seed(0))
    network = PartOnsetNetwork().eval()
    with torch.inference_mode():
        straight, rotated = network(features), network(features.roll(37, dims=-1))
    torch.testing.assert_close(straight.roll(37, dims=-1), rotated, atol=1e-5, rtol=0)


def test_features_do_not_depend_on_level() -> None:
    audio, _ = house(120, 1)
    np.testing.assert_allclose(onset_features(audio, RATE), onset_features(0.1 * audio, RATE), atol=1e-3)


def test_a_detector_learns_house_and_survives_saving(tmp_path: Path) -> None:
    examples = [make_example(house(t, 2)[0], RATE, _house_annotation(t)) for t in (100.0, 112.0, 120.0, 131.0, 140.0)]
    detector = train_detector(examples, examples[:1], steps=80, batch=6, progress=False)
    assert detector.quality["kick"] > 0.9
    save_detector(detector, tmp_path / "d.safetensors", provenance={})
    loaded = PartOnsetDetector.load(tmp_path / "d.safetensors")
    assert loaded.thresholds == detector.thresholds
    found = loaded.detect(house(126.0, 2)[0], RATE)
    beat = 60 / 126
    assert score_onsets(np.arange(8) * beat, found["kick"], 8 * beat).f1 > 0.8


def test_a_missing_detector_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(MissingDependency, match="train-detector"):
        PartOnsetDetector.load(tmp_path / "none.safetensors")


def test_the_shipped_detector_hears_drums_it_was_not_trained_on() -> None:
    detector = PartOnsetDetector.load()
    assert set(detector.quality) == set(detector.thresholds) == set(PARTS)
    found = detector.detect(house(126.0)[0], RATE)
    beat = 60 / 126
    assert score_onsets(np.arange(16) * beat, found["kick"], 16 * beat).f1 > 0.8
