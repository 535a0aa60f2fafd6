"""Loops for the experiments on applications: held-out corpus loops, or a folder of real ones."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.stats

from engine.applications.inversion import Walk
from engine.applications.source import SourceLoop, read_source, with_curves
from engine.corpus.folder import find_loops
from engine.corpus.seeds import HELD_OUT_SEED
from engine.errors import InvalidRequest
from engine.evaluation.held_out import SAMPLE_RATE, held_out_case
from engine.evaluation.results import markdown_table, write_json
from engine.files import write_atomically
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest

MAX_COUNT = 10_000


@dataclass(frozen=True)
class SourceSettings:
    """Which loops, how they are walked, and whether only what a user's file tells is known of corpus loops.

    They are the first `count` held-out corpus loops, or of the files in `folder` in the order of their names. Raises
    `InvalidRequest` on a count out of range, `CorpusError` on a folder without loops.
    """

    count: int = 20
    first_seed: int = HELD_OUT_SEED
    walk: Walk = field(default_factory=Walk)
    imported: bool = False
    folder: Path | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_COUNT:
            raise InvalidRequest(f"{self.count} loops cannot be evaluated: 1 to {MAX_COUNT}.")
        if self.folder is not None:
            object.__setattr__(self, "count", min(self.count, len(self.files)))

    @cached_property
    def files(self) -> list[Path]:
        """The files of the folder, by name."""
        return sorted(find_loops(self.folder), key=lambda path: path.name) if self.folder is not None else []

    @property
    def seeds(self) -> range:
        """The held-out seeds; the places of files in their folder."""
        first = self.first_seed if self.folder is None else 0
        return range(first, first + self.count)

    def source(self, seed: int) -> SourceLoop:
        """Corpus loop `seed`, or the file at that place."""
        if self.folder is None:
            return held_out_source(seed, imported=self.imported)
        read = read_source(self.files[seed], SAMPLE_RATE)
        return replace(read, request=read.request.with_(seed=seed))

    def name(self, seed: int) -> str:
        """What results are kept under."""
        known = "file" if self.imported else "corpus"
        return f"{known} {seed}" if self.folder is None else self.files[seed].name

    def walked(self, pipeline: LoopPipeline) -> str:
        """The pack and the walk that results depend on, for what they are kept under."""
        walk = self.walk
        return (
            f"{pipeline.info.hash[:12]} {walk.num_steps} {walk.sampler} {walk.schedule} {walk.guidance_scale:g} "
            f"{walk.corrections}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the folder by its name alone."""
        return asdict(self) | {"folder": self.folder.name if self.folder is not None else None}

    def heading(self, title: str, pipeline: LoopPipeline) -> str:
        """What a table was made of."""
        walk = self.walk
        known = "their tempo and measured curves" if self.imported else "everything the corpus knows of them"
        loops = f"held-out corpus loops, under {known}"
        if self.folder is not None:
            loops = f"loops of the folder {self.folder.name}, under their tempo and measured curves"
        return (
            f"# {title} with {pipeline.info.name} ({pipeline.info.hash[:12]})\n\n{self.count} {loops}; "
            f"{walk.num_steps} {walk.sampler} steps ({walk.schedule}), guidance {walk.guidance_scale:g}, at most "
            f"{walk.corrections} corrections of each step back.\n\n"
        )


def named(pipeline: LoopPipeline) -> dict[str, Any]:
    """The pack that results are of, in plain values."""
    info = pipeline.info
    return {"name": info.name, "version": info.version, "hash": info.hash}


def held_out_source(seed: int, *, imported: bool = False) -> SourceLoop:
    """Corpus loop `seed` with its whole annotation, or `imported`: with its tempo and measured curves alone."""
    case = held_out_case(seed)
    request = case.request
    if imported:
        plain = LoopRequest(tempo_bpm=request.tempo_bpm, bars=request.bars, seed=seed, compose=False)
        request = with_curves(plain, case.audio, SAMPLE_RATE)
    # Every part has a row: all that could be composed are pitches, and those would be another arrangement's.
    asked = request.with_(guidance_scale=1.0, compose=False)
    return SourceLoop.from_audio(case.audio, SAMPLE_RATE, asked, str(seed))


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
