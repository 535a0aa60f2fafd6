"""A pipeline of the tiny pack, and loops to work on."""

from collections.abc import Iterator

import pytest
import torch
from beeping import WALK, source
from tiny import tiny_pack

from engine.applications.inversion import InvertedLoop, invert_loop
from engine.pipeline import LoopPipeline


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopPipeline]:
    loaded = LoopPipeline.from_pack(tiny_pack(tmp_path_factory.mktemp("packs") / "tiny"), device="cpu")
    # Exact arithmetic: what is left of a round trip is then the method's own error.
    loaded._denoiser.float()
    loaded._dtype = torch.float32
    yield loaded


@pytest.fixture(scope="session")
def inverted(pipeline: LoopPipeline) -> InvertedLoop:
    return invert_loop(pipeline, source(), WALK)
