"""What measuring verbs say, and that progress is for terminals alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from engine.cli.progress_bar import progress_bar
from engine.cli.results import say_results


def test_a_table_is_told_as_it_was_written_or_as_one_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "loops.md"
    table.write_text("| a |\n", encoding="utf-8")
    results = {"share": np.float64(0.5), "rows": np.arange(2)}
    say_results(results, table, as_json=False)
    assert capsys.readouterr().out == "| a |\n\n"
    say_results(results, table, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"share": 0.5, "rows": [0, 1]}
    say_results(results, tmp_path / "point_cloud.json", as_json=False)
    assert len(capsys.readouterr().out.splitlines()) > 3


def test_progress_counts_and_leaves_no_trace_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(3) as progress:
        for index in range(3):
            progress.step(index, 3, 0.5, lambda: np.zeros((2, 4), np.float32))
    assert capsys.readouterr() == ("", "")
