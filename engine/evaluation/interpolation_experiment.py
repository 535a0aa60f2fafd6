"""`loopgen evaluate interpolation`: are blends smooth, and do variations move away evenly?

A path is smooth when finer steps do not make it longer: a path that jumps about gets longer with every point that is
added. Its perceptual length (Karras et al. 2019, section 4.1) is the mean squared step over the squared step size.
"""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.applications.interpolation import End, blend
from engine.applications.inversion import invert_loop, replay
from engine.applications.variation import vary
from engine.audio.likeness import mel_distance
from engine.diffusion.noise import slerp
from engine.errors import InvalidRequest
from engine.evaluation.embedding import embed
from engine.evaluation.held_out import held_out_request
from engine.evaluation.kinship import kinship
from engine.evaluation.results import results_folder
from engine.evaluation.sources import SourceSettings, mean, rank_correlation, write_table
from engine.evaluation.tempo import OCTAVES, comb_tempo, tempo_hit
from engine.loop import Loop
from engine.pipeline import LoopPipeline
from engine.plots import new_figure, save_figure

POINTS = 9
WAYS = (("noise", "spherical"), ("noise", "linear"), ("conditions", "spherical"), ("both", "spherical"))
NEARNESS = (0.25, 0.5, 1.0)
"""Shares of the whole angle between two noises."""
STRENGTHS = tuple(round(0.1 * step, 1) for step in range(1, 11))

Doubles = NDArray[np.float64]


def evaluate_interpolation(
    pipeline: LoopPipeline,
    out: Path,
    settings: SourceSettings,
    *,
    points: int = POINTS,
    strengths: tuple[float, ...] = STRENGTHS,
    progress: bool = True,
) -> dict[str, Any]:
    """Blends between pairs of held-out requests, variations of held-out loops: `interpolation.json`, `.md`, plots.

    Requests are blended at the tempo and length of the first of each pair, sampled as requests are.
    """
    if points < 3 or points % 2 == 0:
        raise InvalidRequest(f"A path of {points} points is not possible: an odd number, at least 3.")
    out = results_folder(out)
    paths: dict[tuple[str, str, float], list[dict[str, Any]]] = defaultdict(list)
    for seed in tqdm(settings.seeds, desc="blends", unit="pair", disable=not progress):
        a = held_out_request(seed)[0]
        b = held_out_request(seed + 5000)[0].with_(tempo_bpm=a.tempo_bpm, bars=a.bars)
        ends = [End.of_request(pipeline, request) for request in (a, b)]
        for over, path in WAYS:
            for near in NEARNESS if over == "noise" else (1.0,):
                goal = replace(ends[1], noise=slerp(ends[0].noise, ends[1].noise, near))
                loops = blend(
                    pipeline, ends[0], goal, [float(t) for t in np.linspace(0, 1, points)], over=over, path=path
                )
                paths[over, path, near].append(_smoothness(loops))
    varied = _variations(pipeline, settings, strengths, progress=progress)
    header = [
        "over", "path", "angle", "embedding: mean step", "largest / smallest step", "finer path is longer by",
        "perceptual length", "spectra: mean step", "largest / smallest step ", "tempo hit",
    ]  # fmt: skip
    rows = [[*way, *(mean([item[name] for item in items]) for name in _NAMES)] for way, items in paths.items()]
    results = {
        "pack": asdict(pipeline.info),
        "settings": asdict(settings),
        "points": points,
        "paths": [dict(zip(header, row, strict=True)) for row in rows],
        "variations": varied,
    }
    told = "".join(f"- {name}: {value:.3g}\n" for name, value in varied["figures"].items())
    heading = settings.heading(f"Blends of {points} points, and variations", pipeline)
    write_table(out / "interpolation", f"{heading}Variations:\n\n{told}\n", header, rows, results)
    _draw(out, paths, varied)
    return results


_NAMES = ("step", "ratio", "longer", "perceptual_length", "mel_step", "mel_ratio", "tempo_hit")


def _smoothness(loops: Sequence[Loop]) -> dict[str, Any]:
    """Figures of one path of equally spaced loops."""
    rows = np.stack([embed(loop.audio, loop.sample_rate).mean(axis=0) for loop in loops]).astype(np.float64)
    steps = _steps(rows)
    mel = np.array(
        [mel_distance(one.audio, other.audio, one.sample_rate) for one, other in itertools.pairwise(loops)]
    )
    hits = [
        tempo_hit(comb_tempo(loop.audio, loop.sample_rate).tempo_bpm, loop.request.tempo_bpm, ratios=OCTAVES)
        for loop in loops
    ]
    return {
        "step": float(steps.mean()),
        "ratio": float(steps.max() / max(steps.min(), 1e-9)),
        "longer": float(steps.sum() / max(_steps(rows[::2]).sum(), 1e-9)),
        "perceptual_length": float(np.square(steps * len(steps)).mean()),
        "mel_step": float(mel.mean()),
        "mel_ratio": float(mel.max() / max(mel.min(), 1e-9)),
        "tempo_hit": float(np.mean(hits)),
        "steps": steps.tolist(),
    }


def _steps(rows: Doubles) -> Doubles:
    return np.asarray(np.linalg.norm(np.diff(rows, axis=0), axis=1))


def _variations(
    pipeline: LoopPipeline, settings: SourceSettings, strengths: tuple[float, ...], *, progress: bool
) -> dict[str, Any]:
    """Distance from the source against strength, and what is kept of rhythm and sound at full strength."""
    distances, kept = [], defaultdict(list)
    for seed in tqdm(settings.seeds, desc="variations", unit="loop", disable=not progress):
        source = settings.source(seed)
        geometry = source.geometry
        inverted = invert_loop(pipeline, source, settings.walk)
        own = replay(pipeline, inverted)[0]
        row = []
        for strength in strengths:
            audio = vary(pipeline, inverted, strength, seed=seed).audio
            near = kinship(own.audio, geometry, audio, geometry)
            row.append([mel_distance(own.audio, audio, own.sample_rate), near.distance])
        distances.append(row)
        for keep in ("rhythm", "sound"):
            audio = vary(pipeline, inverted, 1.0, keep=keep, seed=seed).audio
            near = kinship(source.audio, geometry, audio, geometry)
            kept[f"keep {keep}: onset F1"].append(near.onset_f1)
            kept[f"keep {keep}: timbre distance to the loop's own"].append(
                kinship(own.audio, geometry, audio, geometry).timbre
            )
    mel, embedded = np.array(distances).mean(axis=0).T
    ranks = [rank_correlation(strengths, curve.tolist()) for curve in (mel, embedded)]
    return {
        "strengths": list(strengths),
        "mel": mel.tolist(),
        "embedding": embedded.tolist(),
        "figures": {
            "Spearman of strength and mel distance": ranks[0],
            "Spearman of strength and embedding distance": ranks[1],
            **{name: mean(values) for name, values in kept.items()},
        },
    }


def _draw(out: Path, paths: Any, varied: dict[str, Any]) -> None:
    figure = new_figure(10, 4)
    left, right = figure.subplots(1, 2)
    for (over, path, near), items in paths.items():
        if near == 1.0:
            left.plot(np.mean([item["steps"] for item in items], axis=0), marker=".", label=f"{over}, {path}")
    left.set(title="step from point to point", xlabel="point", ylabel="embedding", ylim=(0, None))
    left.legend(fontsize=7)
    right.plot(varied["strengths"], varied["mel"], marker=".")
    right.set(title="variations: distance from the loop", xlabel="strength", ylabel="mel", ylim=(0, None))
    save_figure(figure, out / "interpolation.png")
