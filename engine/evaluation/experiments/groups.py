"""`loopgen evaluate groups`: which groups of channels move which part.

In a loop every part strikes on steps of its own. The code of one group inside one block is turned up, nothing else,
and what is heard where each part strikes is compared with the loop as it was. A group that moves one part at least
three times as much as any other is that part's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from engine.audio.spectrum import mel_spectrogram
from engine.conditioning.composition import Composition
from engine.corpus.seeds import HELD_OUT_SEED
from engine.diffusion.samplers import sample
from engine.errors import InvalidRequest
from engine.evaluation.judges.onset_score import score_onsets
from engine.evaluation.judges.part_onsets import PartOnsetDetector
from engine.evaluation.plots import new_figure, save_figure
from engine.evaluation.results import results_folder
from engine.evaluation.sources import write_table
from engine.models.group_codes import GroupPlace, group_places, turned
from engine.pipeline import LoopPipeline
from engine.rendering.guided import Aim, GuidedDenoiser
from engine.rendering.progressive import StagedFlow
from engine.rendering.starts import REACH
from engine.requests import LoopRequest, Pattern
from engine.vocabulary import PARTS, STEPS_PER_BAR, STYLES

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

TEMPO_BPM: Final = 100.0
ROWS: Final[Mapping[str, tuple[int, ...]]] = {
    "kick": (0, 8),
    "closed_hat": (2, 10),
    "bass": (3, 11),
    "snare": (4, 12),
    "lead": (5, 13),
    "open_hat": (6, 14),
    "percussion": (7, 15),
}
"""A bar in which each part strikes on steps of its own; pads, which sound over others, are left out."""
PITCHES: Final = {"bass": 36.0, "lead": 60.0}
FACTOR: Final = 2.0
"""What a code is turned by."""
TOGETHER: Final = 17
"""Loops of one pass: one as it is, and sixteen of a turned group each."""
OWN: Final = 3.0
"""How many times as much a part is moved as any other by a group that is its own."""
HEARD_DB: Final = 1.0
"""A group that moves no part by as much is no one's."""
RANGE_DB, HOP = 50.0, 256
LISTED: Final = 24


@dataclass(frozen=True)
class GroupFigures:
    """What a group moved: each part of `ROWS` by decibels, on average; `kept` is the F1 of all onsets after it."""

    place: GroupPlace
    moved: Mapping[str, float]
    kept: float

    @property
    def part(self) -> str:
        """The part that it moves most."""
        return max(self.moved, key=lambda part: self.moved[part])

    @property
    def over_others(self) -> float:
        """How many times as much as the next one."""
        first, second = sorted(self.moved.values(), reverse=True)[:2]
        return first / max(second, 1e-9)

    @property
    def is_own(self) -> bool:
        """Whether it is one part's."""
        return self.moved[self.part] >= HEARD_DB and self.over_others >= OWN


def evaluate_groups(
    pipeline: LoopPipeline,
    out: Path,
    *,
    loops: int = 40,
    sampler: str = LoopRequest.sampler,
    steps: int = 4,
    progress: bool = True,
) -> dict[str, Any]:
    """Turn every group in `loops` loops of all styles in turn: `groups.json`, `groups.md` and `groups.png` in `out`.

    Raises `InvalidRequest` on a number of loops out of range, and as `LoopRequest` does.
    """
    if not 1 <= loops <= 1000:
        raise InvalidRequest(f"--loops {loops} is not possible: 1 to 1000.")
    out, detector = results_folder(out), PartOnsetDetector.load()
    asked = LoopRequest(tempo_bpm=TEMPO_BPM, bars=1).with_(sampler=sampler, num_steps=steps)
    moved, kept = [], []
    for number in tqdm(range(loops), desc="groups", unit="loop", disable=not progress):
        request = asked.with_(seed=HELD_OUT_SEED + number, tags=(STYLES[number % len(STYLES)],), pattern=_pattern())
        places, changes, scores = _measured(pipeline, request, detector)
        moved.append(changes)
        kept.append(scores)
    rows = [
        GroupFigures(place, dict(zip(ROWS, map(float, row), strict=True)), float(score))
        for place, row, score in zip(places, np.mean(moved, axis=0), np.mean(kept, axis=0), strict=True)
    ]
    results = summary(rows) | {"pack": pipeline.info.hash, "loops": loops, "sampler": sampler, "steps": steps}
    _write(out, results, rows)
    _draw(out, rows)
    return results


def summary(rows: Sequence[GroupFigures]) -> dict[str, Any]:
    """The share of groups that are one part's, and whose; the same of those that are heard at all."""
    own = [row for row in rows if row.is_own]
    heard = [row for row in rows if row.moved[row.part] >= HEARD_DB]
    return {
        "groups": len(rows),
        "heard": len(heard),
        "own": len(own),
        "share of one part's": len(own) / len(rows),
        "share of one part's among those heard": len(own) / max(len(heard), 1),
        "twice as much": sum(row.over_others >= 2 for row in heard) / len(rows),
        "median over others": float(np.median([row.over_others for row in rows])),
        "whose": {part: sum(row.part == part for row in own) for part in ROWS},
        "onsets kept by them (F1)": float(np.mean([row.kept for row in own])) if own else None,
    }


def _pattern() -> Pattern:
    steps = range(STEPS_PER_BAR)
    return Pattern({part: tuple(0.9 if step in ROWS.get(part, ()) else 0.0 for step in steps) for part in PARTS})


def _beats(part: str) -> list[float]:
    return [step / 4 for step in ROWS[part]]


