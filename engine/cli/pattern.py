"""`loopgen pattern`: write rows of a step grid that answer those that are there."""

import json as codec
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from engine.cli.groups import grouped
from engine.cli.options import JsonOption, PackOption, option, read_pattern
from engine.errors import InvalidRequest
from engine.knobs import BARS, SEED, STRENGTH, TEMPO

if TYPE_CHECKING:
    from engine.patterns.asked import Written
    from engine.requests import Pattern

MIDI: tuple[str, ...] = (".mid", ".midi")

FileArgument: TypeAlias = Annotated[
    Path, typer.Argument(metavar="FILE", help="A pattern as JSON, or a MIDI file ending in .mid.")
]
OutFile: TypeAlias = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where it goes, as JSON or .mid; else it is printed.")
]
PartOption: TypeAlias = Annotated[str | None, typer.Option(help="The part that is written.")]
LockOption: TypeAlias = Annotated[list[str], typer.Option("--lock", help="A part that never changes; repeatable.")]
SeedOption: TypeAlias = Annotated[int, option(SEED)]
BarsOption: TypeAlias = Annotated[
    int | None, option(BARS, "Bars of the pattern; else those of its longest row or of the MIDI file")
]
BpmOption: TypeAlias = Annotated[float, option(TEMPO, "Tempo it is played at", "--bpm")]
StyleOption: TypeAlias = Annotated[str | None, typer.Option(help="Style it is written in; else any.")]
StrengthOption: TypeAlias = Annotated[float, typer.Option(help="0 is the row itself, 1 as far as it goes.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verbs = typer.Typer(
        help="Write rows of a pattern that answer the others.", no_args_is_help=True, rich_markup_mode=None
    )
    verbs.command("new", help="Another row for a part; the others make room.")(new)
    verbs.command("vary", help="The row of a part, a little or very different.")(vary)
    verbs.command("blend", help="The row of a part on its way to that of another pattern.")(blend)
    verbs.command("answer", help="Rows for the parts without one that answer those that are drawn.")(answer)
    verbs.command("fill", help="A last bar that turns.")(fill)
    verbs.command("convert", help="A pattern between JSON and MIDI.")(convert)
    app.add_typer(verbs, name="pattern")


@dataclass(frozen=True)
class RowOptions:
    """Which rows may be written and how the pattern is played; where it goes and which pack writes."""

    part: PartOption = None
    lock: LockOption = field(default_factory=list)
    bars: BarsOption = None
    bpm: BpmOption = TEMPO.default
    style: StyleOption = None
    out: OutFile = None
    pack: PackOption = None
    json: JsonOption = False

    def write(
        self,
        operation: Any,
        file: Path,
        *,
        seed: int = 0,
        strength: float = STRENGTH.default,
        target: Path | None = None,
    ) -> None:
        """Write rows of the pattern in `file` and tell of them."""
        from engine.patterns.asked import PatternRequest

        pattern, bars, bpm = _read(file, self.bars, self.bpm)
        asked = PatternRequest(
            operation, pattern, bars, part=self.part, target=_read(target, bars, bpm)[0] if target else None,
            strength=strength, seed=seed, locked=tuple(self.lock), tempo_bpm=bpm, style=self.style,
        )  # fmt: skip
        written = _writer(self.pack).write(asked)
        told = {"changed": list(written.changed), "bars": bars}
        _say(written.pattern, told, bars, bpm, self.out, self.json, written)


@grouped
def new(file: FileArgument, seed: SeedOption = SEED.default, *, rows: RowOptions) -> None:
    """Another row for a part; the others make room where they collide."""
    rows.write("new", file, seed=seed)


@grouped
def vary(
    file: FileArgument,
    strength: StrengthOption = STRENGTH.default,
    seed: SeedOption = SEED.default,
    *,
    rows: RowOptions,
) -> None:
    """The row of a part, from itself to another one."""
    rows.write("vary", file, seed=seed, strength=strength)


@grouped
def blend(
    file: FileArgument,
    target: Annotated[Path, typer.Option("--to", metavar="FILE", help="The pattern that has the other row.")],
    strength: StrengthOption = STRENGTH.default,
    *,
    rows: RowOptions,
) -> None:
    """The row of a part on its way to that of another pattern."""
    rows.write("towards", file, strength=strength, target=target)


@grouped
def answer(file: FileArgument, seed: SeedOption = SEED.default, *, rows: RowOptions) -> None:
    """Rows for the parts without one, or for one part, that answer those that are drawn."""
    rows.write("answer", file, seed=seed)


@grouped
def fill(
    file: FileArgument, strength: StrengthOption = 1.0, seed: SeedOption = SEED.default, *, rows: RowOptions
) -> None:
    """A last bar that turns, of one part or of every drum that is drawn; of one bar its second half."""
    rows.write("fill", file, seed=seed, strength=strength)


def convert(
    file: FileArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where it goes, as JSON or .mid.")],
    bars: BarsOption = None,
    bpm: BpmOption = TEMPO.default,
    json: JsonOption = False,
) -> None:
    """A pattern between JSON and MIDI: General MIDI drums, pitched parts on channels of their own."""
    pattern, bars, bpm = _read(file, bars, bpm)
    _say(pattern, {"bars": bars, "tempo_bpm": bpm}, bars, bpm, out, json)


def _writer(pack: str | None) -> Any:
    from engine.packs.models import pattern_writer
    from engine.packs.pack import Pack, find_pack

    return pattern_writer(Pack.open(find_pack(pack)))


def _read(file: Path, bars: int | None, bpm: float) -> tuple["Pattern", int, float]:
    """The pattern in a file, its bars and its tempo, which a MIDI file may know."""
    if file.suffix.lower() in MIDI:
        from engine.patterns.midi import read_midi

        read = read_midi(file)
        return read.pattern, bars or read.bars, read.tempo_bpm if bpm == TEMPO.default else bpm
    pattern = read_pattern(file)
    steps = [len(row) // 16 for row in pattern.rows.values()]
    return pattern, bars or max(steps, default=1), bpm


def _say(
    pattern: "Pattern",
    told: dict[str, Any],
    bars: int,
    bpm: float,
    out: Path | None,
    json: bool,
    written: "Written | None" = None,
) -> None:
    from engine.files import write_atomically

    content = codec.dumps({"rows": {part: list(row) for part, row in pattern.rows.items()}, "swing": pattern.swing})
    if out is None:
        typer.echo(content)
        return
    if out.suffix.lower() in MIDI:
        from engine.patterns.midi import write_midi

        write_midi(out, pattern, bars, tempo_bpm=bpm, timing=written.timing if written else {})
    elif out.suffix.lower() == ".json":
        write_atomically(out, (content + "\n").encode())
    else:
        raise InvalidRequest(f"--out {str(out)!r} is not possible: a file ending in .json or .mid.")
    typer.echo(codec.dumps({"out": str(out), **told}) if json else str(out))
