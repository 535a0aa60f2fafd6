"""Where the window keeps things, and the few settings that outlive a session."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from engine import user_data

log = logging.getLogger(__name__)
MAX_PROMPTS = 50


@dataclass(frozen=True)
class Folders:
    """The user's folders of LoopGen below one root."""

    root: Path

    @classmethod
    def default(cls) -> "Folders":
        """Below the user's data folder of this system."""
        return cls(user_data())

    @property
    def bank(self) -> Path:
        """The loop bank's file."""
        return self.root / "bank" / "loops.sqlite"

    @property
    def exports(self) -> Path:
        """Where dragged and exported files live, for as long as the user wants."""
        return self.root / "exports"

    @property
    def presets(self) -> Path:
        """The user's presets."""
        return self.root / "presets"

    @property
    def sessions(self) -> Path:
        """Where sessions are offered to be saved."""
        return self.root / "sessions"

    @property
    def autosave(self) -> Path:
        """The session as it stands, written after every change."""
        return self.root / "autosave.json"

    @property
    def running(self) -> Path:
        """Exists while the window runs; found at start, it tells of an unexpected end."""
        return self.root / "running"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.root / "settings.json"

    @property
    def log(self) -> Path:
        """The log file."""
        return self.root / "loopgen.log"


@dataclass
class Settings:
    """What is remembered between runs. `midi` maps "channel/controller" to a knob."""

    device: str = ""
    buffer_frames: int = 1024
    export_format: str = "wav24"
    export_folder: str = ""
    recent: list[str] = field(default_factory=list)
    midi: dict[str, str] = field(default_factory=dict)
    pack: str = ""
    prompts: list[str] = field(default_factory=list)
    negative_prompts: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> "Settings":
        """Read settings; whatever is missing or unreadable is at its default."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            if path.exists():
                log.warning("settings at %s not read: %s", path, error)
            return cls()
        return cls(**_fitting(found)) if isinstance(found, Mapping) else cls()

    def to_json(self) -> bytes:
        """The settings file's bytes."""
        return json.dumps(asdict(self), indent=2).encode()

    def remember(self, path: Path) -> None:
        """Put a session first among the recent ones."""
        self.recent = _first(str(path), self.recent, 8)

    def remember_prompts(self, prompt: str, negative_prompt: str) -> None:
        """Put what was asked first among the earlier prompts."""
        self.prompts = _first(prompt, self.prompts, MAX_PROMPTS)
        self.negative_prompts = _first(negative_prompt, self.negative_prompts, MAX_PROMPTS)


def _first(newest: str, known: list[str], most: int) -> list[str]:
    return [text for text in dict.fromkeys((newest, *known)) if isinstance(text, str) and text.strip()][:most]


def _fitting(found: Mapping[str, Any]) -> dict[str, Any]:
    defaults = Settings()
    return {
        known.name: found[known.name]
        for known in fields(Settings)
        if known.name in found and isinstance(found[known.name], type(getattr(defaults, known.name)))
    }