def _measured(
    pipeline: LoopPipeline, request: LoopRequest, detector: PartOnsetDetector
) -> tuple[list[GroupPlace], Doubles, Doubles]:
    """All groups, what each moved of each part `[N, parts]` in dB, and how many onsets it kept `[N]` (F1)."""
    notes = {part: tuple((beat, 0.25, pitch) for beat in _beats(part)) for part, pitch in PITCHES.items()}
    written = Composition({}, notes | {"pad": ()}, 0.0, (), None)
    samples = pipeline.geometry(request).samples
    with torch.inference_mode():
        aim, noise = pipeline.aim(request, written), pipeline.noise(request, written).to(pipeline.device)
        places = _places(pipeline, request, aim)
        moved, kept = [], []
        for first in range(0, len(places), TOGETHER - 1):
            turn = places[first : first + TOGETHER - 1]
            audio = _played(pipeline, request, aim, noise, (None, *turn), samples)
            before, *after = (_picture(each) for each in audio)
            moved += [[_apart(before, picture, part) for part in ROWS] for picture in after]
            heard = [detector.detect(each, pipeline.info.sample_rate) for each in audio]
            kept += [_same_onsets(heard[0], found, samples / pipeline.info.sample_rate) for found in heard[1:]]
    return places, np.array(moved), np.array(kept)


def _places(pipeline: LoopPipeline, request: LoopRequest, aim: Aim) -> list[GroupPlace]:
    flow = pipeline.flow(request, aim)
    assert isinstance(flow, GuidedDenoiser | StagedFlow)
    return group_places(flow.embedded, flow.denoiser.config.groups)


def _played(  # noqa: PLR0917
    pipeline: LoopPipeline,
    request: LoopRequest,
    aim: Aim,
    noise: torch.Tensor,
    places: Sequence[GroupPlace | None],
    samples: int,
) -> Floats:
    """The loop `[N, 2, T]` with each of `places` turned, at the level that the codec gives it."""
    flow = pipeline.flow(request, Aim.stack([aim] * len(places)))
    assert isinstance(flow, GuidedDenoiser | StagedFlow)
    groups = flow.denoiser.config.groups
    flow.turn(lambda embedded: turned(embedded, places, groups, FACTOR))
    x_1 = sample(flow, noise.expand(len(places), -1, -1), pipeline.alphas(request), request.sampler)
    return pipeline.latents.decode(x_1.clamp(-REACH, REACH), samples)


def _picture(audio: Floats) -> Floats:
    """Log-mel levels of all steps of a bar `[steps, bands, columns]`, in dB."""
    levels = mel_spectrogram(audio, 44_100, hop=HOP, bands=64, window_length=1024)
    columns = levels.shape[1] // STEPS_PER_BAR
    firsts = np.round(np.arange(STEPS_PER_BAR) * audio.shape[-1] / STEPS_PER_BAR / HOP).astype(np.int64)
    return np.stack([levels[:, (first + np.arange(columns)) % levels.shape[1]] for first in firsts])


def _apart(before: Floats, after: Floats, part: str) -> float:
    """How far pictures are from each other where `part` strikes, in dB above `RANGE_DB` below the peak of one."""
    floor = before.max() - RANGE_DB
    one, other = (np.maximum(picture[list(ROWS[part])], floor) for picture in (before, after))
    return float(np.abs(one - other).mean())


def _same_onsets(before: Mapping[str, Doubles], after: Mapping[str, Doubles], seconds: float) -> float:
    scores = [score_onsets(before[part], after[part], seconds) for part in ROWS]
    return sum(scores[1:], scores[0]).f1


def _write(out: Path, results: dict[str, Any], rows: Sequence[GroupFigures]) -> None:
    heading = f"# Groups that move parts\n\n{results['loops']} loops, {results['sampler']} {results['steps']}.\n\n"
    heading += "".join(f"- {name}: {value}\n" for name, value in results.items() if name != "pack")
    best = sorted((row for row in rows if row.moved[row.part] >= HEARD_DB), key=lambda row: -row.over_others)[:LISTED]
    header = ["block", "group", "part", "times the next", "onsets kept (F1)", *(f"{part} (dB)" for part in ROWS)]
    table = [
        [row.place.block, row.place.group, row.part, row.over_others, row.kept, *row.moved.values()] for row in best
    ]
    each = [
        {"block": row.place.block, "group": row.place.group, "moved": dict(row.moved), "onsets kept": row.kept}
        for row in rows
    ]
    write_table(out / "groups", heading + "\n", header, table, results | {"each": each})


def _draw(out: Path, rows: Sequence[GroupFigures]) -> None:
    """What every group moves, a column each in the order of the signal; and how many times as much as the next."""
    moved = np.array([[*row.moved.values()] for row in rows]).T
    figure = new_figure(12, 6)
    above, below = figure.subplots(2, 1)
    picture = above.imshow(moved, aspect="auto", cmap="magma", vmin=0, interpolation="nearest")
    above.set(yticks=range(len(ROWS)), yticklabels=list(ROWS), xlabel="group, block by block", title="moved by (dB)")
    figure.colorbar(picture, ax=above)
    edges = sorted({row.place.block for row in rows})
    for block in edges[1:]:
        above.axvline(block * len(rows) / len(edges) - 0.5, color="white", linewidth=0.5)
    below.hist([min(row.over_others, 5.0) for row in rows], bins=np.linspace(1, 5, 41).tolist())
    below.axvline(OWN, color="black", linestyle=":")
    below.set(xlabel="times the next part (5: five and more)", ylabel="groups")
    save_figure(figure, out / "groups.png")
