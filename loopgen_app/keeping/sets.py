"""Loops that leave together: a folder of sounds, their patterns as MIDI, and one JSON that says what all of it is."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from engine import RESERVED_NAMES, ExportError, LoopGenError, LoopRequest, Pattern, write_atomically, write_midi
from loopgen_app.audition import LoopAtHand
from loopgen_app.keeping.exports import Exports

INDEX: Final = "loops.json"
FORMAT: Final = 1
MOST_FOLDERS: Final = 1000
Composes = Callable[[LoopRequest], Pattern]


def export_set(
    exports: Exports, loops: Sequence[LoopAtHand], folder: Path, name: str, composes: Composes | None = None
) -> Path:
    """Write `loops` into a new folder below `folder`, called after `name`; returns it.

    The MIDI of a loop has the rows that were drawn and, by `composes`, those that were written for it; passages, and
    loops without any, have none. Raises `ExportError`; what was written by then stays, and has no index.
    """
    place = new_folder(folder, name)
    entries = []
    for heard in loops:
        path = exports.export(heard, place)
        entries.append({"file": path.name, "midi": _write_pattern(path, heard, composes), **_told(heard)})
    told = {"loopgen_set": FORMAT, "name": name, "loops": entries}
    write_atomically(place / INDEX, json.dumps(told, indent=1, ensure_ascii=False).encode())
    return place


def new_folder(folder: Path, name: str) -> Path:
    """A folder of its own below `folder`, with a name that every system takes. Raises `ExportError`."""
    plain = re.sub(r"[^\w \-]", "", name, flags=re.ASCII).strip()[:60].strip() or "loops"
    plain = f"{plain} loops" if plain.lower() in RESERVED_NAMES else plain
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for count in range(MOST_FOLDERS):
            place = folder / (plain if not count else f"{plain} ({count + 1})")
            try:
                place.mkdir()
            except FileExistsError:
                continue
            return place
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ExportError(f"No folder can be made in {folder}: {reason}.") from error
    raise ExportError(f"There are {MOST_FOLDERS} folders called {plain} in {folder}.")


def _write_pattern(path: Path, heard: LoopAtHand, composes: Composes | None) -> str:
    recipe = heard.recipe
    if recipe.kind != "loop" or recipe.origin is not None:
        return ""
    request = recipe.request
    try:
        written = composes(request).rows if composes is not None and request.compose else {}
        pattern = Pattern({**written, **request.pattern.rows}, swing=request.pattern.swing)
        if not pattern.rows:
            return ""
        return write_midi(path.with_suffix(".mid"), pattern, request.bars, tempo_bpm=request.tempo_bpm).name
    except ExportError:
        raise
    except LoopGenError:  # words that this pack does not know: the sound is there all the same
        return ""


def _told(heard: LoopAtHand) -> dict[str, Any]:
    request = heard.recipe.request
    return {
        "name": heard.name,
        "tempo_bpm": request.tempo_bpm,
        "bars": heard.recipe.bars,
        "key": request.key,
        "seed": request.seed,
        "prompt": request.prompt,
        "tags": list(request.tags),
        "kind": heard.recipe.kind,
        "recipe": json.loads(heard.recipe.to_json()),
    }
