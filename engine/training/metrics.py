"""The record of a run: a line of JSON per entry, and a picture of its curves."""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from engine.documents import read_document, read_file
from engine.errors import ExportError
from engine.evaluation.plots import new_figure, save_figure

FILE = "metrics.jsonl"
MOST_BYTES = 1_000_000_000


def log_metrics(folder: Path, kind: str, step: int, seconds: float, figures: dict[str, float]) -> None:
    """Append `figures` of `kind` (train, validation) at `step` to the run in `folder`."""
    row = {"kind": kind, "step": step, "minutes": round(seconds / 60, 3)}
    row |= {name: round(value, 6) for name, value in figures.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / FILE).open("a+b") as file:
            begin = b"" if _ends_whole(file) else b"\n"  # behind a line that was cut off
            file.write(begin + json.dumps(row).encode() + b"\n")
    except OSError as error:
        raise ExportError(f"Cannot write metrics to {str(folder)!r}: {error.strerror or error}.") from error


def validation_curve(folder: Path, most: int = 24) -> list[dict[str, float]]:
    """About `most` of the validation rows of the run in `folder`, evenly spread, the last among them."""
    rows = [figures for kind, figures in _rows(folder) if kind == "validation"]
    stride = max(1, len(rows) // most)
    return [{name: round(value, 4) for name, value in row.items()} for row in rows[::-stride][::-1]]


def plot_metrics(folder: Path) -> Path | None:
    """Draw every figure of the run over minutes to `curves.png`; None before anything was logged."""
    logged = list(_rows(folder))
    if not logged:
        return None
    curves: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for kind, figures in logged:
        for name, value in figures.items():
            if name not in ("step", "minutes"):
                curves[name][kind].append((figures["minutes"], value))
    columns = 3
    rows = -(-len(curves) // columns)
    figure = new_figure(4 * columns, 2.6 * rows)
    for place, (name, kinds) in enumerate(sorted(curves.items()), start=1):
        axes = figure.add_subplot(rows, columns, place)
        for kind, points in kinds.items():
            axes.plot(*zip(*points, strict=True), label=kind, linewidth=1)
        axes.set_title(name)
        axes.set_xlabel("minutes")
    figure.axes[0].legend()
    save_figure(figure, folder / "curves.png")
    return folder / "curves.png"


def _rows(folder: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """Kind and figures of every line that can be read: a full disk or a power cut leaves some that cannot."""
    try:
        lines = read_file(folder / FILE, MOST_BYTES).splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        raise ExportError(f"Cannot read the metrics in {str(folder)!r}: {error.strerror or error}.") from error
    for line in lines:
        with suppress(ValueError, AttributeError):
            figures = dict(read_document(line).items())
            kind = str(figures.pop("kind", ""))
            if {"step", "minutes"} <= figures.keys() and all(isinstance(v, int | float) for v in figures.values()):
                yield kind, figures


def _ends_whole(file: IO[bytes]) -> bool:
    if not file.seek(0, os.SEEK_END):
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
