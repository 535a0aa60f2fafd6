"""The rows of the README's table: where each is found in the results of a report, and how it is written."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from engine.config import RESOURCES
from engine.documents import read_document, read_document_file
from engine.errors import InvalidRequest
from engine.evaluation.judges.musicnn import NAME as MUSICNN
from engine.files import failure, write_atomically

Where: TypeAlias = tuple[str, ...]
"""Keys that lead to a number in the JSON of an experiment."""
CLAIMS: Final = RESOURCES / "evaluation" / "figures.json"
HEADER: Final = "| what | measured | ceiling |"


@dataclass(frozen=True)
class Figure:
    """One row: what it says, the experiment that measures it, where its numbers are, and how they are written."""

    what: str
    experiment: str
    measured: Where
    ceiling: Where | None
    form: str

    def row(self, results: Mapping[str, Any]) -> "Row":
        """The row by the results of a report, by experiment; a dash for what was not measured."""
        found = results.get(self.experiment)
        return Row(self.what, self._told(found, self.measured) or "–", self._told(found, self.ceiling))

    def _told(self, found: Any, where: Where | None) -> str:
        for key in where or ():
            found = found.get(key) if isinstance(found, Mapping) else None
        if where is None or not isinstance(found, int | float):
            return ""
        return self.form.format(100 * found if "%" in self.form else found)


@dataclass(frozen=True)
class Row:
    """A row as it is written."""

    what: str
    measured: str
    ceiling: str = ""

    def to_dict(self) -> dict[str, str]:
        """Plain values."""
        return asdict(self)


def _of_loops(what: str, name: str, form: str) -> Figure:
    return Figure(what, "loops", ("figures", "rendered", name), ("figures", "corpus", name), form)


def _of_voices(what: str, part: str) -> Figure:
    return Figure(what, "voices", (part, "sameness"), (part, "corpus sameness"), "{:.2f}")


_FRECHET: Final = f"Frechet, {MUSICNN}"
FIGURES: Final = (
    Figure(
        "4 bars at 120 BPM, 16 guided steps, request to samples", "bench", ("reference", "median"), None, "{:.2f} s"
    ),
    _of_loops("tempo heard in 100 held-out loops, half and double allowed", "tempo hit, comb, octave", "{:.0f} %"),
    _of_loops("beat phase off by, median", "beat phase error, median ms", "{:.1f} ms"),
    _of_loops("jump at the seam against other bar lines, median", "seam ratio, median", "{:.2f}"),
    _of_loops("onset F1 of the kick against the pattern", "onset F1, kick", "{:.2f}"),
    _of_loops("onset F1, mean of eight parts", "onset F1, mean over parts", "{:.2f}"),
    Figure("drawn hits of a kick that are played", "hits", ("kick", "asked hits played"), None, "{:.0f} %"),
    _of_voices("distance between hits of a kick over that between loops", "kick"),
    _of_voices("the same of a snare", "snare"),
    _of_voices("the same of a closed hat", "closed_hat"),
    Figure(
        "Frechet distance of 44 loops to real electronic tracks",
        "real",
        ("sets", "library", _FRECHET),
        ("sets", "corpus", _FRECHET),
        "{:.1f}",
    ),
)


def rows_of(results: Mapping[str, Any]) -> list[Row]:
    """The rows by the `results` of a report, by experiment."""
    return [figure.row(results) for figure in FIGURES]


def claimed() -> list[Row]:
    """The rows that LoopGen claims: those of the report that its README was written from."""
    return [Row(**row) for row in read_document(CLAIMS.read_text(encoding="utf-8"))["rows"]]


def claim(rows: Sequence[Row], told: Mapping[str, Any], readme: Path, claims: Path = CLAIMS) -> list[str]:
    """Put the measured `rows` into the table of `readme` and into the file of `claims` that it is held to.

    What was not measured stays as it was claimed; returns what of the rows that is. `told` says where the rest is
    from. Raises `InvalidRequest` where `readme` has no table, `ExportError` where a file cannot be written.
    """
    text, before = _text_with_table(readme), {row.what: row for row in rows_in(readme)}
    kept = [row.what for row in rows if row.measured == "–"]
    written = [before.get(row.what, row) if row.measured == "–" else row for row in rows]
    start = text.index(HEADER)
    rest = text[start:].partition("\n\n")[2]
    write_atomically(readme, f"{text[:start]}{table(written)}\n{rest}".encode())
    write_atomically(claims, as_document(written, {**told, "kept from before": kept}))
    return kept


def table(rows: Sequence[Row]) -> str:
    """The rows as the README has them."""
    lines = [HEADER, "|---|---|---|"]
    lines += [f"| {row.what} | {row.measured} | {row.ceiling} |".replace("|  |", "| |") for row in rows]
    return "\n".join(lines) + "\n"


def rows_in(readme: Path) -> list[Row]:
    """The rows of the table in `readme`; raises `InvalidRequest` where there is none."""
    text = _text_with_table(readme)
    lines = text[text.index(HEADER) :].split("\n\n")[0].splitlines()[2:]
    return [Row(*(cell.strip() for cell in line.strip().strip("|").split("|"))) for line in lines]


def _text_with_table(readme: Path) -> str:
    try:
        text = readme.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = failure(error) if isinstance(error, OSError) else "it is no text"
        raise InvalidRequest(f"Cannot read {str(readme)!r}: {told}.") from error
    if HEADER not in text:
        raise InvalidRequest(f"{str(readme)!r} has no table of results; its head is {HEADER!r}.")
    return text


def differences(rows: Sequence[Row], others: Sequence[Row]) -> list[str]:
    """One sentence for each row of `rows` that `others` has not, or otherwise; what was not measured is left out."""
    known = {row.what: row for row in others}
    told = []
    for row in rows:
        other = known.get(row.what)
        if other is None:
            told.append(f"{row.what}: no such row")
        elif "–" not in (row.measured, other.measured) and row != other:
            told.append(f"{row.what}: {_cells(row)}, not {_cells(other)}")
    return told


def _cells(row: Row) -> str:
    return re.sub(r" \(\)$", "", f"{row.measured} ({row.ceiling})")


def read_figures(path: Path) -> list[Row]:
    """The rows of a `figures.json`; raises `InvalidRequest` on anything else."""
    try:
        return [Row(**row) for row in read_document_file(path)["rows"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidRequest(f"{str(path)!r} holds no figures of a report.") from error


def as_document(rows: Sequence[Row], told: Mapping[str, Any]) -> bytes:
    """A `figures.json`: the rows, and what is `told` of where they are from."""
    return (
        json.dumps({**told, "rows": [row.to_dict() for row in rows]}, indent=1, ensure_ascii=False) + "\n"
    ).encode()
