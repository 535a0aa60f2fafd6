"""The networks of table 1: each lacks what its name says, and one that is trained is not trained again."""

from pathlib import Path

import pytest
import torch

from engine.patterns.network import PatternConfig, PatternNetwork
from engine.training.pattern_variants import VARIANTS, train_variant
from engine.training.patterns import PatternTrainer, PatternTraining

SMALL = PatternConfig(latent=8, hidden=32, recurrent=16, features=2, width=16, blocks=1)


@pytest.mark.parametrize(
    ("name", "layers", "directions", "weighted"),
    [
        ("without LSTM and weights", 0, 0, False),
        ("1 LSTM, one direction, without weights", 1, 1, False),
        ("3 LSTMs, one direction, without weights", 3, 1, False),
        ("3 LSTMs, one direction", 3, 1, True),
        ("3 LSTMs, without weights", 3, 2, False),
        ("3 bidirectional LSTMs, weights", 3, 2, True),
    ],
)
def test_every_variant_is_what_its_name_says(name: str, layers: int, directions: int, weighted: bool) -> None:
    network = PatternNetwork(VARIANTS[name])
    found = [module for module in network.modules() if isinstance(module, torch.nn.LSTM)]
    assert sum(module.num_layers for module in found) == layers
    assert {1 + module.bidirectional for module in found} == ({directions} if layers else set())
    assert VARIANTS[name].weighted == weighted


def test_the_last_variant_is_the_model_that_packs_get() -> None:
    assert list(VARIANTS.values())[-1] == PatternConfig() and len(VARIANTS) == 6


def test_a_network_that_is_finished_is_read_and_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("accelerate")
    training = PatternTraining(scores=16, validation=4, bars_per_batch=16)
    first = train_variant(SMALL, tmp_path / "0", 4, training)
    monkeypatch.setattr(PatternTrainer, "loss", None)
    again = train_variant(SMALL, tmp_path / "0", 4, training)
    assert not first.training and not again.training
    for (name, one), (_, other) in zip(first.state_dict().items(), again.state_dict().items(), strict=True):
        assert torch.allclose(one.float(), other.float(), atol=1e-6), name
    assert (tmp_path / "scores").is_dir()
