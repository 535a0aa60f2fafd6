"""`loopgen blend`: loops between two ends, or one file that goes from one to the other, or along the noise pad."""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import reworking
from engine.cli.options import BitDepthOption, DeviceOption, JsonOption, OutOption, PackOption, option
from engine.cli.progress_bar import progress_bar
from engine.cli.rendering import Destination, say, say_unknown
from engine.cli.reworking import FitOption, WalkGuidanceOption, WalkSamplerOption, WalkStepsOption
from engine.errors import InvalidRequest
from engine.knobs import BARS, BLEND_COUNT, SEED, TEMPO
from engine.requests import LoopRequest, NoisePad

if TYPE_CHECKING:
    from engine.applications.interpolation import End
    from engine.applications.inversion import Walk
    from engine.pipeline import LoopPipeline
    from engine.progress import Progress


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("blend", help="Make loops between two ends, or one evolving file.")(blend)


def blend(
    loop: Annotated[list[Path], typer.Option(metavar="FILE", help="A loop as an end; give two.")] = [],
    prompt: Annotated[list[str], typer.Option(help="Words as an end; give two.")] = [],
    tags: Annotated[list[str], typer.Option(help="Tags as an end, such as techno,kick,dark; give two.")] = [],
    seed: Annotated[list[int], option(SEED, "One for both ends, or two; four are the corners of a pad")] = [],
    path: Annotated[list[str], typer.Option(metavar="X,Y", help="A point of a path over that pad, 0 to 1.")] = [],
    count: Annotated[
        int, option(BLEND_COUNT, "How many loops, equally spaced, both ends included")
    ] = BLEND_COUNT.default,
    evolve: Annotated[int, typer.Option(metavar="BARS", help="One file of that many bars instead.")] = 0,
    over: Annotated[str, typer.Option(help="both, noise or conditions.")] = "both",
    bpm: Annotated[float, option(TEMPO, "Tempo, unless loops are given")] = TEMPO.default,
    bars: Annotated[int, option(BARS, "Length of each loop, unless loops are given")] = BARS.default,
    fit: FitOption = None,
    steps: WalkStepsOption = reworking.STEPS,
    sampler: WalkSamplerOption = reworking.SAMPLER,
    guidance: WalkGuidanceOption = 2.0,
    out: OutOption = Path(),
    bit_depth: BitDepthOption = 24,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Make loops between two ends, or one evolving file."""
    from engine.applications import interpolation, noise_path, transition
    from engine.recipe import Origin

    walk = reworking.make_walk(steps, sampler, guidance)
    plain = walk.of(LoopRequest(tempo_bpm=bpm, bars=bars, seed=seed[0] if seed else SEED.default))
    points = [_point(text) for text in path]
    requests = [] if points or loop else _requests(plain, prompt, tags, seed)
    if points or evolve:
        transition.check_bars(evolve)
    destination = Destination.check(out, bit_depth, 1 if evolve else count)
    if points:
        plain = plain.with_(noise=_pad(seed), prompt="".join(prompt[:1]), tags=_words(tags[:1]))
    pipeline = reworking.load_pipeline(pack, device)
    say_unknown(pipeline, [plain, *requests])
    started = time.perf_counter()
    origin = Origin("blend", over=over)
    walks = 1 if points else 3 if evolve else 2 * bool(loop) + interpolation.passes(count)
    with progress_bar(steps * walks) as progress:
        if points:
            made = noise_path.render_path(pipeline, plain, points, evolve, progress=progress)
            told = [reworking.write_passage(made, destination, started, "path", plain, origin)]
        else:
            ends = _ends(pipeline, walk, requests, loop, fit, progress)
            if interpolation.same(pipeline, *ends):
                raise InvalidRequest("Both ends are the same to this pack; give other --tags or a second --seed too.")
            if evolve:
                passage = transition.transition(pipeline, *ends, evolve, walk, progress=progress)
                leads_to = ends[1].request
                told = [reworking.write_passage(passage, destination, started, "blend", leads_to, origin)]
            else:
                at = [point / (count - 1) for point in range(count)]
                loops = interpolation.blend(pipeline, *ends, at, walk, over=over, progress=progress)
                told = [
                    reworking.write_loop(
                        found, destination, started, f"blend {n + 1} of {count}", replace(origin, at=t)
                    )
                    for n, (found, t) in enumerate(zip(loops, at, strict=True))
                ]
    say(told, as_json=json)


def _requests(plain: LoopRequest, prompt: list[str], tags: list[str], seed: list[int]) -> list[LoopRequest]:
    if max(len(prompt), len(tags), len(seed)) != 2:
        raise InvalidRequest("A blend needs two ends: give --prompt, --tags, --seed or --loop twice.")
    return [
        plain.with_(prompt=_one(prompt, end, ""), tags=_words([_one(tags, end, "")]), seed=_one(seed, end, 0))
        for end in (0, 1)
    ]


def _ends(
    pipeline: "LoopPipeline",
    walk: "Walk",
    requests: list[LoopRequest],
    loops: list[Path],
    fit: str | None,
    progress: "Progress",
) -> "tuple[End, End]":
    from engine.applications.interpolation import End
    from engine.applications.inversion import invert_loops

    if loops:
        if len(loops) != 2:
            raise InvalidRequest(f"A blend goes between two loops; {len(loops)} were given.")
        sources = [reworking.open_source(path, pipeline.info.sample_rate, None, fit) for path in loops]
        inverted = [invert_loops(pipeline, [source], walk, progress=progress)[0] for source in sources]
        first, last = map(End.of_loop, inverted)
    else:
        first, last = (End.of_request(pipeline, request) for request in requests)
    return first, last


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
