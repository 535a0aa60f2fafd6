"""What to learn from whose sounds, as plain data that loads without torch; a run keeps it beside its checkpoints."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

from engine.documents import DocumentError, read_document_file
from engine.errors import InvalidRequest
from engine.files import is_file, write_atomically
from engine.packs.sharing import check_name

PLAN: Final = "plan.json"
FINISHED: Final = "finished.json"
"""What the plan of a run is called once its pack is there."""
LEARNING_MINUTES: Final = (0.05, 10_000.0)
METHODS_TO_LEARN: Final = ("low-rank", "full")
_NUMBERS: Final = ("minutes", "rehearsal", "preview_minutes")
MAX_PLAN_BYTES: Final = 32_000_000
"""A hundred thousand files that are left out."""


@dataclass(frozen=True)
class LearningPlan:
    """Learn from `source`, a folder of sounds or a corpus, beside the denoiser of the pack in `base`, for `minutes`;
    the result is the pack called `name` in the folder `pack`.

    `left_out` are files of `source` that are not learnt from. `method` says how weights may change. In a share
    `rehearsal` of steps it learns from loops of the generator that the base learnt from, so that it keeps what it
    knows. A loop is rendered to be heard every `preview_minutes`. Raises `InvalidRequest` on anything impossible,
    `PackError` on a bad name.
    """

    source: str
    base: str
    pack: str
    name: str
    minutes: float = 45.0
    method: str = "low-rank"
    rehearsal: float = 0.3
    preview_minutes: float = 5.0
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.method not in METHODS_TO_LEARN:
            raise InvalidRequest(f"Unknown method {self.method!r}; possible: {', '.join(METHODS_TO_LEARN)}.")
        for what, value, low, high in (
            ("Minutes", self.minutes, *LEARNING_MINUTES),
            ("Minutes between previews", self.preview_minutes, *LEARNING_MINUTES),
            ("Rehearsal", self.rehearsal, 0.0, 0.9),
        ):
            if isinstance(value, bool) or not low <= value <= high:
                raise InvalidRequest(f"{what} {value:g} is out of range: {low:g} to {high:g}.")

    def store(self, run: Path) -> None:
        """Keep it in the folder `run`. Raises `ExportError`."""
        write_atomically(run / PLAN, json.dumps(asdict(self), indent=1).encode())

    @classmethod
    def read(cls, run: Path) -> Self | None:
        """The plan in the folder `run`; None where there is none. Raises `InvalidRequest` on a damaged one."""
        if not is_file(run / PLAN):
            return None
        try:
            found = read_document_file(run / PLAN, most_bytes=MAX_PLAN_BYTES)
            return cls._of(found)
        except (OSError, DocumentError, TypeError, ValueError) as error:
            raise InvalidRequest(f"The plan {run / PLAN} is damaged; delete it to start again.") from error

    @classmethod
    def _of(cls, found: Any) -> Self:
        if not isinstance(found, Mapping):
            raise ValueError("it is no object")
        values = {field.name: found[field.name] for field in fields(cls) if field.name in found}
        left_out = values.pop("left_out", [])
        texts = [value for name, value in values.items() if name not in _NUMBERS]
        if not isinstance(left_out, list) or not all(isinstance(each, str) for each in (*texts, *left_out)):
            raise ValueError("texts are wanted")
        return cls(**{**values, "left_out": tuple(left_out)})
