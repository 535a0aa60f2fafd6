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
    a, b, between = torch.randn(1, 2, 30), torch.randn(1, 2, 20), torch.randn(1, 2, 50)
    between[..., :10], between[..., -5:] = a[..., :10], b[..., -5:]
    model = PinnedEnds(
        Window(0, 30, lambda x, alpha: torch.sin(x)),
        Window(0, 50, towards(9.0)),
        Window(0, 20, lambda x, alpha: torch.cos(x)),
        head=10,
        tail=5,
    )
    x_1 = sample(model, torch.cat((a, between, b), dim=-1), alphas(5), "heun")
    one, passage, other = x_1[..., :30], x_1[..., 30:80], x_1[..., 80:]
    assert torch.equal(passage[..., :10], one[..., :10])
    assert torch.equal(passage[..., -5:], other[..., -5:])
    assert (passage[..., 10:-5] > 5).all()
