"""Morphs move what loops are like from one end to the other, without a leap; packs without the model say so."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_pack

from engine.applications.interpolation import End
from engine.applications.inversion import Walk, invert_loops
from engine.applications.morph import morph
from engine.applications.source import SourceLoop
from engine.cli.app import run
from engine.errors import InvalidRequest, PackError
from engine.models.fewsteps import FewStepConfig, FewSteps
from engine.packs.models import load_denoiser, store_fewsteps
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest

SMALL = FewStepConfig(rank=4, semantic_dim=8, encoder_width=16, told_width=16, prior_width=16)
ASKED = LoopRequest(bars=1, seed=3, tags=("techno", "kick"), guidance_scale=2.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pack = tiny_pack(tmp_path_factory.mktemp("pack"))
    torch.manual_seed(5)
    model = FewSteps.over(load_denoiser(Pack.open(pack)), SMALL)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    store_fewsteps(pack, model, {})
    return pack


def test_a_morph_goes_from_one_loop_to_the_other_without_a_leap(folder: Path) -> None:
    pipeline = LoopPipeline.from_pack(folder, device="cpu")
    ends = [End.of_request(pipeline, request) for request in (ASKED, ASKED.with_(seed=8, tags=("house",)))]
    loops = morph(pipeline, *ends, [i / 8 for i in range(9)])
    few = ASKED.with_(sampler="progressive")
    assert np.abs(loops[0].latent - pipeline.render(few).latent).max() < 0.3  # a batch of eight rounds otherwise
    assert loops[0].request == few and loops[-1].request.tags == ("house",)
    steps = [float(np.linalg.norm(x.latent - y.latent)) for x, y in pairwise(loops)]
    assert max(steps) < 0.5 * sum(steps)


def test_loops_that_are_there_are_morphed_by_what_is_heard_in_them(folder: Path) -> None:
    pipeline = LoopPipeline.from_pack(folder, device="cpu")
    audio = [pipeline.render(ASKED.with_(seed=seed, num_steps=2)).audio for seed in (1, 2)]
    sources = [SourceLoop.from_audio(sound, 44_100, ASKED.with_(guidance_scale=1.0), "loop") for sound in audio]
    walk = Walk(num_steps=2, sampler="euler")
    inverted = [End.of_loop(invert_loops(pipeline, [source], walk)[0]) for source in sources]
    few = pipeline.few_steps
    heard = [few.semantics_of(end.inverted.x_1) for end in inverted if end.inverted is not None]
    assert not torch.allclose(heard[0], heard[1], atol=1e-3)
    assert len(morph(pipeline, *inverted, [0.0, 1.0])) == 2


def test_what_cannot_be_morphed_is_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = LoopPipeline.from_pack(folder, device="cpu")
    one = End.of_request(pipeline, ASKED)
    with pytest.raises(InvalidRequest, match="cannot be blended"):
        morph(pipeline, one, End.of_request(pipeline, ASKED.with_(bars=2)), [0.5])
    without = LoopPipeline.from_pack(tiny_pack(tmp_path / "pack"), device="cpu")
    ends = [End.of_request(without, request) for request in (ASKED, ASKED.with_(seed=8))]
    with pytest.raises(PackError, match="no model of two evaluations"):
        morph(without, *ends, [0.5])
    line = ["blend", "--tags", "techno", "--tags", "house", "--pack", str(folder), "--out", str(tmp_path)]
    assert run([*line, "--morph", "--evolve", "8"], lambda: 0) == 2
    assert "leave out --evolve" in capsys.readouterr().err
    assert run([*line, "--morph", "--count", "2", "--bars", "1"], lambda: 0) == 0
    assert len(list(tmp_path.glob("*.wav"))) == 2
