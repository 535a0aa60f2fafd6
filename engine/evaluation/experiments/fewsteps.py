"""`loopgen evaluate fewsteps`: two evaluations beside many: distance, path length, time; guidance; voices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tqdm import tqdm

from engine.diffusion.samplers import EVALUATIONS
from engine.errors import InvalidRequest
from engine.evaluation.experiments.benchmarks import REFERENCE, time_request
from engine.evaluation.experiments.loops import distances, tag_figures, train_tag_judge
from engine.evaluation.experiments.path_lengths import draw_paths, measure_paths
from engine.evaluation.experiments.voices import evaluate_voices
from engine.evaluation.judges.measurement import Judges
from engine.evaluation.judges.tags import TagJudge
from engine.evaluation.ledger import Ledger
from engine.evaluation.loop_items import Item, LoopSettings, corpus_items, rendered_items
from engine.evaluation.plots import new_figure, save_figure
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.evaluation.summary import onset_figures, summarise
from engine.files import write_atomically
from engine.knobs import PROGRESSIVE, PROGRESSIVE_STEPS, QUALITY_STEPS
from engine.packs.models import load_clap
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest

WALKS: Final = (
    ("euler", 2), ("euler", 4), ("euler", 8), ("euler", 16), ("euler", 64), ("midpoint", 8),
    (PROGRESSIVE, PROGRESSIVE_STEPS),
)  # fmt: skip
"""Samplers and steps that are set beside each other, as the paper's tables have them."""
SCALES: Final = (1.0, 2.0, 4.0)
DRUMS: Final = ("kick", "snare", "closed_hat", "open_hat", "percussion")
REPEATS: Final = 5


@dataclass(frozen=True)
class FewStepSettings:
    """How much is measured: held-out requests per sampler, paths, loops of each voice, loops the tag judge learns
    from (0 leaves words out), requests at each guidance (0 leaves guidance out)."""

    count: int = 300
    paths: int = 16
    voices: int = 8
    tag_loops: int = 400
    guided: int = 60
    walks: Sequence[tuple[str, int]] = WALKS

    def __post_init__(self) -> None:
        for name, low, high in (
            ("paths", 0, 10_000),
            ("voices", 0, 100),
            ("tag_loops", 0, 10_000),
            ("guided", 0, 10_000),
        ):
            if not low <= getattr(self, name) <= high or (name == "voices" and self.voices == 1):
                raise InvalidRequest(
                    f"{name} {getattr(self, name)} is not possible: {low} to {high}; voices 0 or 2 up."
                )


def evaluate_fewsteps(
    folder: Path,
    out: Path,
    settings: FewStepSettings,
    judges: Judges,
    *,
    device: str = "auto",
    progress: bool = True,
) -> dict[str, Any]:
    """Tables of the pack in `folder`: `fewsteps.json`, `fewsteps.md` and a plot in `out`; goes on where it stopped.

    Without a few-step model in the pack the samplers of its map alone are measured.
    """
    out = results_folder(out)
    pipeline = LoopPipeline.from_pack(folder, device=device)
    walks = [walk for walk in settings.walks if walk[0] != PROGRESSIVE or pipeline.info.progressive]
    base = LoopSettings(count=settings.count)
    corpus = corpus_items(out, base, judges, progress=progress)
    judge = train_tag_judge(settings.tag_loops, progress=progress) if settings.tag_loops else None
    run = partial(_items, pipeline, out, judges, corpus, progress=progress)
    rows = {
        _name(walk): _row(run(replace(base, sampler=walk[0], num_steps=walk[1])), corpus, judge)
        | _cost(pipeline, *walk)
        for walk in walks
    }
    results: dict[str, Any] = {
        "pack": {"name": pipeline.info.name, "hash": pipeline.info.hash},
        "loops": settings.count,
        "samplers": rows,
        "corpus": _figures(corpus, judge),
        "path lengths": _paths(folder, out, settings.paths, device, progress=progress),
        "guidance": _guidance(run, settings, corpus, judge, pipeline.info.progressive),
        "voices": _voices(pipeline, out, settings.voices),
    }
    write_json(out / "fewsteps.json", results)
    write_atomically(out / "fewsteps.md", _report(results).encode())
    _draw(out, results["guidance"])
    if pipeline.info.progressive:
        draw_paths(pipeline, REFERENCE, out / "paths.png")
    return results


def _cost(pipeline: LoopPipeline, sampler: str, steps: int) -> dict[str, float]:
    """Evaluations, and seconds from request to samples of the reference loop."""
    timing = time_request(pipeline, REFERENCE.with_(sampler=sampler, num_steps=steps), REPEATS)
    return {"evaluations": steps * EVALUATIONS[sampler], "request to samples (s)": timing.median}


def _items(
    pipeline: LoopPipeline,
    out: Path,
    judges: Judges,
    corpus: Sequence[Item],
    settings: LoopSettings,
    *,
    progress: bool,
) -> list[Item]:
    requests = [item.request for item in corpus][: settings.count]
    return rendered_items(pipeline, requests, out, settings, judges, progress=progress)


