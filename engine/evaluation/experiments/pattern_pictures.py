"""Pictures of what is done to patterns: the paper's figures 2 to 5, with rows of steps in place of faces."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.evaluation.plots import new_figure, save_figure
from engine.patterns.asked import PatternRequest
from engine.patterns.grid import Score
from engine.patterns.writer import PatternWriter
from engine.requests import Pattern
from engine.vocabulary import PARTS, STEPS_PER_BAR

SHOWN: Final = ("kick", "closed_hat", "bass")
STEPS_ON_THE_WAY: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw_pictures(
    writer: PatternWriter,
    scores: Sequence[Score],
    results: Mapping[str, Any],
    out: Path,
    variants: Mapping[str, PatternWriter] | None = None,
) -> None:
    """Write `iou.png` (figure 2), `operations.png` (3), where there are `variants` `ablations.png` (4), and
    `towards.png` (5) into `out`."""
    _draw_iou(results, out / "iou.png")
    full = [score for score in scores if all(score.hits[PARTS.index(part)].any() for part in SHOWN)]
    if not full:
        return
    score = full[0]
    _draw_grids([_operations(writer, score, part) for part in SHOWN], out / "operations.png")
    if variants:
        made = [_asked(score, "new", part, seed=1) for part in SHOWN]
        rows = [
            [
                (f"{part}: drawn", score.pattern()),
                *(pair for name, each in variants.items() for pair in _written(each, [asked], [name])),
            ]
            for part, asked in zip(SHOWN, made, strict=True)
        ]
        _draw_grids(rows, out / "ablations.png")
    others = [other for other in full[1:] if other.bars == score.bars]
    if others:
        rows = []
        for part in SHOWN:
            made = [_asked(score, "towards", part, target=others[0].pattern(), strength=s) for s in STEPS_ON_THE_WAY]
            rows.append(_written(writer, made, [f"{part} {s:g}" for s in STEPS_ON_THE_WAY]))
        _draw_grids(rows, out / "towards.png")


def _operations(writer: PatternWriter, score: Score, part: str) -> list[tuple[str, Pattern]]:
    """`score` as it is and as it comes back, and with a new and a varied row of `part`."""
    made = [_asked(score, "new", part, seed=1), _asked(score, "vary", part, strength=0.4, seed=1)]
    given_back = writer.given_back(_asked(score, "vary", part, strength=0.0))
    return [
        (f"{part}: drawn", score.pattern()),
        ("given back", given_back),
        *_written(writer, made, ("new", "varied by 0.4")),
    ]


def _asked(score: Score, operation: Any, part: str, **more: Any) -> PatternRequest:
    playing = tuple(p for p in PARTS if score.hits[PARTS.index(p)].any())
    return PatternRequest(
        operation, score.pattern(playing), score.bars, part=part, style=score.style, tempo_bpm=score.tempo_bpm, **more
    )


def _written(
    writer: PatternWriter, made: Sequence[PatternRequest], names: Sequence[str]
) -> list[tuple[str, Pattern]]:
    return [(name, writer.write(asked).pattern) for name, asked in zip(names, made, strict=True)]


def _draw_iou(results: Mapping[str, Any], path: Path) -> None:
    named = results["table_1"] or {"the pack's": results["reconstruction"]}
    figure = new_figure(10, 4)
    axes = figure.subplots()
    width = 0.8 / len(named)
    for place, (name, found) in enumerate(named.items()):
        axes.bar(np.arange(len(PARTS)) + place * width, found["iou"], width, label=name)
    axes.set_xticks(np.arange(len(PARTS)) + 0.4, [part.replace("_", " ") for part in PARTS])
    axes.set_ylabel("intersection over union")
    axes.legend(fontsize=7)
    save_figure(figure, path)


def _draw_grids(rows: Sequence[Sequence[tuple[str, Pattern]]], path: Path) -> None:
    figure = new_figure(3.2 * len(rows[0]), 1.8 * len(rows))
    axes = figure.subplots(len(rows), len(rows[0]), squeeze=False)
    for line, cells in zip(axes, rows, strict=True):
        for axis, (name, pattern) in zip(line, cells, strict=True):
            longest = max(len(row) for row in pattern.rows.values())
            grid = [np.resize(pattern.rows.get(part, (0.0,)), longest)[: 2 * STEPS_PER_BAR] for part in PARTS]
            axis.imshow(np.array(grid), aspect="auto", cmap="magma", vmin=0, vmax=1, interpolation="nearest")
            axis.set_title(name, fontsize=8)
            axis.set_yticks(range(len(PARTS)), [part.replace("_", " ") for part in PARTS], fontsize=5)
            axis.set_xticks([])
    save_figure(figure, path)
