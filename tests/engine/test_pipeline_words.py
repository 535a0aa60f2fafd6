"""Words in the pipeline: prompts, references and steers reach the loop; packs without an embedder."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_clap, tiny_pack

from engine.conditioning.composition import compose
from engine.conditioning.prompts import PromptReader, Reading
from engine.errors import AudioFileError, PackError
from engine.packs.models import load_codec, load_denoiser
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest, Pattern
from engine.vocabulary import TAGS

REQUEST = LoopRequest(tempo_bpm=170, bars=1, num_steps=2, compose=False)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopPipeline]:
    """A tiny pack with an embedder, whose denoiser hears its conditions."""
    opened = Pack.open(tiny_pack(tmp_path_factory.mktemp("packs") / "tiny"))
    denoiser = load_denoiser(opened)
    for name, parameter in denoiser.named_parameters():
        if "stationary" in name:
            torch.nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(len(name)))
    loaded = LoopPipeline.from_pack(opened.folder, device="cpu")
    yield LoopPipeline(load_codec(opened), denoiser, loaded.info, torch.device("cpu"), clap=tiny_clap())


def render(pipeline: LoopPipeline, **changes: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return pipeline.render(REQUEST.with_(**changes)).latent


def test_words_reach_the_loop_and_unknown_words_do_not(pipeline: LoopPipeline) -> None:
    silent = render(pipeline)
    warm, bright = render(pipeline, prompt="warm pad"), render(pipeline, prompt="bright kick")
    assert np.abs(warm - silent).max() > 1e-3 and np.abs(warm - bright).max() > 1e-3
    assert np.array_equal(render(pipeline, prompt="zzz 🔥"), silent)
    assert np.array_equal(render(pipeline, prompt="WARM pad!"), warm)
    assert np.abs(render(pipeline, prompt="warm pad", negative_prompt="bright") - warm).max() > 1e-3
    assert np.abs(render(pipeline, prompt="warm pad", guidance={"clap": 0.5}) - warm).max() > 1e-3


def test_a_reference_and_steers_reach_the_loop(pipeline: LoopPipeline) -> None:
    noise = np.random.default_rng(0).standard_normal((1, 30000)).astype(np.float32)
    reference = pipeline.embed_sound(0.1 * noise, 22050)
    assert len(reference) == 512 and float(np.linalg.norm(reference)) == pytest.approx(1, abs=1e-3)
    heard = render(pipeline, reference=reference)
    assert np.abs(heard - render(pipeline)).max() > 1e-3
    assert np.abs(render(pipeline, steer={"bright": 2.0}) - render(pipeline)).max() > 1e-4


def test_what_cannot_be_heard_says_so(pipeline: LoopPipeline, tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="silent"):
        pipeline.embed_sound(np.zeros((2, 5000), np.float32), 44100)
    with pytest.raises(AudioFileError, match="not numbers"):
        pipeline.embed_sound(np.full((2, 5000), np.nan, np.float32), 44100)
    deaf = LoopPipeline.from_pack(tiny_pack(tmp_path / "deaf"), device="cpu")
    with pytest.raises(PackError, match="no embedder"):
        deaf.embed_sound(np.ones((2, 5000), np.float32), 44100)
    assert np.array_equal(render(deaf, prompt="warm"), render(deaf))


def test_what_words_say_of_parts_is_composed(pipeline: LoopPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt that asks a part away leaves it out of the arrangement."""
    asked: list[LoopRequest] = []
    monkeypatch.setattr("engine.pipeline.compose", lambda request, known: asked.append(request))
    monkeypatch.setattr(pipeline, "_read", _Reader())
    pipeline.render(REQUEST.with_(prompt="no kick", negative_prompt="pad", tags=("house",), compose=True))
    assert asked[0].tags == ("house", "bass")
    assert asked[0].negative_tags == ("pad", "kick")


class _Reader(PromptReader):
    def __init__(self) -> None:
        super().__init__(None)

    def __call__(self, prompt: str) -> Reading:
        said = {"pad": Reading(tags=("pad",)), "no kick": Reading(tags=("bass",), negative_tags=("kick",))}
        return said.get(prompt, Reading())


def test_what_words_say_of_tags_is_asked_of_the_denoiser_too(
    pipeline: LoopPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_read", _Reader())
    aim = pipeline.aim(REQUEST.with_(prompt="no kick", tags=("house",)))
    asked = {tag: float(value) for tag, value in zip(TAGS, aim.towards.tags[0], strict=True) if value}
    assert asked == {"house": 1.0, "bass": 1.0, "kick": -1.0}
    assert float(aim.away.tags[0, TAGS.index("kick")]) == 1.0


def test_the_pack_tells_which_words_it_takes_and_what_was_composed(pipeline: LoopPipeline) -> None:
    words = pipeline.info.words
    assert words is not None and "warm" in words.own
    assert [words.knows(text) for text in ("warm", "zzz 🔥", "")] == [True, False, False]
    asked = REQUEST.with_(compose=True, tags=("techno", "kick"))
    written = compose(asked)
    assert written is not None and pipeline.render(asked).composed == written.pattern(1)
    assert pipeline.render(REQUEST).composed == Pattern()


def test_a_sound_of_a_millisecond_can_be_heard(pipeline: LoopPipeline) -> None:
    click = np.random.default_rng(1).standard_normal((2, 44)).astype(np.float32)
    assert float(np.linalg.norm(pipeline.embed_sound(0.2 * click, 44100))) == pytest.approx(1, abs=1e-3)


def test_of_a_long_sound_the_middle_half_minute_is_heard_without_resampling_the_rest(pipeline: LoopPipeline) -> None:
    noise = 0.1 * np.random.default_rng(2).standard_normal((1, 8000 * 90)).astype(np.float32)
    middle = noise[:, 8000 * 30 : 8000 * 60]
    assert pipeline.embed_sound(noise, 8000) == pytest.approx(pipeline.embed_sound(middle, 8000), abs=1e-4)
