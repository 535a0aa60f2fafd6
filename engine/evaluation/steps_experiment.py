"""`loopgen evaluate steps`: what fewer steps cost, per sampler, against the same loops with very many."""

from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.diffusion.samplers import EVALUATIONS
from engine.evaluation.held_out import held_out_request
from engine.evaluation.kinship import kinship
from engine.evaluation.results import results_folder
from engine.evaluation.sources import SourceSettings, mean, write_table
from engine.pipeline import LoopPipeline
from engine.plots import new_figure, save_figure
from engine.requests import SAMPLERS
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
    found: dict[tuple[str, int], list[dict[str, float]]] = defaultdict(list)
    for seed in tqdm(settings.seeds, desc="steps", unit="request", disable=not progress):
        request = held_out_request(seed)[0]
        geometry = LoopGeometry(request.tempo_bpm, request.bars, pipeline.info.sample_rate)
        exact = pipeline.render(request.with_(num_steps=reference_steps, sampler="heun"))
        for sampler in SAMPLERS:
            for count in steps:
                loop = pipeline.render(request.with_(num_steps=count, sampler=sampler))
                near = kinship(exact.audio, geometry, loop.audio, geometry)
                error = np.linalg.norm(loop.latent - exact.latent) / np.linalg.norm(exact.latent)
                found[sampler, count].append(
                    {**near.to_dict(), "latent": float(error), "seconds": loop.seconds["denoiser"]}
                )
    header = [
        "sampler", "steps", "evaluations", "latent error", "tempo hit", "onset F1", "timbre", "distance", "seconds",
    ]  # fmt: skip
    names = ("latent", "tempo_hit", "onset_f1", "timbre", "distance", "seconds")
    rows: list[list[Any]] = [
        [sampler, count, count * EVALUATIONS[sampler], *(mean([item[name] for item in items]) for name in names)]
        for (sampler, count), items in found.items()
    ]
    results = {"pack": asdict(pipeline.info), "rows": [dict(zip(header, row, strict=True)) for row in rows]}
    heading = (
        f"# Steps with {pipeline.info.name} ({pipeline.info.hash[:12]})\n\n{settings.count} held-out requests "
        f"against the same ones at {reference_steps} Heun steps.\n\n"
    )
    write_table(out / "steps", heading, header, rows, results)
    _draw(out, rows)
    return results


def _draw(out: Path, rows: list[list[Any]]) -> None:
    figure = new_figure(9, 4)
    shown = ((3, "latent error"), (7, "distance of embeddings"))
    for axis, (column, title) in zip(figure.subplots(1, 2), shown, strict=True):
        for sampler in SAMPLERS:
            mine = [row for row in rows if row[0] == sampler]
            axis.semilogx([row[2] for row in mine], [row[column] for row in mine], marker=".", label=sampler)
        axis.set(title=f"{title} against many steps", xlabel="evaluations of the denoiser")
        axis.legend()
    save_figure(figure, out / "steps.png")
