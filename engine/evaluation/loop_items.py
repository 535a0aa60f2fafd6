"""Measured loops as one file each, so that an evaluation that was stopped goes on where it was."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from engine.corpus.seeds import HELD_OUT_SEED
from engine.documents import read_document_file
from engine.errors import InvalidRequest
from engine.evaluation.held_out import SAMPLE_RATE, held_out_case
from engine.evaluation.judges.measurement import Judges, measure_loop
from engine.evaluation.results import results_folder, write_json
from engine.loop import Loop, PackInfo
from engine.requests import LoopRequest

MAX_COUNT = 10_000


class LoopRenderer(Protocol):
    """What makes loops: a `LoopPipeline`, or a fake in tests."""

    @property
    def info(self) -> PackInfo:
        """The pack it plays."""

    def render(self, request: LoopRequest, /) -> Loop:
        """The loop of `request`."""


@dataclass(frozen=True)
class LoopSettings:
    """How held-out requests are rendered: how many, from which seed, steps, guidance, sampler, temperature."""

    count: int = 300
    first_seed: int = HELD_OUT_SEED
    num_steps: int = LoopRequest.num_steps
    guidance_scale: float = LoopRequest.guidance_scale
    sampler: str = LoopRequest.sampler
    temperature: float = LoopRequest.temperature

    def __post_init__(self) -> None:
        if not 2 <= self.count <= MAX_COUNT:
            raise InvalidRequest(f"{self.count} loops cannot be evaluated: 2 to {MAX_COUNT}.")

    @property
    def seeds(self) -> range:
        """The held-out seeds."""
        return range(self.first_seed, self.first_seed + self.count)

    def apply(self, request: LoopRequest) -> LoopRequest:
        """The request with these settings."""
        return request.with_(
            num_steps=self.num_steps,
            guidance_scale=self.guidance_scale,
            sampler=self.sampler,
            temperature=self.temperature,
        )


@dataclass(frozen=True)
class Item:
    """A request and what was measured on a loop that answers it, as plain values."""

    request: LoopRequest
    measured: Mapping[str, Any]


def corpus_items(out: Path, settings: LoopSettings, judges: Judges, *, progress: bool = True) -> list[Item]:
    """The held-out corpus loops themselves, measured as if they had been rendered: the ceiling of every figure."""
    folder = results_folder(out / f"corpus-{_judged(judges)}")
    items = []
    for seed in tqdm(settings.seeds, desc="corpus loops", unit="loop", disable=not progress):
        path = folder / f"{seed}.json"
        found = _read(path)
        if found is None:
            case = held_out_case(seed)
            measured = measure_loop(case.audio, SAMPLE_RATE, case.request, judges).to_dict()
            write_json(path, {"request": case.request.to_dict(), "measured": measured})
            found = _read(path)
        if found is not None:
            items.append(found)
    return items


def rendered_items(
    renderer: LoopRenderer,
    requests: Sequence[LoopRequest],
    out: Path,
    settings: LoopSettings,
    judges: Judges,
    *,
    progress: bool = True,
) -> list[Item]:
    """Loops that `renderer` makes of `requests` under `settings`, measured."""
    name = (
        f"guidance {settings.guidance_scale:g}, temperature {settings.temperature:g}, "
        f"{settings.num_steps} {settings.sampler} steps"
    )
    told = f"{renderer.info.hash} {name} {_judged(judges)}"
    folder = results_folder(out / f"rendered-{hashlib.sha256(told.encode()).hexdigest()[:8]}")
    items = []
    for request in tqdm([settings.apply(r) for r in requests], desc=name, unit="loop", disable=not progress):
        path = folder / f"{request.seed}.json"
        found = _read(path)
        if found is None or found.request != request:
            loop = renderer.render(request)
            measured = measure_loop(loop.audio, loop.sample_rate, request, judges).to_dict()
            write_json(path, {"request": request.to_dict(), "measured": measured})
            found = _read(path)
        if found is not None:
            items.append(found)
    return items


def _judged(judges: Judges) -> str:
    names = [judge.name for judge in judges.tempo]
    names += ["onsets"] * (judges.detector is not None) + ["musicnn"] * (judges.musicnn is not None)
    return hashlib.sha256(" ".join(names).encode()).hexdigest()[:8]


def _read(path: Path) -> Item | None:
    """The item in `path`, or None when there is none that can be read."""
    try:
        values = read_document_file(path)
        return Item(LoopRequest.from_dict(values["request"]), values["measured"])
    except (OSError, ValueError, KeyError, TypeError):  # InvalidRequest is a ValueError
        return None
