"""Train the part onset detector on corpus loops (half an hour on two cores; `loopgen evaluate train-detector`)."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from engine.corpus.render import render_loop
from engine.corpus.score import Annotation
from engine.corpus.seeds import DETECTOR, DETECTOR_CEILING
from engine.devices import fast_dtype
from engine.evaluation.judges.onset_score import OnsetScore, score_onsets
from engine.evaluation.judges.part_onsets import (
    BANDS,
    PartOnsetDetector,
    PartOnsetNetwork,
    find_peaks,
    onset_features,
)
from engine.files import write_atomically
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS

FIRST_SEED = DETECTOR.first
"""Training loops from here, thresholds from the last tenth of them; the ceiling from `DETECTOR_CEILING`."""

_CROP_FRAMES = 256
_THRESHOLDS = np.round(np.arange(0.1, 0.8, 0.05), 2)


@dataclass(frozen=True, eq=False)
class Example:
    """`features [128, N]` (half precision) of a loop of `seconds`, and the exact onset times of each part in it."""

    features: NDArray[np.float16]
    onsets: Mapping[str, NDArray[np.float64]]
    seconds: float

    @property
    def targets(self) -> NDArray[np.float32]:
        """Onset activations `[8, N]`: 1 on the nearest frame, a half beside it."""
        count = self.features.shape[-1]
        rows = np.zeros((len(PARTS), count), dtype=np.float32)
        for row, part in zip(rows, PARTS, strict=True):
            frames = np.round(self.onsets.get(part, np.zeros(0)) / self.seconds * count).astype(np.int64)
            for offset, value in ((-1, 0.4), (1, 0.4), (0, 1.0)):
                np.maximum.at(row, (frames + offset) % count, value)
        return rows


def make_example(audio: NDArray[Any], sample_rate: float, annotation: Annotation) -> Example:
    """Features and onsets of an annotated loop `audio [C, T]`."""
    geometry = LoopGeometry(annotation.tempo_bpm, annotation.bars)
    onsets = {
        part: np.array([geometry.beat_to_seconds(beat) for beat, _ in rows])
        for part, rows in annotation.onsets.items()
    }
    return Example(onset_features(audio, sample_rate).astype(np.float16), onsets, audio.shape[-1] / sample_rate)


def corpus_examples(first_seed: int, count: int, *, progress: bool = True) -> list[Example]:
    """`count` rendered corpus loops from `first_seed` on, by as many processes as there are cores."""
    seeds = range(first_seed, first_seed + count)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        rendered = pool.map(_corpus_example, seeds, chunksize=8)
        return list(tqdm(rendered, desc="rendering corpus loops", total=count, disable=not progress))


def _corpus_example(seed: int) -> Example:
    loop = render_loop(seed)
    return make_example(loop.audio, 44100, loop.annotation)


def train_detector(
    examples: Sequence[Example],
    held_out: Sequence[Example],
    *,
    steps: int = 4000,
    batch: int = 24,
    seed: int = 0,
    progress: bool = True,
) -> PartOnsetDetector:
    """Train on nine tenths of `examples`, choose thresholds on the rest, and measure the ceiling on `held_out`."""
    kept = max(1, len(examples) // 10)
    network = _fit(examples[:-kept] or examples, steps, batch, seed, progress)
    heard, judged = _listen(network, examples[-kept:]), _listen(network, held_out)
    scores = np.array([[_score(heard, examples[-kept:], part, t) for t in _THRESHOLDS] for part in range(len(PARTS))])
    # The middle of the best ones: at the edge of a plateau another loop may fall off it.
    thresholds = {
        part: float(np.median(_THRESHOLDS[row >= row.max() - 0.005])) for part, row in zip(PARTS, scores, strict=True)
    }
    quality = {part: _score(judged, held_out, index, thresholds[part]) for index, part in enumerate(PARTS)}
    return PartOnsetDetector(network, thresholds, quality)


def save_detector(detector: PartOnsetDetector, path: Path, *, provenance: Mapping[str, Any]) -> None:
    """Write `detector` as float16 safetensors with its thresholds, quality and `provenance`."""
    about = {"thresholds": detector.thresholds, "quality": detector.quality, "provenance": provenance}
    tensors = {name: tensor.half().contiguous() for name, tensor in detector.network.state_dict().items()}
    write_atomically(path, safetensors.torch.save(tensors, metadata={"detector": json.dumps(about)}))


def train_from_corpus(
    path: Path, *, loops: int = 5000, held_out: int = 200, steps: int = 4000, progress: bool = True
) -> PartOnsetDetector:
    """Render, train, measure and save; returns the detector."""
    examples = corpus_examples(FIRST_SEED, loops, progress=progress)
    judge = corpus_examples(DETECTOR_CEILING.first, held_out, progress=progress)
    detector = train_detector(examples, judge, steps=steps, progress=progress)
    save_detector(detector, path, provenance={"loops": loops, "first_seed": FIRST_SEED, "steps": steps})
    return detector


def _fit(examples: Sequence[Example], steps: int, batch: int, seed: int, progress: bool) -> PartOnsetNetwork:
    rng = np.random.default_rng(seed)
    targets = [example.targets for example in examples]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = PartOnsetNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps, pct_start=0.1)
    fast = fast_dtype(torch.device("cpu"))
    bar = tqdm(range(steps), desc="training the detector", disable=not progress)
    for step in bar:
        features, wanted = _batch(examples, targets, batch, rng)
        # Onsets are rare: without a weight the network would rather never speak.
        with torch.autocast("cpu", fast, enabled=fast != torch.float32):
            logits = network(features).float()
        loss = nn.functional.binary_cross_entropy_with_logits(logits, wanted, pos_weight=torch.tensor(3.0))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % 50 == 0:
            bar.set_postfix(loss=f"{loss.item():.4f}")
    return network.eval().requires_grad_(False)


def _batch(
    examples: Sequence[Example], targets: Sequence[NDArray[np.float32]], size: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Circular crops, each through another equaliser and another noise floor: rendered loops are not clean."""
    features, wanted = [], []
    for index in rng.integers(len(examples), size=size):
        count = targets[index].shape[-1]
        frames = (rng.integers(count) + np.arange(_CROP_FRAMES)) % count
        crop = examples[index].features[:, frames].astype(np.float32)
        bends = np.interp(np.arange(BANDS), np.linspace(0, BANDS, 5), 0.2 * rng.standard_normal(5))
        crop = crop + np.tile(bends, 2)[:, None] + 0.05 * rng.standard_normal(crop.shape)
        features.append(np.maximum(crop, rng.uniform(-3.5, -2.2)))
        wanted.append(targets[index][:, frames])
    return torch.from_numpy(np.stack(features)).float(), torch.from_numpy(np.stack(wanted))


def _listen(network: PartOnsetNetwork, examples: Sequence[Example]) -> list[NDArray[np.float32]]:
    """Onset probabilities `[8, N]` of every example."""
    with torch.inference_mode():
        return [torch.sigmoid(network(torch.from_numpy(e.features)[None].float())[0]).numpy() for e in examples]


def _score(heard: Sequence[NDArray[np.float32]], examples: Sequence[Example], part: int, threshold: float) -> float:
    total = OnsetScore()
    for probabilities, example in zip(heard, examples, strict=True):
        found = find_peaks(probabilities[part], threshold) * example.seconds / probabilities.shape[-1]
        total += score_onsets(example.onsets.get(PARTS[part], np.zeros(0)), found, example.seconds)
    return total.f1
