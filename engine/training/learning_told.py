"""What a learning run tells while it goes on, as objects here and as lines of JSON between processes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self, TypeAlias

from engine.documents import DocumentError, read_document

KINDS: Final = ("file", "doing", "remark", "step", "held-out", "preview", "paused", "done", "problem")
MAX_LINE: Final = 100_000


@dataclass(frozen=True)
class LearningTold:
    """One of `KINDS`; what a kind does not say is at its default.

    file: a sound `path` was looked at, of `bars` at `tempo_bpm`, with `words` on it; it is `usable` or words say why
    not. doing: `words` say what begins. remark: `words` to keep. step: `minutes` trained of `of_minutes`, the `loss`.
    held-out: the losses on held-out loops of the `folder` and of what was `known`, and whether that is the `best`.
    preview: a loop in `path`, as it is after `minutes`. paused: go on with the same run. done: the pack is in `path`,
    `words` sum up. problem: `words` say what went wrong, and nothing follows.
    """

    kind: str
    words: str = ""
    path: str = ""
    bars: int = 0
    tempo_bpm: float = 0.0
    usable: bool = False
    minutes: float = 0.0
    of_minutes: float = 0.0
    loss: float = 0.0
    folder: float = 0.0
    known: float = 0.0
    best: bool = False

    def to_line(self) -> str:
        """One line of JSON, without its end."""
        defaults = {field.name: field.default for field in fields(self)}
        return json.dumps({name: value for name, value in asdict(self).items() if value != defaults[name]})

    @classmethod
    def read(cls, line: bytes | str) -> Self | None:
        """The inverse; None for a line that is none of these: a library may print."""
        try:
            found = read_document(line, most_bytes=MAX_LINE)
        except DocumentError:
            return None
        if not isinstance(found, Mapping) or found.get("kind") not in KINDS:
            return None
        return cls(**{field.name: found[field.name] for field in fields(cls) if _fits(field.type, found, field.name)})


def _fits(kind: Any, found: Mapping[str, Any], name: str) -> bool:
    value = found.get(name)
    wanted: dict[Any, tuple[type, ...]] = {str: (str,), int: (int,), float: (int, float), bool: (bool,)}
    return type(value) in wanted[kind]


Tell: TypeAlias = Callable[[LearningTold], None]
