"""The record of a run survives what cut it: a full disk, a power cut, a line of another program."""

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.files import temporary_path
from engine.training.checkpoints import FILE, CheckpointError, load_checkpoint, save_checkpoint, sweep_checkpoints
from engine.training.metrics import log_metrics, plot_metrics, validation_curve


def test_a_line_that_was_cut_off_costs_itself_alone(tmp_path: Path) -> None:
    log_metrics(tmp_path, "validation", 1, 60.0, {"loss": 1.0})
    record = tmp_path / "metrics.jsonl"
    record.write_bytes(record.read_bytes() + b'{"kind": "train", "st')
    log_metrics(tmp_path, "validation", 2, 120.0, {"loss": 0.5})
    record.write_bytes(
        record.read_bytes() + b"\xff\n[1]\n" + b"[" * 100_000 + b'\n{"kind": "validation", "loss": "x"}\n'
    )
    log_metrics(tmp_path, "validation", 3, 180.0, {"loss": 0.25})
    curve = validation_curve(tmp_path)
    assert [(row["step"], row["loss"]) for row in curve] == [(1, 1.0), (2, 0.5), (3, 0.25)]
    assert plot_metrics(tmp_path) == tmp_path / "curves.png"


def test_nothing_was_logged(tmp_path: Path) -> None:
    assert validation_curve(tmp_path) == [] and plot_metrics(tmp_path) is None


@pytest.mark.parametrize(
    "state", ["[1]", "{}", '{"step": "x", "seconds": 1}', '{"step": 1, "seconds": 1e999}', "[" * 9999]
)
def test_a_checkpoint_that_no_run_can_go_on_from_is_said(tmp_path: Path, state: str) -> None:
    save_file({"model.a": torch.zeros(1)}, tmp_path / FILE, {"state": state})
    with pytest.raises(CheckpointError, match="delete it to start again"):
        load_checkpoint(tmp_path)


def test_half_a_checkpoint_of_a_killed_run_is_swept(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, {"model.a": torch.zeros(1)}, {"step": 3, "seconds": 1.5})
    left = temporary_path(tmp_path)
    for path in (tmp_path / f"{FILE}.part", left):
        path.write_bytes(b"half")
    os.utime(left, (0, 0))  # of long ago: this process may still be writing what is newer
    sweep_checkpoints(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert load_checkpoint(tmp_path) == ({"model.a": torch.zeros(1)}, {"step": 3, "seconds": 1.5})
