"""IADB on clouds of points: right distribution, right order of convergence, invertible."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import InvalidRequest, MissingDependency
from engine.evaluation.experiments import point_cloud as pc


@pytest.fixture(scope="module")
def ring_model() -> pc.PointDenoiser:
    return pc.train_point_denoiser("ring", steps=1000, batch=256)


def test_sampled_points_match_the_target_by_a_two_sample_test(ring_model: pc.PointDenoiser) -> None:
    target = pc.ring(400, np.random.default_rng(3))
    sampled = pc.sample_points(ring_model, 400)
    assert pc.energy_test(sampled, target).p_value > 0.01
    centres = 1.6 * np.exp(1j * np.pi / 4 * np.arange(8))
    nearest = np.abs((sampled[:, 0] + 1j * sampled[:, 1])[:, None] - centres).min(axis=1)
    assert np.mean(nearest < 0.45) > 0.9


def test_the_two_sample_test_can_say_no(ring_model: pc.PointDenoiser) -> None:
    rng = np.random.default_rng(0)
    target = pc.ring(400, rng)
    assert pc.energy_test(rng.standard_normal((400, 2)) * target.std(axis=0), target).p_value < 0.01
    assert pc.energy_test(pc.sample_points(ring_model, 400, num_steps=1, sampler="euler"), target).p_value < 0.01


def test_energy_distance_of_two_points_is_twice_their_distance() -> None:
    assert pc.energy_test(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])).distance == pytest.approx(10)


def test_energy_p_values_are_uniform_for_equal_clouds() -> None:
    rng = np.random.default_rng(0)
    values = [pc.energy_test(*rng.standard_normal((2, 60, 2)), permutations=99, seed=i).p_value for i in range(60)]
    assert 0.35 < np.mean(values) < 0.65


def test_samplers_converge_at_their_order(ring_model: pc.PointDenoiser) -> None:
    orders = pc.convergence_orders(ring_model)
    assert orders == pytest.approx({"euler": 1, "heun": 2, "midpoint": 2}, abs=0.3)


def test_inverting_and_resampling_returns_the_point(ring_model: pc.PointDenoiser) -> None:
    target = pc.ring(200, np.random.default_rng(4))
    few, many = (pc.round_trip_error(ring_model, target, steps) for steps in (16, 128))
    assert many < 0.005
    assert many < few / 10


def test_clouds_have_the_shape_they_promise() -> None:
    for name, make in pc.CLOUDS.items():
        points = make(2000, np.random.default_rng(0))
        assert points.shape == (2000, 2), name
        assert 0.8 < points.std() < 1.5, name
    board = np.floor(pc.checkerboard(2000, np.random.default_rng(0))).astype(int)
    assert set(map(int, board.sum(axis=1) % 2)) == {0}


def test_the_same_seed_trains_the_same_model() -> None:
    a, b = (pc.train_point_denoiser("spiral", steps=3, batch=16, seed=7) for _ in range(2))
    assert torch.equal(a.output.weight, b.output.weight)


def test_an_unknown_cloud_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="possible: ring"):
        pc.train_point_denoiser("dog")


def test_the_experiment_draws_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pc, "CLOUDS", {"ring": pc.ring})
    results = pc.point_cloud_experiment(tmp_path, steps=2, progress=False)
    assert (tmp_path / "point_cloud.png").read_bytes()[:4] == b"\x89PNG"
    assert set(results) == {"ring"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["point_cloud.json", "point_cloud.png"]


def test_without_matplotlib_one_sentence_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"loopgen\[train\]"):
        pc.point_cloud_experiment(tmp_path)
    assert not list(tmp_path.iterdir())
