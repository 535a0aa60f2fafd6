"""What every verb that makes loops does: show progress, write files, say what was made.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from engine.cli.progress_bar import progress_bar
from engine.errors import ExportError
from engine.files import free_path, is_file, is_folder, sweep_stale_files
from engine.requests import LoopRequest

if TYPE_CHECKING:
    from engine.applications.passage import Passage
    from engine.export import Format
    from engine.loop import Loop
    from engine.recipe import Origin, Recipe
    from engine.rendering.service import Renderer


@dataclass(frozen=True)
class Destination:
    """Where sounds go: one file, or a folder in which each gets a name of its own."""

    path: Path
    is_folder: bool
    format: "Format"

    @classmethod
    def check(cls, out: Path, bit_depth: int, count: int, sources: Sequence[Path] = ()) -> "Destination":
        """Judge `--out` before anything is rendered, which must be none of `sources`; raises `ExportError` or
        `InvalidRequest` when it cannot work."""
        from engine.export import FORMATS, check_bits, find_format

        check_bits(bit_depth)
        to_folder = is_folder(out)
        if not to_folder and not any(out.suffix.lower() in kind.suffixes for kind in FORMATS.values()):
            raise ExportError(
                f"--out {str(out)!r} is neither an existing folder nor a file name ending in .wav, .flac or .aiff."
            )
        if not to_folder and count > 1:
            raise ExportError(f"--out {str(out)!r} is one file, and {count} loops are asked for; give a folder.")
        if not to_folder and not is_folder(out.parent):
            raise ExportError(f"The folder {str(out.parent)!r} does not exist; make it first or choose another.")
        if any(is_file(source) and is_file(out) and source.samefile(out) for source in sources):
            raise ExportError(f"--out {str(out)!r} is the loop that is read; choose another name, or a folder.")
        kind = find_format(".wav" if to_folder else out.suffix, bit_depth)
        sweep_stale_files(out if to_folder else out.parent)
        return cls(out, to_folder, kind)

    def write(self, loop: "Loop", words: str = "", origin: "Origin | None" = None) -> Path:
        """Write `loop` with its tempo, key and recipe; in a folder nothing is overwritten. Returns the path.

        In a folder it is named after its prompt, or `words` when it has an `origin`: what it was made from.
        """
        from engine.recipe import Recipe

        return self._write(loop, words, Recipe.of_loop(loop, origin=origin))

    def write_passage(self, passage: "Passage", words: str, leads_to: LoopRequest, origin: "Origin") -> Path:
        """Write `passage` to the loop of `leads_to`; it is no loop and has no one tempo. Returns the path."""
        from engine.recipe import Recipe

        recipe = Recipe.of_passage(leads_to, passage.ramp, passage.pack_name, passage.pack_hash, origin)
        return self._write(passage, words, recipe)

    def _write(self, sound: "Loop | Passage", words: str, recipe: "Recipe") -> Path:
        from engine.export import file_name, write_sound

        path = free_path(self.path, file_name(recipe, words, self.format)) if self.is_folder else self.path
        return write_sound(path, sound.audio, sound.sample_rate, recipe, self.format)


def say_unknown(renderer: "Renderer", requests: Sequence[LoopRequest]) -> None:
    """Tell on stderr what of `requests` the pack was never trained with."""
    for sentence in dict.fromkeys(renderer.info.unknown(request) for request in requests):
        if sentence:
            typer.echo(sentence, err=True)


def render_all(
    renderer: "Renderer", requests: Sequence[LoopRequest], destination: Destination
) -> list[dict[str, Any]]:
    """Render and write `requests` one by one with a progress bar; returns what `--json` tells of each."""
    say_unknown(renderer, requests)
    told = []
    with progress_bar(sum(request.evaluated_steps for request in requests)) as progress:
        for request in requests:
            start = time.perf_counter()
            loop = renderer.render(request, progress=progress)
            seconds = time.perf_counter() - start
            told.append(summary(loop, destination.write(loop), seconds))
    return told


def say(told: list[dict[str, Any]], *, as_json: bool) -> None:
    """Tell what was made: a line each, or one JSON object (of `loops` when there are several) on the last line."""
    if as_json:
        typer.echo(json.dumps(told[0] if len(told) == 1 else {"loops": told}))
        return
    for entry in told:
        seed = f"seed {entry['seed']}, " if "seed" in entry else ""
        typer.echo(
            f"{entry['path']}  {entry['bars']} bars at {entry['tempo_bpm']:g} BPM, {seed}{entry['seconds']:.2f} s"
        )


def summary(loop: "Loop", path: Path, seconds: float) -> dict[str, Any]:
    """What `--json` tells of a loop written to `path` after `seconds` of work."""
    request = loop.request
    return {
        "path": str(path),
        "tempo_bpm": request.tempo_bpm,
        "bars": request.bars,
        "samples": int(loop.audio.shape[-1]),
        "sample_rate": loop.sample_rate,
        "seed": request.seed,
        "steps": request.evaluated_steps,
        "guidance": request.guidance_scale,
        "pack": loop.pack_name,
        "seconds": round(seconds, 4),
        "stages": {name: round(value, 4) for name, value in loop.seconds.items()},
    }
