"""What experiments ask of patterns: operations on scores, and what comes back as scores."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from engine.patterns.asked import PatternRequest
from engine.patterns.grid import Score
from engine.requests import Pattern
from engine.vocabulary import PARTS

LEAST_HITS: Final = 4
"""Rows with fewer hits a loop say little of how they are varied."""


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


def mean(values: Sequence[float]) -> float | None:
    """The mean of `values`; None of none."""
    return float(np.mean(values)) if len(values) else None


def playing_parts(score: Score) -> tuple[str, ...]:
    """The parts of `score` that have a hit."""
    return tuple(part for part, row in zip(PARTS, score.hits, strict=True) if row.any())
