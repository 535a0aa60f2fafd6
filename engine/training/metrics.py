"""The record of a run: a line of JSON per entry, and a picture of its curves."""

import json
from collections import defaultdict
from pathlib import Path

from engine.errors import ExportError
from engine.plots import new_figure, save_figure

FILE = "metrics.jsonl"


def log_metrics(folder: Path, kind: str, step: int, seconds: float, figures: dict[str, float]) -> None:
    """Append `figures` of `kind` (train, validation) at `step` to the run in `folder`."""
    row = {"kind": kind, "step": step, "minutes": round(seconds / 60, 3)}
    row |= {name: round(value, 6) for name, value in figures.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / FILE).open("a") as file:
            file.write(json.dumps(row) + "\n")
    except OSError as error:
        raise ExportError(f"Cannot write metrics to {str(folder)!r}: {error.strerror or error}.") from error


def validation_curve(folder: Path, most: int = 24) -> list[dict[str, float]]:
    """About `most` of the validation rows of the run in `folder`, evenly spread, the last among them."""
    if not (folder / FILE).exists():
        return []
    rows = [
        row for row in map(json.loads, (folder / FILE).read_text().splitlines()) if row.pop("kind") == "validation"
    ]
    stride = max(1, len(rows) // most)
    return [{name: round(value, 4) for name, value in row.items()} for row in rows[::-stride][::-1]]


def plot_metrics(folder: Path) -> Path | None:
    """Draw every figure of the run over minutes to `curves.png`; None before anything was logged."""
    if not (folder / FILE).exists():
        return None
    curves: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for line in (folder / FILE).read_text().splitlines():
        row = json.loads(line)
        for name, value in row.items():
            if name not in ("kind", "step", "minutes"):
                curves[name][row["kind"]].append((row["minutes"], value))
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
