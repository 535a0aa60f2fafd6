"""The denoiser made ready for sampling predicts what the trained one does: any length, batch and precision."""

from dataclasses import replace

import pytest
import torch
from test_denoiser import MIXING, TINY, awake, noise

from engine.conditioning.conditions import Conditions
from engine.conditioning.notes import NOTE_ROWS
from engine.models.blocks import CircularConv
from engine.models.sampling import FramewiseConv, SamplingDenoiser, group_scale
from engine.models.unet import DenoiserConfig


def asked(frames: int, batch: int = 1) -> Conditions:
    torch.manual_seed(3)
    return replace(
        Conditions.open(frames, batch),
        beat=torch.rand(batch, 2, frames),
        beat_given=torch.ones(batch, 1),
        pattern=torch.rand(batch, 8, frames),
        pattern_given=torch.ones(batch, 8),
        notes=torch.rand(batch, NOTE_ROWS, frames),
        notes_given=torch.ones(batch, 3),
        clap=torch.rand(batch, 512),
        clap_given=torch.ones(batch, 1),
        voices=torch.randn(batch, 8, 12),
        voices_given=torch.ones(batch, 8),
        rate=torch.full((batch, 1), 0.2),
        repeats=torch.full((batch, 1), 0.2),
    )


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (1, 1)])
@pytest.mark.parametrize("frames", [11, 64])
@torch.no_grad()
def test_a_convolution_is_one_product(kernel: int, stride: int, frames: int) -> None:
    layer = CircularConv(6, 4, kernel, stride) if kernel == 3 else torch.nn.Conv1d(6, 4, 1)
    x = torch.randn(2, 6, frames)
    found = FramewiseConv.of(layer)(x.transpose(1, 2).contiguous())
    assert torch.allclose(found.transpose(1, 2), layer(x), atol=1e-5)


def test_groups_are_brought_to_scale_and_shift() -> None:
    x = 5 + 3 * torch.randn(2, 40, 12, generator=torch.Generator().manual_seed(0))
    scale, shift = torch.rand(2, 12) + 0.5, torch.randn(2, 12)
    expected = torch.nn.functional.group_norm(x.transpose(1, 2), 4).transpose(1, 2) * scale[:, None] + shift[:, None]
    assert torch.allclose(group_scale(x, 4, scale, shift), expected, atol=1e-4)


@pytest.mark.parametrize("config", [TINY, replace(TINY, notes=False, blocks=2)])
@pytest.mark.parametrize("frames", [11, 43, 130, 343])
@torch.no_grad()
def test_it_predicts_what_the_trained_one_does(config: DenoiserConfig, frames: int) -> None:
    denoiser = awake(config)
    sampling = SamplingDenoiser(denoiser)
    x, alpha, conditions = noise(frames, batch=3), torch.tensor([0.0, 0.4, 0.95]), asked(frames, batch=3)
    expected = denoiser.predict(x, alpha, denoiser.embed(conditions))
    found = sampling.predict(x, alpha, sampling.embed(conditions))
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("config", [TINY, MIXING])
@torch.no_grad()
def test_some_loops_of_a_batch_are_told_what_they_were(config: DenoiserConfig) -> None:
    sampling = SamplingDenoiser(awake(config))
    x, alpha = noise(96, batch=3), torch.tensor([0.0, 0.4, 0.95])
    embedded = sampling.embed(replace(asked(96, batch=3), bars=torch.full((3, 1), 2.0)))
    loops = torch.tensor([2, 0])
    found = sampling.predict(x[loops], alpha[loops], embedded.of(loops))
    assert torch.allclose(found, sampling.predict(x, alpha, embedded)[loops], atol=1e-5)


@pytest.mark.parametrize(("frames", "bars"), [(96, 2), (160, 1), (160, 0), (95, 1), (1280, 16)])
@torch.no_grad()
def test_it_mixes_over_bars_as_the_trained_one_does(frames: int, bars: int) -> None:
    denoiser = awake(MIXING)
    sampling = SamplingDenoiser(denoiser)
    conditions = replace(asked(frames, batch=2), bars=torch.full((2, 1), float(bars)))
    x, alpha = noise(frames, batch=2), torch.tensor([0.1, 0.7])
    expected = denoiser.predict(x, alpha, denoiser.embed(conditions))
    assert torch.allclose(sampling.predict(x, alpha, sampling.embed(conditions)), expected, atol=1e-4)
    unmixed = denoiser.predict(x, alpha, denoiser.embed(replace(conditions, bars=torch.zeros(2, 1))))
    assert ((expected - unmixed).abs().max() > 1e-2) == (bars > 0)


@torch.no_grad()
def test_in_half_precision_it_is_as_near_as_the_trained_one() -> None:
    denoiser, x, alpha, conditions = awake(), noise(130), torch.tensor([0.4]), asked(130)
    exact = denoiser.predict(x, alpha, denoiser.embed(conditions))
    denoiser = denoiser.bfloat16()
    halves = conditions.to("cpu", torch.bfloat16)
    sampling = SamplingDenoiser(denoiser)
    off = [
        float((model.predict(x, alpha, model.embed(halves)) - exact).norm() / exact.norm())
        for model in (denoiser, sampling)
    ]
    assert off[1] < max(1.5 * off[0], 0.01)
