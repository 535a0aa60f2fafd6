"""Looks at a folder, learns from it, pauses and goes on, also after a restart: one process at a time."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal

from engine import (
    ADAPTER,
    LearningPlan,
    LearningTold,
    LoopGenError,
    Pack,
    PackError,
    free_pack_folder,
    list_packs,
    starter_pack,
)
from loopgen_app.learning.child import COMMAND, LearningChild
from loopgen_app.settings import Folders
from loopgen_app.state.learning import LearningState, Phase, WaitingRun

FEWEST: Final = 3
REHEARSAL: Final = LearningPlan.rehearsal


class Learner(QObject):
    """`state` is where it stands; `changed(state)` after everything that happens, `learnt(folder)` when a pack is
    there."""

    changed = Signal(object)
    learnt = Signal(str)

    def __init__(self, folders: Folders, command: Sequence[str] = COMMAND, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folders, self._command = folders, command
        self._child: LearningChild | None = None
        self._run: Path | None = None
        self.state = LearningState()

    def look(self, source: Path) -> None:
        """Say of every sound in a folder what can be learnt from it."""
        if self.state.phase in ("learning", "pausing"):
            return
        self._end_child()
        self._set(LearningState("looking", str(source), doing="Looking at the sounds"))
        self._start([str(source), "--look"])

    def tick(self, path: str, wanted: bool) -> None:
        """Learn from a file, or leave it out."""
        self._set(self.state.tick(path, wanted))

    def learn(self, name: str, minutes: float, base: str = "", *, method: str = "low-rank") -> None:
        """Learn from what was looked at and not left out, beside the pack in the folder `base`, else the starter.

        Raises `LoopGenError` on a bad name or minutes, too few sounds, or where it cannot be kept.
        """
        if len(self.state.usable) < FEWEST:
            raise PackError(f"{len(self.state.usable)} sounds are too few to learn from: {FEWEST} at least.")
        target = free_pack_folder(name)
        plan = LearningPlan(
            source=self.state.source,
            base=str(base_of(base)),
            pack=str(target),
            name=target.name,
            minutes=minutes,
            method=method,
            rehearsal=REHEARSAL,
            preview_minutes=min(5.0, max(0.5, minutes / 6)),
            left_out=tuple(sorted(self.state.left_out)),
        )
        run = self._folders.learning / target.name
        if (run / "plan.json").exists():
            raise PackError(f"{target.name!r} is being learnt already: go on with it, or choose another name.")
        try:
            run.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PackError(f"The folder {run} cannot be made: {error.strerror or error}.") from error
        plan.store(run)
        self.go_on(WaitingRun(run, plan.name))

    def go_on(self, waiting: WaitingRun) -> None:
        """Go on with a run that waits."""
        if self.state.busy:
            return
        self._end_child()
        self._run = waiting.folder
        files, left_out = self.state.files, self.state.left_out
        self._set(LearningState("learning", self.state.source, files, left_out, doing=f"Starting {waiting.name}"))
        self._start(["--run", str(waiting.folder)])

    def waiting(self) -> list[WaitingRun]:
        """Runs that were paused or cut, by name; those that cannot be read are left out."""
        found = []
        for plan in sorted(self._folders.learning.glob("*/plan.json")):
            try:
                read = LearningPlan.read(plan.parent)
            except LoopGenError:
                continue
            if read is not None and not (self.state.busy and plan.parent == self._run):
                found.append(WaitingRun(plan.parent, read.name))
        return found

    def forget(self, waiting: WaitingRun) -> None:
        """Delete a run that waits, and what it learnt so far."""
        shutil.rmtree(waiting.folder, ignore_errors=True)
        self.changed.emit(self.state)

    def pause(self) -> None:
        """Keep where it is; it can go on later, also after LoopGen was closed."""
        if self.state.phase == "learning" and self._child is not None:
            self._set(_replaced(self.state, "pausing", "Keeping where it is"))
            self._child.pause()

    def finish(self) -> None:
        """Make a pack of the best so far."""
        if self.state.phase == "learning" and self._child is not None:
            self._set(_replaced(self.state, "pausing", "Making a pack of the best so far"))
            self._child.finish()

    def stop_looking(self) -> None:
        """Look no further; what was found stays."""
        if self.state.phase == "looking":
            self._end_child()
            self._set(_replaced(self.state, "looked", ""))

    def close(self) -> None:
        """Let the process keep where it is, and end it."""
        self._end_child()

    def _start(self, arguments: Sequence[str]) -> None:
        self._child = child = LearningChild(arguments, self._command, self)
        # To methods, not to closures, which would keep this object alive until the child is deleted, its own part.
        child.told.connect(self._hear)
        child.ended.connect(self._take_end)

    def _hear(self, told: LearningTold) -> None:
        learning = self.state.phase != "looking"
        self._set(self.state.heard_of(told))
        if told.kind == "done" and learning and told.path:
            self.learnt.emit(told.path)

    def _take_end(self, words: str) -> None:
        self._set(self.state.ended(words))

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child.deleteLater()
            self._child = None

    def _set(self, state: LearningState) -> None:
        self.state = state
        self.changed.emit(state)


def base_of(folder: str) -> Path:
    """The folder of the pack that learns for who plays that in `folder`: itself, or what it learnt from where that is
    here still, else the starter pack."""
    try:
        pack = Pack.open(folder or starter_pack(), verify=False)
        if ADAPTER not in pack.components:
            return pack.folder
    except PackError:
        return starter_pack()
    base = pack.manifest.get("base")
    told = (base.get("hash"), base.get("name")) if isinstance(base, dict) else ()
    known = (entry.pack for entry in list_packs() if entry.pack is not None)
    here = (each.folder for each in known if each.hash in told or each.name in told)
    return next(here, starter_pack())


def _replaced(state: LearningState, phase: Phase, doing: str) -> LearningState:
    return replace(state, phase=phase, doing=doing)
