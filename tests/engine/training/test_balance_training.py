"""Bands of rendered loops are brought to those of the corpus loops whose requests they answer."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_pack

from engine.errors import InvalidRequest
from engine.packs.balances import load_balance
from engine.packs.pack import Pack
from engine.training.balance import MOST_DB, train_balance
from engine.training.phases import turned


def test_what_lacks_is_given_back_and_kept(tmp_path: Path) -> None:
    folder = tiny_pack(tmp_path / "pack")
    figures = train_balance(folder, loops=3, progress=False)
    before, after = np.array(figures["before"]), np.array(figures["after"])
    assert before.shape == after.shape == (27,)
    assert np.abs(after - np.median(after)).mean() < 0.7 * np.abs(before - np.median(before)).mean()
    pack = Pack.open(folder)
    balance = load_balance(pack)
    assert balance is not None and 1 < balance.gains.abs().max() <= MOST_DB
    [record] = pack.manifest["training"]["balance"]
    assert record["settings"] == {"loops": 3, "phases": balance.config.phases} and record["band_errors_db"] == figures
    phases = balance.phases
    assert phases.shape == (pack.latent_dim, balance.config.phases) and 2 <= phases.shape[1] < pack.latent_dim
    assert torch.allclose(phases.T @ phases, torch.eye(phases.shape[1]), atol=5e-3)  # kept in half precision
    again = train_balance(folder, loops=3, progress=False)  # measured without what was found before
    assert again["before"] == pytest.approx(figures["before"], abs=1e-6)


def test_phases_are_turned_below_a_frequency_and_nowhere_else() -> None:
    """A tone of 100 Hz a quarter further, one of 1 kHz as it was; the loop closes and keeps its levels."""
    time = np.arange(44_100) / 44_100
    low, high = np.cos(2 * np.pi * 100 * time), np.cos(2 * np.pi * 1000 * time)
    made = turned(np.stack([low + high, low]).astype(np.float32), 44_100, 260.0, 0.25)
    assert made[1] == pytest.approx(np.cos(2 * np.pi * (100 * time + 0.25)), abs=1e-5)
    assert made[0] - made[1] == pytest.approx(high, abs=1e-5)


@pytest.mark.parametrize("loops", [0, 50_001])
def test_a_number_that_is_not_possible_is_refused(tmp_path: Path, loops: int) -> None:
    with pytest.raises(InvalidRequest, match="1 to 50000"):
        train_balance(tmp_path, loops=loops)
