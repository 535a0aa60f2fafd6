"""`loopgen learn`: from a folder of sounds to a pack that plays like it and keeps what it knew.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import json as json_format
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.cli.train import need_accelerate
from engine.config import user_data, user_packs
from engine.errors import InvalidRequest, LoopGenError
from engine.packs.pack import find_pack
from engine.packs.sharing import check_name
from engine.training.learning_plan import METHODS_TO_LEARN, LearningPlan
from engine.training.learning_told import LearningTold

if TYPE_CHECKING:
    from engine.training.learning_watch import LearningWishes

NICE: Final = 10
"""Beside an instrument that plays: whatever it needs, it gets first."""
_SAID: Final = ("doing", "remark", "preview", "done")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("learn", help="Learn from a folder of sounds or a corpus; a pack keeps what it knew.")(learn)


def learn(
    source: Annotated[str, typer.Argument(metavar="[SOUNDS]", help="Folder of sounds, or corpus.")] = "",
    pack: Annotated[str, typer.Option(metavar="NAME", help="Name, or folder, of the pack that is made.")] = "",
    base: Annotated[
        str | None, typer.Option("--from", metavar="DIR", help="The pack that learns; else the starter pack.")
    ] = None,
    minutes: Annotated[float, typer.Option(help="Minutes to learn, without looking at the sounds before.")] = 45.0,
    method: Annotated[str, typer.Option(help=f"How weights may change: {', '.join(METHODS_TO_LEARN)}.")] = "low-rank",
    rehearsal: Annotated[float, typer.Option(help="Share of steps on loops of the kind it knew, 0 to 0.9.")] = 0.3,
    preview_every: Annotated[float, typer.Option(help="Minutes between loops that can be heard.")] = 5.0,
    leave_out: Annotated[
        list[Path], typer.Option(metavar="FILE", help="A sound not to learn from; repeatable.")
    ] = [],
    run: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where it keeps what it needs; the same folder goes on.")
    ] = None,
    look: Annotated[bool, typer.Option("--look", help="Say what can be learnt from, and learn nothing.")] = False,
    events: Annotated[
        bool, typer.Option("--events", help="Tell everything as lines of JSON; stdin takes pause and finish.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on the last line.")] = False,
) -> None:
    """Learn from a folder of sounds or a corpus; a pack keeps what it knew."""
    tell = _tell_lines if events else _tell_words
    if look:
        _look(source, tell)
        return
    need_accelerate()
    folder, plan = _planned(run)(source, pack, base, minutes, method, rehearsal, preview_every, leave_out)
    from engine.training.learning_run import LearningRun
    from engine.training.learning_watch import LearningWishes

    wishes = LearningWishes()
    if events:
        _step_back()
        threading.Thread(target=_hear, args=(wishes,), daemon=True, name="wishes").start()
    try:
        with _pausing(wishes):
            learnt = LearningRun(plan, folder, tell, wishes).learn()
    except LoopGenError as error:
        if events:
            tell(LearningTold("problem", str(error)))
        raise
    if learnt is None:
        tell(LearningTold("paused", f"Paused; `loopgen learn --run {folder}` goes on.", str(folder)))
    if json:
        typer.echo(json_format.dumps({"pack": str(learnt.folder) if learnt else None, "run": str(folder)}))


def _planned(run: Path | None) -> Callable[..., tuple[Path, LearningPlan]]:
    """What makes a plan of the options; without sounds it is that in the folder `run`."""

    def plan(
        source: str,
        pack: str,
        base: str | None,
        minutes: float,
        method: str,
        rehearsal: float,
        preview_every: float,
        left_out: list[Path],
    ) -> tuple[Path, LearningPlan]:
        if not source:
            found = LearningPlan.read(run) if run is not None else None
            if run is None or found is None:
                raise InvalidRequest("Give a folder of sounds and --pack NAME, or --run DIR of a run to go on with.")
            return run, found
        if not pack:
            raise InvalidRequest("Give --pack NAME: what the pack is called that learns from the sounds.")
        target = Path(pack) if os.sep in pack or (os.altsep or os.sep) in pack else user_packs() / check_name(pack)
        target = target.absolute()
        folder = run or user_data() / "learning" / target.name
        made = LearningPlan(
            source=str(Path(source).absolute()),
            base=str(find_pack(base).absolute()),
            pack=str(target),
            name=target.name,
            minutes=minutes,
            method=method,
            rehearsal=rehearsal,
            preview_minutes=preview_every,
            left_out=tuple(str(path.absolute()) for path in left_out),
        )
        return folder, made

    return plan


def _look(source: str, tell: Callable[[LearningTold], None]) -> None:
    from engine.training.learning_corpus import look_at

    if not source:
        raise InvalidRequest("Give a folder of sounds to look at.")
    try:
        found = 0
        for told, _ in look_at(Path(source).absolute()):
            tell(told)
            found += told.usable
        tell(LearningTold("done", f"{found} loops can be learnt from."))
    except LoopGenError as error:
        if tell is _tell_lines:
            tell(LearningTold("problem", str(error)))
        raise


def _tell_lines(told: LearningTold) -> None:
    sys.stdout.write(told.to_line() + "\n")
    sys.stdout.flush()


def _tell_words(told: LearningTold) -> None:
    if told.kind == "file":
        typer.echo(
            f"{told.path}: {f'{told.bars} bars at {told.tempo_bpm:g} BPM. ' * told.usable}{told.words}".strip()
        )
    elif told.kind in _SAID:
        typer.echo(" ".join(filter(None, (told.words, told.path))), err=told.kind != "done")
    elif told.kind == "held-out":
        best = ", the best so far" * told.best
        typer.echo(f"{told.minutes:.1f} min: held-out loss {told.folder:.4f}, known {told.known:.4f}{best}", err=True)


def _step_back() -> None:
    """Let everything else on this computer go first."""
    import torch

    if hasattr(os, "nice"):
        os.nice(NICE)
    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))


def _hear(wishes: "LearningWishes") -> None:
    """Take wishes from stdin; where that ends, so does whoever asked, and the run waits for another."""
    for line in sys.stdin:
        if line.strip() == "finish":
            wishes.finish.set()
        elif line.strip() == "pause":
            wishes.pause.set()
    wishes.pause.set()


@contextmanager
def _pausing(wishes: "LearningWishes") -> Iterator[None]:
    """The first Ctrl-C or polite end pauses; a second one interrupts at once."""

    def pause(number: int, _frame: object) -> None:
        wishes.pause.set()
        signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, pause) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
