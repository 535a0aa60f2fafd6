"""Whether rows that are written suit those beside them: what makes room for a new one, what answers drawn ones."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.conditioning.composition import compose
from engine.evaluation.experiments.pattern_asking import mean, of_pattern, playing_parts, requested
from engine.evaluation.judges.coherence import CoherenceJudge
from engine.evaluation.judges.coincidence import Pair, gathered, off_real, overlaps
from engine.patterns.grid import Score, distance
from engine.patterns.writer import PatternWriter
from engine.requests import LoopRequest, Pattern
from engine.vocabulary import PARTS


def new_rows(
    writer: PatternWriter, pairs: Sequence[Pair], scores: Sequence[Score], *, progress: bool = True
) -> dict[str, Any]:
    """What rows beside a new one do: how much of them changes, and whether the new row and they coincide as in real
    scores, or as they do where the others are frozen. New are the parts of `pairs`, those whose rows know of each
    other, one a score. `halves` is how far one half of the real scores lies from the other."""
    changed, locked = [], 0
    found: dict[str, list[dict[Pair, float]]] = {"real": [], "frozen": [], "room": []}
    for number, (score, part) in enumerate(tqdm(_coupled(scores, pairs), desc="new", disable=not progress)):
        playing = playing_parts(score)
        others = tuple(other for other in playing if other != part)
        after = of_pattern(writer.write(requested(score, "new", playing, part=part, seed=number)).pattern, score)
        velocity = score.velocity.copy()
        velocity[PARTS.index(part)] = after.velocity[PARTS.index(part)]
        beside = [PARTS.index(other) for other in others]
        changed.append(distance(after.hits[beside], score.hits[beside]))
        kept = writer.write(requested(score, "new", playing, part=part, seed=number, locked=others))
        locked += bool({*kept.changed} & {*others})
        for kind, each in (("real", score), ("frozen", replace(score, velocity=velocity)), ("room", after)):
            found[kind].append(overlaps(each, (part,)))
    real = gathered(found["real"])
    off = {kind: off_real(real, gathered(found[kind]), pairs) for kind in ("frozen", "room")}
    half = len(found["real"]) // 2
    halves = off_real(gathered(found["real"][:half]), gathered(found["real"][half:]), pairs)
    return {
        "steps beside that change": mean(changed),
        "loops in which others change": mean([share > 0 for share in changed]),
        "locked rows that changed": locked,
        "coincidence off real": {**off, "halves": halves},
        "pairs": [" and ".join(pair) for pair in pairs],
        "loops": len(changed),
    }


def _coupled(scores: Sequence[Score], pairs: Sequence[Pair]) -> list[tuple[Score, str]]:
    """Each of `scores` in which one of `pairs` plays, and one of its parts."""
    rng = np.random.default_rng(0)
    found: list[tuple[Score, str]] = []
    for score in scores:
        playing = playing_parts(score)
        parts = [part for pair in pairs if {*pair} <= {*playing} for part in pair]
        if parts:
            found.append((score, parts[rng.integers(len(parts))]))
    return found


def answers(
    writer: PatternWriter, judge: CoherenceJudge, scores: Sequence[Score], *, progress: bool = True
) -> dict[str, Any]:
    """Whether the judge prefers answers to some rows of held-out scores over what the rules write beside them."""
    told: dict[str, list[float]] = {"real": [], "rules": [], "written": []}
    for number, score in enumerate(tqdm(scores, desc="answer", disable=not progress)):
        playing = playing_parts(score)
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
