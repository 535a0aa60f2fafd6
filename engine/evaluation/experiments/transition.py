"""`loopgen evaluate transition`: does a passage begin as one loop, end as another, and go evenly between them?"""

import itertools
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from engine.applications.interpolation import End
from engine.applications.inversion import InvertedLoop, invert_loops, latent_state
from engine.applications.passage import Passage
from engine.applications.source import SourceLoop
from engine.applications.transition import transition
from engine.audio.descriptors import onset_envelope
from engine.errors import InvalidRequest
from engine.evaluation.judges.embedding import embed
from engine.evaluation.judges.seam import spectral_jumps
from engine.evaluation.ledger import Ledger
from engine.evaluation.plots import new_figure, save_figure
from engine.evaluation.results import results_folder
from engine.evaluation.sources import SourceSettings, mean, named, rank_correlation, write_table
from engine.pipeline import LoopPipeline
from engine.tempo import TempoRamp
from engine.vocabulary import BEATS_PER_BAR

Doubles = NDArray[np.float64]
Audio = NDArray[np.float32]

_HOP = 256


def evaluate_transition(
    pipeline: LoopPipeline, out: Path, settings: SourceSettings, *, bars: int = 8, progress: bool = True
) -> dict[str, Any]:
    """Transitions of `bars` bars between consecutive loops: `transition.json`, `.md`, a plot; stopped, it goes on.

    The first bar is nearest to a loop when its embedding is nearer to that of the loop's own first bar, as the codec
    gives it, than to any other loop's; the last likewise. Drift goes by the distance to the nearest bar of A, less
    that to the nearest bar of B.
    """
    if settings.count < 2:
        raise InvalidRequest("A transition needs two loops: give --count 2 or more.")
    out = results_folder(out)
    ledger = Ledger(out / "transition.jsonl")
    loops = _Loops(pipeline, settings, ledger)
    own = [loops.bars(seed) for seed in settings.seeds]
    firsts, lasts = (np.stack([rows[which] for rows in own]) for which in (0, -1))
    found: list[dict[str, Any]] = []
    pairs = range(0, settings.count - 1, 2)
    for index in tqdm(pairs, desc="transitions", unit="pair", disable=not progress):
        a, b = settings.seeds[index], settings.seeds[index + 1]
        key = f"{settings.walked(pipeline)} {settings.name(a)} {settings.name(b)} {bars}"
        item = ledger(key, partial(_measured, pipeline, settings, loops, (a, b), bars))
        rows = np.array(item["bars"])
        to_a, to_b = (_to_nearest(rows, goal) for goal in (own[index], own[index + 1]))
        found.append(
            item
            | {
                "first_is_a": _nearest(rows[0], firsts) == index,
                "last_is_b": _nearest(rows[-1], lasts) == index + 1,
                "drift": rank_correlation(range(bars), (to_a - to_b).tolist()),
                "to_a": to_a.tolist(),
                "to_b": to_b.tolist(),
            }
        )
    figures = _figures(found, bars)
    results = {"pack": named(pipeline), "settings": settings.to_dict(), "figures": figures, "pairs": found}
    heading = settings.heading(f"Transitions over {bars} bars", pipeline)
    write_table(out / "transition", heading, ["figure", "value"], list(map(list, figures.items())), results)
    _draw(out / "transition.png", found)
    return results


def _figures(found: list[dict[str, Any]], bars: int) -> dict[str, Any]:
    return {
        "pairs": len(found),
        "first bar nearest to A": mean([item["first_is_a"] for item in found]),
        "last bar nearest to B": mean([item["last_is_b"] for item in found]),
        "drift, Spearman of the mean over pairs": rank_correlation(
            range(bars), np.mean([np.subtract(item["to_a"], item["to_b"]) for item in found], axis=0).tolist()
        ),
        "drift, Spearman": mean([item["drift"] for item in found]),
        "passages that drift monotonically (Spearman >= 0.95)": mean([item["drift"] >= 0.95 for item in found]),
        "bar-to-bar tempo error, largest of a passage, median %": 100
        * float(np.median([item["tempo_error"] for item in found])),
        "passages within 2 % of the ramp throughout": mean([item["tempo_error"] <= 0.02 for item in found]),
        "seam ratio, median of windows": mean([item["seam_ratio"] for item in found]),
        "seam ratio, worst window": mean([item["worst_seam_ratio"] for item in found]),
    }


def _draw(path: Path, found: list[dict[str, Any]]) -> None:
    figure = new_figure(6, 4)
    axis = figure.subplots()
    for name, label in (("to_a", "to A"), ("to_b", "to B")):
        axis.plot(np.mean([item[name] for item in found], axis=0), marker=".", label=label)
    axis.set(title="distance of each bar", xlabel="bar", ylabel="embedding", ylim=(0, None))
    axis.legend()
    save_figure(figure, path)


