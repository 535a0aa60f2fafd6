"""Where a learning run may lie: it writes into its folder, and deletes there, what nobody else may have there."""

import os
from pathlib import Path
from typing import Final

from engine.errors import ExportError, PackError
from engine.files import failure, is_file, is_folder
from engine.training.checkpoints import FILE as CHECKPOINT
from engine.training.learning_plan import FINISHED, PLAN, LearningPlan

RUN_FOLDERS: Final = ("corpus", "rehearsal", "pack", "previews")
"""What a run makes in its own folder."""


def check_place(run: Path, plan: LearningPlan) -> None:
    """Raise `PackError` where the `plan` has anything in what a run in the folder `run` makes and deletes, or where
    somebody else keeps such in `run`."""
    made = [Path(os.path.realpath(run / name)) for name in RUN_FOLDERS]
    for what in ("pack", "source", "base"):
        path = Path(os.path.realpath(getattr(plan, what)))
        inside = next((folder for folder in made if folder in (path, *path.parents)), None)
        if inside is not None:
            raise PackError(f"The {what} {path} lies in {inside}, which a run makes and deletes; name another --run.")
    if is_file(run / PLAN) or is_file(run / FINISHED):
        return
    for name in (*RUN_FOLDERS, CHECKPOINT):
        if os.path.lexists(run / name):
            raise PackError(f"{run} holds {name!r}, which no run of `loopgen learn` left; name another --run.")


def check_target(folder: Path) -> None:
    """Raise `ExportError` where no pack can be put into `folder`: better now than when it is learnt."""
    if is_folder(folder):
        return
    try:
        folder.mkdir(parents=True)
        folder.rmdir()
    except (OSError, ValueError) as error:
        raise ExportError(f"The pack cannot be in {str(folder)!r}: {failure(error)}.") from error
