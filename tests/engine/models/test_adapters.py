"""Adapters: what they change, how many numbers that takes, and that nothing is learnt at first."""

import pytest
import torch
from tiny import DENOISER

from engine.models.adapters import Adapter, AdapterConfig, LearningDenoiser, adapted
from engine.models.blended import KEPT, BlendedDenoiser
from engine.models.unet import Denoiser


def made(method: str, rank: int = 4) -> tuple[Denoiser, Adapter]:
    torch.manual_seed(0)
    denoiser = Denoiser(DENOISER)
    return denoiser, Adapter.beside(denoiser, AdapterConfig(method, rank))  # type: ignore[arg-type]


def filled(adapter: Adapter) -> Adapter:
    with torch.no_grad():
        for parameter in adapter.parameters():
            parameter.normal_(std=0.02)
    return adapter


@pytest.mark.parametrize("method", ["low-rank", "full"])
def test_at_first_nothing_is_changed_and_the_voices_never(method: str) -> None:
    denoiser, adapter = made(method)
    changes = adapter.changes()
    assert all(not change.any() for change in changes.values())
    untouched = {name for name, _ in denoiser.named_parameters()} - set(changes)
    assert untouched == {name for name, _ in denoiser.named_parameters() if name.startswith("voices.")}
    for name, change in filled(adapter).changes().items():
        assert change.shape == dict(denoiser.named_parameters())[name].shape and change.any()


def test_low_rank_is_of_that_rank_and_smaller() -> None:
    denoiser, low = made("low-rank")
    _, full = made("full")
    changes = filled(low).changes()
    assert torch.linalg.matrix_rank(changes["middle.first.weight"].flatten(1)) == 4
    low_count, full_count = (sum(p.numel() for p in adapter.parameters()) for adapter in (low, full))
    whole = sum(p.numel() for name, p in denoiser.named_parameters() if not name.startswith("voices."))
    assert full_count == whole and low_count < 0.55 * whole


def test_learning_denoisers_answer_as_the_adapted_one_does() -> None:
    denoiser, adapter = made("low-rank")
    torch.nn.init.normal_(denoiser.out.weight, std=0.05)
    learning = LearningDenoiser(denoiser, filled(adapter))
    assert {name for name, _ in learning.named_parameters()} == {
        f"adapter.{n}" for n, _ in adapter.named_parameters()
    }
    from engine.conditioning.assembly import request_conditions
    from engine.requests import LoopRequest
    from engine.tempo import LoopGeometry

    geometry = LoopGeometry(174.0, 1)
    conditions = request_conditions(LoopRequest(tempo_bpm=174.0, bars=1), geometry)
    x, alpha = torch.randn(1, 16, geometry.frames), torch.tensor([0.4])
    direction = learning(x, alpha, conditions)
    assert torch.allclose(direction, adapted(denoiser, adapter)(x, alpha, conditions), atol=1e-5)
    assert not torch.allclose(direction, denoiser(x, alpha, conditions), atol=1e-3)
    direction.square().mean().backward()
    assert adapter.up["middle/first/weight"].grad is not None and denoiser.out.weight.grad is None


def test_shares_asked_for_lately_stay_ready() -> None:
    denoiser, adapter = made("low-rank")
    blended = BlendedDenoiser(denoiser, torch.device("cpu"), torch.float32, filled(adapter))
    first, second = blended.at(0.0), blended.at(1.0)
    assert blended.at(0.0) is first and blended.at(1.0) is second and first is not second
    blended.at(0.5)
    assert len(blended._ready) == KEPT and blended.at(1.0) is second and blended.at(0.0) is not first
    plain = BlendedDenoiser(denoiser, torch.device("cpu"), torch.float32)
    assert plain.at(0.3) is plain.at(1.0)
    assert plain.voices is not None and blended.voices is not None
