"""`loopgen blend`: loops between two ends, or one file that goes from one to the other, or along the noise pad."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import reworking
from engine.cli.options import BitDepthOption, DeviceOption, JsonOption, OutOption, PackOption
from engine.cli.rendering import Destination, say
from engine.cli.reworking import FitOption, WalkGuidanceOption, WalkSamplerOption, WalkStepsOption
from engine.errors import InvalidRequest
from engine.requests import LoopRequest, NoisePad

if TYPE_CHECKING:
    from engine.applications.interpolation import End
    from engine.applications.inversion import Walk
    from engine.pipeline import LoopPipeline

MAX_COUNT = 256


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("blend", help="Make loops between two ends, or one evolving file.")(blend)


def blend(
    loop: Annotated[list[Path], typer.Option(metavar="FILE", help="A loop as an end; give two.")] = [],
    prompt: Annotated[list[str], typer.Option(help="Words as an end; give two.")] = [],
    tags: Annotated[list[str], typer.Option(help="Tags as an end, such as techno,kick,dark; give two.")] = [],
    seed: Annotated[list[int], typer.Option(help="One for both ends, or two; four are the corners of a pad.")] = [],
    path: Annotated[list[str], typer.Option(metavar="X,Y", help="A point of a path over that pad, 0 to 1.")] = [],
    count: Annotated[int, typer.Option(help="How many loops, equally spaced, both ends included.")] = 5,
    evolve: Annotated[int, typer.Option(metavar="BARS", help="One file of that many bars instead.")] = 0,
    over: Annotated[str, typer.Option(help="both, noise or conditions.")] = "both",
    bpm: Annotated[float, typer.Option(help="Tempo, unless loops are given.")] = 126.0,
    bars: Annotated[int, typer.Option(help="Length of each loop, unless loops are given.")] = 4,
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
    if not 2 <= count <= MAX_COUNT:
        raise InvalidRequest(f"Count {count} is not possible: 2 to {MAX_COUNT}.")
    from engine.applications import interpolation, noise_path, transition

    walk = reworking.make_walk(steps, sampler, guidance)
    plain = walk.of(LoopRequest(tempo_bpm=bpm, bars=bars, seed=seed[0] if seed else 0))
    points = [_point(text) for text in path]
    requests = [] if points or loop else _requests(plain, prompt, tags, seed)
    if points or evolve:
        transition.check_bars(evolve)
    destination = Destination.check(out, bit_depth, 1 if evolve else count)
    if points:
        plain = plain.with_(noise=_pad(seed), prompt="".join(prompt[:1]), tags=_words(tags[:1]))
    pipeline = reworking.load_pipeline(pack, device)
    started = time.perf_counter()
    origin: dict[str, Any] = {"verb": "blend", "over": over}
    walks = 1 if points else 3 if evolve else 2 * bool(loop) + interpolation.passes(count)
    with reworking.progress(steps * walks) as tell:
        if points:
            made = noise_path.render_path(pipeline, plain, points, evolve, on_step=tell)
            told = [reworking.write_passage(made, destination, started, "path", origin)]
        else:
            ends = _ends(pipeline, walk, requests, loop, fit)
            if interpolation.same(pipeline, *ends):
                raise InvalidRequest("Both ends are the same to this pack; give other --tags or a second --seed too.")
            if evolve:
                passage = transition.transition(pipeline, *ends, evolve, walk, on_step=tell)
                told = [reworking.write_passage(passage, destination, started, "blend", origin)]
            else:
                at = [point / (count - 1) for point in range(count)]
                loops = interpolation.blend(pipeline, *ends, at, walk, over=over, on_step=tell)
                told = [
                    reworking.write_loop(found, destination, started, f"blend {n + 1} of {count}", origin | {"at": t})
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
    pipeline: "LoopPipeline", walk: "Walk", requests: list[LoopRequest], loops: list[Path], fit: str | None
) -> "tuple[End, End]":
    from engine.applications.interpolation import End
    from engine.applications.inversion import invert_loop

    if loops:
        if len(loops) != 2:
            raise InvalidRequest(f"A blend goes between two loops; {len(loops)} were given.")
        sources = [reworking.open_source(path, pipeline.info.sample_rate, None, fit) for path in loops]
        first, last = (End.of_loop(invert_loop(pipeline, source, walk)) for source in sources)
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
