"""Channel groups that are learnt: their kernels decide them, their norms are the paper's, every network agrees."""

from dataclasses import replace

import pytest
import torch
from tiny import DENOISER
from torch.nn import functional

from engine.conditioning.conditions import Conditions
from engine.models.fewsteps import FewStepConfig, FewSteps
from engine.models.groups import CodeReader, LearnedGroupNorm, SimilarityGrouping
from engine.models.sampling import SamplingDenoiser
from engine.models.unet import Denoiser, learned_norms

LEARNED = replace(DENOISER, grouping="learned", informed=True)


def test_channels_of_alike_kernels_come_into_one_group() -> None:
    torch.manual_seed(0)
    kinds = torch.randn(4, 30)
    kind = torch.arange(32) % 4  # contiguous groups, which it begins with, are wrong everywhere
    kernels = kinds[kind].view(32, 10, 3) + 0.05 * torch.randn(32, 10, 3)
    kernels.requires_grad_(True)
    grouping = SimilarityGrouping(32, 4)
    optimizer = torch.optim.Adam(grouping.parameters(), lr=0.05)
    first = grouping.loss(kernels).item()
    for _ in range(300):
        optimizer.zero_grad()
        grouping.loss(kernels).backward()
        optimizer.step()
    assert grouping.loss(kernels).item() < 0.35 * first
    member = grouping()
    assert torch.equal(member.sum(1), torch.ones(32))  # every channel in one group alone
    together = (member @ member.T).bool()
    alike = kind[:, None] == kind[None]
    assert (together == alike).float().mean() > 0.9
    assert kernels.grad is None  # what is alike is a reference


@torch.no_grad()
def test_the_norm_is_group_adain_and_then_adagn() -> None:
    torch.manual_seed(0)
    norm, x = LearnedGroupNorm(6, 2, 4, 5), torch.randn(3, 6, 40)
    norm.grouping.membership.copy_(functional.one_hot(torch.tensor([0, 1, 1, 0, 1, 0]), 2).float())
    for layer in (norm.alpha, norm.stationary, norm.across):
        torch.nn.init.normal_(layer.weight, std=0.5)
    alpha, z_e = torch.randn(3, 4), torch.randn(3, 5)
    scale, shift = norm.alpha(alpha)[:, :, None].chunk(2, dim=1)
    weight = 1 + norm.stationary(z_e)[:, :, None]
    mean, deviation = x.mean(2, keepdim=True), x.var(2, unbiased=False, keepdim=True).add(1e-5).sqrt()
    within = weight * ((1 + scale) * (x - mean) / deviation + shift)  # equation 3
    above, added = norm.codes(z_e).chunk(2, dim=1)
    expected = torch.zeros_like(x)
    for group, channels in enumerate(([0, 3, 5], [1, 2, 4])):
        own = within[:, channels]
        mu = own.mean((1, 2), keepdim=True)
        sigma = own.var((1, 2), unbiased=False, keepdim=True).add(1e-5).sqrt()
        h_s, h_b = 1 + above[:, group, None, None], added[:, group, None, None]
        expected[:, channels] = h_s * (own - mu) / sigma + h_b  # equation 4
    assert torch.allclose(norm(x, alpha, z_e), expected, atol=1e-4)


@torch.no_grad()
def test_a_denoiser_of_learned_groups_samples_as_it_trains() -> None:
    torch.manual_seed(1)
    denoiser = Denoiser(LEARNED).eval()
    torch.nn.init.normal_(denoiser.out.weight, std=0.05)
    assert len(learned_norms(denoiser)) == 7 and learned_norms(Denoiser(DENOISER)) == []
    for _, norm in learned_norms(denoiser):
        norm.grouping.membership.normal_()
        norm.across.weight.normal_(std=0.3)
    asked = replace(Conditions.open(48, 2), bars=torch.ones(2, 1), tags=torch.randn(2, 38).sign())
    x, alpha = torch.randn(2, 16, 48), torch.full((2,), 0.3)
    framewise = SamplingDenoiser(denoiser)
    expected = denoiser(x, alpha, asked)
    assert torch.allclose(framewise.predict(x, alpha, framewise.embed(asked)), expected, atol=1e-4)
    for _, norm in learned_norms(denoiser):
        norm.across.bias.add_(0.5)
    assert not torch.allclose(denoiser(x, alpha, asked), expected, atol=1e-2)  # codes of groups are heard
    few = FewSteps.over(
        denoiser, FewStepConfig(rank=2, semantic_dim=8, encoder_width=16, told_width=8, prior_width=8)
    )
    assert not any("grouping" in name for name in few.change.shapes)


def test_what_loops_tell_of_their_codes_is_learnt_and_codes_stay() -> None:
    torch.manual_seed(0)
    reader = CodeReader(16, 6, width=32)
    mix = torch.randn(6, 16)
    optimizer = torch.optim.Adam(reader.parameters(), lr=3e-3)
    for _ in range(200):
        codes = torch.randn(32, 6, requires_grad=True)
        loop = (codes.detach() @ mix)[:, :, None] + 0.3 * torch.randn(32, 16, 24)
        loss = reader.loss(loop, codes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.4 and codes.grad is None


def test_groups_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="'random'"):
        Denoiser(replace(DENOISER, grouping="random"))
    assert Denoiser(replace(DENOISER, informed=True)).reader is None  # nothing to read
