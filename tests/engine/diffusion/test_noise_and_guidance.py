"""Seeded noise, its interpolation, guidance and its rescaling."""

import pytest
import torch
from hypothesis import given, strategies as st

from engine.diffusion.guidance import guide, rescale
from engine.diffusion.iadb import blend, draw_alpha, training_loss
from engine.diffusion.noise import pad_noise, seeded_noise, slerp
from engine.diffusion.schedules import alphas
from engine.errors import InvalidRequest

SHAPE = (1, 96, 200)


def drawn(seed: int) -> torch.Tensor:
    return seeded_noise(seed, SHAPE)


def test_a_seed_is_a_noise() -> None:
    assert torch.equal(seeded_noise(7, SHAPE), seeded_noise(7, SHAPE))
    assert not torch.equal(seeded_noise(7, SHAPE), seeded_noise(8, SHAPE))


@given(st.floats(0, 1))
def test_slerp_between_noises_stays_noise(t: float) -> None:
    a, b = seeded_noise(1, SHAPE), seeded_noise(2, SHAPE)
    assert slerp(a, b, t).std() == pytest.approx(1.0, abs=0.02)


def test_linear_interpolation_would_not() -> None:
    a, b = seeded_noise(1, SHAPE), seeded_noise(2, SHAPE)
    assert torch.lerp(a, b, 0.5).std() == pytest.approx(0.5**0.5, abs=0.02)


def test_pad_corners_are_their_seeds() -> None:
    corners = (1, 2, 3, 4)
    for seed, (x, y) in zip(corners, ((0, 0), (1, 0), (0, 1), (1, 1)), strict=True):
        assert torch.equal(pad_noise(corners, x, y, drawn), seeded_noise(seed, SHAPE))
    assert pad_noise(corners, 0.5, 0.5, drawn).std() == pytest.approx(1.0, abs=0.03)


def test_slerp_of_equal_tensors_is_that_tensor() -> None:
    a = seeded_noise(1, SHAPE)
    assert torch.allclose(slerp(a, a, 0.3), a, atol=1e-6)


@given(st.floats(0, 8))
def test_guidance_is_the_report_s_combination(scale: float) -> None:
    null, conditioned = seeded_noise(1, SHAPE), seeded_noise(2, SHAPE)
    expected = (1 - scale) * null + scale * conditioned
    assert torch.allclose(guide(null, conditioned, scale), expected, atol=1e-4)


def test_rescaling_brings_the_estimate_to_the_reference_s_level() -> None:
    x, reference, alpha = seeded_noise(1, SHAPE), seeded_noise(2, SHAPE), torch.tensor(0.25)
    guided = 4 * seeded_noise(3, SHAPE)
    target = (x + 0.75 * reference).std()
    assert (x + 0.75 * rescale(guided, reference, x, alpha, 1.0)).std() == pytest.approx(float(target), rel=1e-3)
    assert torch.equal(rescale(guided, reference, x, alpha, 0.0), guided)
    assert torch.equal(rescale(guided, reference, x, torch.tensor(1.0), 1.0), guided)


def test_rescaling_never_raises_weak_guidance() -> None:
    x, alpha = seeded_noise(1, SHAPE), torch.tensor(0.5)
    weak = -0.5 * x
    assert torch.allclose(rescale(weak, 3 * seeded_noise(2, SHAPE), x, alpha, 1.0), weak, atol=1e-5)


@pytest.mark.parametrize("kind", ["linear", "cosine"])
def test_schedules_run_from_0_to_1_exactly(kind: str) -> None:
    grid = alphas(16, kind)
    assert len(grid) == 17
    assert (float(grid[0]), float(grid[-1])) == (0.0, 1.0)
    assert (grid.diff() > 0).all()


def test_impossible_schedules_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="at least 1"):
        alphas(0)
    with pytest.raises(InvalidRequest, match="possible: linear, cosine"):
        alphas(4, "sigmoid")


def test_blends_and_the_loss_of_the_perfect_model() -> None:
    x_0, x_1 = seeded_noise(1, (4, 3)), seeded_noise(2, (4, 3))
    assert torch.equal(blend(x_0, x_1, torch.zeros(4)), x_0)
    assert torch.equal(blend(x_0, x_1, torch.ones(4)), x_1)
    generator = torch.Generator().manual_seed(5)
    # With one data point, x_1 - x_0 is known from the blend: (x_1 - x_alpha) / (1 - alpha).
    data = torch.ones(256, 2)
    loss = training_loss(lambda x, a: (data - x) / (1 - a)[:, None], data, generator=generator)
    assert float(loss) == pytest.approx(0.0, abs=1e-6)
    # And a model that says nothing pays the variance of noise plus the squared data: 1 + 1.
    assert float(training_loss(lambda x, a: torch.zeros_like(x), data, generator=generator)) == pytest.approx(
        2, abs=0.3
    )


def test_training_sees_the_noise_it_is_given() -> None:
    """Noise that one knows costs nothing: x_1 - x_0 with x_0 = 3 everywhere."""
    data = torch.ones(16, 2)

    def known(x: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
        assert torch.allclose(x, blend(torch.full_like(data, 3.0), data, alpha), atol=1e-6)
        return torch.full_like(x, -2.0)

    assert float(training_loss(known, data, noise=lambda white: torch.full_like(white, 3.0))) == 0


def test_alphas_are_drawn_inside_and_centred() -> None:
    drawn = draw_alpha(20_000, torch.Generator().manual_seed(0))
    assert 0 < float(drawn.min()) < 0.05
    assert 0.95 < float(drawn.max()) < 1
    assert float(drawn.mean()) == pytest.approx(0.5, abs=0.01)


def test_alphas_of_a_batch_are_spread_and_lean_where_they_are_told() -> None:
    for _ in range(20):
        drawn = draw_alpha(4, spread=1.0, centre=-0.7).logit().add(0.7).sort().values
        quartiles = torch.special.ndtri(torch.tensor([0.25, 0.5, 0.75]))
        assert (drawn[:-1] <= quartiles + 1e-4).all() and (drawn[1:] >= quartiles - 1e-4).all()
    assert draw_alpha(1, spread=0).shape == (1,)
