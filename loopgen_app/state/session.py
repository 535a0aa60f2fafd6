"""Sessions and presets: the knobs as versioned JSON, written atomically, read with suspicion."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import DocumentError, ExportError, LoopGenError, read_document, read_file, write_atomically
from loopgen_app.state.parameters import PARAMETERS

SCHEMA = 1
SUFFIX = ".loopgen"
MAX_BYTES = 16_000_000
NOT_IN_PRESETS = frozenset({"seed", "seed_locked", "pad_locks", "variations"})


class SessionError(LoopGenError):
    """A session or preset that cannot be read."""


@dataclass(frozen=True)
class Session:
    """All knobs as plain JSON, the loop that was heard (its id in the bank) and the other side of A/B."""

    knobs: Mapping[str, Any] = field(default_factory=dict)
    loop_id: int | None = None
    other_id: int | None = None

    def to_bytes(self) -> bytes:
        """The file's bytes."""
        content = {"loopgen_session": SCHEMA, "knobs": dict(self.knobs), "loop": self.loop_id, "other": self.other_id}
        return json.dumps(content, indent=1).encode()

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> "Session":
        """Read a file's bytes; raises `SessionError`, which names the file, on other files and newer sessions."""
        try:
            found = read_document(data)
        except DocumentError as error:
            raise SessionError(f"{name} is not a LoopGen session or is damaged.") from error
        if not isinstance(found, Mapping) or not isinstance(found.get("loopgen_session"), int):
            raise SessionError(f"{name} is not a LoopGen session.")
        if found["loopgen_session"] > SCHEMA:
            raise SessionError(f"{name} was saved by a newer LoopGen (format {found['loopgen_session']}).")
        knobs = found.get("knobs")
        if not isinstance(knobs, Mapping):
            raise SessionError(f"{name} is damaged: it has no knobs.")
        loop, other = found.get("loop"), found.get("other")
        return cls(knobs, loop if isinstance(loop, int) else None, other if isinstance(other, int) else None)


def save_session(path: Path, session: Session) -> None:
    """Write a session; raises `ExportError` when the disk will not have it, the old file intact."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ExportError(f"Cannot write {path.name} in {path.parent}: {reason}.") from error
    write_atomically(path, session.to_bytes(), private=True)


def open_session(path: Path) -> Session:
    """Read a session; raises `SessionError`."""
    try:
        data = read_file(path, MAX_BYTES)
    except OSError as error:
        raise SessionError(f"{path.name} could not be opened: {error.strerror or error}.") from error
    return Session.from_bytes(data, path.name)


def preset_knobs(knobs: Mapping[str, Any]) -> dict[str, Any]:
    """The part of all knobs that a preset keeps: how it sounds, not which seed nor how loud."""
    return {
        name: value
        for name, value in knobs.items()
        if PARAMETERS[name].scope == "sound" and name not in NOT_IN_PRESETS
    }


def list_presets(*folders: Path) -> dict[str, Path]:
    """Name -> file of all presets; a later folder wins over an earlier one."""
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.json"))}
