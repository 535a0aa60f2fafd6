"""`loopgen evaluate words`: do words find their loops, and do loops do what words say?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from engine.clap.base import ClapEmbedder
from engine.config import RESOURCES
from engine.corpus.render import render_loop
from engine.corpus.seeds import HELD_OUT_SEED, WORD_REQUESTS
from engine.errors import MissingDependency
from engine.evaluation.judges.claims import ClaimJudges, measure_properties, verdict
from engine.evaluation.loop_items import LoopRenderer
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.requests import LoopRequest
from engine.tempo import LoopGeometry

SHIPPED: Final = RESOURCES / "evaluation" / "words.json"
SAMPLE_RATE: Final = 44100
FIRST_SEED: Final = WORD_REQUESTS.first
"""Seed of the first request of a prompt, so that no other experiment shares them."""

TWO_BARS: Final = LoopRequest(bars=2)
"""What prompts are rendered as, where nothing else is asked for."""

Embeddings = NDArray[np.float32]


@dataclass(frozen=True)
class Claim:
    """A prompt and the properties that it asks for more (1) or less (-1) of."""

    text: str
    claims: dict[str, int]


@dataclass(frozen=True)
class HandWritten:
    """Prompts with claims, and a description by held-out seed; nothing here was written by the caption grammar."""

    prompts: tuple[Claim, ...]
    paraphrases: dict[int, str]

    @classmethod
    def load(cls, path: Path = SHIPPED) -> "HandWritten":
        """Read the file; raises `MissingDependency` when it is not there."""
        if not path.is_file():
            raise MissingDependency(f"There are no hand-written prompts at {path}.")
        values = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            tuple(Claim(row["text"], row["claims"]) for row in values["prompts"]),
            {int(seed): text for seed, text in values["paraphrases"].items()},
        )


def evaluate_retrieval(clap: ClapEmbedder, out: Path, *, count: int = 1000, progress: bool = True) -> dict[str, Any]:
    """Recall among `count` held-out loops from grammar captions and from hand-written paraphrases, and how often a
    loop's nearest neighbour has its style: `retrieval.json` and `retrieval.md` in `out`."""
    written = HandWritten.load()
    sounds, captions, styles = _held_out(clap, count, progress=progress)
    owners = np.repeat(np.arange(count), [len(said) for said in captions])
    own = {seed - HELD_OUT_SEED: text for seed, text in written.paraphrases.items() if seed - HELD_OUT_SEED < count}
    with torch.inference_mode():
        said = clap.embed_text([text for row in captions for text in row]).numpy()
        described = clap.embed_text(list(own.values())).numpy()
    nearest = (sounds @ sounds.T - 2 * np.eye(count)).argmax(axis=1)
    same = [styles[index] == styles[near] for index, near in enumerate(nearest)]
    shares = [styles.count(style) / count for style in set(styles)]
    figures = {
        "loops": count,
        "captions, recall at 10": recall(said, sounds, owners, 10),
        "captions, recall at 1": recall(said, sounds, owners, 1),
        "paraphrases": len(own),
        "paraphrases, recall at 10": recall(described, sounds, np.array(list(own)), 10),
        "paraphrases, median place": float(np.median(places(described, sounds, np.array(list(own))))),
        "chance, recall at 10": 10 / count,
        "nearest loop has the same style": float(np.mean(same)),
        "chance of the same style": float(sum(share**2 for share in shares)),
    }
    out = results_folder(out)
    write_json(out / "retrieval.json", figures)
    table = markdown_table(["figure", "value"], list(figures.items()))
    write_atomically(out / "retrieval.md", f"# Words and held-out loops\n\n{table}".encode())
    return figures


