"""What a few-step model learns from: noises, and the loops that a guided denoiser makes of them in many steps."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from engine.conditioning.assembly import ConditionDropout
from engine.conditioning.conditions import Conditions
from engine.devices import fast_dtype
from engine.diffusion.hit_noise import tie
from engine.diffusion.samplers import sample
from engine.diffusion.schedules import alphas
from engine.files import is_file, write_atomically
from engine.knobs import GUIDANCE_CONDITIONS, TEMPERATURE
from engine.models.guidance_told import STRONGEST, guidance_inputs
from engine.models.sampling import SamplingDenoiser
from engine.models.unet import Denoiser
from engine.rendering.guided import Guidance, GuidedDenoiser
from engine.rendering.starts import REACH, warmed
from engine.training.denoiser import draw_repeats
from engine.training.latents import LatentBatch, LatentCorpus

WEAKEST: Final = 0.5
"""The least guidance that a teacher is followed at."""


@dataclass(frozen=True)
class TeacherSettings:
    """How the teacher makes a loop: `steps` of Euler under guidance drawn from 0.5 to 5, from noise of a temperature
    around the usual; in a share `no_bars` it is not told that there are bars, as in passages.

    With `guided` off there is no teacher: loops are those of the corpus, and noises have nothing to do with them.
    """

    steps: int = 16
    no_bars: float = 0.1
    guided: bool = True
    dropout: ConditionDropout = field(default_factory=lambda: ConditionDropout(everything=0.05))


@dataclass(frozen=True, eq=False)
class TaughtBatch:
    """Loops of one length: noise `x_0` and what the teacher makes of it `x_1` `[B, D, F]`, standardised, under
    `conditions` and the `guidance` `[B, GUIDANCE_INPUTS]`."""

    x_0: Tensor
    x_1: Tensor
    conditions: Conditions
    guidance: Tensor


@dataclass(frozen=True, eq=False)
class _Lesson:
    """What the teacher is asked; for now, `x_1` of its batch are the corpus's loops of these conditions."""

    batch: TaughtBatch
    null: Conditions
    guidance: Guidance

    def sums(self) -> Tensor:
        """What tells lessons apart: another corpus, or other settings, ask something else under the same number."""
        conditions = [getattr(self.batch.conditions, f.name).abs().sum() for f in fields(Conditions)]
        asked = (self.batch.x_0.abs().sum(), self.batch.guidance.sum(), *conditions)
        return torch.stack([value.cpu().float() for value in asked])


class Teacher:
    """Batches by number: each is drawn by its own seed, and what the teacher makes of it is kept in `folder`.

    What was made once is read again, so that a run that goes on does not begin with an hour of lessons. Noise is that
    of requests to a pack whose balance knows `phases` `[D, n]`.
    """

    def __init__(  # noqa: PLR0917
        self,
        corpus: LatentCorpus,
        denoiser: Denoiser,
        folder: Path,
        settings: TeacherSettings,
        seed: int = 0,
        phases: Tensor | None = None,
    ) -> None:
        self.phases = phases
        self.corpus, self.folder, self.settings, self.seed = corpus, folder, settings, seed
        self._denoiser = denoiser
        device = denoiser.mean.device
        own = Denoiser(denoiser.config, denoiser.known)
        own.load_state_dict(denoiser.state_dict())
        self._taught = SamplingDenoiser(own.to(device, fast_dtype(device)).eval().requires_grad_(False))
        folder.mkdir(parents=True, exist_ok=True)

    def made(self) -> int:
        """How many batches are kept, from number 0 on."""
        number = 0
        while is_file(self._path(number)):
            number += 1
        return number

    def batch(self, number: int) -> TaughtBatch:
        """Batch `number`, made now where it is not kept."""
        lesson = self._lesson(number)
        if not self.settings.guided:
            return lesson.batch
        path, asked = self._path(number), lesson.sums()
        try:
            kept = load_file(path)
            if torch.allclose(kept["asked"], asked, rtol=1e-3):
                return replace(lesson.batch, x_1=kept["x_1"].to(lesson.batch.x_0))
        except (OSError, SafetensorError, KeyError, RuntimeError):
            pass  # not there, or cut by a kill: it is made again
        x_1 = self._solve(lesson)
        write_atomically(path, save({"x_1": x_1.half().cpu().contiguous(), "asked": asked}))
        return replace(lesson.batch, x_1=x_1.half().float())

    def _path(self, number: int) -> Path:
        return self.folder / f"{self.seed:03d}-{number:06d}.safetensors"

    @torch.no_grad()
    def _solve(self, lesson: _Lesson) -> Tensor:
        flow = GuidedDenoiser(self._taught, lesson.null, lesson.guidance)
        with torch.inference_mode():
            x_1 = sample(flow, lesson.batch.x_0, alphas(self.settings.steps))
        return x_1.clamp(-REACH, REACH).clone()

    @torch.no_grad()
    def _lesson(self, number: int) -> _Lesson:
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + number) % 2**63)
        batch = self.corpus.batch(generator)
        device = self._denoiser.mean.device
        repeats = draw_repeats(len(batch.latent), generator)
        repeats = torch.where(torch.rand(repeats.shape, generator=generator) < 0.5, 1.0, repeats)
        own = replace(batch.conditions, repeats=repeats)
        conditions = replace(self.settings.dropout(own, generator), voices=batch.voices(self._denoiser.voices))
        if _uniform(generator) < self.settings.no_bars:
            conditions = replace(conditions, bars=torch.zeros_like(conditions.bars))
        conditions = conditions.to(device)
        strength = WEAKEST + (STRONGEST - WEAKEST) * _uniform(generator) if self.settings.guided else 1.0
        usual = torch.rand((), generator=generator) < 0.5
        temperature = TEMPERATURE.default if usual else 0.3 + 0.8 * _uniform(generator)
        x_0 = _noise(batch, repeats, temperature, generator, self.phases).to(device)
        data = self._denoiser.standardise(batch.latent.to(device))
        told = guidance_inputs(conditions, strength)
        null = conditions.without(*GUIDANCE_CONDITIONS)
        return _Lesson(TaughtBatch(x_0, data, conditions, told), null, Guidance(conditions, strength))


def _noise(
    batch: LatentBatch, repeats: Tensor, temperature: float, generator: torch.Generator, phases: Tensor | None
) -> Tensor:
    """Noise of a temperature that comes again with what strikes, its phases warm, as requests start from."""
    white = torch.randn(batch.latent.shape, generator=generator)
    patches = max(int(batch.ties.max()) + 1, 1)
    bank = torch.randn(*white.shape[:2], patches, generator=generator)

    def noise(free: float, struck: float) -> Tensor:
        return tie(free * white, struck * bank, batch.ties.cpu(), repeats[:, 0])

    return warmed(noise, temperature, phases)


def _uniform(generator: torch.Generator) -> float:
    return float(torch.rand((), generator=generator))
