"""What every verb that makes loops does: load the renderer, show progress, write files, say what was made.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from engine.errors import ExportError, InvalidRequest
from engine.files import free_path, sweep_stale_files
from engine.packs import find_pack
from engine.requests import LoopRequest
from engine.vocabulary import BEATS_PER_BAR

if TYPE_CHECKING:
    from engine.applications.passage import Passage
    from engine.loop import Loop
    from engine.service import Renderer

SUBTYPES = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}
EXTENSIONS = (".wav", ".flac")


@dataclass(frozen=True)
class Destination:
    """Where loops go: one file, or a folder in which each gets a name of its own."""

    path: Path
    is_folder: bool
    bit_depth: int

    @classmethod
    def check(cls, out: Path, bit_depth: int, count: int) -> "Destination":
        """Judge `--out` before anything is rendered; raises `ExportError` or `InvalidRequest` when it cannot work."""
        if bit_depth not in SUBTYPES:
            raise InvalidRequest(f"Bit depth {bit_depth} is not possible: 16, 24 or 32.")
        is_folder = out.is_dir()
        extension = out.suffix.lower()
        if not is_folder and extension not in EXTENSIONS:
            raise ExportError(
                f"--out {str(out)!r} is neither an existing folder nor a file name ending in .wav or .flac."
            )
        if not is_folder and count > 1:
            raise ExportError(f"--out {str(out)!r} is one file, and {count} loops are asked for; give a folder.")
        if not is_folder and not out.parent.is_dir():
            raise ExportError(f"The folder {str(out.parent)!r} does not exist; make it first or choose another.")
        if extension == ".flac" and not is_folder and bit_depth == 32:
            raise ExportError("FLAC holds 16 or 24 bits; for 32 bits write a .wav.")
        sweep_stale_files(out if is_folder else out.parent)
        return cls(out, is_folder, bit_depth)

    def write(self, loop: "Loop", words: str = "", origin: Mapping[str, Any] | None = None) -> Path:
        """Write `loop` with its tempo, key and recipe; in a folder nothing is overwritten. Returns the path.

        In a folder it is named after its prompt, or `words`. `origin` says in the recipe what it was made from.
        """
        from engine.audio.io import export_name, write_flac, write_wav

        request = loop.request
        path = self.path
        if self.is_folder:
            name = export_name(words or request.prompt, request.tempo_bpm, request.key, request.bars, request.seed)
            path = free_path(self.path, name)
        pack = {"name": loop.pack_name, "hash": loop.pack_hash}
        made = {"origin": dict(origin)} if origin else {}
        recipe = json.dumps({"request": request.to_dict(), "pack": pack, **made})
        told: dict[str, Any] = {
            "subtype": SUBTYPES[self.bit_depth],
            "tempo_bpm": request.tempo_bpm,
            "key": request.key,
            "recipe": recipe,
        }
        if path.suffix.lower() == ".flac":
            return write_flac(path, loop.audio, loop.sample_rate, **told)
        return write_wav(path, loop.audio, loop.sample_rate, beats=request.bars * BEATS_PER_BAR, **told)

    def write_passage(self, passage: "Passage", words: str, origin: Mapping[str, Any]) -> Path:
        """Write `passage`, which is no loop and has no one tempo; in a folder it is named after `words`."""
        from engine.audio.io import export_name, write_flac, write_wav

        path, ramp = self.path, passage.ramp
        if self.is_folder:
            path = free_path(self.path, export_name(words, ramp.to_bpm, None, ramp.bars, 0))
        recipe = json.dumps({"pack": {"name": passage.pack_name, "hash": passage.pack_hash}, "origin": dict(origin)})
        subtype = SUBTYPES[self.bit_depth]
        if path.suffix.lower() == ".flac":
            return write_flac(path, passage.audio, passage.sample_rate, subtype=subtype, recipe=recipe)
        return write_wav(path, passage.audio, passage.sample_rate, subtype=subtype, recipe=recipe, is_loop=False)


def load_renderer(pack: str | None, device: str) -> "Renderer":
    """The pipeline of a pack (by folder or name, None for the starter pack) on a device."""
    folder = find_pack(pack)
    pipeline: Any = import_module("engine.pipeline")
    renderer: Renderer = pipeline.LoopPipeline.from_pack(folder, device=device)
    return renderer


def render_all(
    renderer: "Renderer", requests: Sequence[LoopRequest], destination: Destination
) -> list[dict[str, Any]]:
    """Render and write `requests` one by one with a progress bar; returns what `--json` tells of each."""
    from tqdm import tqdm

    told = []
    total = sum(request.num_steps for request in requests)
    # On a terminal alone, and not for what is done within a second.
    with tqdm(total=total, unit="step", file=sys.stderr, disable=None, delay=1.0, leave=False) as bar:
        for request in requests:
            start = time.perf_counter()
            loop = renderer.render(request, on_step=lambda _: bar.update())
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
        "steps": request.num_steps,
        "guidance": request.guidance_scale,
        "pack": loop.pack_name,
        "seconds": round(seconds, 4),
        "stages": {name: round(value, 4) for name, value in loop.seconds.items()},
    }
