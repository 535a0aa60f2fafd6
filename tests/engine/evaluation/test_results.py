"""Results: JSON that is JSON, tables that line up, files that are whole or absent."""

import json
from pathlib import Path

import numpy as np
import pytest

from engine.errors import ExportError
from engine.evaluation.results import markdown_table, plain, results_folder, write_json


def test_numpy_values_nan_and_infinity_become_plain_json(tmp_path: Path) -> None:
    values = {
        "a": np.float32(0.5),
        "b": [np.int64(3), np.nan, -np.inf],
        "c": np.arange(2),
        "d": np.bool_(True),
        1: None,
    }
    write_json(tmp_path / "x.json", values)
    found = json.loads((tmp_path / "x.json").read_text())
    assert found == {"a": 0.5, "b": [3, None, None], "c": [0, 1], "d": True, "1": None}
    assert plain(1 / 3) == 0.333333


def test_a_table() -> None:
    assert markdown_table(["what", "n"], [["x", 0.12345], ["y", float("nan")], ["z", 12345.6]]) == (
        "| what | n |\n|---|---|\n| x | 0.123 |\n| y | – |\n| z | 12346 |\n"
    )


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(ExportError, match="Cannot make the folder"):
        results_folder(tmp_path / "taken" / "inside")
    assert results_folder(tmp_path / "new" / "inside").is_dir()
