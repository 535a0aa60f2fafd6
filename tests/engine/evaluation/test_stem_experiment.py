"""Stems are measured as they are: sums to rounding, a gain for each part that is heard."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_pack

from engine.errors import PackError
from engine.evaluation.experiments.stems import evaluate_stems
from engine.packs.models import store_stems
from engine.stems.network import StemConfig, StemNetwork
from engine.vocabulary import PARTS


def test_it_is_written_down(tmp_path: Path) -> None:
    folder = tiny_pack(tmp_path / "pack", denoiser=False)
    with pytest.raises(PackError, match="takes no loops apart"):
        evaluate_stems(folder, tmp_path / "out", loops=2)
    torch.manual_seed(0)
    store_stems(folder, StemNetwork(StemConfig(bands=32, width=16, dilations=(1,))), {})
    found = evaluate_stems(folder, tmp_path / "out", loops=2, progress=False)
    assert found.pop("worst sum (dB)") < -60
    assert {*found} <= {*PARTS, "drums"} and len(found) >= 3
    assert all(1 <= row["loops"] <= 2 and np.isfinite(row["mean (dB)"]) for row in found.values())
    told = json.loads((tmp_path / "out" / "stems.json").read_text())
    assert told["loops"] == 2 and {*told["parts"]} == {*found}
    assert "| part | loops |" in (tmp_path / "out" / "stems.md").read_text()