def _row(items: Sequence[Item], corpus: Sequence[Item], judge: TagJudge | None) -> dict[str, Any]:
    found = {name: sides["rendered"] for name, sides in distances(items, corpus).items()}
    return found | _figures(items, judge)


def _figures(items: Sequence[Item], judge: TagJudge | None) -> dict[str, Any]:
    """Tempo, onsets and words of loops: what two evaluations must not lose."""
    whole = summarise([item.measured for item in items], [item.request for item in items])
    onsets = onset_figures([item.measured for item in items])
    drums = [onsets[name] for part in DRUMS if (name := f"onset F1, {part}") in onsets]
    found = {name: value for name, value in whole.items() if name.startswith("tempo hit") and name.endswith("octave")}
    found |= {"kick F1": onsets.get("onset F1, kick"), "drums F1": float(np.mean(drums)) if drums else None}
    return found | ({"word agreement": tag_figures(judge, items)["tag agreement, mean AUC"]} if judge else {})


def _guidance(
    run: Callable[[LoopSettings], list[Item]],
    settings: FewStepSettings,
    corpus: Sequence[Item],
    judge: TagJudge | None,
    progressive: bool,
) -> dict[str, dict[str, Any]]:
    """The same figures over guidance, by many steps and by two evaluations."""
    if settings.guided < 2:
        return {}
    walks = [("euler", QUALITY_STEPS), *([(PROGRESSIVE, PROGRESSIVE_STEPS)] if progressive else [])]
    base, known = LoopSettings(count=settings.guided), corpus[: settings.guided]
    found: dict[str, dict[str, Any]] = {}
    for sampler, steps in walks:
        for scale in SCALES:
            items = run(replace(base, sampler=sampler, num_steps=steps, guidance_scale=scale))
            found[f"{_name((sampler, steps))}, guidance {scale:g}"] = _row(items, known, judge)
    return found


def _paths(folder: Path, out: Path, count: int, device: str, *, progress: bool) -> dict[str, float]:
    if not count or "clap" not in Pack.open(folder, verify=False).components:
        return {}
    pipeline = LoopPipeline.from_pack(folder, device=device, dtype=torch.float32)
    clap = load_clap(Pack.open(folder, verify=False)).to(pipeline.device).eval().requires_grad_(False)
    ledger = Ledger(out / "paths.jsonl")
    seeds = LoopSettings(count=max(count, 2)).seeds[:count]
    found = [
        ledger(f"{pipeline.info.hash[:12]} {seed}", partial(measure_paths, pipeline, clap, seed))
        for seed in tqdm(seeds, desc="paths", unit="path", disable=not progress)
    ]
    return {name: float(np.mean([each[name] for each in found])) for name in found[0]}


def _voices(pipeline: LoopPipeline, out: Path, loops: int) -> dict[str, Any]:
    """Sameness of hits by many steps and by two evaluations."""
    if not loops:
        return {}
    asked = {_name(("euler", QUALITY_STEPS)): LoopRequest()}
    if pipeline.info.progressive:
        asked[_name((PROGRESSIVE, PROGRESSIVE_STEPS))] = LoopRequest(sampler=PROGRESSIVE)
    return {
        name: evaluate_voices(pipeline, out / f"voices {name}", loops=loops, request=request)
        for name, request in asked.items()
    }


def _name(walk: tuple[str, int]) -> str:
    return f"{walk[0]} {walk[1]}"


def _report(results: dict[str, Any]) -> str:
    pack = results["pack"]
    parts = [
        f"# Two evaluations with {pack['name']} ({pack['hash'][:12]})\n\n{results['loops']} held-out requests.\n",
        _table("sampler", {**results["samplers"], "corpus": results["corpus"]}),
    ]
    if results["path lengths"]:
        parts.append(_table("path length of", {name: {"PPL": x} for name, x in results["path lengths"].items()}))
    if results["guidance"]:
        parts.append(_table("guidance", results["guidance"]))
    for name, voices in results["voices"].items():
        parts.append(_table(f"voices, {name}", voices))
    return "\n".join(parts)


def _table(what: str, found: dict[str, dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in found.values() for name in row))
    return markdown_table([what, *names], [[row, *(values.get(n) for n in names)] for row, values in found.items()])


def _draw(out: Path, guidance: dict[str, dict[str, Any]]) -> None:
    """Kick F1 and word agreement over guidance, as far as they were measured, a line for each sampler."""
    names = [n for n in ("kick F1", "word agreement") if any(row.get(n) is not None for row in guidance.values())]
    if not names:
        return
    figure = new_figure(4 * len(names), 3.5)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for sampler in dict.fromkeys(row.partition(", ")[0] for row in guidance):
            values = [guidance[f"{sampler}, guidance {scale:g}"].get(name) for scale in SCALES]
            axes.plot(SCALES, [np.nan if value is None else value for value in values], marker="o", label=sampler)
        axes.set_xlabel("guidance")
        axes.set_title(name)
        axes.legend()
    save_figure(figure, out / "guidance.png")
