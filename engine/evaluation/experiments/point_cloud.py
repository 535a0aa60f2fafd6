"""IADB where the answer is known: a small MLP deblends Gaussian noise into clouds of points in the plane.

The first experiment of Heitz, Belcour & Chambon (2023) and of the report, with the same `training_loss`, `alphas` and
`sample` that make loops.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.spatial.distance
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from engine.diffusion.iadb import training_loss
from engine.diffusion.samplers import SamplerStep, sample
from engine.diffusion.schedules import alphas
from engine.errors import InvalidRequest
from engine.evaluation.plots import new_figure, save_figure
from engine.evaluation.results import results_folder, write_json
from engine.knobs import MAP_SAMPLERS

Points = NDArray[np.float64]


def spiral(count: int, rng: np.random.Generator) -> Points:
    """Two turns of an Archimedean spiral, slightly blurred, `[count, 2]`."""
    turn = np.sqrt(rng.uniform(0.05, 1, count)) * 4 * np.pi
    line = np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1) / (2 * np.pi)
    return np.asarray(line + 0.06 * rng.standard_normal((count, 2)))


def ring(count: int, rng: np.random.Generator) -> Points:
    """Eight small Gaussians on a circle, `[count, 2]`."""
    angle = rng.integers(0, 8, count) * np.pi / 4
    centre = 1.6 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(centre + 0.12 * rng.standard_normal((count, 2)))


def checkerboard(count: int, rng: np.random.Generator) -> Points:
    """The dark squares of a 4 x 4 board of side 4, `[count, 2]`."""
    column = rng.integers(0, 4, count)
    row = 2 * rng.integers(0, 2, count) + column % 2
    return np.asarray(np.stack([column, row], axis=1) - 2 + rng.uniform(0, 1, (count, 2)))


CLOUDS: dict[str, Callable[[int, np.random.Generator], Points]] = {
    "ring": ring,
    "spiral": spiral,
    "checkerboard": checkerboard,
}


class PointDenoiser(nn.Module):
    """MLP `D(x, alpha)` on points `[B, 2]`; a sinusoidal embedding of alpha is concatenated before every layer."""

    def __init__(self, width: int = 96, layers: int = 3, frequencies: int = 8) -> None:
        super().__init__()
        self.frequencies = frequencies
        sizes = [2] + [width] * (layers - 1)
        self.layers = nn.ModuleList(nn.Linear(size + 2 * frequencies, width) for size in sizes)
        self.output = nn.Linear(width + 2 * frequencies, 2)

    def forward(self, x: Tensor, alpha: Tensor) -> Tensor:
        """Predict `x_1 - x_0`, `[B, 2]`, at alphas `[B]` or one scalar for all."""
        angle = alpha.expand(len(x))[:, None] * math.pi * torch.arange(1, self.frequencies + 1)
        embedded = torch.cat([torch.sin(angle), torch.cos(angle)], dim=1)
        for layer in self.layers:
            x = nn.functional.silu(layer(torch.cat([x, embedded], dim=1)))
        predicted: Tensor = self.output(torch.cat([x, embedded], dim=1))
        return predicted


def train_point_denoiser(
    cloud: str, *, steps: int = 4000, batch: int = 1024, seed: int = 0, progress: bool = False
) -> PointDenoiser:
    """Train on `cloud` (a name in `CLOUDS`) for `steps` steps of AdamW; raises `InvalidRequest` on another name."""
    if cloud not in CLOUDS:
        raise InvalidRequest(f"Unknown cloud {cloud!r}; possible: {', '.join(CLOUDS)}.")
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = PointDenoiser()
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=steps, pct_start=0.05)
    for _ in tqdm(range(steps), desc=f"deblending {cloud}", disable=not progress):
        points = torch.from_numpy(CLOUDS[cloud](batch, rng)).float()
        alpha = torch.rand(batch, generator=generator)
        loss = training_loss(model, points, generator=generator, alpha=alpha)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return model.eval().requires_grad_(False)


def sample_points(
    model: PointDenoiser, count: int, *, num_steps: int = 64, sampler: str = "heun", seed: int = 1
) -> Points:
    """`count` points `[count, 2]` deblended from noise of `seed`."""
    noise = torch.randn(count, 2, generator=torch.Generator().manual_seed(seed))
    return sample(model, noise, alphas(num_steps), sampler).double().numpy()


@dataclass(frozen=True)
class TwoSampleTest:
    """Energy distance of two clouds, and how likely as great a one is when both are the same (`p_value`)."""

    distance: float
    p_value: float


def energy_test(a: Points, b: Points, *, permutations: int = 200, seed: int = 0) -> TwoSampleTest:
    """Two-sample permutation test on the energy distance (Szekely & Rizzo 2013) of clouds `[N, 2]`, `[M, 2]`."""
    distances = scipy.spatial.distance.squareform(scipy.spatial.distance.pdist(np.concatenate([a, b])))
    side = np.concatenate([np.full(len(a), 1 / len(a)), np.full(len(b), -1 / len(b))])
    # With signed weights w the energy distance 2 E|X-Y| - E|X-X'| - E|Y-Y'| is -w'Dw.
    rng = np.random.default_rng(seed)
    weights = np.stack([side, *(rng.permutation(side) for _ in range(permutations))])
    energies = -np.sum((weights @ distances) * weights, axis=1)
    return TwoSampleTest(float(energies[0]), float(np.mean(energies >= energies[0] * (1 - 1e-12))))


def convergence_orders(model: PointDenoiser, steps: tuple[int, ...] = (16, 32, 64, 128)) -> dict[str, float]:
    """Measured order of every sampler: the slope of log error against log step size, down to 8 x the most steps.

    Computed in float64: rounding would hide a second-order error.
    """
    exact_model = copy.deepcopy(model).double()
    noise = torch.randn(64, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    exact = sample(exact_model, noise, alphas(8 * max(steps)).double(), "heun")
    orders = {}
    for sampler in MAP_SAMPLERS:
        found = [sample(exact_model, noise, alphas(count).double(), sampler) for count in steps]
        errors = [float((points - exact).norm(dim=1).median()) for points in found]
        orders[sampler] = float(np.polyfit(np.log(1 / np.array(steps)), np.log(errors), 1)[0])
    return orders


def round_trip_error(model: PointDenoiser, points: Points, num_steps: int = 128) -> float:
    """Invert `points` (alpha 1 to 0), sample again, and return the relative distance to where they came from."""
    data = torch.from_numpy(points).float()
    noise = sample(model, data, alphas(num_steps).flip(0), "heun")
    back = sample(model, noise, alphas(num_steps), "heun")
    return float((back - data).norm() / data.norm())


def point_cloud_experiment(
    out: Path, *, steps: int = 4000, seed: int = 0, progress: bool = True
) -> dict[str, object]:
    """Train and draw every cloud: `point_cloud.png` and `point_cloud.json` in `out`; returns what the JSON holds."""
    out = results_folder(out)
    shown = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    figure = new_figure(2.2 * (len(shown) + 1), 2.3 * len(CLOUDS))
    axes = figure.subplots(len(CLOUDS), len(shown) + 1, squeeze=False)
    results: dict[str, object] = {}
    for row, cloud in zip(axes, CLOUDS, strict=True):
        model = train_point_denoiser(cloud, steps=steps, seed=seed, progress=progress)
        target = CLOUDS[cloud](2000, np.random.default_rng(seed + 1))
        test = energy_test(sample_points(model, 800), target[:800])
        results[cloud] = {
            "energy_distance": test.distance,
            "p_value": test.p_value,
            "orders": convergence_orders(model),
            "round_trip_error": round_trip_error(model, target[:400]),
        }
        stages = [*((f"alpha {alpha:.1f}", points) for alpha, points in _deblend(model, shown)), ("target", target)]
        for axis, (title, points) in zip(row, stages, strict=True):
            axis.scatter(points[:, 0], points[:, 1], s=1, c="tab:orange" if title == "target" else "tab:blue")
            axis.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[], title=title, aspect="equal")
    save_figure(figure, out / "point_cloud.png")
    write_json(out / "point_cloud.json", results)
    return results


def _deblend(model: PointDenoiser, shown: tuple[float, ...]) -> list[tuple[float, Points]]:
    noise = torch.randn(2000, 2, generator=torch.Generator().manual_seed(1))
    seen = {0.0: noise.double().numpy()}

    def keep(step: SamplerStep) -> None:
        seen[round(step.alpha, 4)] = step.x.double().numpy()

    sample(model, noise, alphas(40), "heun", keep)
    return [(alpha, seen[alpha]) for alpha in shown]
