"""The paper's ablation of the few-step model, row by row on equal budgets, on loops of the corpus themselves."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.diffusion.iadb import blend
from engine.errors import InvalidRequest
from engine.evaluation.judges.distribution import frechet_distance
from engine.evaluation.judges.path_length import path_length
from engine.evaluation.ledger import Ledger
from engine.evaluation.results import results_folder
from engine.evaluation.sources import write_table
from engine.models.fewsteps import DETAILS, SEMANTICS, FewStepConfig, FewSteps, view_of
from engine.models.semantics import on_sphere
from engine.models.unet import Denoiser, EmbeddedConditions
from engine.packs.models import load_denoiser
from engine.packs.pack import Pack
from engine.training.denoiser_run import is_embedded
from engine.training.fewsteps import FewStepTrainer, FewStepTraining
from engine.training.run import TrainingOptions, TrainingRun
from engine.training.teacher import TaughtBatch, TeacherSettings

EXAMINED: Final = 40
"""Batches of held-out loops that distances are of."""
WALKED: Final = 8
"""Those of them whose paths are walked, too."""
_EVEN: Final[Mapping[str, Any]] = {"kept": 0.0, "most": 0.5, "least": 0.5, "loose": 0.0, "drawn": 0.0}
ROWS: Final[Mapping[str, Mapping[str, Any]]] = {
    "two-step GAN": {**_EVEN, "semantic": False, "latents": 0.0, "heard": 0.0},
    "+ semantic encoder": {**_EVEN, "latents": 0.0, "heard": 0.0},
    "+ L1 on latents": {**_EVEN, "heard": 0.0},
    "+ L1 on features": _EVEN,
    "+ L_Per, progressive": {"loose": 0.0, "drawn": 0.0},
}
"""What each row of the paper's table 1 has, by the settings that differ from those of a usual run."""


def evaluate_ablation(
    corpus: Path, pack: Path, out: Path, *, steps: int = 300, frames: int = 1024, config: FewStepConfig | None = None
) -> dict[str, Any]:
    """Train each of `ROWS` for `steps` steps of `frames` frames over the denoiser of `pack`: `ablation.json` and
    `ablation.md` in `out`; rows that are there are not trained again.

    Distances and path lengths are of what the frozen denoiser hears in held-out loops and in loops of their
    conditions. Raises `InvalidRequest` on a budget out of range.
    """
    if not 1 <= steps <= 100_000 or not 64 <= frames <= 65_536:
        raise InvalidRequest(f"{steps} steps of {frames} frames are not possible: 1 to 100000 of 64 to 65536.")
    out, opened = results_folder(out), Pack.open(pack)
    ledger = Ledger(out / "ablation.jsonl")
    settings = FewStepTraining(corpus, frames, is_embedded(corpus, opened), teacher=TeacherSettings(guided=False))
    rows: dict[str, dict[str, float]] = {}
    for name, differs in ROWS.items():
        key = f"{opened.hash[:12]} {name} {steps} {frames} {config}"
        trained = partial(_row, replace(settings, **differs), load_denoiser(opened), steps, config)
        rows[name] = ledger(key, trained)
    header = ["row", *next(iter(rows.values()))]
    heading = f"# Ablation over {opened.name} ({opened.hash[:12]})\n\n{steps} steps of {frames} frames each.\n\n"
    write_table(out / "ablation", heading, header, [[name, *row.values()] for name, row in rows.items()], rows)
    return rows


