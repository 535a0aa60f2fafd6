"""Inversion of loops: the round trip in latents and in sound, its progress and its end."""

from pathlib import Path

import numpy as np
import pytest
import torch
from beeping import WALK, source

from engine.applications.inversion import InvertedLoop, Walk, invert_loops, keep_noise, replay
from engine.applications.source import SourceLoop
from engine.diffusion.found_noise import NoiseShelf
from engine.errors import Cancelled, InvalidRequest
from engine.pipeline import LoopPipeline
from engine.progress import Progress, StepReport
from engine.requests import LoopRequest, NoisePad


def test_a_loop_comes_back_from_its_noise(pipeline: LoopPipeline, inverted: InvertedLoop) -> None:
    [back] = replay(pipeline, [inverted])
    loop, trip = back.loop(pipeline), back.round_trip(pipeline)
    assert trip.latent_error < 2e-3
    assert trip.mel < 0.01 and trip.si_sdr_db > 30
    assert trip.heard_si_sdr_db <= trip.si_sdr_db
    assert loop.audio.shape == inverted.source.audio.shape
    assert loop.request.tempo_bpm == 200


def test_a_rendered_loop_leads_back_to_its_seed(pipeline: LoopPipeline) -> None:
    walk = Walk(num_steps=8, corrections=4)
    request = walk.of(LoopRequest(tempo_bpm=180, bars=1, tags=("kick",), seed=4, temperature=1.0, repeat=0.0))
    [found] = invert_loops(pipeline, [SourceLoop.from_loop(pipeline.render(request))], walk)
    wanted = pipeline.noise(request)
    assert float((found.noise - wanted).norm() / wanted.norm()) < 0.01
    assert found.deviation == pytest.approx(1.0, abs=0.05)


def test_a_found_noise_lies_in_a_corner_of_the_pad(
    pipeline: LoopPipeline, inverted: InvertedLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "shelf", NoiseShelf(tmp_path))
    seed = keep_noise(pipeline, inverted)
    pad = NoisePad((1, 2, 3, seed), 1.0, 1.0)
    own = pipeline.render(inverted.request.with_(noise=pad, temperature=0.6))
    loop = pipeline.latents.restore(inverted.x_1)[0].numpy()
    assert np.linalg.norm(own.latent - loop) < 2e-3 * np.linalg.norm(loop)
    corner, tempered = pipeline.noise(own.request), pipeline.noise(own.request.with_(noise=NoisePad((1, 2, 3, seed))))
    assert torch.allclose(corner, inverted.noise, atol=1e-6)
    assert 0.3 < float(tempered.std()) < float(corner.std())
    slower = pipeline.noise(own.request.with_(tempo_bpm=150))
    assert slower.shape[-1] > corner.shape[-1]
    assert float(slower.std()) == pytest.approx(float(corner.std()), rel=0.1)


def test_more_steps_and_corrections_come_nearer(pipeline: LoopPipeline) -> None:
    errors = [
        replay(pipeline, invert_loops(pipeline, [source()], walk))[0].round_trip(pipeline).latent_error
        for walk in (Walk(2, corrections=0), Walk(8, corrections=0), Walk(8, corrections=2))
    ]
    assert errors[0] > 2 * errors[1] > 2 * errors[2]


def test_progress_counts_both_walks_and_cancelling_ends_them(pipeline: LoopPipeline) -> None:
    told: list[StepReport] = []
    progress = Progress(told.append, total=12)
    replay(pipeline, invert_loops(pipeline, [source()], WALK, progress=progress), progress=progress)
    assert [(report.step, report.num_steps) for report in told] == [(step, 12) for step in range(1, 13)]
    with pytest.raises(Cancelled):
        invert_loops(pipeline, [source()], WALK, progress=Progress(told.append, lambda: len(told) >= 14))
    assert len(told) == 14


def test_evaluations_are_counted(pipeline: LoopPipeline) -> None:
    calls = 0

    def model(x: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        return torch.zeros_like(x)

    from engine.diffusion.inversion import invert

    for walk in (Walk(3, corrections=0), Walk(3, "euler", corrections=2)):
        calls = 0
        invert(model, torch.ones(1, 2, 3), walk.alphas, walk.sampler, corrections=walk.corrections)
        assert calls == (walk.evaluations if not walk.corrections else 3 * 2)  # a model that is straight needs none


@pytest.mark.parametrize("changes", [{"num_steps": 0}, {"sampler": "rk4"}, {"schedule": "x"}, {"guidance_scale": 99}])
def test_impossible_walks_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest, match=r"possible|range"):
        Walk(**changes)  # type: ignore[arg-type]
