"""Results as files: JSON and markdown tables, each written whole or not at all."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import ExportError
from engine.files import write_atomically


def results_folder(out: Path) -> Path:
    """Make the folder `out` and return it; raises `ExportError` when that is not possible."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"Cannot make the folder {str(out)!r}: {error.strerror or error}.") from error
    return out


def write_json(path: Path, values: Any) -> None:
    """Write `values` as JSON; NaN and infinities, which JSON does not have, become null."""
    write_atomically(path, (json.dumps(plain(values), indent=1) + "\n").encode())


def plain(values: Any) -> Any:
    """`values` with numpy numbers and arrays as JSON-able ones, floats to six digits, NaN and infinity as None."""
    if isinstance(values, Mapping):
        return {str(key): plain(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [plain(value) for value in values]
    if isinstance(values, np.ndarray | np.generic):
        return plain(values.tolist())
    if isinstance(values, float):
        return float(f"{values:.6g}") if math.isfinite(values) else None
    return values


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; floats to three significant digits, None and NaN as a dash."""
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)
