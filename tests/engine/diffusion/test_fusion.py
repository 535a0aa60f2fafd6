"""Fused windows and pinned ends: what each frame follows, in numbers."""

import torch
from torch import Tensor

from engine.diffusion.fusion import FusedWindows, PinnedEnds, Window
from engine.diffusion.samplers import Model, sample
from engine.diffusion.schedules import alphas


def towards(value: float) -> Model:
    """The model of data that is `value` everywhere: it leads there exactly, from anywhere."""

    def model(x: Tensor, alpha: Tensor) -> Tensor:
        return (value - x) / (1 - alpha).clamp_min(1e-6)

    return model


def test_windows_hand_over_evenly() -> None:
    fused = FusedWindows([Window(0, 40, towards(0.0)), Window(20, 40, towards(1.0))], 60)
    x_1 = sample(fused, torch.randn(1, 3, 60), alphas(4))
    assert torch.allclose(fused.weights.sum(dim=0), torch.ones(60))
    assert torch.allclose(x_1[..., :20], torch.zeros(1, 3, 20), atol=1e-5)
    assert torch.allclose(x_1[..., 40:], torch.ones(1, 3, 20), atol=1e-5)
    between = x_1[0, 0, 20:40]
    assert (between.diff() > 0).all() and between.diff().max() < 0.1


def test_one_window_is_its_model() -> None:
    x = torch.randn(2, 3, 16)
    fused = FusedWindows([Window(0, 16, towards(2.0))], 16)
    assert torch.allclose(fused(x, torch.tensor(0.5)), towards(2.0)(x, torch.tensor(0.5)))


def test_pinned_frames_end_as_their_loops_do() -> None:
    grid = alphas(5)
    walks = []
    for frames, towards_one in ((10, torch.sin), (5, torch.cos)):
        states = [torch.randn(1, 2, frames)]
        sample(lambda x, alpha, f=towards_one: f(x), states[0], grid, "heun", lambda step, s=states: s.append(step.x))
        walks.append(states)
    x_1 = sample(towards(9.0), torch.randn(1, 2, 50), grid, "heun", hold=PinnedEnds(*walks))
    assert torch.equal(x_1[..., :10], walks[0][-1])
    assert torch.equal(x_1[..., -5:], walks[1][-1])
    assert (x_1[..., 10:-5] > 5).all()
