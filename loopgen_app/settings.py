"""Where the window keeps things, and the few settings that outlive a session."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from engine import DocumentError, read_document_file, user_data, user_music

log = logging.getLogger(__name__)
MAX_PROMPTS = 50
BUFFER_FRAMES = range(16, 8193)
THEME_NAMES = ("dark", "light")
PORTS = range(1024, 65536)
"""What sound cards are asked for; one that is asked for more never opens."""


@dataclass(frozen=True)
class Folders:
    """The user's folders of LoopGen below one root; `music` is where loops go that leave it, if that is elsewhere."""

    root: Path
    music: Path | None = None

    @classmethod
    def default(cls) -> "Folders":
        """Below the user's data folder of this system, and in their folder of music."""
        return cls(user_data(), user_music())

    def make(self) -> None:
        """Make the root, for its owner alone: prompts are nobody else's. Raises `OSError`."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)

    @property
    def bank(self) -> Path:
        """The loop bank's file."""
        return self.root / "bank" / "loops.sqlite"

    @property
    def exports(self) -> Path:
        """Where dragged and exported files live, for as long as the user wants."""
        return self.music or self.root / "exports"

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
    def crates(self) -> Path:
        """Which loops of the bank belong together."""
        return self.root / "crates.json"

    @property
    def learning(self) -> Path:
        """Runs that learn from sounds, a folder each."""
        return self.root / "learning"

    @property
    def lock(self) -> Path:
        """Locked by the window that owns the folder."""
        return self.root / "lock"

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
    """What is remembered between runs. `midi` maps "channel/controller" to a knob; `window` is where the window was
    (left, top, width, height, 1 when maximized), `split` the heights of what came out: picture, bank. OSC is listened
    to where `osc` is on, from other computers too where `osc_open` is. Loops
    leave as they are mixed where `export_mixed` is on. `theme` is worn; `engine_open` and
    `large_picture` say what is unfolded."""

    device: str = ""
    buffer_frames: int = 1024
    export_format: str = "wav24"
    export_folder: str = ""
    recent: list[str] = field(default_factory=list)
    midi: dict[str, str] = field(default_factory=dict)
    pack: str = ""
    prompts: list[str] = field(default_factory=list)
    negative_prompts: list[str] = field(default_factory=list)
    window: list[int] = field(default_factory=list)
    split: list[int] = field(default_factory=list)
    clock_in: bool = False
    link: bool = False
    osc: bool = False
    osc_open: bool = False
    osc_port: int = 9127
    export_mixed: bool = True
    theme: str = "dark"
    engine_open: bool = False
    large_picture: bool = False

    @classmethod
    def load(cls, path: Path) -> "Settings":
        """Read settings; whatever is missing or unreadable is at its default."""
        try:
            found = read_document_file(path)
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError) as error:
            log.warning("settings at %s not read: %s", path, error)
            return cls()
        return cls(**_fitting(found)) if isinstance(found, Mapping) else cls()

    @staticmethod
    def unread(path: Path) -> str:
        """Why nobody knows what the settings are that are there; "" where they can be read, or there are none."""
        try:
            read_document_file(path)
        except (FileNotFoundError, NotADirectoryError, DocumentError):
            return ""
        except OSError as error:
            return (error.strerror or str(error)).lower()
        return ""

    @staticmethod
    def damaged(path: Path) -> bool:
        """Whether there is a file that no settings can be read from."""
        try:
            return not isinstance(read_document_file(path), Mapping)
        except DocumentError:
            return True
        except OSError:
            return False

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
    texts = [text for text in (newest, *known) if isinstance(text, str) and text.strip()]
    return list(dict.fromkeys(texts))[:most]


def _fitting(found: Mapping[str, Any]) -> dict[str, Any]:
    defaults, fitting = Settings(), {}
    for known in fields(Settings):
        value = found.get(known.name)
        if type(value) is not type(getattr(defaults, known.name)):
            continue
        if isinstance(value, list):
            kind = int if known.name in ("window", "split") else str
            value = [item for item in value if type(item) is kind][:MAX_PROMPTS]
        elif isinstance(value, dict):
            value = {name: text for name, text in value.items() if isinstance(text, str)}
        fitting[known.name] = value
    if fitting.get("buffer_frames") not in BUFFER_FRAMES:
        fitting.pop("buffer_frames", None)
    if fitting.get("theme") not in THEME_NAMES:
        fitting.pop("theme", None)
    if fitting.get("osc_port") not in PORTS:
        fitting.pop("osc_port", None)
    return fitting
