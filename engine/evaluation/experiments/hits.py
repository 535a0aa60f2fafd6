"""`loopgen evaluate hits`: is every hit that was asked for played, and no other?

Patterns drawn at random, one part at a time, every other row silent. Levels are those of the part's own band just
behind each sixteenth; a step is struck where its level has risen and lies near the median of the asked hits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.signal
from numpy.typing import NDArray
from tqdm import tqdm

from engine.corpus.seeds import HELD_OUT_SEED
from engine.evaluation.loop_items import LoopRenderer
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.requests import LoopRequest, Pattern
from engine.vocabulary import PARTS, STEPS_PER_BAR

BANDS_HZ: Final[Mapping[str, tuple[float, float]]] = {
    "kick": (40.0, 160.0),
    "snare": (180.0, 5_000.0),
    "closed_hat": (6_000.0, 15_000.0),
}
"""Where each part that is tried is loudest."""
TEMPO_BPM, BARS = 124.0, 2
NEAR_DB: Final = 12.0
"""How far from the median of its row a hit may be."""
RISE_DB: Final = 6.0
"""How much louder than the step before it (dB) a step has to be to count as struck."""
LISTENED_SECONDS: Final = 0.05


@dataclass(frozen=True)
class Hits:
    """Of one loop: how many hits were asked for and how many of these were played, how many steps were asked to be
    silent and how many of these carry a hit."""

    asked: int
    played: int
    silent: int
    struck: int


def evaluate_hits(
    renderer: LoopRenderer,
    out: Path,
    *,
    patterns: int = 100,
    request: LoopRequest | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Render `patterns` patterns of each part of `BANDS_HZ`; writes `hits.json` and `hits.md` and returns shares.

    `request` says how they are sampled. Raises `ExportError` when `out` cannot be used.
    """
    out = results_folder(out)
    asked = (request or LoopRequest()).with_(tempo_bpm=TEMPO_BPM, bars=BARS)
    found: dict[str, dict[str, float]] = {}
    for part in BANDS_HZ:
        rows = []
        for seed in tqdm(range(patterns), desc=part, unit="loop", disable=not progress):
            row = drawn_row(seed, part)
            drawn = asked.with_(seed=HELD_OUT_SEED + seed, pattern=alone(part, row))
            loop = renderer.render(drawn)
            rows.append(measure_hits(part, loop.audio, loop.sample_rate, row))
        total = {name: sum(getattr(hits, name) for hits in rows) for name in ("asked", "played", "silent", "struck")}
        found[part] = {
            "asked hits played": total["played"] / max(total["asked"], 1),
            "silent steps struck": total["struck"] / max(total["silent"], 1),
        }
    write_json(out / "hits.json", {"pack": renderer.info.hash, "patterns": patterns, "parts": found})
    header = ["part", *next(iter(found.values()))]
    table = markdown_table(header, [[part, *row.values()] for part, row in found.items()])
    write_atomically(out / "hits.md", table.encode())
    return found


def drawn_row(seed: int, part: str) -> tuple[float, ...]:
    """A row of 16 steps in which a third strike or fewer, at least two of them, all about equally loud."""
    rng = np.random.default_rng([seed, PARTS.index(part)])
    count = int(rng.integers(2, 7))
    steps = rng.choice(STEPS_PER_BAR, count, replace=False)
    return tuple(0.85 if step in steps else 0.0 for step in range(STEPS_PER_BAR))


def alone(part: str, row: tuple[float, ...]) -> Pattern:
    """A pattern in which `part` plays `row` and all others are silent."""
    rows: dict[str, tuple[float, ...]] = dict.fromkeys(PARTS, (0.0,) * STEPS_PER_BAR)
    return Pattern({**rows, part: row})


def measure_hits(part: str, audio: NDArray[np.float32], sample_rate: int, row: tuple[float, ...]) -> Hits:
    """What of `row`, repeated over loop `audio` `[2, T]`, is played."""
    steps = BARS * STEPS_PER_BAR
    band = scipy.signal.butter(4, BANDS_HZ[part], "bandpass", fs=sample_rate, output="sos")
    # Twice round, so that the filter has come to rest where the loop is listened to.
    mono = np.tile(audio.mean(axis=0).astype(np.float64), 2)
    power = np.square(scipy.signal.sosfilt(band, mono))[audio.shape[-1] :]
    length = round(LISTENED_SECONDS * sample_rate)
    places = np.round(np.arange(steps) * len(power) / steps).astype(np.int64)
    around = np.arange(length)
    after, before = (
        10 * np.log10(power[(places[:, None] + offset + around) % len(power)].mean(axis=1) + 1e-12)
        for offset in (0, -length)
    )
    wanted = np.array([row[step % STEPS_PER_BAR] > 0 for step in range(steps)])
    median = float(np.median(after[wanted]))
    near = np.abs(after - median) <= NEAR_DB
    rises = after - before >= RISE_DB
    return Hits(
        int(wanted.sum()), int((wanted & near).sum()), int((~wanted).sum()), int((~wanted & near & rises).sum())
    )
