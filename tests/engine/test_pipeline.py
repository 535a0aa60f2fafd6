"""The pipeline with a tiny pack: lengths, determinism, batches, guidance, cancelling, bad packs and devices."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_pack

from engine.conditioning.composition import Composition
from engine.conditioning.voices import VoiceTable
from engine.devices import available_devices, choose_device
from engine.diffusion.found_noise import NoiseShelf
from engine.diffusion.noise import seeded_noise
from engine.errors import Cancelled, DeviceError, InvalidRequest, PackError
from engine.loop import PackInfo
from engine.models.blocks import AdaptiveGroupNorm
from engine.packs.models import load_codec, load_denoiser, load_voices, store_voices
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.progress import Progress, StepReport
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
    softer = pipeline.render(REQUEST.with_(curves={"loudness": (0.7,)}))
    assert softer.loudness_lufs == pytest.approx(-18, abs=0.5)
    assert loop.true_peak_dbtp <= -1
    assert set(loop.seconds) == {"conditioning", "denoiser", "codec", "finishing"}


def test_the_same_request_gives_the_same_samples(pipeline: LoopPipeline) -> None:
    once, again = pipeline.render(REQUEST), pipeline.render(REQUEST)
    assert np.array_equal(once.audio, again.audio)
    assert not np.array_equal(once.audio, pipeline.render(REQUEST.with_(seed=1)).audio)


def test_temperature_is_the_deviation_of_the_noise(pipeline: LoopPipeline) -> None:
    pad = NoisePad((1, 2, 3, 4), 0.3, 0.7)
    for request in (REQUEST, REQUEST.with_(noise=pad)):
        noise = pipeline.noise(request.with_(temperature=1.0, repeat=0.0))
        assert float(noise.std()) == pytest.approx(1.0, abs=0.05)
        assert torch.allclose(pipeline.noise(request.with_(temperature=0.5, repeat=0.0)), noise / 2)
    with pytest.raises(InvalidRequest, match=r"Temperature 2 is out of range: 0 to 1\.5"):
        REQUEST.with_(temperature=2)


def test_noise_comes_again_with_what_strikes(pipeline: LoopPipeline) -> None:
    """All of it at 1, none at 0; a corner of the pad as a seed, and a kept voice whatever the seed."""
    pattern = Pattern({part: (1.0, 0, 0, 0) * 4 if part == "kick" else (0.0,) * 16 for part in PARTS})
    request = REQUEST.with_(bars=1, tempo_bpm=120, temperature=1.0, pattern=pattern, compose=False)
    free, half, whole = (pipeline.noise(request.with_(repeat=repeat))[0] for repeat in (0.0, 0.5, 1.0))
    assert torch.equal(free, seeded_noise(request.seed, (1, 16, 80))[0])
    assert torch.equal(whole[:, :10], whole[:, 20:30]) and torch.equal(whole[:, 10:20], free[:, 10:20])
    assert torch.allclose(half[:, :10], 0.5**0.5 * (free + whole)[:, :10], atol=1e-6)
    assert not np.array_equal(
        pipeline.render(request.with_(repeat=0.0)).audio, pipeline.render(request.with_(repeat=1.0)).audio
    )
    pad = request.with_(noise=NoisePad((request.seed, 6, 7, 8), 0.0, 0.0), repeat=0.5)
    assert torch.equal(pipeline.noise(pad)[0], half)
    kept = pipeline.noise(request.with_(seed=9, repeat=1.0, voices={"kick": request.seed}))[0]
    assert torch.equal(kept[:, :10], whole[:, :10]) and not torch.equal(kept[:, 10:20], whole[:, 10:20])


def test_noise_comes_again_where_a_given_composition_strikes(pipeline: LoopPipeline) -> None:
    """As stretches and variations give it: kicks on beats 1 and 2, 5 frames a sixteenth."""
    request = REQUEST.with_(bars=1, tempo_bpm=120, temperature=1.0, repeat=1.0)
    noise = pipeline.noise(request, Composition({"kick": ((1.0, 0.9), (2.0, 0.9))}, {}, 0.0, (), None))[0]
    assert torch.equal(noise[:, 20:30], noise[:, 40:50])
    assert torch.equal(noise[:, :20], seeded_noise(request.seed, (1, 16, 80))[0, :, :20])


def test_voices_are_told_on_both_sides_and_kept_by_their_seed(tmp_path: Path) -> None:
    torch.manual_seed(0)
    folder = tiny_pack(tmp_path)
    styles = ["techno", "house"] * 20
    store_voices(folder, VoiceTable.of(torch.randn(40, 8, 12), torch.ones(40, 8), styles), {})
    pipeline = LoopPipeline.from_pack(folder, "cpu")
    codec, denoiser = load_codec(Pack.open(folder)), load_denoiser(Pack.open(folder))
    table = load_voices(Pack.open(folder))
    assert table is not None
    pattern = Pattern(dict.fromkeys(PARTS[:3], (1.0, 0, 0, 0) * 4))
    request = REQUEST.with_(pattern=pattern, tags=("house",), compose=False, seed=5)
    aim = pipeline.aim(request.with_(voices={PARTS[1]: 9}))
    assert aim.towards.voices_given[0].tolist() == [1, 1, 1, 0, 0, 0, 0, 0]
    for part, seed in ((0, 5), (1, 9), (2, 5)):
        assert torch.equal(aim.towards.voices[0, part], table.draw(PARTS[part], seed, "house"))
    assert torch.equal(aim.away.voices, aim.towards.voices) and torch.equal(aim.away.repeats, aim.towards.repeats)
    assert aim.towards.repeats.tolist() == [[request.repeat]]
    # The seed's own voice may be asked for by its seed, and another one is another loop.
    assert denoiser.stationary.voices is not None
    torch.nn.init.normal_(denoiser.stationary.voices.weight)
    for stage in denoiser.modules():
        if isinstance(stage, AdaptiveGroupNorm):
            torch.nn.init.normal_(stage.stationary.weight, std=0.3)
    hearing = LoopPipeline(codec, denoiser, pipeline.info, torch.device("cpu"), voices=table)
    own = hearing.render(request).latent
    assert np.array_equal(own, hearing.render(request.with_(voices=dict.fromkeys(PARTS, 5))).latent)
    assert not np.allclose(own, hearing.render(request.with_(voices={PARTS[0]: 6})).latent, atol=1e-3)
    drawn = tuple(table.draw(PARTS[0], 6, "house").tolist())
    free = request.with_(repeat=0.0)  # a seed has noise of its own, too
    assert np.array_equal(
        hearing.render(free.with_(voices={PARTS[0]: drawn})).latent,
        hearing.render(free.with_(voices={PARTS[0]: 6})).latent,
    )
    assert np.array_equal(own, hearing.render(request.with_(voices={PARTS[7]: 6})).latent)  # it does not play


def test_samples_that_are_no_numbers_are_an_error(pipeline: LoopPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    request = LoopRequest(tempo_bpm=160, bars=1, num_steps=1)
    monkeypatch.setattr(
        pipeline.latents, "decode", lambda _, samples, again: np.full((1, 2, samples), np.nan, np.float32)
    )
    with pytest.raises(PackError, match="not numbers"):
        pipeline.render(request)


def test_a_batch_is_its_loops(pipeline: LoopPipeline) -> None:
    requests = [REQUEST.with_(seed=seed) for seed in (3, 4)]
    for loop, request in zip(pipeline.render_batch(requests), requests, strict=True):
        alone = pipeline.render(request)
        error = np.abs(loop.audio - alone.audio).max() / np.abs(alone.audio).max()
        assert error < 0.05  # products in bfloat16 round otherwise in another batch size
    with pytest.raises(InvalidRequest, match="have one length"):
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
    free = pipeline.render(LoopRequest(tempo_bpm=170, bars=1, num_steps=2, compose=False, repeat=0.0))
    assert np.array_equal(pipeline.render(REQUEST.with_(guidance_scale=0.0, repeat=0.0)).audio, free.audio)
    plain = pipeline.render(REQUEST.with_(guidance_scale=1.0, repeat=0.0)).latent
    strong = pipeline.render(REQUEST.with_(guidance_scale=4.0, repeat=0.0)).latent
    assert not np.allclose(plain, free.latent, atol=1e-3)
    assert np.abs(strong - free.latent).mean() > 1.5 * np.abs(plain - free.latent).mean()
    assert strong.std() < 1.3 * plain.std()


def test_steps_are_told_and_can_be_cancelled(pipeline: LoopPipeline) -> None:
    reports: list[StepReport] = []
    pipeline.render(REQUEST.with_(num_steps=3), progress=Progress(reports.append))
    assert [(r.step, r.num_steps) for r in reports] == [(1, 3), (2, 3), (3, 3)]
    assert reports[-1].alpha == 1.0
    preview = reports[0].preview()
    assert preview is not None
    assert preview.shape == (2, LoopGeometry(170, 1).samples)
    seen: list[StepReport] = []
    with pytest.raises(Cancelled):
        pipeline.render(REQUEST.with_(num_steps=9), progress=Progress(seen.append, lambda: len(seen) >= 2))
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
        repeat=float(rng.random()),
        voices={part: int(rng.integers(2**62)) for part in PARTS if rng.random() < 0.2},
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
    reached = pipeline.latents.standardise(loop.latent)
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
    assert float(pipeline.latents.standardise(held.latent).max()) == pytest.approx(4.0, abs=1e-4)
    assert float(pipeline.latents.standardise(free.latent).max()) > 20
    # What was found in a loop is as it is: it does not repeat, and the denoiser is not told that it does.
    aims = [pipeline.aim(request.with_(noise=pad)).towards.repeats for pad in pads]
    assert aims[0].any() and not aims[1].any()
    assert torch.equal(pipeline.noise(request.with_(noise=pads[1], repeat=1.0)),
                       pipeline.noise(request.with_(noise=pads[1], repeat=0.0)))  # fmt: skip
