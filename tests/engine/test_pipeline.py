"""The pipeline with a tiny pack: lengths, determinism, batches, guidance, cancelling, bad packs and devices."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_pack

from engine.devices import available_devices, choose_device
from engine.diffusion.found_noise import NoiseShelf
from engine.errors import Cancelled, DeviceError, InvalidRequest, PackError
from engine.loop import PackInfo, StepReport
from engine.pack_models import load_codec, load_denoiser
from engine.packs import Pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest, NoisePad, Pattern
from engine.tempo import LoopGeometry
from engine.vocabulary import CURVES, KEYS, PARTS, TAGS


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopPipeline]:
    yield LoopPipeline.from_pack(tiny_pack(tmp_path_factory.mktemp("packs") / "tiny"), device="cpu")


REQUEST = LoopRequest(tempo_bpm=170, bars=1, num_steps=2, tags=("kick",), key="Am")


def test_the_loop_is_exact_and_level(pipeline: LoopPipeline) -> None:
    loop = pipeline.render(REQUEST)
    assert loop.audio.shape == (2, LoopGeometry(170, 1).samples)
    assert loop.audio.dtype == np.float32
    assert loop.latent.shape == (16, LoopGeometry(170, 1).frames)
    assert loop.loudness_lufs == pytest.approx(-14, abs=0.5)
    assert loop.true_peak_dbtp <= -1
    assert set(loop.seconds) == {"conditioning", "denoiser", "codec", "finishing"}


def test_the_same_request_gives_the_same_samples(pipeline: LoopPipeline) -> None:
    once, again = pipeline.render(REQUEST), pipeline.render(REQUEST)
    assert np.array_equal(once.audio, again.audio)
    assert not np.array_equal(once.audio, pipeline.render(REQUEST.with_(seed=1)).audio)


def test_temperature_is_the_deviation_of_the_noise(pipeline: LoopPipeline) -> None:
    pad = NoisePad((1, 2, 3, 4), 0.3, 0.7)
    for request in (REQUEST, REQUEST.with_(noise=pad)):
        noise = pipeline.noise(request.with_(temperature=1.0))
        assert float(noise.std()) == pytest.approx(1.0, abs=0.05)
        assert torch.allclose(pipeline.noise(request.with_(temperature=0.5)), noise / 2)
    with pytest.raises(InvalidRequest, match=r"Temperature 2 is out of range: 0 to 1\.5"):
        REQUEST.with_(temperature=2)


def test_samples_that_are_no_numbers_are_an_error(pipeline: LoopPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    request = LoopRequest(tempo_bpm=160, bars=1, num_steps=1)
    frames = pipeline.geometry(request).frames
    monkeypatch.setattr(pipeline, "_decode", lambda _: np.full((1, 2, 1024 * frames), np.nan, np.float32))
    with pytest.raises(PackError, match="not numbers"):
        pipeline.render(request)


def test_a_batch_is_its_loops(pipeline: LoopPipeline) -> None:
    requests = [REQUEST.with_(seed=seed) for seed in (3, 4)]
    for loop, request in zip(pipeline.render_batch(requests), requests, strict=True):
        alone = pipeline.render(request)
        error = np.abs(loop.audio - alone.audio).max() / np.abs(alone.audio).max()
        assert error < 0.05  # products in bfloat16 round otherwise in another batch size
    with pytest.raises(InvalidRequest, match="differ in seed"):
        pipeline.render_batch([REQUEST, REQUEST.with_(bars=2)])


def test_pad_corners_are_seeds(pipeline: LoopPipeline) -> None:
    request = REQUEST.with_(compose=False)
    corner = pipeline.render(request.with_(noise=NoisePad((5, 6, 7, 8), 1.0, 0.0)))
    assert np.array_equal(corner.audio, pipeline.render(request.with_(seed=6)).audio)


def test_what_is_open_is_composed_from_the_seed(pipeline: LoopPipeline) -> None:
    free = pipeline.render(REQUEST.with_(compose=False)).latent
    composed = pipeline.render(REQUEST).latent
    assert np.abs(composed - free).mean() > 0.05 * free.std()
    whole = REQUEST.with_(pattern=Pattern(dict.fromkeys(PARTS, (1.0, 0, 0, 0) * 4)))
    assert np.array_equal(pipeline.render(whole).audio, pipeline.render(whole.with_(compose=False)).audio)


def test_guidance_0_is_the_open_request_and_1_is_plain(pipeline: LoopPipeline) -> None:
    free = pipeline.render(LoopRequest(tempo_bpm=170, bars=1, num_steps=2, compose=False))
    assert np.array_equal(pipeline.render(REQUEST.with_(guidance_scale=0.0)).audio, free.audio)
    plain = pipeline.render(REQUEST.with_(guidance_scale=1.0)).latent
    strong = pipeline.render(REQUEST.with_(guidance_scale=4.0)).latent
    assert not np.allclose(plain, free.latent, atol=1e-3)
    assert np.abs(strong - free.latent).mean() > 1.5 * np.abs(plain - free.latent).mean()
    assert strong.std() < 1.3 * plain.std()


def test_steps_are_told_and_can_be_cancelled(pipeline: LoopPipeline) -> None:
    reports: list[StepReport] = []
    pipeline.render(REQUEST.with_(num_steps=3), on_step=reports.append)
    assert [(r.step, r.num_steps) for r in reports] == [(1, 3), (2, 3), (3, 3)]
    assert reports[-1].alpha == 1.0
    preview = reports[0].preview()
    assert preview is not None
    assert preview.shape == (2, LoopGeometry(170, 1).decoded_samples)
    seen: list[StepReport] = []
    with pytest.raises(Cancelled):
        pipeline.render(REQUEST.with_(num_steps=9), on_step=seen.append, cancelled=lambda: len(seen) >= 2)
    assert len(seen) == 2


def random_request(rng: np.random.Generator) -> LoopRequest:
    """Any valid request, short enough to render a thousand of."""
    rows = {part: tuple(rng.random(16) * (rng.random(16) < 0.3)) for part in PARTS if rng.random() < 0.3}
    curves = {name: tuple(rng.random(int(rng.integers(1, 9)))) for name in CURVES if rng.random() < 0.3}
    corners = tuple(int(seed) for seed in rng.integers(0, 2**40, 4))
    return LoopRequest(
        tempo_bpm=float(rng.uniform(40, 240)),
        bars=int(rng.integers(1, 17)) if rng.random() < 0.05 else 1,
        seed=int(rng.integers(2**62)),
        tags=tuple(rng.choice(TAGS, int(rng.integers(0, 5)))),
        negative_tags=tuple(rng.choice(TAGS, int(rng.integers(0, 3)))),
        key=str(rng.choice(KEYS)) if rng.random() < 0.5 else None,
        pattern=Pattern(rows, float(rng.uniform(0, 0.5))),
        curves=curves,
        noise=NoisePad(corners, float(rng.random()), float(rng.random())) if rng.random() < 0.2 else None,
        num_steps=int(rng.integers(1, 3)),
        sampler=str(rng.choice(["euler", "heun", "midpoint"])),  # type: ignore[arg-type]
        guidance_scale=float(rng.uniform(0, 10)),
        guidance={"pattern": float(rng.uniform(0, 3))} if rng.random() < 0.2 else {},
    )


def test_random_requests_never_fail(pipeline: LoopPipeline) -> None:
    """100 in the suite; `LOOPGEN_RANDOM_REQUESTS=1000` asks for more."""
    rng = np.random.default_rng(0)
    for _ in range(int(os.environ.get("LOOPGEN_RANDOM_REQUESTS", "100"))):
        request = random_request(rng)
        loop = pipeline.render(request)
        assert loop.audio.shape == (2, LoopGeometry(request.tempo_bpm, request.bars).samples)
        assert np.isfinite(loop.audio).all()
        assert np.abs(loop.audio).max() <= 10 ** (-1 / 20) + 1e-6


def test_a_pack_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no model pack"):
        LoopPipeline.from_pack(tmp_path)
    with pytest.raises(PackError, match="no denoiser"):
        LoopPipeline.from_pack(tiny_pack(tmp_path / "codec", denoiser=False))


def test_devices() -> None:
    assert available_devices()[-1] == "cpu"
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(DeviceError, match="possible: auto, cpu"):
        choose_device("abacus")
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match="has no cuda device; possible here: auto"):
            choose_device("cuda")


def test_no_latent_goes_beyond_what_music_has(tmp_path: Path) -> None:
    """A denoiser that overshoots to 50 deviations gives latents of at most four, and a loop at its level."""
    pack = Pack.open(tiny_pack(tmp_path))
    codec, denoiser = load_codec(pack), load_denoiser(pack)
    assert denoiser.out.bias is not None
    torch.nn.init.constant_(denoiser.out.bias, 50.0)
    pipeline = LoopPipeline(codec, denoiser, PackInfo("tiny", "1", "0" * 64, 44100), torch.device("cpu"))
    loop = pipeline.render(LoopRequest(tempo_bpm=120, bars=1, num_steps=2))
    reached = pipeline.standardise(loop.latent)
    assert float(reached.max()) == pytest.approx(4.0, abs=1e-4)
    assert np.abs(loop.audio).max() <= 10 ** (-1 / 20) + 1e-6


def test_each_loop_of_a_batch_has_its_own_reach(tmp_path: Path) -> None:
    """One pad without, one with the noise of a loop in a corner: the first is held to four deviations."""
    pack = Pack.open(tiny_pack(tmp_path / "pack"))
    codec, denoiser = load_codec(pack), load_denoiser(pack)
    assert denoiser.out.bias is not None
    torch.nn.init.constant_(denoiser.out.bias, 50.0)
    info, shelf = PackInfo("tiny", "1", "0" * 64, 44100), NoiseShelf(tmp_path)
    pipeline = LoopPipeline(codec, denoiser, info, torch.device("cpu"), shelf=shelf)
    request = LoopRequest(tempo_bpm=120, bars=1, num_steps=2)
    found = shelf.keep(torch.randn(1, 16, pipeline.geometry(request).frames), info.hash)
    pads = [NoisePad((1, 2, 3, 4)), NoisePad((1, 2, 3, found))]
    held, free = pipeline.render_batch([request.with_(noise=pad) for pad in pads])
    assert float(pipeline.standardise(held.latent).max()) == pytest.approx(4.0, abs=1e-4)
    assert float(pipeline.standardise(free.latent).max()) > 20
