"""What training costs: on paper by what is slowest, and simulated between what is ideal and what that loses."""

import json
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest
import typer

from engine.cli.app import build_app, run
from engine.errors import InvalidRequest
from engine.training.cost import HIDDEN, Computers, LoopWork, StepCost, simulate, stages, step_on_paper, work_of

WORK = LoopWork(frames=100, bytes=1e5, made=200, flops=1e7, parameters=1e6, reached=0.5)


def test_a_step_takes_as_long_as_the_slowest_of_what_it_needs() -> None:
    one = Computers(gpus=1, gpu_tflops=1.0, launch_ms=1e-6, read_mb=1.0)
    step = step_on_paper(WORK, one, 1000)
    assert (step.loops, step.exchange) == (10, 0)
    assert step.computing == pytest.approx(1000 * 1e7 / 0.5e12, rel=1e-5)  # 0.02 s
    assert step.making == pytest.approx(10 / 200) and step.reading == pytest.approx(10 * 1e5 / 1e6)
    assert step.limit == "reading" and step.seconds == pytest.approx(1.0)
    faster = step_on_paper(WORK, Computers(gpus=1, gpu_tflops=1.0, launch_ms=1e-6, read_mb=1e4), 1000)
    assert faster.limit == "making batches" and faster.seconds == pytest.approx(0.05)
    slow = step_on_paper(WORK, Computers(gpus=1, gpu_tflops=0.01, launch_ms=1e-6), 1000)
    assert slow.limit == "computing" and slow.seconds == pytest.approx(2.0)
    # A ring of 16 sends each gradient 15/16 of the way twice: 7.5 MB at 1 Gbit/s.
    wide = step_on_paper(WORK, Computers(machines=2, network_gbit=1.0, gpu_tflops=1e5, launch_ms=1e-6), 1000)
    assert wide.exchange == pytest.approx(2 * 15 / 16 * 4e6 / 0.125e9) and wide.limit == "network"


def test_simulated_steps_lose_what_processes_wait_for_each_other() -> None:
    alone = simulate(StepCost(10, 0.1, 0.01, 0.0, 0.0), 1)
    assert alone.steps_per_second == pytest.approx(10, rel=0.02) and alone.stragglers == 0
    many = simulate(StepCost(10, 0.1, 0.01, 0.0, 0.0), 64)
    assert 0.7 * 10 < many.steps_per_second < 0.85 * 10  # the slowest of 64 is 2.4 deviations of 12 % late
    assert many.stragglers > 0.15 and many.reading < 0.01
    starved = simulate(StepCost(10, 0.1, 0.3, 0.0, 0.0), 4)
    assert starved.steps_per_second == pytest.approx(1 / 0.3, rel=0.05) and starved.reading > 0.55
    talking = simulate(StepCost(10, 0.1, 0.01, 0.0, 0.1), 1)
    assert talking.steps_per_second == pytest.approx(1 / (0.1 + (1 - HIDDEN) * 0.1), rel=0.02)
    shares = (many.computing, many.reading, many.stragglers, many.exchange)
    assert sum(shares) == pytest.approx(1, abs=0.01)


def test_hours_and_money_are_those_of_loops_epochs_and_prices() -> None:
    computers = Computers(gpus=4, cores=10, gpu_price=2.0, core_price=0.1)
    rendering, encoding, writing, paper, simulated = stages(LoopWork(), computers, 36_000, 10, 16_384)
    assert rendering.hours == pytest.approx(36_000 * 1.0 / 10 / 3600) and rendering.money == rendering.hours
    assert encoding.loops_per_second == pytest.approx(10 / 0.075) and writing.limit == "disk"
    assert paper.per_gpu is not None and paper.loops_per_second == pytest.approx(4 * paper.per_gpu)
    assert paper.hours == pytest.approx(360_000 / paper.loops_per_second / 3600)
    assert paper.money == pytest.approx(paper.hours * 8)
    assert paper.hours < simulated.hours < 1.5 * paper.hours
    for bad in ({"loops": 0.0}, {"epochs": 0.0}, {"frames_per_step": 1}):
        settings = {"loops": 1e3, "epochs": 1.0, "frames_per_step": 2048, **bad}
        with pytest.raises(InvalidRequest, match="Possible"):
            stages(LoopWork(), computers, **settings)  # type: ignore[arg-type]
    for computer in ({"gpus": 0}, {"read_mb": 0.0}, {"gpu_price": -1.0}):
        with pytest.raises(InvalidRequest):
            Computers(**computer)  # type: ignore[arg-type]


def test_the_record_of_a_run_tells_what_a_frame_takes() -> None:
    record = {"gflops": 80.0, "machine_gflops": 400.0, "seconds": 100.0, "step": 50,
              "settings": {"frames_per_batch": 1600}}  # fmt: skip
    work = work_of(record, 300)
    assert (work.frames, work.flops, work.reached) == (300, 1e8, 0.2)
    assert work_of({"step": 0, "seconds": 1, "gflops": None}, 300) == LoopWork()


def test_the_verb_tells_a_table_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "cost", "--loops", "1e6", "--json"], lambda: 0) == 0
    told = json.loads(capsys.readouterr().out)
    assert [stage["name"] for stage in told["stages"]][-1] == "training, simulated"
    assert 1e6 < told["work"]["flops"] < 1e9  # the starter pack's own run
    assert run(["train", "cost", "--gpus", "2"], lambda: 0) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1,000,000 loops of") and len([line for line in lines if line.startswith("| ")]) == 6


def test_the_job_for_a_scheduler_names_verbs_that_there_are(tmp_path: Path) -> None:
    path = Path(str(files("resources") / "training" / "slurm.sh"))
    text = path.read_text(encoding="utf-8")
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0
    commands = typer.main.get_command(build_app()).commands  # type: ignore[attr-defined]
    denoiser, shards = commands["train"].commands["denoiser"], commands["corpus"].commands["shards"]
    for verb, flags in ((denoiser, ("--pack", "--run", "--minutes", "--frames")), (shards, ("--out", "--share"))):
        known = {flag for parameter in verb.params for flag in parameter.opts}
        assert set(flags) <= known and all(flag in text for flag in flags)
    without = subprocess.run(["bash", str(path)], capture_output=True, text=True, check=False, env={"PATH": "/bin"})
    assert without.returncode != 0 and "SHARDS: a folder of shards" in without.stderr
