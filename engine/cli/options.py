"""Options that several verbs share, and how their texts become values."""

import json
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from engine.errors import InvalidRequest
from engine.requests import Pattern

MAX_PATTERN_BYTES = 1_000_000

PackOption: TypeAlias = Annotated[
    str | None, typer.Option("--pack", metavar="DIR", help="Folder or name of a model pack; else the starter pack.")
]
DeviceOption: TypeAlias = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object on the last line.")]
OutOption: TypeAlias = Annotated[
    Path, typer.Option("--out", metavar="PATH", help="A folder, or a file ending in .wav or .flac.")
]
BitDepthOption: TypeAlias = Annotated[int, typer.Option(help="16 or 24 bits, or 32 for float (WAV alone).")]


def parse_numbers(options: list[str], what: str) -> dict[str, tuple[float, ...]]:
    """`["brightness=0.2,0.8"]` -> `{"brightness": (0.2, 0.8)}`; raises `InvalidRequest` on anything else."""
    parsed = {}
    for option in options:
        name, equals, numbers = option.partition("=")
        try:
            parsed[name.strip()] = tuple(float(number) for number in numbers.split(","))
        except ValueError:
            equals = ""
        if not equals:
            raise InvalidRequest(f"{what} {option!r} is not possible: NAME=NUMBER or NAME=NUMBER,NUMBER,...")
    return parsed


def parse_choices(options: list[str], what: str) -> dict[str, str]:
    """`["kick=12", "snare=hit.wav"]` -> `{"kick": "12", "snare": "hit.wav"}`; raises `InvalidRequest` on anything
    else."""
    parsed = {}
    for option in options:
        name, _, choice = option.partition("=")
        if not name.strip() or not choice.strip():
            raise InvalidRequest(f"{what} {option!r} is not possible: PART=SEED or PART=FILE.")
        parsed[name.strip()] = choice.strip()
    return parsed


def read_pattern(path: Path | None) -> Pattern:
    """The pattern in a JSON file: `{"rows": {"kick": [1, 0, ...]}, "swing": 0.1}`, or the rows alone.

    Raises `InvalidRequest` when the file cannot be read as one; None is the open pattern.
    """
    if path is None:
        return Pattern()
    try:
        with path.open("rb") as file:
            content = file.read(MAX_PATTERN_BYTES + 1)
    except OSError as error:
        raise InvalidRequest(f"Cannot read the pattern file {str(path)!r}: {error.strerror or error}.") from error
    if len(content) > MAX_PATTERN_BYTES:
        raise InvalidRequest(f"The pattern file {str(path)!r} is larger than {MAX_PATTERN_BYTES} bytes.")
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The pattern file {str(path)!r} is not JSON.") from error
    if not isinstance(found, dict):
        raise InvalidRequest(f"The pattern file {str(path)!r} needs a JSON object of rows by part.")
    whole = found if "rows" in found else {"rows": found}
    if unknown := set(whole) - {"rows", "swing"}:
        raise InvalidRequest(f"Unknown entry {min(unknown)!r} in the pattern file; possible: rows, swing.")
    return Pattern(**whole)
