"""`loopgen evaluate patterns`: do scores come back, and do the operations on them do what they promise?

Held-out scores of the corpus, never trained on. The figures of "Automatic Generation of Semantic Parts for Face Image
Synthesis", section 4, for patterns; what a musician is promised of New, Vary, Towards and Answer beside them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.stats import spearmanr
from tqdm import tqdm

from engine.corpus.seeds import PATTERN_HELD_OUT, PATTERN_JUDGE
from engine.evaluation.experiments.pattern_asking import busy_parts, of_pattern, requested
from engine.evaluation.experiments.pattern_company import answers, new_rows
from engine.evaluation.experiments.pattern_fills import fill_figures
from engine.evaluation.experiments.pattern_pictures import draw_pictures
from engine.evaluation.judges.coherence import train_judge
from engine.evaluation.judges.coincidence import coupled_pairs
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.patterns.agreement import reconstruction
from engine.patterns.drawn import PackedScores, drawn_scores
from engine.patterns.grid import DRUM_ROWS, Score, distance
from engine.patterns.network import PatternNetwork
from engine.patterns.recorded import recorded_scores
from engine.patterns.writer import PatternWriter
from engine.vocabulary import BEATS_PER_BAR, PARTS, STEPS_PER_BAR

STRENGTHS: Final = tuple(round(0.1 * step, 1) for step in range(11))
AMOUNTS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
Variants = Mapping[str, Callable[[], PatternNetwork]]


def evaluate_patterns(
    network: PatternNetwork,
    out: Path,
    *,
    scores: int = 2000,
    tried: int = 200,
    judged: int = 3000,
    variants: Variants | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Measure `network` on `scores` held-out scores, its operations on `tried` of them by a judge that is trained on
    `judged` others, and what `variants` (name to a network that is trained when it is called) come to; writes
    `patterns.json`, `patterns.md` and pictures, and returns the figures.

    Raises `ExportError` when `out` cannot be used.
    """
    out = results_folder(out)
    held_out = drawn_scores(PATTERN_HELD_OUT.first, scores, out / "scores")
    results: dict[str, Any] = {"scores": scores, "reconstruction": asdict(reconstruction(network, held_out))}
    results["recorded"] = recorded_figures(network)
    trained = {name: train() for name, train in (variants or {}).items()}
    results["table_1"] = {name: asdict(reconstruction(each, held_out)) for name, each in trained.items()}
    write_json(out / "patterns.json", results)
    some = [score for score in list(held_out)[: 2 * tried] if score.hits.any(1).sum() > 1][:tried]
    writer = PatternWriter(network)
    results["vary"] = vary_curve(writer, some[: tried // 3], progress=progress)
    results["towards"] = towards_curve(writer, some[: tried // 2], progress=progress)
    results["fill"] = fill_figures(writer, list(held_out), tried // 2, progress=progress)
    results["house"] = house_kicks(writer, list(held_out), tried // 2)
    write_json(out / "patterns.json", results)
    real = list(drawn_scores(PATTERN_JUDGE.first, judged, out / "scores"))
    results |= _company(writer, real, list(held_out)[-min(400, scores) :], some, progress=progress)
    write_json(out / "patterns.json", results)
    write_atomically(out / "patterns.md", _tables(results).encode())
    draw_pictures(writer, some, results, out, {name: PatternWriter(each) for name, each in trained.items()})
    return results


def _company(
    writer: PatternWriter, real: Sequence[Score], unseen: Sequence[Score], some: Sequence[Score], *, progress: bool
) -> dict[str, Any]:
    """Whether rows suit those beside them, by counts and by a judge, both of `real` scores."""
    pairs = coupled_pairs(real)
    told = train_judge(real, unseen)
    return {
        "pairs": {" and ".join(pair): off for pair, off in pairs.items()},
        "new": new_rows(writer, [*pairs], some, progress=progress),
        "judge": {"scores": len(real), "told apart": told.accuracy},
        "answer": answers(writer, told.judge, some, progress=progress),
    }


def recorded_figures(network: PatternNetwork) -> dict[str, Any] | None:
    """How well drums that musicians wrote come back, of pieces that nothing was trained on; None where there are
    none."""
    scores = recorded_scores().held_out
    if not scores:
        return None
    agreed = reconstruction(network, PackedScores.of(scores))
    drums = {PARTS[row]: agreed.iou[row] for row in DRUM_ROWS}
    return {"scores": len(scores), "iou": drums, "mean iou of drums": float(np.mean([*drums.values()]))}


def vary_curve(writer: PatternWriter, scores: Sequence[Score], *, progress: bool = True) -> dict[str, Any]:
    """Share of steps of a row that differ from it, by strength; each score by one of its parts."""
    found = []
    for number, score in enumerate(tqdm(scores, desc="vary", disable=not progress)):
        for part in (busy := busy_parts(score))[number % max(len(busy), 1) :][:1]:
            row = score.hits[PARTS.index(part)]
            rows = [
                of_pattern(writer.write(requested(score, "vary", part=part, strength=s, seed=number)).pattern, score)
                for s in STRENGTHS
            ]
            found.append([distance(each.hits[PARTS.index(part)], row) for each in rows])
    mean = np.mean(found, 0)
    return {
        "strength": STRENGTHS,
        "distance": mean.tolist(),
        "spearman": float(spearmanr(STRENGTHS, mean).statistic),
        "same at 0": float(np.mean([curve[0] == 0 for curve in found])),
        "rows": len(found),
    }


def towards_curve(writer: PatternWriter, scores: Sequence[Score], *, progress: bool = True) -> dict[str, Any]:
    """How far a row goes with each of the steps of `AMOUNTS` on its way to the same part of another score."""
    steps: list[list[float]] = []
    ends: list[bool] = []
    valid: list[bool] = []
    pairs = [
        (one, other)
        for number, one in enumerate(scores)
        for other in [s for s in (*scores[number + 1 :], *scores[:number]) if s.bars == one.bars][:1]
    ]
    for one, other in tqdm(pairs, desc="towards", disable=not progress):
        for part in [p for p in busy_parts(one) if p in busy_parts(other)][:2]:
            row = PARTS.index(part)
            on_the_way = []
            for amount in AMOUNTS:
                asked = requested(one, "towards", part=part, target=other.pattern(), strength=amount)
                on_the_way.append(of_pattern(writer.write(asked).pattern, one).velocity[row])
            valid.append(all(((v == 0) | ((v >= 0.05) & (v <= 1))).all() for v in on_the_way[1:-1]))
            hits = [velocity > 0 for velocity in on_the_way]
            ends.append(bool((hits[0] == one.hits[row]).all() and (hits[-1] == other.hits[row]).all()))
            if (hits[0] != hits[-1]).any():
                steps.append([distance(a, b) for a, b in pairwise(hits)])
    mean = np.mean(steps, 0)
    return {
        "amount": AMOUNTS,
        "step": mean.tolist(),
        "largest over smallest": float(mean.max() / max(mean.min(), 1e-9)),
        "both ends exact": float(np.mean(ends)),
        "valid": float(np.mean(valid)),
        "rows": len(steps),
    }


def house_kicks(writer: PatternWriter, scores: Sequence[Score], count: int) -> dict[str, Any]:
    """Share of hits of kicks in house that lie on a beat, and of beats that are struck: of those written in answer to
    the other rows, and of the corpus."""
    kick = PARTS.index("kick")
    house = [s for s in scores if s.style == "house" and s.hits[kick].any() and s.hits.any(1).sum() > 1][:count]
    found = []
    for number, score in enumerate(house):
        others = [part for part in PARTS if part != "kick" and score.hits[PARTS.index(part)].any()]
        asked = requested(score, "answer", others, part="kick", seed=number)
        found.append(of_pattern(writer.write(asked).pattern, score))
    return {
        kind: {
            "hits on a beat": _mean([on_beat(s.hits[kick]) for s in some]),
            "beats struck": _mean([s.hits[kick][:: STEPS_PER_BAR // BEATS_PER_BAR] for s in some]),
            "loops": len(some),
        }
        for kind, some in (("written", found), ("corpus", house))
    }  # fmt: skip


def _mean(rows: Sequence[Any]) -> float:
    return float(np.mean(np.concatenate(rows)))


def on_beat(row: Any) -> Any:
    """For each hit of `row`, whether it is on a beat."""
    return np.flatnonzero(row) % (STEPS_PER_BAR // BEATS_PER_BAR) == 0


def _tables(results: Mapping[str, Any]) -> str:
    whole = results["reconstruction"]
    named = {"the pack's": whole, **results["table_1"]}
    table = [[name, found["mean_iou"], found["accuracy"], *found["iou"]] for name, found in named.items()]
    lines = [markdown_table(["network", "mean IoU", "accuracy", *PARTS], table)]
    for name in ("recorded", "vary", "towards", "fill", "house", "pairs", "new", "judge", "answer"):
        rows = [[key, _told(value)] for key, value in (results[name] or {}).items()]
        lines.append(markdown_table([name, ""], rows))
    return "\n".join(lines)


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_told(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_told(each) for each in value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)
