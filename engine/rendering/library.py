"""Rendering a library: many requests from a file, in batches of one length, into loops or shards; resumable.

Windows of the file are what processes share: each is rendered by one of them, and what is written is not rendered
again. Any number of processes, on any number of computers, may take their share of the windows.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from engine.errors import ExportError, InvalidRequest, LoopGenError
from engine.export import DEFAULT_FORMAT, Format, export_name, write_sound
from engine.files import failure, is_file, sweep_stale_files
from engine.loop import Loop
from engine.pipeline import LoopPipeline
from engine.recipe import Recipe
from engine.rendering.batching import batch_key
from engine.rendering.requests_file import LineWindow, RequestLine, RequestsFile
from engine.tars import TarWriting, webdataset

WINDOW: Final = 64
"""Requests that a process takes at once where loops are files."""
MOST_BATCH: Final = 256


@dataclass(frozen=True)
class Library:
    """What is rendered and where it goes: loops into the folder `out`, or `shard` of them into each tar there.

    At most `batch` loops of one length are rendered together; this process does share `share` of `shares`, with
    `jobs` processes of its own. Raises `InvalidRequest` on numbers that are not possible.
    """

    requests: RequestsFile
    out: Path
    pack: Path
    device: str = "auto"
    format: Format = DEFAULT_FORMAT
    shard: int = 0
    batch: int = 8
    jobs: int = 1
    share: int = 0
    shares: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.shard <= 10_000 or not 1 <= self.batch <= MOST_BATCH or not 1 <= self.jobs <= 1024:
            raise InvalidRequest(f"Possible: --shard 0 to 10000, --batch 1 to {MOST_BATCH}, --jobs 1 to 1024.")

    def windows(self) -> list[LineWindow]:
        """The windows that this process renders; raises `InvalidRequest` on lines that cannot be rendered."""
        return [
            window
            for window in self.requests.windows(self.shard or WINDOW)
            if window.index % self.shares == self.share
        ]

    def loop_file(self, line: RequestLine, pack_hash: str) -> Path:
        """The file of the loop of `line`: another request, or another pack, has another."""
        request = line.request
        name = export_name(
            request.prompt,
            request.tempo_bpm,
            request.key,
            request.bars,
            request.seed,
            extension=self.format.suffix,
        )
        return self.out / f"{line.number:07d}-{_digits(line.digest, pack_hash)}_{name}"

    def shard_file(self, window: LineWindow, pack_hash: str) -> Path:
        """The tar of the loops of `window`."""
        return self.out / f"loops-{window.index:05d}-{_digits(window.digest, pack_hash + self.format.id)}.tar"


def _digits(digest: str, pack_hash: str) -> str:
    return hashlib.sha256((digest + pack_hash).encode()).hexdigest()[:8]


def render_library(library: Library, progress: Callable[[int, int], None]) -> int:
    """Render what `library` does not have yet; returns how many loops were rendered.

    Raises `InvalidRequest` before anything is rendered where a line cannot be, and `ExportError`, `PackError` and
    `DeviceError`; what is written stays, and the same call goes on.
    """
    if library.shard:
        webdataset()
    windows = library.windows()
    sweep_stale_files(library.out)
    total, done, rendered = sum(window.lines for window in windows), 0, 0
    progress(0, total)
    for window, made in _rendered(library, windows):
        done += window.lines
        rendered += made
        progress(done, total)
    return rendered


def _rendered(library: Library, windows: Sequence[LineWindow]) -> Iterator[tuple[LineWindow, int]]:
    if library.jobs <= 1:
        pipeline = LoopPipeline.from_pack(library.pack, library.device)
        for window in windows:
            yield window, render_window(library, pipeline, window)
        return
    with ProcessPoolExecutor(library.jobs, get_context("spawn"), _begin, (library,)) as pool:
        waiting = {pool.submit(_work, window): window for window in windows}
        try:
            for job in as_completed(waiting):
                yield waiting[job], job.result()
        except BrokenProcessPool as error:
            raise LoopGenError(
                "A process that rendered died (killed, or out of memory). What is written stays: run it again."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


_worker: tuple[Library, LoopPipeline] | None = None
"""What a process of a pool renders with: a pack is loaded once."""


def _begin(library: Library) -> None:
    global _worker  # noqa: PLW0603 - the one thing that a pool lets a process keep
    _worker = library, LoopPipeline.from_pack(library.pack, library.device)


def _work(window: LineWindow) -> int:
    assert _worker is not None
    return render_window(*_worker, window)


def render_window(library: Library, pipeline: LoopPipeline, window: LineWindow) -> int:
    """Render what of `window` is not there; returns how many loops were."""
    if library.shard:
        return _render_shard(library, pipeline, window)
    paths = {line: library.loop_file(line, pipeline.info.hash) for line in library.requests.read(window)}
    missing = [line for line, path in paths.items() if not is_file(path)]
    for line, loop in _loops(pipeline, missing, library.batch):
        write_sound(paths[line], loop.audio, loop.sample_rate, Recipe.of_loop(loop), library.format)
    return len(missing)


def _render_shard(library: Library, pipeline: LoopPipeline, window: LineWindow) -> int:
    path = library.shard_file(window, pipeline.info.hash)
    if is_file(path):
        return 0
    tar = TarWriting(path)
    try:
        with tempfile.TemporaryDirectory() as folder:
            sound = Path(folder) / f"loop{library.format.suffix}"
            for line, loop in _loops(pipeline, list(library.requests.read(window)), library.batch):
                recipe = Recipe.of_loop(loop)
                write_sound(sound, loop.audio, loop.sample_rate, recipe, library.format)
                members = {"json": recipe.to_json().encode(), library.format.suffix[1:]: sound.read_bytes()}
                tar.add(line.number, members)
        tar.finish()
    except OSError as error:
        raise ExportError(f"Cannot write {str(path)!r}: {failure(error)}.") from error
    finally:
        tar.give_up()
    return window.lines


def _loops(pipeline: LoopPipeline, lines: Sequence[RequestLine], most: int) -> Iterator[tuple[RequestLine, Loop]]:
    """The loops of `lines`, those that can be rendered together at once."""
    alike: dict[tuple[object, ...], list[RequestLine]] = {}
    for line in lines:
        alike.setdefault(batch_key(line.request), []).append(line)
    for own in alike.values():
        for first in range(0, len(own), most):
            batch = own[first : first + most]
            yield from zip(batch, pipeline.render_batch([line.request for line in batch]), strict=True)
