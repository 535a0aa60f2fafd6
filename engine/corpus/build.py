"""Building a corpus folder: render, measure, store; in parallel and resumable."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.audio.descriptors import measure_curves
from engine.corpus.arrangement import LoopPlan, plan_loop
from engine.corpus.materials import materials
from engine.corpus.recordings import recorded_loops
from engine.corpus.render import render_plan
from engine.corpus.score import CorpusLoop
from engine.corpus.seeds import HELD_OUT_SEED, TRAINING
from engine.corpus.store import is_stored, store_loop, sweep_corpus, write_manifest
from engine.corpus.streams import Streams, pick
from engine.errors import CorpusError
from engine.tempo import LoopGeometry

SAMPLE_RATE: Final = 44100
LONGEST_SECONDS: Final = 18.6
"""Longer loops lose half their bars: what is trained on in one piece has to fit into a batch."""


@dataclass(frozen=True)
class BuildOptions:
    """What to build: `count` loops from `first_seed`, `held_out` more for validation, `recording_passes` over the
    recordings that are installed (each pass cuts and varies them differently). Of the first `alone` loops one part is
    stored by itself too, another each time: a row of a pattern may be all that is asked for."""

    count: int
    held_out: int = 200
    first_seed: int = 0
    recording_passes: int = 1
    keep_audio: bool = True
    jobs: int = 1
    alone: int = 0


def fitted_plan(seed: int) -> LoopPlan:
    """The plan of loop `seed`; overlong loops lose half their bars, again and again."""
    plan = plan_loop(seed)
    bars = plan.bars
    while LoopGeometry(plan.tempo_bpm, bars).seconds > LONGEST_SECONDS and bars > 1:
        bars //= 2
    return plan if bars == plan.bars else plan_loop(seed, bars=bars)


def part_alone(seed: int) -> tuple[str, LoopPlan]:
    """One of the parts that play in loop `seed`, and the plan of it by itself."""
    plan = fitted_plan(seed)
    part = pick(Streams(seed)("alone"), plan.parts)
    return part, plan.alone(part)


def build_corpus(folder: Path, options: BuildOptions, progress: Callable[[int, int], None]) -> int:
    """Render what `folder` does not have yet; `progress(done, total)` after each loop. Returns the number of loops.

    Raises `CorpusError` when the options ask for nothing or training seeds would reach into the held-out ones.
    """
    if min(options.count, options.held_out, options.alone) < 0 or options.count + options.held_out == 0:
        raise CorpusError("A corpus needs at least one loop.")
    if options.first_seed < 0 or options.first_seed + options.count > TRAINING.end:
        raise CorpusError(f"Training seeds run from 0 to {TRAINING.end - 1}.")
    sweep_corpus(folder)
    training = range(options.first_seed, options.first_seed + options.count)
    seeds = _spread(training, range(HELD_OUT_SEED, HELD_OUT_SEED + options.held_out))
    names = [*map(loop_name, seeds), *map(alone_name, training[: options.alone])]
    missing = [name for name in names if not is_stored(folder, name)]
    done = len(names) - len(missing)
    progress(done, len(names))
    for _ in _rendered(folder, missing, options):
        done += 1
        progress(done, len(names))
    recordings = _store_recordings(folder, options)
    write_manifest(
        folder,
        {
            "sample_rate": SAMPLE_RATE,
            "synthesised_loops": options.count,
            "loops_of_one_part": min(options.alone, options.count),
            "held_out_loops": options.held_out,
            "recorded_loops": recordings,
            "materials": materials(recordings=recordings > 0),
        },
    )
    return len(names) + recordings


def _spread(many: Sequence[int], few: Sequence[int]) -> list[int]:
    """`few` spread among `many`: a corpus that is still being rendered has some of both."""
    many, few = sorted((many, few), key=len, reverse=True)
    every = len(many) // max(len(few), 1) + 1
    mixed = []
    for number, seed in enumerate(many):
        mixed.append(seed)
        if number % every == 0 and number // every < len(few):
            mixed.append(few[number // every])
    return [*mixed, *few[-(-len(many) // every) :]]


def loop_name(seed: int) -> str:
    """File name of a synthesised loop."""
    return f"synthesis-{seed:08d}"


def alone_name(seed: int) -> str:
    """File name of one part of a synthesised loop."""
    return f"alone-{seed:08d}"


def _rendered(folder: Path, names: Iterable[str], options: BuildOptions) -> Iterator[None]:
    if options.jobs <= 1:
        for name in names:
            _render(folder, name, options.keep_audio)
            yield
        return
    with ProcessPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(_render, folder, name, options.keep_audio) for name in names]
        try:
            for job in as_completed(jobs):
                job.result()
                yield
        finally:
            pool.shutdown(cancel_futures=True)


def _render(folder: Path, name: str, keep_audio: bool) -> None:
    kind, _, seed = name.partition("-")
    plan = part_alone(int(seed))[1] if kind == "alone" else fitted_plan(int(seed))
    measure_and_store(folder, name, render_plan(plan), keep_audio)


def measure_and_store(folder: Path, name: str, loop: CorpusLoop, keep_audio: bool) -> None:
    """Add `loop` to the corpus in `folder` under `name`, with its measured curves."""
    frames = LoopGeometry(loop.annotation.tempo_bpm, loop.annotation.bars).frames
    curves = measure_curves(loop.audio, SAMPLE_RATE, frames)
    store_loop(folder, name, loop, curves, keep_audio=keep_audio)


def _store_recordings(folder: Path, options: BuildOptions) -> int:
    count = 0
    for passed in range(options.recording_passes):
        for number, loop in enumerate(recorded_loops(passed)):
            name = f"recording-{passed:02d}-{number:04d}"
            if not is_stored(folder, name):
                measure_and_store(folder, name, loop, options.keep_audio)
            count += 1
    return count
