"""Held-out corpus loops as sources for applications: with all that is known of them, or as a user's file is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import scipy.stats

from engine.applications.inversion import Walk
from engine.applications.source import SourceLoop, with_curves
from engine.corpus.score import HELD_OUT_SEED
from engine.errors import InvalidRequest
from engine.evaluation.held_out import SAMPLE_RATE, held_out_case
from engine.evaluation.results import markdown_table, write_json
from engine.files import write_atomically
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest

MAX_COUNT = 10_000


@dataclass(frozen=True)
class SourceSettings:
    """Which held-out loops, how they are walked, and whether only what a user's file tells is known of them."""

    count: int = 20
    first_seed: int = HELD_OUT_SEED
    walk: Walk = field(default_factory=Walk)
    imported: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_COUNT:
            raise InvalidRequest(f"{self.count} loops cannot be evaluated: 1 to {MAX_COUNT}.")

    @property
    def seeds(self) -> range:
        """The held-out seeds."""
        return range(self.first_seed, self.first_seed + self.count)

    def source(self, seed: int) -> SourceLoop:
        """Corpus loop `seed`."""
        return held_out_source(seed, imported=self.imported)

    def heading(self, title: str, pipeline: LoopPipeline) -> str:
        """What a table was made of."""
        walk = self.walk
        known = "their tempo and measured curves" if self.imported else "everything the corpus knows of them"
        return (
            f"# {title} with {pipeline.info.name} ({pipeline.info.hash[:12]})\n\n{self.count} held-out corpus loops, "
            f"under {known}; {walk.num_steps} {walk.sampler} steps ({walk.schedule}), guidance "
            f"{walk.guidance_scale:g}, at most {walk.corrections} corrections of each step back.\n\n"
        )


def held_out_source(seed: int, *, imported: bool = False) -> SourceLoop:
    """Corpus loop `seed` with its whole annotation, or `imported`: with its tempo and measured curves alone."""
    case = held_out_case(seed)
    request = case.request
    if imported:
        plain = LoopRequest(tempo_bpm=request.tempo_bpm, bars=request.bars, seed=seed, compose=False)
        request = with_curves(plain, case.audio, SAMPLE_RATE)
    return SourceLoop.from_audio(case.audio, SAMPLE_RATE, request.with_(guidance_scale=1.0), str(seed))


def random_loop(source: SourceLoop, seed: int) -> LoopRequest:
    """The request of another loop of a source's tempo, length, tags and key, rendered as requests usually are."""
    asked = source.request
    return LoopRequest(tempo_bpm=asked.tempo_bpm, bars=asked.bars, tags=asked.tags, key=asked.key, seed=seed)


def write_table(path: Path, heading: str, header: Sequence[str], rows: Sequence[Sequence[Any]], results: Any) -> None:
    """The table under its heading as `path` with `.md`, everything as `.json`."""
    write_json(path.with_suffix(".json"), results)
    write_atomically(path.with_suffix(".md"), (heading + markdown_table(header, rows)).encode())


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> float:
    """Spearman's rank correlation; 0 when one side does not move."""
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(scipy.stats.spearmanr(x, y).statistic)


def mean(values: Sequence[float]) -> float:
    """Their mean; NaN for none."""
    return float(np.mean(values)) if len(values) else float("nan")
