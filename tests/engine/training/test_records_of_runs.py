"""What a run writes down: figures by line, curves that can be drawn, and how much of the machine it used."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from engine.errors import ExportError
from engine.training.metrics import FILE, log_metrics, plot_metrics, validation_curve
from engine.training.speed import COUNT_EVERY, Operations, Throughput, matmul_gflops

PNG = b"\x89PNG\r\n\x1a\n"


def test_figures_are_appended_a_line_each(tmp_path: Path) -> None:
    log_metrics(tmp_path / "run", "train", 10, 90.0, {"loss": 0.1234567})
    log_metrics(tmp_path / "run", "validation", 20, 180.0, {"loss": 0.5})
    rows = [json.loads(line) for line in (tmp_path / "run" / FILE).read_text().splitlines()]
    assert rows == [
        {"kind": "train", "step": 10, "minutes": 1.5, "loss": 0.123457},
        {"kind": "validation", "step": 20, "minutes": 3.0, "loss": 0.5},
    ]
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="Cannot write metrics"):
        log_metrics(tmp_path / "file", "train", 1, 1.0, {})


@pytest.mark.parametrize("rows", [0, 1, 23, 24, 47, 48, 500])
def test_a_curve_has_about_as_many_rows_as_asked_and_the_last(tmp_path: Path, rows: int) -> None:
    for step in range(rows):
        log_metrics(tmp_path, "validation", step, 60.0 * step, {"loss": step / 3})
        log_metrics(tmp_path, "train", step, 60.0 * step, {"loss": 9.0})
    curve = validation_curve(tmp_path)
    assert len(curve) == rows if rows < 48 else 24 <= len(curve) < 48
    if rows:
        assert curve[-1] == {"step": rows - 1, "minutes": rows - 1, "loss": round((rows - 1) / 3, 4)}
        assert len({b["step"] - a["step"] for a, b in pairwise(curve)}) <= 1


def test_curves_are_drawn_once_there_are_any(tmp_path: Path) -> None:
    assert plot_metrics(tmp_path) is None and list(tmp_path.iterdir()) == []
    for step in range(3):
        for kind in ("train", "validation"):
            log_metrics(tmp_path, kind, step, step, dict.fromkeys("abcd", step))
    path = plot_metrics(tmp_path)
    assert path == tmp_path / "curves.png"
    content = path.read_bytes()
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    assert content.startswith(PNG) and (width, height) == (1320, 572)  # 12 by 2 x 2.6 inches at 110 a inch


def test_operations_are_counted_now_and_then_and_all_others_timed() -> None:
    work, a, b = Throughput(), torch.randn(8, 16), torch.randn(16, 4)
    assert work.gflops() == 0.0
    for number in range(2 * COUNT_EVERY):
        with work.step(number):
            _ = a @ b
    assert work.counted == [2 * 8 * 16 * 4] * 2 and work.steps == 2 * COUNT_EVERY - 2
    assert work.gflops() == pytest.approx(1024 * work.steps / work.seconds / 1e9)


def test_gradients_of_gradients_are_counted() -> None:
    """As R1 takes them: forwards 2 x 8 x 16 x 4, backwards as much for each of two gradients, again for theirs."""
    a, b = torch.randn(8, 16, requires_grad=True), torch.randn(16, 4, requires_grad=True)
    with Operations() as operations:
        (slope,) = torch.autograd.grad((a @ b).square().sum(), [a], create_graph=True)
        assert operations.count == 2 * 1024
        slope.square().mean().backward()  # type: ignore[no-untyped-call]
    assert operations.count == 6 * 1024 and a.grad is not None


def test_a_product_of_matrices_is_faster_than_a_pocket_calculator() -> None:
    assert 0.01 < matmul_gflops(torch.device("cpu"), torch.float32, size=64, seconds=0.005) < 1e6
