"""`loopgen evaluate controls`: do negations, weights, steers and references do what they promise, each by itself?"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import scipy.stats
from numpy.typing import NDArray
from tqdm import tqdm

from engine.corpus.seeds import CONTROL_REQUESTS
from engine.evaluation.experiments.words import rendered_properties
from engine.evaluation.held_out import SAMPLE_RATE, held_out_case
from engine.evaluation.judges.claims import ClaimJudges
from engine.evaluation.judges.embedding import NAME, embed
from engine.evaluation.judges.tags import steered_attributes
from engine.evaluation.ledger import Ledger
from engine.evaluation.loop_items import LoopRenderer
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.requests import LoopRequest
from engine.vocabulary import STEERS

FIRST_SEED: Final = CONTROL_REQUESTS.first
"""Seed of the first request of a case; references are held-out loops from `REFERENCES` on."""
REFERENCES: Final = 1_002_000

NEGATED: Final = {"kick": "kick", "snare": "snare", "hats": "closed_hat", "open hats": "open_hat", "bass": "bass"}
"""What is asked away, and the property that it would be heard by."""
BASES: Final = ("techno with kick, snare, hats, open hats and bass", "house, full drum kit and bass", "electro")
WEIGHTED: Final = {
    "acid": "acid",
    "bright": "bright",
    "busy": "busy",
    "sub bass": "low",
    "reverb": "wet",
    "pad": "pad",
}
WEIGHTS: Final = (0.0, 0.5, 1.0, 1.5, 2.0)
STEER_STEPS: Final = (-1.0, -0.5, 0.0, 0.5, 1.0)
KINDS: Final = ("negations", "weights", "steers", "references")

Values = NDArray[np.float64]


class Hearing(LoopRenderer, Protocol):
    """A renderer that embeds sounds: a `LoopPipeline`, or a fake in tests."""

    def embed_sound(self, audio: NDArray[np.float32], sample_rate: int, /) -> tuple[float, ...]:
        """The embedding of a sound, for `LoopRequest.reference`."""


class ControlExperiment:
    """Renders two bars of every case at `seeds` seeds and judges them; what was measured is kept in `out`, so that it
    goes on where it was stopped."""

    def __init__(
        self,
        renderer: Hearing,
        judges: ClaimJudges,
        out: Path,
        *,
        seeds: int = 8,
        references: int = 50,
        guidance_scale: float = LoopRequest.guidance_scale,
        sampler: str = LoopRequest.sampler,
        progress: bool = True,
    ) -> None:
        self._renderer, self._judges, self._progress = renderer, judges, progress
        self._out = results_folder(out)
        self._ledger = Ledger(out / "controls.jsonl")
        self._seeds, self._references = range(FIRST_SEED, FIRST_SEED + seeds), references
        self._base = LoopRequest(bars=2, guidance_scale=guidance_scale).with_(sampler=sampler)

    def run(self, kinds: Sequence[str] = KINDS) -> dict[str, Any]:
        """`controls.json` and `controls.md`; `kinds` of `KINDS`."""
        parts: dict[str, Callable[[], list[dict[str, Any]]]] = {
            "negations": self.negations,
            "weights": self.weights,
            "steers": self.steers,
            "references": self.references,
        }
        found = {kind: parts[kind]() for kind in kinds}
        info = self._renderer.info
        results: dict[str, Any] = {
            "pack": {"name": info.name, "hash": info.hash},
            "guidance": self._base.guidance_scale,
            "sampler": self._base.sampler,
            "seeds": len(self._seeds),
            "summary": {kind: summary(kind, rows) for kind, rows in found.items()},
            **found,
        }
        write_json(self._out / "controls.json", results)
        write_atomically(self._out / "controls.md", _report(results).encode())
        return results

    def negations(self) -> list[dict[str, Any]]:
        """Every `NEGATED` thing asked away from every base, in the prompt and as a negative prompt: of the seeds that
        had it, how many had less of it then."""
        rows = []
        for base, (thing, heard) in self._bar(
            product(BASES, NEGATED.items()), len(BASES) * len(NEGATED), "negations"
        ):
            before = self._measured(self._base.with_(prompt=base), heard)
            for way, changes in (
                ("prompt", {"prompt": f"{base}, no {thing}"}),
                ("negative prompt", {"prompt": base, "negative_prompt": thing}),
            ):
                after = self._measured(self._base.with_(**changes), heard)
                had = before > 0
                rows.append(
                    {
                        "case": f"{base}: no {thing}, {way}",
                        "had it": int(had.sum()),
                        "less": int((after < before)[had].sum()),
                        "before": float(before[had].mean()) if had.any() else 0.0,
                        "after": float(after[had].mean()) if had.any() else 0.0,
                    }
                )
        return rows

    def weights(self) -> list[dict[str, Any]]:
        """What every `WEIGHTED` phrase is to change, over its weight in the prompt."""
        rows = []
        for phrase, heard in self._bar(WEIGHTED.items(), len(WEIGHTED), "weights"):
            curve = [
                self._measured(self._base.with_(prompt=f"techno, {phrase}:{weight:g}"), heard).mean()
                for weight in WEIGHTS
            ]
            rows.append({"case": phrase, "heard as": heard, "spearman": monotony(WEIGHTS, curve), "curve": curve})
        return rows

    def steers(self) -> list[dict[str, Any]]:
        """All steers' attributes over each slider: its own, in deviations, and the greatest change of another."""
        curves = {}
        for name in self._bar(STEERS, len(STEERS), "steers"):
            requests = [self._base.with_(prompt="techno loop", steer={name: at}) for at in STEER_STEPS]
            curves[name] = np.array([self._attributes(request).mean(axis=0) for request in requests])
        rest = self._attributes(self._base.with_(prompt="techno loop"))
        spread = np.maximum(rest.std(axis=0), 1e-9)
        rows = []
        for index, (name, curve) in enumerate(curves.items()):
            moved = (curve[-1] - curve[0]) / spread
            others = {other: float(moved[at]) for at, other in enumerate(STEERS) if other != name}
            rows.append(
                {
                    "case": name,
                    "spearman": monotony(STEER_STEPS, curve[:, index].tolist()),
                    "moved": float(moved[index]),
                    "greatest other": max(others.values(), key=abs),
                    "mean other": float(np.mean(np.abs(list(others.values())))),
                    "others": others,
                    "curve": curve[:, index].tolist(),
                }
            )
        return rows

    def references(self) -> list[dict[str, Any]]:
        """Held-out loops as references without words or tags: how near what comes stands to its own, by an embedding
        that nothing was trained for (`engine.evaluation.judges.embedding`)."""
        own, made = [], []
        seeds = range(REFERENCES, REFERENCES + self._references)
        for seed in self._bar(seeds, len(seeds), "references"):
            audio = held_out_case(seed).audio
            request = self._base.with_(seed=seed, reference=self._renderer.embed_sound(audio, SAMPLE_RATE))
            own.append(embed(audio, SAMPLE_RATE).mean(axis=0))
            made.append(self._ledger(f"{self._key(request)} embedding", partial(self._embedded, request)))
        distances = np.linalg.norm(np.stack(own)[None] - np.array(made)[:, None], axis=-1)
        rows = []
        for index, row in enumerate(distances):
            others = np.delete(row, index)
            rows.append(
                {
                    "case": str(REFERENCES + index),
                    "distance": float(row[index]),
                    "mean of others": float(others.mean()),
                    "nearer than": float((others > row[index]).mean()),
                }
            )
        return rows

    def _embedded(self, request: LoopRequest) -> Values:
        loop = self._renderer.render(request)
        return np.asarray(embed(loop.audio, loop.sample_rate).mean(axis=0), dtype=np.float64)

    def _measured(self, request: LoopRequest, heard: str) -> Values:
        """Property `heard` of the loops of `request` at every seed."""
        measure = partial(rendered_properties, self._renderer, self._judges)
        asked = [request.with_(seed=seed) for seed in self._seeds]
        return np.array([self._ledger(self._key(r), partial(measure, r))[heard] for r in asked])

    def _attributes(self, request: LoopRequest) -> Values:
        """What the tag judge makes of every steer `[seeds, len(STEERS)]`: its tag's score less its opposite's."""

        def measure(asked: LoopRequest) -> list[float]:
            loop = self._renderer.render(asked)
            return [*map(float, steered_attributes(self._judges.tags, loop.audio, loop.sample_rate))]

        asked = [request.with_(seed=seed) for seed in self._seeds]
        return np.array([self._ledger(f"{self._key(r)} steers", partial(measure, r)) for r in asked])

    def _key(self, request: LoopRequest) -> str:
        told = json.dumps(request.to_dict(), sort_keys=True)
        return f"{self._renderer.info.hash[:12]} {hashlib.sha256(told.encode()).hexdigest()[:16]}"

    def _bar(self, cases: Any, total: int, name: str) -> Any:
        return tqdm(cases, desc=name, total=total, unit="case", disable=not self._progress)