def _row(training: FewStepTraining, denoiser: Denoiser, steps: int, config: FewStepConfig | None) -> dict[str, float]:
    torch.manual_seed(0)
    model = FewSteps.over(denoiser, config)
    options = TrainingOptions(1e6, steps, warmup_steps=min(100, steps // 4 + 1), validate_every=steps + 1)
    with TemporaryDirectory() as folder:
        trainer = FewStepTrainer(model, denoiser, training, Path(folder) / "lessons", lambda *_: None)
        run = TrainingRun(trainer, Path(folder), options)
        run.run()
        averaged = run.average.module
        assert isinstance(averaged, FewSteps)
        return measured(trainer, averaged)


@torch.no_grad()
def measured(trainer: FewStepTrainer, model: FewSteps) -> dict[str, float]:
    """Frechet distance to held-out loops, and path lengths of x_2, z_2 and z_1 over some of them."""
    generator = torch.Generator().manual_seed(0)
    ours, theirs, lengths = [], [], []
    for number in range(EXAMINED):
        taught = trainer.examiner.batch(number)
        embedded = trainer.denoiser.embed(taught.conditions)
        make = partial(_made, trainer.denoiser, model, embedded, taught)
        hear = partial(_heard, trainer, embedded)
        ends = _ends(trainer, model, taught, generator)
        ours.append(hear(make(*(first for first, _ in ends))))
        theirs.append(hear(taught.x_1))
        if number < WALKED:
            lengths.append(_lengths(hear, make, ends, generator))
    sets = [torch.cat(rows).float().cpu().numpy() for rows in (ours, theirs)]
    x_2, second, first = (float(value) for value in np.mean(lengths, axis=0))
    return {"Frechet": frechet_distance(sets[0], sets[1]), "PPL x_2": x_2, "PPL z_2": second, "PPL z_1": first}


def _ends(
    trainer: FewStepTrainer, model: FewSteps, taught: TaughtBatch, generator: torch.Generator
) -> list[tuple[Tensor, Tensor]]:
    """Two each of x_2, z_2 and z_1."""
    shape = (len(taught.x_0), model.config.semantic_dim)
    drawn = [on_sphere(torch.randn(shape, generator=generator)).to(taught.x_0) for _ in range(4)]
    other = torch.randn(taught.x_0.shape, generator=generator).to(taught.x_0)
    z_2 = [_semantics(trainer, model, taught, noise) for noise in drawn[:2]]
    return [(taught.x_0, other), (z_2[0], z_2[1]), (drawn[2], drawn[3])]


def _lengths(
    hear: Callable[[Tensor], Tensor],
    make: Callable[[Tensor, Tensor, Tensor], Tensor],
    ends: list[tuple[Tensor, Tensor]],
    generator: torch.Generator,
) -> list[float]:
    """The path length of each of the three between its `ends`, the others staying at their first."""
    first = [start for start, _ in ends]
    share = 0.9 * float(torch.rand((), generator=generator))
    found = []
    for place, (start, end) in enumerate(ends):

        def walk(moved: Tensor, place: int = place) -> Tensor:
            x_2, z_2, z_1 = (moved if number == place else kept for number, kept in enumerate(first))
            return hear(make(x_2, z_2, z_1))

        found.append(path_length(walk, [(start, end)], [share]) / len(start))
    return found


def _semantics(trainer: FewStepTrainer, model: FewSteps, taught: TaughtBatch, noise: Tensor) -> Tensor:
    """`z_2` as a row draws it: by the prior, or without a semantic encoder the noise itself."""
    if not trainer.training.semantic:
        return noise
    return model.prior.draw(noise, view_of(trainer.denoiser, taught.conditions), taught.guidance)


def _made(  # noqa: PLR0917
    denoiser: Denoiser,
    model: FewSteps,
    embedded: EmbeddedConditions,
    taught: TaughtBatch,
    x: Tensor,
    z_2: Tensor,
    z_1: Tensor,
) -> Tensor:
    estimate = model(denoiser, x, embedded, z_2, taught.guidance, SEMANTICS)
    at = torch.full((len(x),), model.alpha(DETAILS), device=x.device)
    made: Tensor = model(denoiser, blend(x, estimate, at), embedded, z_1, taught.guidance, DETAILS)
    return made


def _heard(trainer: FewStepTrainer, embedded: EmbeddedConditions, x: Tensor) -> Tensor:
    """What the frozen denoiser hears in loops `x` `[B, D, F]`, its mean over time, of length one: `[B, C]`."""
    at = torch.full((len(x),), trainer.training.details_heard_at, device=x.device)
    stages = trainer.denoiser.hear(x, at, embedded, trainer.training.heard_stages)
    return functional.normalize(torch.cat([stage.float().mean(2) for stage in stages], dim=1), dim=1)
