"""Work on a musician's own loops, as tasks for the engine's worker: round trip, variation, stretch, transition,
morph.

The engine's part is imported inside the tasks: it brings torch, and the window is up long before that is needed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine import PROGRESSIVE_STEPS, Loop, LoopGeometry, Origin, Progress, Recipe
from loopgen_app.making.generation import Finished
from loopgen_app.making.service import Task

if TYPE_CHECKING:
    from engine import InvertedLoop, LoopPipeline, LoopRequest, Passage, RoundTrip, SourceLoop, Walk

_ENDINGS = ("wav", "flac", "aif", "aiff", "ogg")
KEPT = 4
"""Inverted loops kept, so that a second variation of a loop need not find its noise again."""


@dataclass(frozen=True)
class Cornered:
    """The noise of a loop, kept under `seed` for a `corner` of the pad."""

    corner: int
    seed: int


class Workbench:
    """Makes tasks, and remembers what they found out about loops; tasks run one at a time, on the worker's thread."""

    def __init__(self) -> None:
        self._inverted: OrderedDict[tuple[SourceLoop, str], InvertedLoop] = OrderedDict()
        self._round_trips: OrderedDict[SourceLoop, RoundTrip] = OrderedDict()

    def round_trip(self, source: SourceLoop) -> RoundTrip | None:
        """How far `source` comes back from its noise, where that has been measured. Thread safe."""
        return self._round_trips.get(source)

    def measure(self, source: SourceLoop) -> Task:
        """Invert `source` and play it back; gives its `RoundTrip`."""

        def task(pipeline: LoopPipeline, progress: Progress) -> RoundTrip:
            from engine import replay  # noqa: PLC0415

            walk = _walk()
            counted = progress.over(self._steps(pipeline, walk, source) + walk.num_steps)
            inverted = self._invert(pipeline, source, walk, counted)
            [back] = replay(pipeline, [inverted], progress=counted.part(walk.num_steps))
            found = self._round_trips[source] = back.round_trip(pipeline)
            _forget_oldest(self._round_trips)
            return found

        return task

    def vary(self, source: SourceLoop, strength: float, keep: str, seed: int) -> Task:
        """A variation of `source`; gives `Finished`."""

        def task(pipeline: LoopPipeline, progress: Progress) -> Finished:
            from engine import vary  # noqa: PLC0415

            walk = _walk()
            counted = progress.over(self._steps(pipeline, walk, source) + walk.num_steps)
            inverted = self._invert(pipeline, source, walk, counted)
            [loop] = vary(pipeline, inverted, [strength], keep=keep, seed=seed, progress=counted.part(walk.num_steps))
            origin = Origin("vary", source=source.name, strength=strength, keep=keep, noise_seed=seed)
            return _finished(loop, f"{stem(source)} varied", origin)

        return task

    def stretch(self, source: SourceLoop, tempo_bpm: float) -> Task:
        """`source` at `tempo_bpm`; gives `Finished`."""

        def task(pipeline: LoopPipeline, progress: Progress) -> Finished:
            from engine import stretch, stretched_request  # noqa: PLC0415

            stretched_request(source.request, tempo_bpm)  # judges the ratio before anything is computed
            walk = _walk()
            counted = progress.over(self._steps(pipeline, walk, source) + walk.num_steps)
            inverted = self._invert(pipeline, source, walk, counted)
            loop = stretch(pipeline, inverted, tempo_bpm, progress=counted.part(walk.num_steps))
            from_bpm = source.request.tempo_bpm
            origin = Origin("stretch", source=source.name, from_bpm=from_bpm, route="inversion")
            return _finished(loop, f"{stem(source)} at {tempo_bpm:g}", origin)

        return task

    def transition(self, a: SourceLoop, b: SourceLoop, bars: int) -> Task:
        """`bars` bars from `a` to `b`; gives `Finished`, with the recipe of a passage."""

        def task(pipeline: LoopPipeline, progress: Progress) -> Finished:
            from engine import End, transition  # noqa: PLC0415

            walk = _walk()
            counted = progress.over(self._steps(pipeline, walk, a, b) + walk.num_steps)
            ends = [End.of_loop(self._invert(pipeline, source, walk, counted)) for source in (a, b)]
            passage = transition(pipeline, ends[0], ends[1], bars, walk, progress=counted.part(walk.num_steps))
            origin = Origin("transition", source=a.name, to=b.name)
            return _passage(passage, b.request, f"{stem(a)} to {stem(b)}", origin)

        return task

    def morph(self, a: SourceLoop, b: SourceLoop, share: float) -> Task:
        """The loop at `share` of the way from what `a` is like to what `b` is like; gives `Finished`."""

        def task(pipeline: LoopPipeline, progress: Progress) -> Finished:
            from engine import End, morph  # noqa: PLC0415

            walk = _walk()
            counted = progress.over(self._steps(pipeline, walk, a, b) + PROGRESSIVE_STEPS)
            first, last = (End.of_loop(self._invert(pipeline, source, walk, counted)) for source in (a, b))
            [loop] = morph(pipeline, first, last, [share], progress=counted.part(PROGRESSIVE_STEPS))
            origin = Origin("blend", source=a.name, to=b.name, over="semantics", at=round(share, 4))
            return _finished(loop, f"{stem(a)} {100 * share:.0f} % to {stem(b)}", origin)

        return task

    def path(self, request: LoopRequest, points: Sequence[tuple[float, float]], bars: int) -> Task:
        """`bars` bars that follow `points` on the pad of `request`; gives `Finished`, a passage."""

        def task(pipeline: LoopPipeline, progress: Progress) -> Finished:
            from engine import render_path  # noqa: PLC0415

            passage = render_path(pipeline, request, points, bars, progress=progress)
            origin = Origin("path", points=tuple((round(x, 4), round(y, 4)) for x, y in points))
            return _passage(passage, request, "path on the pad", origin)

        return task

    def corner(self, source: SourceLoop, corner: int) -> Task:
        """The noise of `source` for `corner` of the pad; gives `Cornered`."""

        def task(pipeline: LoopPipeline, progress: Progress) -> Cornered:
            from engine import keep_noise  # noqa: PLC0415

            walk = _walk()
            counted = progress.over(self._steps(pipeline, walk, source))
            return Cornered(corner, keep_noise(pipeline, self._invert(pipeline, source, walk, counted)))

        return task

    def _steps(self, pipeline: LoopPipeline, walk: Walk, *sources: SourceLoop) -> int:
        """Steps that it takes to find the noise of those of `sources` whose noise is not known."""
        unknown = {source for source in sources if (source, pipeline.info.hash) not in self._inverted}
        return walk.num_steps * len(unknown)

    def _invert(self, pipeline: LoopPipeline, source: SourceLoop, walk: Walk, progress: Progress) -> InvertedLoop:
        """The noise of `source`, found now or before."""
        from engine import invert_loops  # noqa: PLC0415

        key = (source, pipeline.info.hash)
        known = self._inverted.get(key)
        if known is None:
            fitted = at_rate(source, pipeline.info.sample_rate)
            [known] = invert_loops(pipeline, [fitted], walk, progress=progress.part(walk.num_steps))
            self._inverted[key] = known
        self._inverted.move_to_end(key)
        _forget_oldest(self._inverted)
        return known