def monotony(slider: Sequence[float], measured: Sequence[float]) -> float:
    """Spearman's correlation of a slider and what it moved; 0 where nothing moved."""
    if np.ptp(measured) == 0:
        return 0.0
    return float(scipy.stats.spearmanr(slider, measured).statistic)


def summary(kind: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The figures of one kind of control in one line."""
    if kind == "negations":
        had = sum(row["had it"] for row in rows)
        return {"loops that had it": had, "less of it": sum(row["less"] for row in rows) / max(had, 1)}
    if kind == "references":
        near = np.array([row["nearer than"] for row in rows])
        closer = [row["distance"] < row["mean of others"] for row in rows]
        return {
            "nearer to their own than to others on average": float(np.mean(closer)),
            "nearer to their own than to a random other": float(near.mean()),
            "their own is the nearest of all": float((near == 1).mean()),
        }
    monotonic = np.array([row["spearman"] for row in rows])
    found = {"mean Spearman": float(monotonic.mean()), "Spearman of 0.9 and more": float((monotonic >= 0.9).mean())}
    if kind == "steers":
        held = [abs(row["greatest other"]) < abs(row["moved"]) / 3 for row in rows]
        found["every other attribute moved less than a third"] = float(np.mean(held))
    return found


def _report(results: Mapping[str, Any]) -> str:
    lines = [
        f"# Controls of {results['pack']['name']} ({results['pack']['hash'][:12]})\n",
        f"{results['seeds']} seeds a case, guidance {results['guidance']:g}, {results['sampler']}. "
        f"References by {NAME}.\n",
    ]
    for kind, figures in results["summary"].items():
        rows = [[name, value] for name, value in figures.items()]
        lines += [f"## {kind}\n", markdown_table(["figure", "value"], rows)]
        columns = [name for name in results[kind][0] if name not in ("others", "curve")] if results[kind] else []
        lines.append(markdown_table(columns, [[row[name] for name in columns] for row in results[kind]]))
    return "\n".join(lines)
