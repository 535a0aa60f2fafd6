"""Training the few-step model: a teacher's loops in two stages, against a discriminator, semantics before details.

What hears music in `L_Sem` is the pack's own denoiser, frozen: what the first stages of its way down make of a state.
It knows pattern, pitches and words, works on latents, goes round a loop, and costs a quarter of one evaluation. The
embedder and musicnn hear sound: to hear a step they would need it decoded, and the gradients through the decoder.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.devices import choose_device
from engine.diffusion.iadb import blend
from engine.models.fewsteps import DETAILS, SEMANTICS, FewSteps, view_of
from engine.models.semantics import on_sphere
from engine.models.unet import Denoiser, EmbeddedConditions
from engine.training.adversarial import average_gradients
from engine.training.checkpoints import optimizer_tensors, prefixed, restore_optimizer, without_prefix
from engine.training.latents import LatentCorpus
from engine.training.run import Trainer
from engine.training.stage_discriminator import StageDiscriminator, steepness, taken_for_real, told_apart
from engine.training.teacher import TaughtBatch, Teacher, TeacherSettings

VALIDATION_LESSONS = 8
LEAST_LESSONS = 8


@dataclass(frozen=True)
class FewStepTraining:
    """What a run trains on and by. Shares are of the gradient that the distance of latents has.

    With a share `adversarial` the discriminator pulls, with `heard` the distance of what is heard (the second half of
    L_Sem), with `kept` L_Per. Semantics are trained with a probability from `most` down to `least`. A lesson is new
    in every `lesson_every` steps. What changes the denoiser, which is trained already, learns at `change_rate` of the
    rate. In a share `loose` of loops the noise is another than the teacher's, and in a share `drawn` z_2 is the
    prior's. Frames in which something strikes count up to `struck` times more than others.
    """

    corpus: Path
    frames_per_batch: int = 1024
    embedded: bool = False
    semantic: bool = True
    latents: float = 1.0
    adversarial: float = 0.7
    heard: float = 0.3
    kept: float = 0.1
    most: float = 0.7
    least: float = 0.4
    loose: float = 0.5
    struck: float = 2.0
    drawn: float = 0.25
    latent_noise: float = 0.2
    heard_stages: int = 3
    details_heard_at: float = 0.85
    change_rate: float = 0.4
    steepness: float = 1.0
    steepness_every: int = 8
    lesson_every: int = 4
    teacher: TeacherSettings = field(default_factory=TeacherSettings)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A batch of a stage: states it starts from, its latent, and the estimate that details are to keep to."""

    taught: TaughtBatch
    embedded: EmbeddedConditions
    x: Tensor
    z: Tensor
    estimate: Tensor | None


