"""Options that several verbs share, and how their texts become values."""

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from engine.documents import DocumentError, read_document, read_file
from engine.errors import InvalidRequest
from engine.knobs import GUIDANCE, LEARNT, REPEAT, SAMPLER, STEPS, TEMPERATURE, Knob
from engine.requests import Pattern

MAX_PATTERN_BYTES = 1_000_000

PackOption: TypeAlias = Annotated[
    str | None, typer.Option("--pack", metavar="DIR", help="Folder or name of a model pack; else the starter pack.")
]
DeviceOption: TypeAlias = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object on the last line.")]
OutOption: TypeAlias = Annotated[
    Path, typer.Option("--out", metavar="PATH", help="A folder, or a file ending in .wav, .flac or .aiff.")
]
BitDepthOption: TypeAlias = Annotated[int, typer.Option(help="16 or 24 bits, or 32 for float (WAV alone).")]
FiguresOption: TypeAlias = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for figures and plots.")]
MusicnnOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder MTT_musicnn of the PyPI wheel musicnn 0.1.0; else LOOPGEN_MUSICNN."),
]
LoopCountOption: TypeAlias = Annotated[int, typer.Option("--count", help="How many held-out loops.")]
HeldOutOption: TypeAlias = Annotated[int, typer.Option("--held-out", help="Loops kept for validation.")]
FirstSeedOption: TypeAlias = Annotated[int, typer.Option("--first-seed", help="Seed of the first loop.")]


def option(knob: Knob, words: str = "", flag: str = "") -> Any:
    """The option of a knob, under its own flag or another: `words` and range as help.

    What is out of the range is refused with the knob's own sentence before the verb begins.
    """

    def check(value: Any) -> Any:
        for each in value if isinstance(value, list | tuple) else (value,):
            if each is not None:
                knob.check(each)
        return value

    told = f"{words} ({knob.span})." if words and knob.kind in ("number", "whole") else f"{words or knob.span}."
    return typer.Option(flag or knob.flag, help=told, callback=check)


def asked_for(context: typer.Context, parameter: str) -> bool:
    """Whether the user gave a parameter of the command, rather than leave it at its default."""
    source = context.get_parameter_source(parameter)
    return source is not None and source.name != "DEFAULT"


StepsOption: TypeAlias = Annotated[int, option(STEPS, "Sampling steps: 4 is quick, 16 good, 64 careful")]
SamplerOption: TypeAlias = Annotated[str, option(SAMPLER)]
GuidanceOption: TypeAlias = Annotated[
    float, option(GUIDANCE, "How strictly to obey: 0 free, 1 plain, above 1 reinforced")
]
TemperatureOption: TypeAlias = Annotated[
    float, option(TEMPERATURE, "Deviation of the noise: lower is cleaner and more alike, higher wilder")
]
RepeatOption: TypeAlias = Annotated[
    float, option(REPEAT, "How much of the noise comes again with each hit: hits more alike")
]
LearntOption: TypeAlias = Annotated[
    float, option(LEARNT, "How much of what the pack learnt from your sounds: 0 none, as before")
]


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
        content = read_file(path, MAX_PATTERN_BYTES + 1)
    except OSError as error:
        raise InvalidRequest(f"Cannot read the pattern file {str(path)!r}: {error.strerror or error}.") from error
    if len(content) > MAX_PATTERN_BYTES:
        raise InvalidRequest(f"The pattern file {str(path)!r} is larger than {MAX_PATTERN_BYTES} bytes.")
    try:
        found: Any = read_document(content)
    except DocumentError as error:
        raise InvalidRequest(f"The pattern file {str(path)!r} is not JSON.") from error
    if not isinstance(found, dict):
        raise InvalidRequest(f"The pattern file {str(path)!r} needs a JSON object of rows by part.")
    whole = found if "rows" in found else {"rows": found}
    if unknown := set(whole) - {"rows", "swing"}:
        raise InvalidRequest(f"Unknown entry {min(unknown)!r} in the pattern file; possible: rows, swing.")
    return Pattern(**whole)
