"""`loopgen evaluate steps`: what fewer steps cost, per sampler, against the same loops with very many."""

from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.diffusion.samplers import EVALUATIONS
from engine.evaluation.held_out import held_out_request
from engine.evaluation.judges.kinship import Portrait, kinship
from engine.evaluation.ledger import Ledger
from engine.evaluation.plots import new_figure, save_figure
from engine.evaluation.results import results_folder
from engine.evaluation.sources import SourceSettings, mean, named, write_table
from engine.knobs import MAP_SAMPLERS
from engine.pipeline import LoopPipeline
from engine.tempo import LoopGeometry

STEPS = (1, 2, 4, 8, 16, 32, 64)
REFERENCE_STEPS = 128


def evaluate_steps(
    pipeline: LoopPipeline,
    out: Path,
    settings: SourceSettings,
    *,
    steps: tuple[int, ...] = STEPS,
    reference_steps: int = REFERENCE_STEPS,
    progress: bool = True,
) -> dict[str, Any]:
    """Held-out requests at `steps` per sampler: `steps.json`, `steps.md` and a plot in `out`.

    Guidance and temperature are those of requests; the reference are `reference_steps` Heun steps of the same noise.
    """
    out = results_folder(out)
    ledger = Ledger(out / "steps.jsonl")
    found: dict[tuple[str, int], list[dict[str, float]]] = defaultdict(list)
    for seed in tqdm(settings.seeds, desc="steps", unit="request", disable=not progress):
        key = f"{pipeline.info.hash[:12]} {seed} {reference_steps} {steps}"
        for sampler, count, near in ledger(key, partial(_measured, pipeline, seed, steps, reference_steps)):
            found[sampler, count].append(near)
    header = [
        "sampler", "steps", "evaluations", "latent error", "tempo hit", "onset F1", "timbre", "distance", "seconds",
    ]  # fmt: skip
    names = ("latent", "tempo_hit", "onset_f1", "timbre", "distance", "seconds")
    rows: list[list[Any]] = [
        [sampler, count, count * EVALUATIONS[sampler], *(mean([item[name] for item in items]) for name in names)]
        for (sampler, count), items in found.items()
    ]
    results = {"pack": named(pipeline), "rows": [dict(zip(header, row, strict=True)) for row in rows]}
    heading = (
        f"# Steps with {pipeline.info.name} ({pipeline.info.hash[:12]})\n\n{settings.count} held-out requests "
        f"against the same ones at {reference_steps} Heun steps.\n\n"
    )
    write_table(out / "steps", heading, header, rows, results)
    _draw(out, rows)
    return results


def _measured(pipeline: LoopPipeline, seed: int, steps: tuple[int, ...], reference_steps: int) -> list[list[Any]]:
    """Sampler, steps and how near the loop is to the reference."""
    request = held_out_request(seed)[0]
    geometry = LoopGeometry(request.tempo_bpm, request.bars, pipeline.info.sample_rate)
    exact = pipeline.render(request.with_(num_steps=reference_steps, sampler="heun"))
    portrait = Portrait.of(exact.audio, geometry)
    rows: list[list[Any]] = []
    for sampler in MAP_SAMPLERS:
        for count in steps:
            loop = pipeline.render(request.with_(num_steps=count, sampler=sampler))
            near = kinship(portrait, Portrait.of(loop.audio, geometry)).to_dict()
            error = float(np.linalg.norm(loop.latent - exact.latent) / np.linalg.norm(exact.latent))
            rows.append([sampler, count, near | {"latent": error, "seconds": loop.seconds["denoiser"]}])
    return rows


def _draw(out: Path, rows: list[list[Any]]) -> None:
    figure = new_figure(9, 4)
    shown = ((3, "latent error"), (7, "distance of embeddings"))
    for axis, (column, title) in zip(figure.subplots(1, 2), shown, strict=True):
        for sampler in MAP_SAMPLERS:
            mine = [row for row in rows if row[0] == sampler]
            axis.semilogx([row[2] for row in mine], [row[column] for row in mine], marker=".", label=sampler)
        axis.set(title=f"{title} against many steps", xlabel="evaluations of the denoiser")
        axis.legend()
    save_figure(figure, out / "steps.png")
