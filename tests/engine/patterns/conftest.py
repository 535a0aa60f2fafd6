"""A network that has been trained for seconds: enough to ask it things, not to like the answers."""

import pytest
import torch

from engine.patterns.network import PatternConfig, PatternNetwork
from engine.patterns.writer import PatternWriter


@pytest.fixture(scope="session")
def writer() -> PatternWriter:
    torch.manual_seed(1)
    network = PatternNetwork(PatternConfig(latent=8, hidden=32, recurrent=16, features=2, width=16, blocks=1))
    with torch.no_grad():  # undecided networks strike nothing: this one is talkative
        for layer in (network.clean, network.lay_out, network.front, network.head[-1]):
            layer.weight.mul_(8)  # type: ignore[operator]
    return PatternWriter(network)
