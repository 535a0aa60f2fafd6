"""`loopgen evaluate inversion`: how nearly loops come back from their noise, against steps, guidance, corrections."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.applications.inversion import Walk, invert_loop, replay
from engine.evaluation.results import results_folder
from engine.evaluation.sources import SourceSettings, write_table
from engine.pipeline import LoopPipeline
from engine.plots import new_figure, save_figure

STEPS = (4, 8, 16, 32, 50)
GUIDANCE = (1.0, 2.0)
WAYS: Mapping[str, Mapping[str, Any]] = {
    "euler": {"sampler": "euler", "schedule": "linear", "corrections": 0},
    "heun": {"sampler": "heun", "schedule": "linear", "corrections": 0},
    "heun, cosine": {"sampler": "heun", "schedule": "cosine", "corrections": 0},
    "heun, cosine, corrected": {"sampler": "heun", "schedule": "cosine", "corrections": 2},
    "euler, cosine, corrected": {"sampler": "euler", "schedule": "cosine", "corrections": 4},
}


def evaluate_inversion(
    pipeline: LoopPipeline,
    out: Path,
    settings: SourceSettings,
    *,
    steps: tuple[int, ...] = STEPS,
    progress: bool = True,
) -> dict[str, Any]:
    """Round trips of held-out loops: `inversion.json`, `inversion.md` and a plot in `out`.

    The error is that of latents relative to their size; mel distance and SI-SDR are between the decoded latents.
    """
    out = results_folder(out)
    sources = [settings.source(seed) for seed in settings.seeds]
    cases = [(name, gamma, count) for name in WAYS for gamma in GUIDANCE for count in steps]
    found: list[dict[str, Any]] = []
    with tqdm(total=len(cases) * len(sources), desc="inversion", unit="loop", disable=not progress) as bar:
        for name, gamma, count in cases:
            walk = replace(Walk(**WAYS[name]), num_steps=count, guidance_scale=gamma)
            trips, deviations = [], []
            for source in sources:
                inverted = invert_loop(pipeline, source, walk)
                trips.append(asdict(replay(pipeline, inverted)[1]))
                deviations.append(inverted.deviation)
                bar.update()
            errors = np.array([trip["latent_error"] for trip in trips])
            found.append(
                {
                    "way": name,
                    "guidance": gamma,
                    "steps": count,
                    "mean_error": float(errors.mean()),
                    "median_error": float(np.median(errors)),
                    "worst_error": float(errors.max()),
                    "mel": float(np.mean([trip["mel"] for trip in trips])),
                    "si_sdr_db": float(np.median([trip["si_sdr_db"] for trip in trips])),
                    "noise_deviation": float(np.mean(deviations)),
                }
            )
    header = ["way", "guidance", "steps", "mean %", "median %", "worst %", "mel", "SI-SDR dB", "noise deviation"]
    rows = [
        [
            row["way"], row["guidance"], row["steps"], 100 * row["mean_error"], 100 * row["median_error"],
            100 * row["worst_error"], row["mel"], row["si_sdr_db"], row["noise_deviation"],
        ]
        for row in found
    ]  # fmt: skip
    results = {"pack": asdict(pipeline.info), "settings": asdict(settings), "rows": found}
    write_table(out / "inversion", settings.heading("Round trips", pipeline), header, rows, results)
    _draw(out, found)
    return results


def _draw(out: Path, found: list[dict[str, Any]]) -> None:
    figure = new_figure(8, 4)
    axis = figure.subplots()
    for name in WAYS:
        for gamma, style in zip(GUIDANCE, ("-", "--"), strict=True):
            rows = [row for row in found if row["way"] == name and row["guidance"] == gamma]
            axis.loglog(
                [row["steps"] for row in rows],
                [100 * row["mean_error"] for row in rows],
                style,
                marker=".",
                label=f"{name}, guidance {gamma:g}",
            )
    axis.set(title="relative latent error of the round trip", xlabel="steps each way", ylabel="%")
    axis.legend(fontsize=7)
    save_figure(figure, out / "inversion.png")
