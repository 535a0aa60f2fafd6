"""The report as one HTML page that needs no other file: tables, plots and players are inside it."""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.evaluation.report.figures import Row, differences
from engine.evaluation.report.plan import ReportOptions
from engine.evaluation.report.players import players
from engine.files import write_atomically

if TYPE_CHECKING:
    from engine.evaluation.report.running import Outcome

STYLE: Final = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1c2024; }
table { border-collapse: collapse; margin: .8rem 0; } td, th { padding: .25rem .7rem; text-align: left;
border-bottom: 1px solid #d8dde2; } th { background: #f2f4f6; } td + td, th + th { text-align: right; } code
{ font-size: 13px; } img, svg { max-width: 100%; }
 .failed { color: #b3261e; } .left { color: #6b7075; } figure { display: inline-block;
margin: .4rem .8rem .4rem 0; } figcaption { font-size: 13px; } details { margin: .3rem 0; }
"""


def write_page(
    options: ReportOptions,
    told: Mapping[str, Any],
    outcomes: Sequence["Outcome"],
    rows: Sequence[Row],
    claims: Sequence[Row],
) -> None:
    """Write `report.html` in the folder of `options`; raises `ExportError`."""
    body = "\n".join(_body(options, told, outcomes, rows, claims))
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>LoopGen: what is measured</title>'
        f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )
    write_atomically(options.out / "report.html", page.encode())


def _body(
    options: ReportOptions,
    told: Mapping[str, Any],
    outcomes: Sequence["Outcome"],
    rows: Sequence[Row],
    claims: Sequence[Row],
) -> Iterator[str]:
    yield "<h1>LoopGen: what is measured</h1>"
    yield f"<p>{escape(', '.join(f'{name} {value}' for name, value in told.items()))}. {_state(outcomes)}</p>"
    if options.quick:
        yield "<p>A quick report: so few loops say whether everything works, not how well.</p>"
    yield "<h2>The figures of the README</h2>"
    known = {row.what: row for row in claims}
    blank = Row("", "–", "")
    cells = [
        [row.what, row.measured, row.ceiling, known.get(row.what, blank).measured, known.get(row.what, blank).ceiling]
        for row in rows
    ]
    yield html_table(["what", "measured", "ceiling", "claimed", "its ceiling"], cells)
    yield bars(rows)
    if not options.quick and (told_apart := differences(rows, claims)):
        yield f"<p>Not as claimed: {escape('; '.join(told_apart))}.</p>"
    loops = sorted((options.out / "library").glob("*.wav"))
    if loops:
        yield "<h2>Heard</h2>"
        yield from players(loops)
    for outcome in outcomes:
        yield from _section(options.out / outcome.name, outcome)


def _state(outcomes: Sequence["Outcome"]) -> str:
    minutes = sum(outcome.seconds for outcome in outcomes) / 60
    failed = [outcome.name for outcome in outcomes if outcome.status != "done"]
    fell = f" Not measured: {', '.join(failed)}." if failed else ""
    return f"{len(outcomes) - len(failed)} of {len(outcomes)} experiments in {minutes:.1f} minutes.{fell}"


def _section(folder: Path, outcome: "Outcome") -> Iterator[str]:
    yield f"<h2>{escape(outcome.asks)}</h2>"
    yield f"<p><code>{escape(outcome.command)}</code>, {outcome.seconds:.0f} s</p>"
    if outcome.status != "done":
        kind = "failed" if outcome.status == "failed" else "left"
        yield f'<p class="{kind}">{escape(outcome.status)}: {escape(outcome.said)}</p>'
        return
    tables = sorted(folder.glob("*.md"))
    for path in tables:
        yield markdown_to_html(path.read_text(encoding="utf-8"))
    if not tables:
        yield html_table(["figure", "value"], list(flat(outcome.results)))
    for path in sorted(folder.glob("*.png")):
        yield f'<img alt="{escape(path.stem)}" src="{data_uri(path.read_bytes(), "image/png")}">'


def data_uri(content: bytes, kind: str) -> str:
    """`content` as an address that carries it."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def flat(results: Any, name: str = "") -> Iterator[list[str]]:
    """The numbers and words in nested results, each under the path of its keys."""
    if isinstance(results, Mapping):
        for key, value in results.items():
            yield from flat(value, f"{name}, {key}" if name else str(key))
    elif isinstance(results, list):
        if len(results) <= 8 and not any(isinstance(value, Mapping | list) for value in results):
            yield [name, ", ".join(map(str, results))]
    else:
        yield [name, f"{results:.4g}" if isinstance(results, float) else str(results)]


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of text."""
    lines = ["".join(f"<th>{escape(cell)}</th>" for cell in header)]
    lines += ["".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows]
    return f"<table><tr>{'</tr><tr>'.join(lines)}</tr></table>"


def markdown_to_html(text: str) -> str:
    """The headings, paragraphs and tables of what experiments write; nothing else of Markdown is in there."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if len(lines) > 1 and lines[0].startswith("|") and set(lines[1]) <= set("|-: "):
            cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
            found.append(html_table(cells[0], cells[2:]))
        elif lines[0].startswith("#"):
            found += [f"<h3>{escape(lines[0].lstrip('# '))}</h3>", *(f"<p>{escape(line)}</p>" for line in lines[1:])]
        else:
            found.append(f"<p>{escape(' '.join(lines))}</p>")
    return "\n".join(found)


def bars(rows: Sequence[Row]) -> str:
    """What was measured beside its ceiling, each row on the scale of the greater of both, as an SVG."""
    drawn = []
    for row in rows:
        values = [_number(row.measured), _number(row.ceiling)]
        if values[0] is not None and values[1] is not None:
            drawn.append((row.what, values[0], values[1]))
    if not drawn:
        return ""
    lines = []
    for place, (what, measured, ceiling) in enumerate(drawn):
        top, most = 14 + 34 * place, max(abs(measured), abs(ceiling), 1e-9)
        lines.append(f'<text x="0" y="{top + 12}" font-size="12">{escape(what)}</text>')
        for value, y, colour in ((measured, top, "#2b7fb8"), (ceiling, top + 11, "#a9b4be")):
            width = 300 * abs(value) / most
            lines.append(f'<rect x="430" y="{y}" width="{width:.0f}" height="9" fill="{colour}"/>')
            lines.append(f'<text x="{436 + width:.0f}" y="{y + 9}" font-size="10">{value:g}</text>')
    height = 20 + 34 * len(drawn)
    return f'<svg viewBox="0 0 800 {height}" width="800" height="{height}">{"".join(lines)}</svg>'


def _number(text: str) -> float | None:
    found = re.search(r"-?\d+(\.\d+)?", text.replace(",", ""))
    return float(found[0]) if found else None
