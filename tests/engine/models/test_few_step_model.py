"""The few-step model: it begins as the denoiser in two steps of Euler, and its parts keep their promises."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from tiny import DENOISER, tiny_pack
from torch import Tensor

from engine.conditioning.conditions import Conditions
from engine.diffusion.samplers import sample
from engine.errors import PackError
from engine.models.fewsteps import DETAILS, SEMANTICS, FewStepConfig, FewSteps, changed_shapes, noises_of, view_of
from engine.models.guidance_told import GUIDANCE_INPUTS, guidance_inputs
from engine.models.sampling import SamplingDenoiser
from engine.models.semantics import SemanticEncoder, SemanticPrior, on_sphere
from engine.models.unet import Denoiser
from engine.packs.models import load_denoiser, load_fewsteps, store_denoiser, store_fewsteps
from engine.packs.pack import Pack

SMALL = FewStepConfig(rank=4, semantic_dim=8, encoder_width=16, told_width=16, prior_width=16)
FRAMES = 48


def denoiser() -> Denoiser:
    torch.manual_seed(1)
    model = Denoiser(DENOISER)
    torch.nn.init.normal_(model.out.weight, std=0.05)
    return model.eval().requires_grad_(False)


def conditions() -> Conditions:
    torch.manual_seed(2)
    asked = Conditions.open(FRAMES, 2)
    pattern = (torch.rand(asked.pattern.shape) > 0.8).float()
    return replace(asked, pattern=pattern, pattern_given=torch.ones(2, 8), bars=torch.ones(2, 1))


def randomised(model: FewSteps) -> FewSteps:
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model


@torch.no_grad()
def test_before_training_it_is_the_denoiser_in_two_steps_of_euler() -> None:
    base, asked, x = denoiser(), conditions(), torch.randn(2, 16, FRAMES)
    model = FewSteps.over(base, SMALL).eval()
    embedded = base.embed(asked)

    def direction(x: Tensor, alpha: Tensor) -> Tensor:
        return base.predict(x, alpha.expand(len(x)), embedded)

    expected = sample(direction, x, torch.tensor([0.0, SMALL.refine_alpha, 1.0]))
    state, guidance = x, torch.rand(2, GUIDANCE_INPUTS)
    for stage, end in ((SEMANTICS, SMALL.refine_alpha), (DETAILS, 1.0)):
        estimate = model(base, state, embedded, torch.randn(2, 8), guidance, stage)
        start = model.alpha(stage)
        # The posterior step with the noise that is there: (1 - a') x_noise + a' estimate, by way of the direction.
        state = state + (end - start) * (estimate - state) / (1 - start)
    assert torch.allclose(state, expected, atol=1e-5)


@torch.no_grad()
def test_the_generator_is_one_network_whether_changed_as_it_runs_or_before() -> None:
    base, asked, x = denoiser(), conditions(), torch.randn(2, 16, FRAMES)
    model = randomised(FewSteps.over(base, SMALL)).eval()
    z, guidance = torch.randn(2, 8), torch.rand(2, GUIDANCE_INPUTS)
    expected = model(base, x, base.embed(asked), z, guidance, DETAILS)
    generator = SamplingDenoiser(model.changed(base))
    told = replace(generator.embed(asked), stage=model.stages(z, guidance, DETAILS))
    direction = generator.predict(x, torch.full((2,), 0.5), told)
    assert torch.allclose(x + 0.5 * direction, expected, atol=1e-4)
    plain = SamplingDenoiser(base)
    assert not torch.allclose(plain.predict(x, torch.full((2,), 0.5), plain.embed(asked)), direction, atol=1e-2)


def test_low_rank_changes_are_a_fraction_of_what_they_change() -> None:
    base = denoiser()
    model = FewSteps.over(base, SMALL)
    names = {name for name, _ in base.named_parameters()}
    assert {*changed_shapes(base)} < names  # what reads conditions is not among them
    assert not any(name.startswith(("stationary", "timeline", "voices")) for name in changed_shapes(base))
    assert sum(p.numel() for p in model.change.parameters()) < 0.6 * sum(p.numel() for p in base.parameters())


@torch.no_grad()
def test_the_semantic_encoder_does_not_ask_where_a_loop_begins() -> None:
    encoder = SemanticEncoder(16, 16, 8).eval()
    x = torch.randn(3, 16, FRAMES)
    z = encoder(x)
    assert torch.allclose(z.square().mean(1), torch.ones(3), atol=1e-4)
    assert torch.allclose(encoder(x.roll(8, dims=2)), z, atol=1e-4)  # by whole strides: 2 * 2 * 2
    assert not torch.allclose(encoder(x.flip(2)), z, atol=1e-2)


@torch.no_grad()
def test_noises_of_latents_follow_the_noise_of_the_loop() -> None:
    a, b = torch.randn(1, 16, 320), torch.randn(1, 16, 320)
    z_2, z_1 = noises_of(a, 8)
    assert torch.equal(noises_of(a, 8)[0], z_2)
    assert torch.allclose(noises_of(0.6 * a, 8)[0], z_2, atol=1e-5)  # at any temperature
    assert abs(float((z_2 * z_1).mean())) < 0.9 and float(z_2.square().mean()) == pytest.approx(1, abs=1e-4)
    steps = [noises_of(torch.lerp(a, b, t), 8)[0] for t in torch.linspace(0, 1, 101)]
    moves = torch.stack([(y - x).norm() for x, y in pairwise(steps)])
    assert moves.max() < 0.3 * moves.sum()  # no leap on the way


def test_the_prior_learns_what_conditions_say_of_semantics() -> None:
    torch.manual_seed(0)
    prior = SemanticPrior(8, 4, GUIDANCE_INPUTS, 64)
    kinds = on_sphere(torch.randn(4, 8))
    optimizer = torch.optim.Adam(prior.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(400):
        kind = torch.randint(4, (64,), generator=generator)
        z_2 = on_sphere(kinds[kind] + 0.1 * torch.randn(64, 8, generator=generator))
        loss = prior.loss(z_2, torch.eye(4)[kind], torch.zeros(64, GUIDANCE_INPUTS), generator)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        drawn = prior.draw(torch.randn(64, 8), torch.eye(4)[torch.arange(64) % 4], torch.zeros(64, GUIDANCE_INPUTS))
    nearest = torch.cdist(drawn, kinds).argmin(1)
    assert (nearest == torch.arange(64) % 4).float().mean() > 0.9


def test_guidance_is_told_by_condition_and_no_further_than_it_was_learnt() -> None:
    asked = conditions()
    told = guidance_inputs(asked, 3.0)
    assert told[:, 1].tolist() == [0.75, 0.75]
    assert told[:, [0, 2, 3, 4]].abs().sum() == 0  # open conditions weigh nothing
    assert guidance_inputs(asked, 10.0)[0].tolist() == [0, 1.25, 0, 0, 0]
    more = guidance_inputs(asked, 2.0, {"pattern": 1.5, "clap": 4.0})
    assert more[0].tolist() == [0, 0.75, 0, 0, 0]


def test_packs_keep_it_over_denoisers_of_its_shape(tmp_path: Path) -> None:
    folder = tiny_pack(tmp_path / "pack")
    base = load_denoiser(Pack.open(folder))
    assert load_fewsteps(Pack.open(folder), base) is None
    model = randomised(FewSteps.over(base, SMALL))
    store_fewsteps(folder, model, {"run": "a"})
    kept = load_fewsteps(Pack.open(folder), base)
    assert kept is not None
    for name, weight in model.state_dict().items():
        assert torch.allclose(kept.state_dict()[name], weight, atol=2e-3)
    store_denoiser(folder, base, {})
    assert "fewsteps" in Pack.open(folder).components
    store_denoiser(folder, Denoiser(replace(DENOISER, widths=(32, 32))), {})
    assert "fewsteps" not in Pack.open(folder).components
    store_fewsteps(folder, model, {"run": "b"})
    with pytest.raises(PackError, match="does not fit its settings"):
        load_fewsteps(Pack.open(folder), load_denoiser(Pack.open(folder)))


@torch.no_grad()
def test_the_prior_sees_conditions_alike_in_both_networks() -> None:
    base, asked = denoiser(), conditions()
    assert view_of(base, asked).shape == (2, DENOISER.embedding_width + DENOISER.timeline_width)
    assert torch.allclose(view_of(base, asked), view_of(SamplingDenoiser(base), asked), atol=1e-6)
