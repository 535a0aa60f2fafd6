"""`loopgen evaluate patterns`: whether scores come back, and whether operations on them do what they promise."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import FiguresOption, JsonOption, PackOption
from engine.cli.results import say_results
from engine.errors import InvalidRequest, PackError

if TYPE_CHECKING:
    from engine.evaluation.experiments.patterns import Variants


def patterns(
    out: FiguresOption,
    scores: Annotated[int, typer.Option(help="Held-out scores that are taken apart and put together.")] = 2000,
    tried: Annotated[int, typer.Option(help="Scores that the operations are tried on.")] = 200,
    judged: Annotated[int, typer.Option(help="Scores that the judge is trained on.")] = 3000,
    steps: Annotated[
        int, typer.Option(help="Training steps of each network of the paper's table 1; 0 leaves these out.")
    ] = 0,
    pack: PackOption = None,
    json: JsonOption = False,
) -> None:
    """Whether patterns come back, and whether new, vary, towards and answer do what they promise."""
    _check(scores, tried, judged, steps)
    from engine.evaluation.experiments.patterns import evaluate_patterns
    from engine.packs.models import load_patterns
    from engine.packs.pack import Pack, find_pack

    opened = Pack.open(find_pack(pack))
    network = load_patterns(opened)
    if network is None:
        raise PackError(f"Pack {opened.name!r} writes no patterns: choose another, or see `loopgen train patterns`.")
    variants = _variants(out / "variants", steps) if steps else {}
    results = evaluate_patterns(
        network, out, scores=scores, tried=tried, judged=judged, variants=variants, progress=sys.stderr.isatty()
    )
    say_results(results, out / "patterns.md", as_json=json)


def _check(scores: int, tried: int, judged: int, steps: int) -> None:
    possible = (20 <= scores <= 10_000, 10 <= tried <= scores, 20 <= judged <= 50_000, 0 <= steps <= 10**6)
    if not all(possible):
        raise InvalidRequest(
            "Possible: --scores 20 to 10000, --tried 10 to as many, --judged 20 to 50000, --steps 0 to 1000000."
        )


def _variants(folder: Path, steps: int) -> "Variants":
    """By name, what trains each network of the paper's table 1 for `steps` steps in a folder of its own."""
    from engine.cli.train import need_accelerate

    need_accelerate()
    from engine.training.pattern_variants import VARIANTS, train_variant
    from engine.training.patterns import PatternTraining

    training = PatternTraining(scores=5000, validation=200, bars_per_batch=64, open_fills=0.0, recorded=0.0)
    return {
        name: partial(train_variant, config, folder / str(number), steps, training)
        for number, (name, config) in enumerate(VARIANTS.items())
    }