def evaluate_prompts(
    renderer: LoopRenderer,
    judges: ClaimJudges,
    out: Path,
    *,
    seeds: int = 8,
    base: LoopRequest = TWO_BARS,
    progress: bool = True,
) -> dict[str, Any]:
    """Render every hand-written prompt and no words at all with the same seeds, all else as in `base`; which claimed
    properties moved the claimed way on average? `prompts.json` and `prompts.md` in `out`."""
    written = HandWritten.load()
    # A request without words would take on the sounds that a pack learnt from: there is nothing to compare with then.
    plain = base.with_(learnt=0.0)
    rows: list[dict[str, Any]] = []
    without = _mean_properties(renderer, judges, [plain.with_(seed=FIRST_SEED + n) for n in range(seeds)])
    for claim in tqdm(written.prompts, desc="prompts", unit="prompt", disable=not progress):
        requests = [base.with_(seed=FIRST_SEED + n, prompt=claim.text) for n in range(seeds)]
        found = _mean_properties(renderer, judges, requests)
        moved = {name: found[name] - without[name] for name in claim.claims}
        rows.append({"prompt": claim.text, "held": verdict(claim.claims, found, without), "moved": moved})
    share = float(np.mean([row["held"] for row in rows]))
    results = {
        "pack": {"name": renderer.info.name, "hash": renderer.info.hash},
        "sampler": base.sampler,
        "guidance": base.guidance_scale,
        "learnt": base.learnt,
        "seeds": seeds,
        "prompts that do what they say": share,
        "prompts": rows,
    }
    out = results_folder(out)
    write_json(out / "prompts.json", results)
    table = markdown_table(["prompt", "held", "moved"], [_told(row) for row in rows])
    heading = f"# Prompts that do what they say: {share:.0%} of {len(rows)}\n\n{seeds} seeds each, guidance "
    write_atomically(out / "prompts.md", f"{heading}{base.guidance_scale:g}.\n\n{table}".encode())
    return results


def _told(row: dict[str, Any]) -> list[str]:
    moved = ", ".join(f"{name} {value:+.2f}" for name, value in row["moved"].items())
    return [row["prompt"], "yes" if row["held"] else "no", moved]


def rendered_properties(renderer: LoopRenderer, judges: ClaimJudges, request: LoopRequest) -> dict[str, float]:
    """Every property of the loop that `renderer` makes of `request`."""
    loop = renderer.render(request)
    geometry = LoopGeometry(request.tempo_bpm, request.bars, loop.sample_rate)
    return measure_properties(loop.audio, loop.sample_rate, geometry, judges)


def places(texts: Embeddings, sounds: Embeddings, owners: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each text `[N, 512]`, how many of the sounds `[M, 512]` are nearer than its owner's."""
    likeness = texts @ sounds.T
    own = likeness[np.arange(len(texts)), owners]
    return np.asarray((likeness > own[:, None]).sum(axis=1), dtype=np.int64)


def recall(texts: Embeddings, sounds: Embeddings, owners: NDArray[np.int64], most: int) -> float:
    """Share of texts whose own sound is among the `most` nearest."""
    return float((places(texts, sounds, owners) < most).mean()) if len(texts) else 0.0


def _held_out(
    clap: ClapEmbedder, count: int, *, progress: bool
) -> tuple[Embeddings, list[tuple[str, ...]], list[str | None]]:
    sounds, captions, styles = [], [], []
    seeds = range(HELD_OUT_SEED, HELD_OUT_SEED + count)
    for seed in tqdm(seeds, desc="held-out loops", unit="loop", disable=not progress):
        loop = render_loop(seed)
        with torch.inference_mode():
            sounds.append(clap.embed_audio(torch.from_numpy(loop.audio)[None], SAMPLE_RATE)[0].numpy())
        captions.append(loop.annotation.captions)
        styles.append(loop.annotation.style)
    return np.stack(sounds), captions, styles


def _mean_properties(
    renderer: LoopRenderer, judges: ClaimJudges, requests: Sequence[LoopRequest]
) -> dict[str, float]:
    rows = [rendered_properties(renderer, judges, request) for request in requests]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