def _forget_oldest(kept: OrderedDict[Any, Any]) -> None:
    while len(kept) > KEPT:
        kept.popitem(last=False)


def at_rate(source: SourceLoop, sample_rate: int) -> SourceLoop:
    """`source` at another sample rate, exactly as long."""
    if source.sample_rate == sample_rate:
        return source
    from engine import resample_periodic  # noqa: PLC0415

    geometry = LoopGeometry(source.request.tempo_bpm, source.request.bars, sample_rate)
    return replace(source, audio=resample_periodic(source.audio, geometry.samples), sample_rate=sample_rate)


def stem(source: SourceLoop) -> str:
    """The name of a source without the ending of its file."""
    name, _, ending = source.name.rpartition(".")
    return name if ending.lower() in _ENDINGS and name else source.name


def _walk() -> Walk:
    from engine import Walk  # noqa: PLC0415

    return Walk()


def _finished(loop: Loop, name: str, origin: Origin) -> Finished:
    recipe = Recipe.of_loop(loop, origin=origin)
    return Finished(loop.audio, loop.sample_rate, recipe, loop.loudness_lufs, name)


def _passage(passage: Passage, leads_to: LoopRequest, name: str, origin: Origin) -> Finished:
    recipe = Recipe.of_passage(leads_to, passage.ramp, passage.pack_name, passage.pack_hash, origin)
    return Finished(passage.audio, passage.sample_rate, recipe, passage.loudness_lufs, name)
