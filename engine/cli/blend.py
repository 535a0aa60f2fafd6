"""`loopgen blend`: loops between two ends, or one file that goes from one to the other, or along the noise pad."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import reworking
from engine.cli.groups import MachineOptions, OutputOptions, grouped
from engine.cli.options import option
from engine.cli.progress_bar import progress_bar
from engine.cli.rendering import say, say_unknown
from engine.cli.reworking import BlendWalkOptions, FitOption
from engine.errors import InvalidRequest
from engine.knobs import BARS, BLEND_COUNT, PROGRESSIVE_STEPS, SEED, TEMPO
from engine.requests import LoopRequest, NoisePad

if TYPE_CHECKING:
    from engine.applications.interpolation import End
    from engine.applications.inversion import Walk
    from engine.cli.rendering import Destination
    from engine.pipeline import LoopPipeline
    from engine.progress import Progress
    from engine.recipe import Origin


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("blend", help="Make loops between two ends, or one evolving file.")(blend)


@dataclass(frozen=True)
class EndOptions:
    """What a blend goes between, and over which pad."""

    loop: Annotated[list[Path], typer.Option(metavar="FILE", help="A loop as an end; give two.")] = field(
        default_factory=list
    )
    prompt: Annotated[list[str], typer.Option(help="Words as an end; give two.")] = field(default_factory=list)
    tags: Annotated[list[str], typer.Option(help="Tags as an end, such as techno,kick,dark; give two.")] = field(
        default_factory=list
    )
    seed: Annotated[list[int], option(SEED, "One for both ends, or two; four are the corners of a pad")] = field(
        default_factory=list
    )
    path: Annotated[list[str], typer.Option(metavar="X,Y", help="A point of a path over that pad, 0 to 1.")] = field(
        default_factory=list
    )

    def requests(self, plain: LoopRequest) -> list[LoopRequest]:
        """The requests of both ends, `plain` but for what is said of each; raises `InvalidRequest`."""
        if max(len(self.prompt), len(self.tags), len(self.seed)) != 2:
            raise InvalidRequest("A blend needs two ends: give --prompt, --tags, --seed or --loop twice.")
        return [
            plain.with_(
                prompt=_one(self.prompt, end, ""),
                tags=_words([_one(self.tags, end, "")]),
                seed=_one(self.seed, end, 0),
            )
            for end in (0, 1)
        ]


@grouped
def blend(
    *,
    ends: EndOptions,
    count: Annotated[
        int, option(BLEND_COUNT, "How many loops, equally spaced, both ends included")
    ] = BLEND_COUNT.default,
    evolve: Annotated[int, typer.Option(metavar="BARS", help="One file of that many bars instead.")] = 0,
    over: Annotated[str, typer.Option(help="both, noise or conditions.")] = "both",
    morph: Annotated[
        bool, typer.Option("--morph", help="By what the loops are like, in two evaluations each (needs such a pack).")
    ] = False,
    bpm: Annotated[float, option(TEMPO, "Tempo, unless loops are given")] = TEMPO.default,
    bars: Annotated[int, option(BARS, "Length of each loop, unless loops are given")] = BARS.default,
    fit: FitOption = None,
    walked: BlendWalkOptions,
    written: OutputOptions,
    machine: MachineOptions,
) -> None:
    """Make loops between two ends, or one evolving file."""
    from engine.applications import interpolation, transition

    if morph and (evolve or ends.path):
        raise InvalidRequest("A morph is made of loops: leave out --evolve and --path.")
    walk = walked.walk()
    plain = walk.of(LoopRequest(tempo_bpm=bpm, bars=bars, seed=ends.seed[0] if ends.seed else SEED.default))
    points = [_point(text) for text in ends.path]
    requests = [] if points or ends.loop else ends.requests(plain)
    if points or evolve:
        transition.check_bars(evolve)
    destination = written.check(1 if evolve else count, ends.loop)
    if points:
        plain = plain.with_(noise=_pad(ends.seed), prompt="".join(ends.prompt[:1]), tags=_words(ends.tags[:1]))
    pipeline = machine.pipeline()
    say_unknown(pipeline, [plain, *requests])
    walks = 1 if points else 3 if evolve else 2 * bool(ends.loop) + interpolation.passes(count)
    steps = PROGRESSIVE_STEPS * interpolation.passes(count) + walked.steps * 2 * bool(ends.loop)
    with progress_bar(steps if morph else walked.steps * walks) as progress:
        work = Blending(pipeline, walk, destination, over, progress)
        if points:
            told = work.path(plain, points, evolve)
        else:
            first, last = work.ends(requests, ends.loop, fit)
            told = work.passage(first, last, evolve) if evolve else work.loops(first, last, count, morphed=morph)
    say(told, as_json=machine.json)


@dataclass
class Blending:
    """The work of one blend, from its ends to what is told of the files."""

    pipeline: "LoopPipeline"
    walk: "Walk"
    destination: "Destination"
    over: str
    progress: "Progress"
    started: float = field(default_factory=time.perf_counter)

    @property
    def origin(self) -> "Origin":
        """What the recipes say of where the sounds are from."""
        from engine.recipe import Origin

        return Origin("blend", over=self.over)

    def ends(self, requests: list[LoopRequest], loops: list[Path], fit: str | None) -> "tuple[End, End]":
        """The ends of `requests`, or of two files; `InvalidRequest` where both are the same to the pack."""
        from engine.applications.interpolation import End, same
        from engine.applications.inversion import invert_loops

        if loops:
            if len(loops) != 2:
                raise InvalidRequest(f"A blend goes between two loops; {len(loops)} were given.")
            sources = [reworking.open_source(path, self.pipeline.info.sample_rate, None, fit) for path in loops]
            inverted = [
                invert_loops(self.pipeline, [source], self.walk, progress=self.progress)[0] for source in sources
            ]
            first, last = map(End.of_loop, inverted)
        else:
            first, last = (End.of_request(self.pipeline, request) for request in requests)
        if same(self.pipeline, first, last):
            raise InvalidRequest("Both ends are the same to this pack; give other --tags or a second --seed too.")
        return first, last

    def path(self, plain: LoopRequest, points: list[tuple[float, float]], bars: int) -> list[dict[str, Any]]:
        """Write `bars` bars along the points of the pad of `plain`."""
        from engine.applications import noise_path

        made = noise_path.render_path(self.pipeline, plain, points, bars, progress=self.progress)
        return [reworking.write_passage(made, self.destination, self.started, "path", plain, self.origin)]

    def passage(self, first: "End", last: "End", bars: int) -> list[dict[str, Any]]:
        """Write one sound of `bars` bars from end to end."""
        from engine.applications.transition import transition

        made = transition(self.pipeline, first, last, bars, self.walk, progress=self.progress)
        return [reworking.write_passage(made, self.destination, self.started, "blend", last.request, self.origin)]

    def loops(self, first: "End", last: "End", count: int, *, morphed: bool = False) -> list[dict[str, Any]]:
        """Write `count` loops from end to end."""
        from engine.applications.interpolation import blend
        from engine.applications.morph import morph

        at = [point / (count - 1) for point in range(count)]
        if morphed:
            made = morph(self.pipeline, first, last, at, progress=self.progress)
        else:
            made = blend(self.pipeline, first, last, at, self.walk, over=self.over, progress=self.progress)
        origin = replace(self.origin, over="semantics") if morphed else self.origin
        return [
            reworking.write_loop(
                found, self.destination, self.started, f"blend {n + 1} of {count}", replace(origin, at=t)
            )
            for n, (found, t) in enumerate(zip(made, at, strict=True))
        ]


def _one(values: list[Any], end: int, otherwise: Any) -> Any:
    return values[min(end, len(values) - 1)] if values else otherwise


def _words(tags: list[str]) -> tuple[str, ...]:
    return tuple(word.strip() for text in tags for word in text.split(",") if word.strip())


def _point(text: str) -> tuple[float, float]:
    try:
        x, y = (float(number) for number in text.split(","))
    except ValueError as error:
        raise InvalidRequest(f"Point {text!r} is not possible: X,Y, each from 0 to 1.") from error
    return x, y


def _pad(seeds: list[int]) -> NoisePad:
    if len(seeds) != 4:
        raise InvalidRequest(f"A path needs the four corners of its pad: --seed four times, not {len(seeds)}.")
    return NoisePad((seeds[0], seeds[1], seeds[2], seeds[3]))
