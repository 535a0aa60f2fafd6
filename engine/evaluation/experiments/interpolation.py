"""`loopgen evaluate interpolation`: are blends smooth, and do variations move away evenly?

A path is smooth when finer steps do not make it longer: a path that jumps about gets longer with every point that is
added. Its perceptual length (Karras et al. 2019, section 4.1) is the mean squared step over the squared step size.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.applications.interpolation import End, blend
from engine.applications.inversion import invert_loops, replay
from engine.applications.source import SourceLoop
from engine.applications.variation import vary
from engine.audio.likeness import mel_distance
from engine.diffusion.noise import slerp
from engine.errors import InvalidRequest
from engine.evaluation.held_out import held_out_request
from engine.evaluation.judges.embedding import embed
from engine.evaluation.judges.kinship import Portrait, kinship
from engine.evaluation.judges.tempo import OCTAVES, comb_tempo, tempo_hit
from engine.evaluation.ledger import Ledger
from engine.evaluation.plots import new_figure, save_figure
from engine.evaluation.results import results_folder
from engine.evaluation.sources import SourceSettings, mean, named, rank_correlation, write_table
from engine.loop import Loop
from engine.pipeline import LoopPipeline
from engine.tempo import LoopGeometry

POINTS = 9
WAYS = (("noise", "spherical"), ("noise", "linear"), ("conditions", "spherical"), ("both", "spherical"))
NEARNESS = (0.25, 0.5, 1.0)
"""Shares of the whole angle between two noises, on the sphere."""
STRENGTHS = tuple(round(0.1 * step, 1) for step in range(1, 11))
OTHER_END = 5000
"""How much later a seed the other end of a blend has."""

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
    """Blends between pairs of loops, variations of loops: `interpolation.json`, `.md`, plots; stopped, it goes on.

    Held-out requests are blended at the tempo and length of the first of each pair, sampled as requests are; files
    from noise to noise, each with the next one of its tempo and length.
    """
    if points < 3 or points % 2 == 0:
        raise InvalidRequest(f"A path of {points} points is not possible: an odd number, at least 3.")
    out = results_folder(out)
    ledger = Ledger(out / "interpolation.jsonl")
    paths = _paths(pipeline, settings, points, ledger, progress=progress)
    varied = _variations(pipeline, settings, strengths, ledger, progress=progress)
    header = [
        "over", "path", "angle", "pairs", "embedding: mean step", "largest / smallest step",
        "largest / smallest mean step", "finer path is longer by", "perceptual length", "spectra: mean step",
        "largest / smallest step ", "tempo hit",
    ]  # fmt: skip
    rows = [[*way, len(items), *_path_figures(items)] for way, items in paths.items()]
    results = {
        "pack": named(pipeline),
        "settings": settings.to_dict(),
        "points": points,
        "paths": [dict(zip(header, row, strict=True)) for row in rows],
        "variations": varied,
    }
    told = "".join(f"- {name}: {value:.3g}\n" for name, value in varied["figures"].items())
    heading = settings.heading(f"Blends of {points} points, and variations", pipeline)
    write_table(out / "interpolation", f"{heading}Variations:\n\n{told}\n", header, rows, results)
    _draw(out, paths, varied)
    return results


def _paths(
    pipeline: LoopPipeline, settings: SourceSettings, points: int, ledger: Ledger, *, progress: bool
) -> dict[tuple[str, str, float], list[dict[str, Any]]]:
    """How smooth each way of blending is, pair by pair."""
    paths: dict[tuple[str, str, float], list[dict[str, Any]]] = defaultdict(list)
    ways = [(*way, near) for way in WAYS for near in (NEARNESS if way == WAYS[0] else (1.0,))]
    for name, find_ends in tqdm(list(_pairs(pipeline, settings)), desc="blends", unit="pair", disable=not progress):
        ends = cache(find_ends)
        for over, path, near in ways:

            def measure(over: str = over, path: str = path, near: float = near) -> dict[str, Any]:
                a, b = ends()  # noqa: B023 - called within the round
                goal = replace(b, noise=slerp(a.noise, b.noise, near))
                at = [float(t) for t in np.linspace(0, 1, points)]
                return _smoothness(blend(pipeline, a, goal, at, over=over, path=path))

            key = f"{settings.walked(pipeline)} {name} {over} {path} {near:g} {points}"
            paths[over, path, near].append(ledger(key, measure))
    return paths


def _pairs(pipeline: LoopPipeline, settings: SourceSettings) -> Iterator[tuple[str, Callable[[], tuple[End, End]]]]:
    """A name for each pair of ends, and what finds them."""
    if settings.folder is None:
        for seed in settings.seeds:
            yield settings.name(seed), partial(_requested, pipeline, seed)
        return
    waiting: dict[LoopGeometry, tuple[int, SourceLoop]] = {}
    for seed in settings.seeds:
        loop = settings.source(seed)
        before = waiting.pop(loop.geometry, None)
        if before is None:
            waiting[loop.geometry] = (seed, loop)
        else:
            name = f"{settings.name(before[0])} {settings.name(seed)}"
            yield name, partial(_inverted, pipeline, settings, (before[1], loop))


def _requested(pipeline: LoopPipeline, seed: int) -> tuple[End, End]:
    a = held_out_request(seed)[0]
    b = held_out_request(seed + OTHER_END)[0].with_(tempo_bpm=a.tempo_bpm, bars=a.bars)
    return End.of_request(pipeline, a), End.of_request(pipeline, b)


def _inverted(pipeline: LoopPipeline, settings: SourceSettings, loops: Sequence[SourceLoop]) -> tuple[End, End]:
    a, b = invert_loops(pipeline, loops, settings.walk)
    return End.of_loop(a), End.of_loop(b)


def _path_figures(items: Sequence[dict[str, Any]]) -> list[float]:
    """Means over paths; the ratio of steps both path by path and of the mean path."""
    steps = np.mean([item["steps"] for item in items], axis=0)
    ratio_of_mean = float(steps.max() / max(steps.min(), 1e-9))
    figures = [mean([item[name] for item in items]) for name in _NAMES]
    return [*figures[:2], ratio_of_mean, *figures[2:]]


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
    pipeline: LoopPipeline,
    settings: SourceSettings,
    strengths: tuple[float, ...],
    ledger: Ledger,
    *,
    progress: bool,
) -> dict[str, Any]:
    """Distance from the source against strength, and what is kept of rhythm and sound at full strength."""
    found = []
    for seed in tqdm(settings.seeds, desc="variations", unit="loop", disable=not progress):
        key = f"{settings.walked(pipeline)} {settings.name(seed)} varied {len(strengths)}"
        found.append(ledger(key, partial(_varied, pipeline, settings, seed, strengths)))
    mel, embedded = np.array([item["distances"] for item in found]).mean(axis=0).T
    single = [rank_correlation(strengths, [row[0] for row in item["distances"]]) for item in found]
    kept = found[0]["kept"]
    return {
        "strengths": list(strengths),
        "mel": mel.tolist(),
        "embedding": embedded.tolist(),
        "figures": {
            "loops": len(found),
            "Spearman of strength and mel distance, mean curve": rank_correlation(strengths, mel.tolist()),
            "Spearman of strength and embedding distance, mean curve": rank_correlation(strengths, embedded.tolist()),
            "Spearman of strength and mel distance, mean over loops": mean(single),
            **{name: mean([item["kept"][name] for item in found]) for name in kept},
        },
    }


def _varied(
    pipeline: LoopPipeline, settings: SourceSettings, seed: int, strengths: tuple[float, ...]
) -> dict[str, Any]:
    source = settings.source(seed)
    geometry = source.geometry
    [inverted] = invert_loops(pipeline, [source], settings.walk)
    own = replay(pipeline, [inverted])[0].loop(pipeline)
    portrait = Portrait.of(own.audio, geometry)
    loops = vary(pipeline, inverted, strengths, seed=seed)
    distances = [
        [
            mel_distance(own.audio, loop.audio, own.sample_rate),
            portrait.distance(Portrait.of(loop.audio, geometry)),
        ]
        for loop in loops
    ]
    kept = {}
    for keep in ("rhythm", "sound"):
        made = Portrait.of(vary(pipeline, inverted, [1.0], keep=keep, seed=seed)[0].audio, geometry)
        kept[f"keep {keep}: onset F1"] = kinship(Portrait.of(source.audio, geometry), made).onset_f1
        kept[f"keep {keep}: timbre distance to the loop's own"] = portrait.timbre_distance(made)
    return {"distances": distances, "kept": kept}


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
