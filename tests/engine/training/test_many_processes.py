"""Training on shards by several processes: four begin, two go on, and what is killed goes on where it stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tiny import tiny_corpus, tiny_pack

from engine.packs.models import load_codec
from engine.packs.pack import Pack
from engine.training.checkpoints import load_checkpoint
from engine.training.encoding import encode_corpus
from engine.training.shards.writing import Cut, write_shards

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
    "OMP_NUM_THREADS": "1",
}
LOOPS = 50
"""48 to train on, in 13 shards of four or fewer."""


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Shards of a tiny corpus; its pack is beside them."""
    corpus = tiny_corpus(tmp_path / "corpus", loops=LOOPS)
    encode_corpus(corpus, load_codec(Pack.open(tiny_pack(tmp_path / "pack", denoiser=False))), lambda *_: None)
    assert write_shards(corpus, tmp_path / "shards", Cut(loops=4), lambda *_: None) is not None
    return tmp_path / "shards"


def script(shards: Path, run: str, steps: int) -> list[str]:
    """What trains a tiny denoiser on `shards` for `steps` more steps; with a number of processes behind, it forks as
    many, which is sooner than starting each with a torch of its own."""
    folder = shards.parent
    path = folder / f"{run}.py"
    path.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "import torch._dynamo\n"  # optimizers read it, for seconds: once before the fork is enough
        "from tiny import DENOISER\n"
        "from engine.training.denoiser_run import train_denoiser\n"
        "from engine.training.run import TrainingOptions\n"
        "options = TrainingOptions(minutes=10, max_steps=int(sys.argv[1]), warmup_steps=2, learning_rate=3e-3,\n"
        "                          validate_every=4, ema_decay=0.8, checkpoint_minutes=0)\n"
        f"folder = Path({str(folder)!r})\n"
        "children = []\n"
        "for rank in range(int(sys.argv[2]) if len(sys.argv) > 2 else 0):\n"
        "    if not (child := os.fork()):\n"
        "        os.environ |= {'RANK': str(rank), 'LOCAL_RANK': str(rank)}\n"
        "        break\n"
        "    children.append(child)\n"
        "else:\n"
        "    if children:\n"
        "        sys.exit(any([os.waitpid(child, 0)[1] for child in children]))\n"
        f"train_denoiser(Path({str(shards)!r}), folder / 'pack', folder / {run!r}, options,\n"
        "               frames_per_batch=96, config=DENOISER)\n"
    )
    return [str(path), str(steps)]


def launch(processes: int, arguments: list[str]) -> "subprocess.Popen[str]":
    """Start `processes` processes as `torchrun` does, on the CPU with gloo."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return subprocess.Popen(
        [*command, *arguments], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def train(processes: int, arguments: list[str]) -> None:
    """Train with `processes` forks of one process to the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    world = {"WORLD_SIZE": str(processes), "LOCAL_WORLD_SIZE": str(processes)}
    command = [sys.executable, *arguments, str(processes)]
    run = subprocess.run(
        command, env=ENVIRONMENT | place | world, stderr=subprocess.PIPE, text=True, timeout=1800, check=False
    )
    assert run.returncode == 0, run.stderr[-9000:]


def read(run: Path) -> tuple[int, list[dict[str, Any]]]:
    """The step of the checkpoint, and what each process had read."""
    saved = load_checkpoint(run)
    assert saved is not None
    return saved[1]["step"], saved[1]["positions"]


def losses(run: Path) -> dict[int, float]:
    """Validation by step, where most of training is: near the noise."""
    rows = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return {row["step"]: row["loss_at_0.3"] for row in rows if row["kind"] == "validation"}


def drawn(positions: list[dict[str, Any]]) -> int:
    """Loops that were trained on so far, by any process."""
    bits: dict[tuple[str, int], int] = {}
    for position in positions:
        assert position["first"] == positions[0]["first"]
        for epoch, row in position["epochs"].items():
            told = {int(shard): int(value, 16) for shard, value in row["begun"].items()}
            told |= dict.fromkeys(row["done"], -1)
            for shard, value in told.items():
                bits[epoch, shard] = value if value < 0 else bits.get((epoch, shard), 0) | value
    whole = sum(4 for value in bits.values() if value < 0)
    return int(positions[0]["first"]) * (LOOPS - 2) + whole + sum(v.bit_count() for v in bits.values() if v > 0)


@pytest.mark.slow
def test_two_processes_go_on_with_what_four_began(shards: Path) -> None:
    """Eight steps by four and eight by two end where sixteen by four do; and by then each loop came equally often."""
    run = shards.parent / "changed"
    train(4, script(shards, "changed", 8))
    step, positions = read(run)
    assert step == 8 and len(positions) == 4
    assert drawn(positions) == pytest.approx(4 * 8 * 2, abs=8)  # two loops a step and process; shards of 3 count as 4
    train(2, script(shards, "changed", 8))
    step, positions = read(run)
    assert step == 16 and len(positions) == 2
    assert drawn(positions) == pytest.approx((4 + 2) * 8 * 2, abs=8)
    train(4, script(shards, "same", 16))
    changed, same = losses(run), losses(shards.parent / "same")
    # The same processes on the same loops. Gradients are summed in any order, and Adam's first steps make much of the
    # signs of small ones: such runs were up to 6 % apart.
    assert changed[4] == pytest.approx(same[4], rel=0.15)
    assert changed[16] == pytest.approx(same[16], rel=0.2)  # half the loops a step, and another order of them
    assert changed[16] < 0.9 * changed[4]


@pytest.mark.slow
def test_a_process_that_is_killed_ends_the_run_and_costs_no_checkpoint(shards: Path) -> None:
    run = launch(2, script(shards, "killed", 100_000))
    checkpoint = shards.parent / "killed" / "checkpoint.safetensors"
    deadline = time.monotonic() + 900
    while not checkpoint.exists() and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    os.kill(int(children[-1]), signal.SIGKILL)
    _, told = run.communicate(timeout=900)
    assert run.returncode != 0 and "Signal 9" in told
    step, _ = read(shards.parent / "killed")
    assert step >= 1
    train(2, script(shards, "killed", 2))
    assert read(shards.parent / "killed")[0] == step + 2
    assert not list((shards.parent / "killed").glob("*.part"))