class _Loops:
    """Each loop inverted where that is needed, and the embeddings of its bars as the codec gives them."""

    def __init__(self, pipeline: LoopPipeline, settings: SourceSettings, ledger: Ledger) -> None:
        self.pipeline, self.settings, self.ledger = pipeline, settings, ledger

    def inverted(self, seed: int) -> InvertedLoop:
        """With its noise."""
        return invert_loops(self.pipeline, [self.settings.source(seed)], self.settings.walk)[0]

    def bars(self, seed: int) -> Doubles:
        """Embeddings of its bars, `[bars, 88]`."""

        def measure() -> list[list[float]]:
            source = self.settings.source(seed)
            sound = _coded(self.pipeline, source, latent_state(self.pipeline, source))
            length = sound.shape[-1] // source.geometry.bars
            starts = range(0, source.geometry.bars * length, length)
            return [_embed(sound[:, start : start + length], source.sample_rate).tolist() for start in starts]

        return np.array(self.ledger(f"{self.pipeline.info.hash[:12]} {self.settings.name(seed)} bars", measure))


def _measured(
    pipeline: LoopPipeline, settings: SourceSettings, loops: _Loops, pair: tuple[int, int], bars: int
) -> dict[str, Any]:
    """One transition: its tempi, its bars as embeddings, its seams beside those of beats of its loops."""
    ends = [loops.inverted(seed) for seed in pair]
    passage = transition(pipeline, End.of_loop(ends[0]), End.of_loop(ends[1]), bars, settings.walk)
    usual = np.concatenate([_jumps(_coded(pipeline, end.source, end.x_1), end) for end in ends])
    jumps = _window_jumps(passage)
    own = pipeline.latents.restore(ends[0].x_1)[0].cpu().numpy()
    head = min(own.shape[-1], round(passage.ramp.beat_to_frame(BEATS_PER_BAR)))
    return {
        "from_bpm": passage.ramp.from_bpm,
        "to_bpm": passage.ramp.to_bpm,
        "tempo_error": float(np.abs(local_tempo_errors(passage)).max()),
        "seam_ratio": float(np.median(jumps) / max(float(np.median(usual)), 1e-9)),
        "worst_seam_ratio": float(jumps.max() / max(float(usual.max()), 1e-9)),
        "first_bar_latent_error": float(
            np.linalg.norm(passage.latent[:, :head] - own[:, :head]) / np.linalg.norm(own[:, :head])
        ),
        "bars": [_embed(bar, passage.sample_rate).tolist() for bar in passage_bars(passage)],
    }


def passage_bars(passage: Passage) -> list[Audio]:
    """The bars of a passage, as audio."""
    lines = np.round(_bar_seconds(passage.ramp) * passage.sample_rate).astype(int)
    return [passage.audio[:, start:end] for start, end in itertools.pairwise(lines)]


def local_tempo_errors(passage: Passage) -> Doubles:
    """How far the tempo from each bar to the next is from the ramp's, relative, `[bars - 1]`.

    From the phase of the onset envelope on the sixteenth grid of the ramp, bar by bar: a passage whose tempo was off
    would drift against the grid. A bar can be told from its neighbour up to an error of 3 %.
    """
    envelope = np.asarray(onset_envelope(passage.audio, passage.sample_rate, _HOP, circular=False), dtype=np.float64)
    grid = np.linspace(0, passage.ramp.beats, passage.ramp.beats * 64 + 1)
    times = np.arange(len(envelope)) * _HOP / passage.sample_rate
    beats = np.interp(times, passage.ramp.beat_to_seconds(grid), grid)
    turns = envelope * np.exp(-2j * np.pi * 4 * beats)
    bar = np.minimum((beats / BEATS_PER_BAR).astype(int), passage.ramp.bars - 1)
    phases = np.array([turns[bar == index].sum() for index in range(passage.ramp.bars)])
    late_beats = -np.angle(phases[1:] * np.conj(phases[:-1])) / (2 * np.pi * 4)
    return np.asarray(late_beats / BEATS_PER_BAR)


def _bar_seconds(ramp: TempoRamp) -> Doubles:
    return ramp.beat_to_seconds(np.arange(ramp.bars + 1, dtype=np.float64) * BEATS_PER_BAR)


def _window_jumps(passage: Passage) -> Doubles:
    points = np.round(np.array(passage.window_seconds) * passage.sample_rate).astype(np.int64)
    return spectral_jumps(passage.audio, passage.sample_rate, points)


def _jumps(audio: Audio, inverted: InvertedLoop) -> Doubles:
    beats = inverted.source.geometry.beats
    return spectral_jumps(
        audio, inverted.source.sample_rate, np.arange(beats, dtype=np.int64) * audio.shape[-1] // beats
    )


def _coded(pipeline: LoopPipeline, source: SourceLoop, x_1: Tensor) -> Audio:
    coded: Audio = pipeline.latents.decode(x_1, source.geometry.samples)[0]
    return coded


def _embed(audio: Audio, sample_rate: int) -> Doubles:
    return np.asarray(embed(audio, sample_rate).mean(axis=0), dtype=np.float64)


def _to_nearest(rows: Doubles, goals: Doubles) -> Doubles:
    """Distance of each of `rows` to the nearest of `goals`."""
    return np.asarray(np.linalg.norm(rows[:, None] - goals[None], axis=-1).min(axis=1))


def _nearest(row: Doubles, rows: Doubles) -> int:
    return int(np.linalg.norm(rows - row, axis=1).argmin())
