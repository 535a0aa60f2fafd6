"""`loopgen train cost`: what training on very many loops would take, before anything is bought.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import json as json_format
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.groups import grouped
from engine.cli.options import JsonOption, PackOption
from engine.errors import InvalidRequest

if TYPE_CHECKING:
    from engine.training.cost import LoopWork, Stage

MEASURED_SECONDS = 10.0


@dataclass(frozen=True)
class ComputerOptions:
    """What computers there are, and what they cost."""

    machines: Annotated[int, typer.Option(help="Machines, all alike.")] = 1
    gpus: Annotated[int, typer.Option(help="GPUs in each; a process trains on each of them.")] = 8
    cores: Annotated[int, typer.Option(help="Cores in each.")] = 64
    gpu_tflops: Annotated[float, typer.Option(help="TFLOP/s of a GPU in products of bfloat16 matrices.")] = 400.0
    launch_ms: Annotated[float, typer.Option(help="Least time of a step on a GPU, in ms, however small.")] = 25.0
    read_mb: Annotated[float, typer.Option(help="MB/s that a machine reads shards at.")] = 500.0
    network_gbit: Annotated[float, typer.Option(help="Gbit/s between machines.")] = 100.0
    gpu_price: Annotated[float, typer.Option(help="Price of a GPU for an hour.")] = 2.5
    core_price: Annotated[float, typer.Option(help="Price of a core for an hour.")] = 0.04


@grouped
def cost(
    loops: Annotated[float, typer.Option(help="Loops of the corpus.")] = 1e6,
    epochs: Annotated[float, typer.Option(help="How often each is trained on.")] = 30.0,
    frames: Annotated[int, typer.Option(help="Latent frames per step and GPU.")] = 16_384,
    corpus: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Shards whose loops are measured here: size, length, batches a second."),
    ] = None,
    pack: PackOption = None,
    json: JsonOption = False,
    *,
    computers: ComputerOptions,
) -> None:
    """Hours, money and what limits them for a corpus of any size, on paper and simulated, from measured figures."""
    from engine.packs.pack import Pack, find_pack
    from engine.training.cost import Computers, LoopWork, stages, work_of

    there = Computers(**asdict(computers))
    records = Pack.open(find_pack(pack)).manifest.get("training", {}).get("denoiser", [])
    work = LoopWork()
    if corpus is not None:
        work = measured(corpus, work)
    if records:
        work = work_of(records[-1], work.frames, work)
    found = stages(work, there, loops, epochs, frames)
    if json:
        told = {"work": asdict(work), "computers": asdict(there), "stages": [asdict(stage) for stage in found]}
        typer.echo(json_format.dumps(told))
    else:
        typer.echo(table(found, work, loops, epochs))


def measured(corpus: Path, work: "LoopWork") -> "LoopWork":
    """`work` with the size and the length of loops in the shards of `corpus`, and with how many of them one process
    makes batches of in a second here."""
    from engine.training.shards.batches import ShardedCorpus
    from engine.training.shards.index import ShardSet, is_sharded
    from engine.training.shards.stream import Place

    if not is_sharded(corpus):
        raise InvalidRequest(f"{corpus} is no folder of shards; cut a corpus with `loopgen corpus shards`.")
    shards = ShardSet.open(corpus)
    size = sum(shard.bytes for shard in shards.training) / len(shards)
    frames = sum(shard.frames for shard in shards.training) / len(shards)
    loops = ShardedCorpus(shards, Place())
    loops.batch()  # the pool is filled first
    started, made = time.process_time(), 0
    until = time.monotonic() + MEASURED_SECONDS
    while time.monotonic() < until:
        made += len(loops.batch().latent)
    spent = time.process_time() - started
    loops.close()
    return replace(work, frames=frames, bytes=size, made=made / spent)


def table(found: "list[Stage]", work: "LoopWork", loops: float, epochs: float) -> str:
    """The stages as text."""
    from engine.evaluation.results import markdown_table

    rows: list[list[Any]] = [
        [stage.name, stage.loops_per_second, stage.per_gpu, stage.hours, stage.money, stage.limit] for stage in found
    ]
    header = ["stage", "loops/s", "loops/s a GPU", "hours", "money", "what limits it, or costs time"]
    told = (
        f"{loops:,.0f} loops of {work.frames:.0f} frames and {work.bytes / 1000:.0f} kB, {epochs:g} epochs. Measured "
        f"on one core: {work.render_seconds:g} s to render a loop, {work.encode_seconds:g} s to encode it, "
        f"{work.made:.0f} loops/s into batches, {work.flops / 1e6:.1f} MFLOP a frame to train, at "
        f"{100 * work.reached:.0f} % of a matrix product's speed. That a GPU reaches as much is assumed.\n\n"
    )
    return told + markdown_table(header, rows)
