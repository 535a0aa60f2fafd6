"""What the verbs that measure say: figures as JSON, or the table that was written."""

import json
from pathlib import Path
from typing import Any

import typer


def say_results(results: Any, written: Path, *, as_json: bool) -> None:
    """Tell `results` as one JSON object, or the Markdown table `written`; without a table, as JSON on many lines."""
    from engine.evaluation.results import plain

    if not as_json and written.suffix == ".md":
        typer.echo(written.read_text(encoding="utf-8"))
    else:
        typer.echo(json.dumps(plain(results), indent=None if as_json else 1))
