"""Figures of results as PNG, written whole or not at all (matplotlib comes with the `train` extra)."""

import importlib.util
import io
from pathlib import Path
from typing import Any

from engine.errors import MissingDependency
from engine.files import write_atomically


def new_figure(width: float, height: float) -> Any:
    """An empty matplotlib figure of that many inches; raises `MissingDependency` without matplotlib."""
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingDependency("Drawing results needs matplotlib; install it with: pip install 'loopgen[train]'.")
    from matplotlib.figure import Figure  # noqa: PLC0415 - optional, and slow to import

    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Any, path: Path) -> None:
    """Write `figure` to `path` as PNG; raises `ExportError` when the folder cannot be written."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    write_atomically(path, picture.getvalue())
