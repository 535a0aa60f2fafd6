"""`loopgen evaluate inversion`: how nearly loops come back from their noise, against steps, guidance, corrections."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.applications.inversion import Walk, invert_loops, replay
from engine.applications.source import SourceLoop
from engine.evaluation.ledger import Ledger
from engine.evaluation.plots import new_figure, save_figure
from engine.evaluation.results import results_folder
from engine.evaluation.sources import SourceSettings, named, write_table
from engine.pipeline import LoopPipeline

STEPS = (8, 16, 32, 50)
GUIDANCE = (1.0, 2.0)
WAYS: Mapping[str, Mapping[str, Any]] = {
    "euler": {"sampler": "euler", "schedule": "linear", "corrections": 0},
    "heun": {"sampler": "heun", "schedule": "linear", "corrections": 0},
    "heun, cosine": {"sampler": "heun", "schedule": "cosine", "corrections": 0},
    "heun, cosine, corrected": {"sampler": "heun", "schedule": "cosine", "corrections": 2},
}
MOST_TOGETHER = 4


def evaluate_inversion(
    pipeline: LoopPipeline,
    out: Path,
    settings: SourceSettings,
    *,
    steps: Sequence[int] = STEPS,
    guidance: Sequence[float] = GUIDANCE,
    ways: Sequence[str] = tuple(WAYS),
    progress: bool = True,
) -> dict[str, Any]:
    """Round trips of loops: `inversion.json`, `inversion.md` and a plot; stopped, it goes on where it was.

    The error is that of latents relative to their size; mel distance and SI-SDR are between the decoded latents.
    """
    out = results_folder(out)
    ledger = Ledger(out / "inversion.jsonl")
    cases = [(way, gamma, count) for way in ways for gamma in guidance for count in steps]
    trips: dict[tuple[str, float, int], list[dict[str, Any]]] = {case: [] for case in cases}
    with tqdm(total=len(cases) * settings.count, desc="inversion", unit="loop", disable=not progress) as bar:
        for group in _groups(settings):
            for case in cases:
                trips[case] += _measured(pipeline, settings, group, case, ledger)
                bar.update(len(group))
    found = [_figures(case, items) for case, items in trips.items()]
    header = [
        "way", "guidance", "steps", "mean %", "median %", "worst %", "mel", "SI-SDR dB", "mel with codec",
        "noise deviation",
    ]  # fmt: skip
    rows = [
        [
            row["way"], row["guidance"], row["steps"], 100 * row["mean_error"], 100 * row["median_error"],
            100 * row["worst_error"], row["mel"], row["si_sdr_db"], row["heard_mel"], row["noise_deviation"],
        ]
        for row in found
    ]  # fmt: skip
    results = {"pack": named(pipeline), "settings": settings.to_dict(), "rows": found}
    known = settings.heading("Round trips", pipeline).partition("; ")[0]
    write_table(out / "inversion", f"{known}.\n\n", header, rows, results)
    _draw(out, found)
    return results


def _groups(settings: SourceSettings) -> Iterator[list[tuple[int, SourceLoop]]]:
    """Loops of one tempo and length side by side, which one pass of the network can carry."""
    loops = [(seed, settings.source(seed)) for seed in settings.seeds]
    loops.sort(key=lambda item: (item[1].request.bars, item[1].request.tempo_bpm))
    for _, alike in itertools.groupby(loops, key=lambda item: item[1].geometry):
        left = list(alike)
        yield from (left[first : first + MOST_TOGETHER] for first in range(0, len(left), MOST_TOGETHER))


def _measured(
    pipeline: LoopPipeline,
    settings: SourceSettings,
    group: Sequence[tuple[int, SourceLoop]],
    case: tuple[str, float, int],
    ledger: Ledger,
) -> list[dict[str, Any]]:
    way, gamma, count = case
    walk = replace(Walk(**WAYS[way]), num_steps=count, guidance_scale=gamma)
    walked = replace(settings, walk=walk).walked(pipeline)
    keys = [f"{walked} {settings.name(seed)}" for seed, _ in group]
    if any(key not in ledger for key in keys):
        inverted = invert_loops(pipeline, [loop for _, loop in group], walk)
        for key, back in zip(keys, replay(pipeline, inverted), strict=True):
            ledger(
                key,
                lambda: asdict(back.round_trip(pipeline)) | {"deviation": back.inverted.deviation},  # noqa: B023
            )
    return [ledger(key, dict) for key in keys]


def _figures(case: tuple[str, float, int], trips: list[dict[str, Any]]) -> dict[str, Any]:
    errors = np.array([trip["latent_error"] for trip in trips])
    return {
        "way": case[0],
        "guidance": case[1],
        "steps": case[2],
        "mean_error": float(errors.mean()),
        "median_error": float(np.median(errors)),
        "worst_error": float(errors.max()),
        "mel": float(np.mean([trip["mel"] for trip in trips])),
        "si_sdr_db": float(np.median([trip["si_sdr_db"] for trip in trips])),
        "heard_mel": float(np.mean([trip["heard_mel"] for trip in trips])),
        "noise_deviation": float(np.mean([trip["deviation"] for trip in trips])),
    }


def _draw(out: Path, found: list[dict[str, Any]]) -> None:
    figure = new_figure(8, 4)
    axis = figure.subplots()
    for way, gamma in dict.fromkeys((row["way"], row["guidance"]) for row in found):
        rows = [row for row in found if (row["way"], row["guidance"]) == (way, gamma)]
        axis.loglog(
            [row["steps"] for row in rows],
            [100 * row["mean_error"] for row in rows],
            "-" if gamma == 1 else "--",
            marker=".",
            label=f"{way}, guidance {gamma:g}",
        )
    axis.set(title="relative latent error of the round trip", xlabel="steps each way", ylabel="%")
    axis.legend(fontsize=7)
    save_figure(figure, out / "inversion.png")
