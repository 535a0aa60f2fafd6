"""Bands of rendered loops are brought to those of the corpus loops whose requests they answer."""

from pathlib import Path

import numpy as np
import pytest
from tiny import tiny_pack

from engine.errors import InvalidRequest
from engine.packs.balances import load_balance
from engine.packs.pack import Pack
from engine.training.balance import MOST_DB, train_balance


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
    assert record["settings"] == {"loops": 3} and record["band_errors_db"] == figures
    again = train_balance(folder, loops=3, progress=False)  # measured without what was found before
    assert again["before"] == pytest.approx(figures["before"], abs=1e-6)


@pytest.mark.parametrize("loops", [0, 50_001])
def test_a_number_that_is_not_possible_is_refused(tmp_path: Path, loops: int) -> None:
    with pytest.raises(InvalidRequest, match="1 to 50000"):
        train_balance(tmp_path, loops=loops)
