"""The discriminator and its losses where the answer is known."""

import pytest
import torch

from engine.training.discriminator import (
    Judgement,
    MultiScaleDiscriminator,
    balanced,
    discriminator_loss,
    feature_loss,
    generator_loss,
)


def judgement(score: float, feature: float) -> list[Judgement]:
    return [Judgement(torch.full((1, 1, 3, 3), score), [torch.full((1, 2, 3, 3), feature)])]


def test_hinge_losses_vanish_where_they_should() -> None:
    assert float(discriminator_loss(judgement(1.5, 0), judgement(-1.5, 0))) == 0
    assert float(discriminator_loss(judgement(0.0, 0), judgement(0.0, 0))) == 2
    assert float(generator_loss(judgement(2.0, 0))) == 0
    assert float(generator_loss(judgement(-1.0, 0))) == 2
    assert float(feature_loss(judgement(0, 2.0), judgement(0, 3.0))) == pytest.approx(0.5)


def test_balanced_losses_pull_with_the_strength_they_are_given() -> None:
    audio = torch.randn(2, 2, 64, requires_grad=True)
    reference, other = audio.square().mean(), 1e6 * audio.abs().mean()
    (alone,) = torch.autograd.grad(reference, audio, retain_graph=True)
    (both,) = torch.autograd.grad(balanced(reference, [(0.5, other)], audio), audio)
    assert float((both - alone).norm() / alone.norm()) == pytest.approx(0.5, rel=1e-4)


def test_it_learns_to_tell_noise_from_a_tone() -> None:
    torch.manual_seed(0)
    judge = MultiScaleDiscriminator(fft_sizes=(512, 256), width=4)
    optimizer = torch.optim.Adam(judge.parameters(), lr=3e-3)
    time = torch.arange(4096) / 44100
    tone = torch.sin(2 * torch.pi * 440 * time).expand(2, 2, -1)
    first = None
    for _ in range(15):
        loss = discriminator_loss(judge(tone), judge(0.5 * torch.randn(2, 2, 4096)))
        first = float(loss.detach()) if first is None else first
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert first is not None
    assert float(loss.detach()) < 0.5 * first
