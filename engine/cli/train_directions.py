"""`loopgen train directions`: sliders and tags in the semantic latent of the model of two evaluations."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import DeviceOption


def directions(
    corpus: Annotated[Path, typer.Argument(help="A corpus that the pack's codec encoded, as a folder of loops.")],
    pack: Annotated[Path, typer.Option("--pack", metavar="DIR", help="A pack that has a model of two evaluations.")],
    loops: Annotated[int, typer.Option(help="Loops that are steered, of all styles in turn; 0 mixes nothing.")] = 12,
    rounds: Annotated[int, typer.Option(help="How often the mixes are tried and mended.")] = 2,
    judged: Annotated[int, typer.Option(help="Corpus loops that the classifiers learn from.")] = 800,
    device: DeviceOption = "auto",
) -> None:
    """Find where sliders lead in what two evaluations make a loop of, and what tells loops of each tag there."""
    import numpy as np

    from engine.training.directions import train_directions
    from engine.training.steers import spills

    found = train_directions(corpus, pack, loops=loops, rounds=rounds, judged=judged, device=device)
    told = found["told"].values()
    typer.echo(f"told apart {float(np.mean([*told])):.4g}, led in z_2: {', '.join(found['led']) or 'none'}")
    for when, response in found["responses"].items():
        typer.echo(f"moved besides its own, {when} {float(spills(np.array(response)).mean()):.4g}")
