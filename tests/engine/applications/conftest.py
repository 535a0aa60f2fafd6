"""A pipeline of the tiny pack, and loops to work on."""

from collections.abc import Iterator

import pytest
import torch
from beeping import WALK, source
from tiny import tiny_pack

from engine.applications.inversion import InvertedLoop, invert_loops
from engine.loop import PackInfo
from engine.packs.models import load_codec, load_denoiser
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopPipeline]:
    opened = Pack.open(tiny_pack(tmp_path_factory.mktemp("packs") / "tiny"))
    info = PackInfo(opened.name, "1", opened.hash, opened.sample_rate)
    # Exact arithmetic: what is left of a round trip is then the method's own error.
    cpu, exact = torch.device("cpu"), torch.float32
    yield LoopPipeline(load_codec(opened), load_denoiser(opened), info, cpu, dtype=exact)


@pytest.fixture(scope="session")
def inverted(pipeline: LoopPipeline) -> InvertedLoop:
    return invert_loops(pipeline, [source()], WALK)[0]
