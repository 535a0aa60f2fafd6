"""Inversion where the answer is known: Gaussian data, whose map from noise to data is a closed form."""

import pytest
import torch
from torch import Tensor

from engine.diffusion.inversion import invert
from engine.diffusion.noise import seeded_noise
from engine.diffusion.samplers import SamplerStep, sample
from engine.diffusion.schedules import alphas
from engine.errors import InvalidRequest

DEVIATION, MEAN = 0.5, 1.5


def gaussian(x: Tensor, alpha: Tensor) -> Tensor:
    """The exact direction towards data N(MEAN, DEVIATION^2): it carries x_0 to MEAN + DEVIATION x_0."""
    variance = (1 - alpha) ** 2 + (alpha * DEVIATION) ** 2
    return MEAN + (alpha * DEVIATION**2 - (1 - alpha)) / variance * (x - alpha * MEAN)


X_0 = seeded_noise(3, (4, 2, 64)).double()
X_1 = MEAN + DEVIATION * X_0


def error(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).norm() / wanted.norm())


def test_the_noise_of_gaussian_data_is_found() -> None:
    assert error(invert(gaussian, X_1, alphas(64).double()), X_0) < 2e-3
    # Second order: four times the steps, a sixteenth of the error.
    coarse, fine = (error(invert(gaussian, X_1, alphas(steps).double()), X_0) for steps in (16, 64))
    assert 10 < coarse / fine < 25


@pytest.mark.parametrize("sampler", ["euler", "heun", "midpoint"])
def test_corrections_make_few_steps_exact(sampler: str) -> None:
    grid = alphas(6).double()

    def round_trip(corrections: int) -> float:
        noise = invert(gaussian, X_1, grid, sampler, corrections=corrections)
        return error(sample(gaussian, noise, grid, sampler), X_1)

    plain, once, often = (round_trip(corrections) for corrections in (0, 1, 12))
    assert plain > 5e-4
    assert once < plain / 2
    assert often < 4e-4  # steps that miss by less than 2e-4 are left as they are


def test_a_correction_that_leads_away_is_not_kept() -> None:
    def steep(x: Tensor, alpha: Tensor) -> Tensor:
        return 9 * x * (1 - alpha)

    grid = torch.tensor([0.0, 1.0], dtype=torch.float64)
    plain = sample(steep, invert(steep, X_1, grid, "euler"), grid, "euler")
    kept = sample(steep, invert(steep, X_1, grid, "euler", corrections=6), grid, "euler")
    assert error(kept, X_1) < error(plain, X_1)


def test_steps_are_told_backwards() -> None:
    seen: list[SamplerStep] = []
    invert(gaussian, X_1, alphas(4).double(), on_step=seen.append)
    assert [(step.index, step.count, step.alpha) for step in seen] == [
        (1, 4, 0.75),
        (2, 4, 0.5),
        (3, 4, 0.25),
        (4, 4, 0.0),
    ]
    with pytest.raises(InvalidRequest, match="0 to 20"):
        invert(gaussian, X_1, alphas(4).double(), corrections=21)
