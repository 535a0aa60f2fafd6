"""`loopgen evaluate patterns`: do scores come back, and do the operations on them do what they promise?

Held-out scores of the corpus, never trained on. The figures of "Automatic Generation of Semantic Parts for Face Image
Synthesis", section 4, for patterns; what a musician is promised of New, Vary, Towards and Answer beside them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.stats import spearmanr
from tqdm import tqdm

from engine.conditioning.composition import compose
from engine.corpus.seeds import PATTERN_HELD_OUT, PATTERN_JUDGE
from engine.evaluation.experiments.pattern_pictures import draw_pictures
from engine.evaluation.judges.coherence import CoherenceJudge, train_judge
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.patterns.agreement import reconstruction
from engine.patterns.asked import PatternRequest
from engine.patterns.drawn import drawn_scores
from engine.patterns.grid import Score, distance
from engine.patterns.network import PatternNetwork
from engine.patterns.writer import PatternWriter
from engine.requests import LoopRequest, Pattern
from engine.vocabulary import BEATS_PER_BAR, PARTS, STEPS_PER_BAR

STRENGTHS: Final = tuple(round(0.1 * step, 1) for step in range(11))
AMOUNTS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
LEAST_HITS: Final = 4
"""Rows with fewer hits a loop say little of how they are varied."""

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
    results["table_1"] = {name: asdict(reconstruction(train(), held_out)) for name, train in (variants or {}).items()}
    write_json(out / "patterns.json", results)
    some = [score for score in list(held_out)[: 2 * tried] if score.hits.any(1).sum() > 1][:tried]
    writer = PatternWriter(network)
    results["vary"] = vary_curve(writer, some[: tried // 3], progress=progress)
    results["towards"] = towards_curve(writer, some[: tried // 2], progress=progress)
    write_json(out / "patterns.json", results)
    told = train_judge(
        list(drawn_scores(PATTERN_JUDGE.first, judged, out / "scores")), list(held_out)[-min(400, scores) :]
    )
    results["judge"] = {"scores": judged, "told apart": told.accuracy}
    results["new"] = new_rows(writer, told.judge, some, progress=progress)
    results["answer"] = answers(writer, told.judge, some, progress=progress)
    results["house"] = house_kicks(writer, list(held_out), tried // 2)
    write_json(out / "patterns.json", results)
    write_atomically(out / "patterns.md", _tables(results).encode())
    draw_pictures(writer, some, results, out)
    return results


def requested(score: Score, operation: Any, parts: Sequence[str] = PARTS, **more: Any) -> PatternRequest:
    """`operation` on the rows of `parts` of `score`."""
    told = {"tempo_bpm": min(max(score.tempo_bpm, 40.0), 240.0), "style": score.style, **more}
    return PatternRequest(operation, score.pattern(parts), score.bars, **told)


def of_pattern(pattern: Pattern, like: Score) -> Score:
    """`pattern` as a score of the tempo and style of `like`."""
    return Score.of_pattern(pattern, like.bars, tempo_bpm=like.tempo_bpm, style=like.style)


def busy_parts(score: Score) -> list[str]:
    """The parts of `score` with hits enough to be varied."""
    return [part for part, row in zip(PARTS, score.hits, strict=True) if row.sum() >= LEAST_HITS]


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


def new_rows(
    writer: PatternWriter, judge: CoherenceJudge, scores: Sequence[Score], *, progress: bool = True
) -> dict[str, Any]:
    """What rows beside a new one do: how much of them changes, and whether the whole is nearer to real scores than
    with the others frozen, by the judge and by how often hits of the new row and of another coincide."""
    changed, locked = [], 0
    judged: dict[str, list[float]] = {"real": [], "frozen": [], "room": []}
    pairs: dict[str, list[tuple[int, Score]]] = {"real": [], "frozen": [], "room": []}
    for number, score in enumerate(tqdm(scores, desc="new", disable=not progress)):
        playing = [part for part in PARTS if score.hits[PARTS.index(part)].any()]
        part = playing[number % len(playing)]
        row = PARTS.index(part)
        asked = requested(score, "new", playing, part=part, seed=number)
        after = of_pattern(writer.write(asked).pattern, score)
        velocity = score.velocity.copy()
        velocity[row] = after.velocity[row]
        frozen = replace(score, velocity=velocity)
        beside = [PARTS.index(other) for other in playing if other != part]
        changed.append(distance(after.hits[beside], score.hits[beside]))
        others = tuple(other for other in playing if other != part)
        kept = writer.write(requested(score, "new", playing, part=part, seed=number, locked=others))
        locked += bool({*kept.changed} & {*others})
        for kind, each in (("real", score), ("frozen", frozen), ("room", after)):
            judged[kind] += judge.judge([each])
            pairs[kind].append((row, each))
    real = _coincidences(pairs["real"])
    return {
        "steps beside that change": float(np.mean(changed)),
        "loops in which others change": float(np.mean([share > 0 for share in changed])),
        "locked rows that changed": locked,
        "judge": {kind: float(np.mean(logits)) for kind, logits in judged.items()},
        "coincidence off real": {
            kind: float(np.sqrt(np.nanmean((_coincidences(pairs[kind]) - real) ** 2))) for kind in ("frozen", "room")
        },
        "loops": len(changed),
    }


def _coincidences(found: Sequence[tuple[int, Score]]) -> Any:
    """Share of the hits of a row at which each other row is struck too `[P, P]`, over scores in which both play."""
    struck, met = np.zeros((len(PARTS), len(PARTS))), np.zeros((len(PARTS), len(PARTS)))
    for row, score in found:
        hits = score.hits
        for other in range(len(PARTS)):
            if other != row and hits[other].any():
                struck[row, other] += hits[row].sum()
                met[row, other] += (hits[row] & hits[other]).sum()
    return np.where(struck >= 30, met / np.maximum(struck, 1), np.nan)


def answers(
    writer: PatternWriter, judge: CoherenceJudge, scores: Sequence[Score], *, progress: bool = True
) -> dict[str, Any]:
    """Whether the judge prefers answers to some rows of held-out scores over what the rules write beside them."""
    told: dict[str, list[float]] = {"real": [], "rules": [], "written": []}
    for number, score in enumerate(tqdm(scores, desc="answer", disable=not progress)):
        playing = [part for part in PARTS if score.hits[PARTS.index(part)].any()]
        rng = np.random.default_rng([number, 17])
        given = [playing[i] for i in rng.permutation(len(playing))[: rng.integers(1, max(2, len(playing)))]]
        asked = requested(score, "answer", given, seed=number)
        written = of_pattern(writer.write(asked).pattern, score)
        request = LoopRequest(
            tempo_bpm=asked.tempo_bpm, bars=score.bars, seed=number, tags=(score.style,) if score.style else (),
            pattern=asked.pattern,
        )  # fmt: skip
        composed = compose(request)
        rows = {**(composed.pattern(score.bars).rows if composed else {}), **asked.pattern.rows}
        ruled = of_pattern(Pattern(rows, asked.pattern.swing), score)
        for kind, each in (("real", score), ("rules", ruled), ("written", written)):
            told[kind] += judge.judge([each])
    better = np.array(told["written"]) - np.array(told["rules"])
    return {
        "preferred over the rules": float(np.mean(better > 0)),
        "judge": {kind: float(np.mean(logits)) for kind, logits in told.items()},
        "loops": len(better),
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
    for name in ("vary", "towards", "judge", "new", "answer", "house"):
        rows = [[key, _told(value)] for key, value in results[name].items()]
        lines.append(markdown_table([name, ""], rows))
    return "\n".join(lines)


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_told(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_told(each) for each in value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)
