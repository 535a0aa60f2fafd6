"""What the verbs that work on the musician's own loops share: their options, reading the loop, writing.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from engine.cli.options import option
from engine.cli.rendering import Destination, summary
from engine.knobs import BARS, SEED, TEMPO, TRANSITION_BARS, WALK_GUIDANCE, WALK_SAMPLER, WALK_STEPS
from engine.vocabulary import BEATS_PER_BAR

if TYPE_CHECKING:
    from engine.applications.inversion import Walk
    from engine.applications.passage import Passage
    from engine.applications.source import SourceLoop
    from engine.loop import Loop
    from engine.pipeline import LoopPipeline
    from engine.recipe import Origin
    from engine.requests import LoopRequest

SourceArgument: TypeAlias = Annotated[
    Path, typer.Argument(metavar="IN.wav", help=f"A loop of {BARS.low} to {BARS.high} whole bars.")
]
FitOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="What to do with a file that is not whole bars: 'trim' cuts it, 'stretch' moves its tempo."),
]
WalkGuidanceOption: TypeAlias = Annotated[
    float, option(WALK_GUIDANCE, "1 inverts best; more obeys the conditions more")
]
TransitionBarsOption: TypeAlias = Annotated[
    int, option(TRANSITION_BARS, "Length: the first bar is the first loop's, the last the second's")
]
SeedOption: TypeAlias = Annotated[int, option(SEED, "Of the new noise")]


@dataclass(frozen=True)
class SourceOptions:
    """What is known of a file besides what it says of itself."""

    from_bpm: Annotated[
        float | None, option(TEMPO, "Its tempo; else as its recipe, name, acid chunk or sound say", "--from-bpm")
    ] = None
    fit: FitOption = None

    def open(self, path: Path, pipeline: "LoopPipeline") -> "SourceLoop":
        """The loop in the file `path`."""
        return open_source(path, pipeline.info.sample_rate, self.from_bpm, self.fit)


@dataclass(frozen=True)
class WalkOptions:
    """How a verb goes from a loop to its noise and back."""

    steps: Annotated[int, option(WALK_STEPS, "Steps each way")] = WALK_STEPS.default
    sampler: Annotated[str, option(WALK_SAMPLER)] = WALK_SAMPLER.default
    guidance: WalkGuidanceOption = WALK_GUIDANCE.default

    def walk(self, corrections: int | None = None) -> "Walk":
        """How the map is walked; raises `InvalidRequest` before anything is loaded."""
        from engine.applications.inversion import Walk

        most = Walk.corrections if corrections is None else corrections
        return Walk(self.steps, self.sampler, Walk.schedule, self.guidance, most)


@dataclass(frozen=True)
class BlendWalkOptions(WalkOptions):
    """The same, obeying the conditions as a render does."""

    guidance: WalkGuidanceOption = 2.0


def open_source(path: Path, sample_rate: int, tempo_bpm: float | None, fit: str | None) -> "SourceLoop":
    """Read a loop, and tell on stderr what its tempo was taken to be where nobody gave it."""
    from engine.applications.source import read_source

    source = read_source(path, sample_rate, tempo_bpm=tempo_bpm, fit=fit)
    request = source.request
    if source.tempo_from == "sound":
        typer.echo(
            f"{path.name}: {request.bars} bars at {request.tempo_bpm:.2f} BPM by ear "
            f"(confidence {source.confidence:.2f}); say --from-bpm if that is wrong.",
            err=True,
        )
    for remark in source.remarks:
        typer.echo(remark, err=True)
    return source


def write_loop(
    loop: "Loop", destination: Destination, started: float, words: str, origin: "Origin"
) -> dict[str, Any]:
    """Write a loop and return what `--json` tells of it; `started` is when work began, by `time.perf_counter`."""
    path = destination.write(loop, words, origin)
    return {**summary(loop, path, time.perf_counter() - started), **origin.to_dict()}


def write_passage(
    passage: "Passage",
    destination: Destination,
    started: float,
    words: str,
    leads_to: "LoopRequest",
    origin: "Origin",
) -> dict[str, Any]:
    """Write a passage to the loop of `leads_to` and return what `--json` tells of it."""
    path = destination.write_passage(passage, words, leads_to, origin)
    ramp = passage.ramp
    return {
        "path": str(path),
        "from_bpm": ramp.from_bpm,
        "tempo_bpm": ramp.to_bpm,
        "bars": ramp.bars,
        "beats": ramp.bars * BEATS_PER_BAR,
        "samples": int(passage.audio.shape[-1]),
        "sample_rate": passage.sample_rate,
        "pack": passage.pack_name,
        "seconds": round(time.perf_counter() - started, 4),
        **origin.to_dict(),
    }