class FewStepTrainer(Trainer):
    """Distance to what the teacher made, steered by a discriminator; the prior of z_2 learns along."""

    model: FewSteps

    def __init__(  # noqa: PLR0917
        self,
        model: FewSteps,
        denoiser: Denoiser,
        training: FewStepTraining,
        lessons: Path,
        export: Callable[[FewSteps, dict[str, Any]], None],
        seed: int = 0,
        phases: Tensor | None = None,
    ) -> None:
        device = choose_device()
        self.model, self.training, self._export = model.to(device), training, export
        self.denoiser = denoiser.to(device).eval().requires_grad_(False)
        frames, embedded = training.frames_per_batch, training.embedded
        kept, held_out = (
            LatentCorpus(training.corpus, held_out=out, frames_per_batch=frames, embedded=embedded, device=device)
            for out in (False, True)
        )
        self.teacher = Teacher(kept, self.denoiser, lessons / "training", training.teacher, seed, phases)
        self.examiner = Teacher(held_out, self.denoiser, lessons / "held_out", training.teacher, 1, phases)
        self._exam = [self.examiner.batch(number) for number in range(VALIDATION_LESSONS)]
        self._made = max(self.teacher.made(), LEAST_LESSONS)
        self._steps = 0
        self.generator = torch.Generator().manual_seed(seed)
        widths = denoiser.config.widths[: training.heard_stages]
        with torch.random.fork_rng():
            torch.manual_seed(0)  # processes that average gradients must begin with one discriminator
            self.judge = StageDiscriminator(widths, denoiser.config.latent_dim).to(device)
        self.judge_optimizer = torch.optim.AdamW(self.judge.parameters(), lr=3e-4, betas=(0.0, 0.95), fused=True)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """What changes the denoiser, and what is new, at rates of their own."""
        change = [*self.model.change.parameters()]
        own = {id(parameter) for parameter in change}
        new = [parameter for parameter in self.model.parameters() if id(parameter) not in own]
        return [{"params": change, "scale": self.training.change_rate}, {"params": new, "scale": 1.0}]

    def loss(self, model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of one stage of a lesson; the discriminator learns first."""
        training = self.training
        self._steps += 1
        fresh = self._steps % training.lesson_every == 0
        self._made += fresh
        number = self._made - 1 if fresh else int(torch.randint(self._made, (), generator=self.generator))
        taught = self.teacher.batch(number)
        chance = training.most - (training.most - training.least) * self.spent
        stage = SEMANTICS if self._uniform(1).item() < chance else DETAILS
        drawn = self._draw(model, taught, stage)
        made = model(self.denoiser, drawn.x, drawn.embedded, drawn.z, taught.guidance, stage)
        strikes = strike_weights(taught.conditions.pattern, training.struck)
        distance = (strikes * (made - taught.x_1).abs()).mean()
        pulls, terms = self._pulls(drawn, made, stage)
        if drawn.estimate is not None and training.kept:
            terms["kept"] = (made - drawn.estimate).abs().mean().detach()
            pulls.append((training.kept, (made - drawn.estimate).sign().detach() / made.numel()))
        total = training.latents * distance + steered(made, pulls)
        if training.semantic:
            view = view_of(self.denoiser, taught.conditions)
            seen = self.model.encoder(taught.x_1).detach()
            terms["prior"] = self.model.prior.loss(seen, view, taught.guidance, self.generator)
            total = total + terms["prior"]
        name = "semantics" if stage == SEMANTICS else "details"
        return total, {name: distance.detach()} | {key: value.detach() for key, value in terms.items()}

    def _draw(self, model: nn.Module, taught: TaughtBatch, stage: int) -> _Drawn:
        """What a stage starts from: noise, or the blend that semantics as the generator now makes them lead to."""
        with torch.no_grad():
            embedded = self.denoiser.embed(taught.conditions)
            count = len(taught.x_0)
            loose = (self._uniform(count) < self.training.loose)[:, None, None]
            noise = torch.where(loose, self._as_noisy(taught.x_0), taught.x_0)
            z_1 = on_sphere(self._normal(count, self.model.config.semantic_dim))
        if stage == SEMANTICS:
            return _Drawn(taught, embedded, noise, self._semantics(taught), None)
        with torch.no_grad():
            z_2 = self._semantics(taught)
            estimate = model(self.denoiser, noise, embedded, z_2, taught.guidance, SEMANTICS)
            alpha = torch.full((count,), self.model.alpha(DETAILS), device=noise.device)
            return _Drawn(taught, embedded, blend(noise, estimate, alpha), z_1, estimate)

    def _semantics(self, taught: TaughtBatch) -> Tensor:
        """`z_2` of loops with some noise on it, or the prior's; without a semantic encoder, noise."""
        count, size = len(taught.x_1), self.model.config.semantic_dim
        noise = on_sphere(self._normal(count, size))
        if not self.training.semantic:
            return noise
        seen = on_sphere(self.model.encoder(taught.x_1) + self.training.latent_noise * self._normal(count, size))
        with torch.no_grad():
            view = view_of(self.denoiser, taught.conditions)
            guessed = self.model.prior.draw(noise, view, taught.guidance)
        return torch.where((self._uniform(count) < self.training.drawn)[:, None], guessed, seen)

    def _pulls(self, drawn: _Drawn, made: Tensor, stage: int) -> tuple[list[tuple[float, Tensor]], dict[str, Tensor]]:
        """Gradients at what was `made` by the discriminator and by what is heard, with their shares."""
        training, taught = self.training, drawn.taught
        wants_heard = training.heard > 0 and stage == SEMANTICS
        if not training.adversarial and not wants_heard:
            return [], {}
        # Real are the teacher's loops: the corpus is wilder than loops of low temperature and strong guidance, and a
        # judge that was shown it would teach both knobs away.
        real = taught.x_1
        alpha = self.model.config.refine_alpha if stage == SEMANTICS else training.details_heard_at
        at = torch.full((len(made),), alpha, device=made.device)
        noise, other = self._as_noisy(taught.x_0), self._as_noisy(taught.x_0)

        def heard(x: Tensor) -> list[Tensor]:
            found = self.denoiser.hear(blend(noise, x, at), at, drawn.embedded, training.heard_stages)
            return [each.float() for each in found]

        leaf = made.detach().requires_grad_(True)
        fake = heard(leaf)
        with torch.no_grad():
            true = heard(real)
            before = torch.full_like(at, self.model.alpha(stage))
            earlier = blend(other if stage == DETAILS else taught.x_0, real, before)
        pulls, terms = [], dict[str, Tensor]()
        if wants_heard:
            apart = [(a - b).abs().mean() / b.abs().mean().clamp_min(1e-6) for a, b in zip(fake, true, strict=True)]
            terms["heard"] = torch.stack(apart).mean()
            pulls.append((training.heard, _gradient(terms["heard"], leaf)))
        if training.adversarial:
            terms["judge"] = self._teach(true, [each.detach() for each in fake], earlier, drawn.x, stage)
            self.judge.requires_grad_(False)
            terms["pushed"] = taken_for_real(self.judge(fake, drawn.x, stage))
            pulls.append((training.adversarial, _gradient(terms["pushed"], leaf)))
            self.judge.requires_grad_(True)
        return pulls, terms

    def _teach(self, real: list[Tensor], fake: list[Tensor], earlier: Tensor, from_x: Tensor, stage: int) -> Tensor:
        steep = self._steps % self.training.steepness_every == 0
        real = [each.requires_grad_(steep) for each in real]
        scores = self.judge(real, earlier, stage)
        loss = apart = told_apart(scores, self.judge(fake, from_x, stage))
        if steep:
            loss = loss + self.training.steepness_every * self.training.steepness / 2 * steepness(scores, real)
        if bool(torch.isfinite(loss)):
            loss.backward()  # type: ignore[no-untyped-call]
            average_gradients(self.judge)
            nn.utils.clip_grad_norm_(self.judge.parameters(), 1.0)
            self.judge_optimizer.step()
        self.judge_optimizer.zero_grad(set_to_none=True)
        return apart.detach()

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Distances to the teacher's loops of held-out requests: of the estimate ("semantics") and of the loop
        ("details") with z_2 drawn by the prior, of the loop with its own z_2 ("known"); and the deviation of such
        loops, "known" ones, over that of the teacher's ("spread")."""
        assert isinstance(model, FewSteps)
        found = dict.fromkeys(("semantics", "details", "known", "spread"), 0.0)
        generator = torch.Generator().manual_seed(0)
        for taught in self._exam:
            embedded = self.denoiser.embed(taught.conditions)
            noise = on_sphere(torch.randn(len(taught.x_0), model.config.semantic_dim, generator=generator))
            noise = noise.to(taught.x_0)
            view = view_of(self.denoiser, taught.conditions)
            drawn = model.prior.draw(noise, view, taught.guidance)
            for z_2, names in ((drawn, ("semantics", "details")), (model.encoder(taught.x_1), ("", "known"))):
                estimate = model(self.denoiser, taught.x_0, embedded, z_2, taught.guidance, SEMANTICS)
                alpha = torch.full((len(noise),), model.alpha(DETAILS), device=noise.device)
                x = blend(taught.x_0, estimate, alpha)
                made = model(self.denoiser, x, embedded, noise, taught.guidance, DETAILS)
                for name, x in zip(names, (estimate, made), strict=True):
                    if name:
                        found[name] += float((x - taught.x_1).abs().mean()) / len(self._exam)
            found["spread"] += float(made.std() / taught.x_1.std()) / len(self._exam)
        return found

    def export(self, model: nn.Module, progress: dict[str, Any]) -> None:
        """Hand the averaged model to the pack writer."""
        assert isinstance(model, FewSteps)
        self._export(model, progress)

    def extra_tensors(self) -> dict[str, Tensor]:
        """The discriminator and its optimizer."""
        return prefixed("judge", self.judge) | optimizer_tensors(self.judge_optimizer, self.judge, "judge_optimizer")

    def restore_extra(self, tensors: dict[str, Tensor]) -> None:
        """Take back what `extra_tensors` gave."""
        self.judge.load_state_dict(without_prefix("judge", tensors))
        restore_optimizer(self.judge_optimizer, self.judge, tensors, "judge_optimizer")

    def _uniform(self, count: int) -> Tensor:
        return torch.rand(count, generator=self.generator).to(self.denoiser.mean.device)

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator).to(self.denoiser.mean.device)

    def _as_noisy(self, noise: Tensor) -> Tensor:
        """White noise of the deviation that each loop of `noise` `[B, D, F]` has."""
        return self._normal(*noise.shape) * noise.std((1, 2), keepdim=True)


def strike_weights(pattern: Tensor, struck: float) -> Tensor:
    """How much each frame counts, `[B, 1, F]` with a mean of one over the batch, by its `pattern` `[B, P, F]`: that
    of a strike and the one behind it, where its ramp begins, up to `struck` times more than others."""
    rises = (pattern - pattern.roll(1, dims=-1)).clamp_min(0).amax(1, keepdim=True)
    weights = 1 + struck * torch.maximum(rises, rises.roll(-1, dims=-1))
    return weights / weights.mean()


def steered(made: Tensor, pulls: list[tuple[float, Tensor]]) -> Tensor:
    """A loss, 0 by itself, whose gradient at `made` `[B, D, F]` are the gradients of `pulls`, each as strong as its
    share of that of the mean distance, which has `1 / N` everywhere: none can drown it, none is drowned."""
    total = made.new_zeros(())
    wanted = made.numel() ** -0.5
    for share, gradient in pulls:
        norm = gradient.norm()
        if bool(torch.isfinite(norm)):
            total = total + share * wanted * ((made * gradient).sum() / norm.clamp_min(1e-12))
    return total - total.detach()


def _gradient(loss: Tensor, at: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(loss, at, retain_graph=True)
    return gradient.float()
