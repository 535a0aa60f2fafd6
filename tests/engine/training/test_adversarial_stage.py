"""The second stage of the codec: the judge learns beside the decoder, the encoder does not, and both can be kept."""

from pathlib import Path

import pytest
import torch
from tiny import CODEC, tiny_corpus, tiny_pack

from engine.codec.spectral import SpectralCodec
from engine.corpus.seeds import TRAINING
from engine.errors import PackError
from engine.evaluation.held_out import corpus_case
from engine.training.adversarial import AdversarialCodecTrainer, average_gradients
from engine.training.codec import CodecTraining
from engine.training.rendered import MARGIN, RenderedCrops, RenderedLoop, rendered_loops


@pytest.fixture
def trainer(tmp_path: Path) -> AdversarialCodecTrainer:
    torch.manual_seed(0)
    codec = SpectralCodec(CODEC)
    codec.fit_levels(0.1 * torch.randn(8, 2, 1024 * 32), 32)
    training = CodecTraining(
        tiny_corpus(tmp_path / "corpus", 3, 48), batch_size=1, crop_frames=12, freeze_encoder=True
    )
    trainer = AdversarialCodecTrainer(codec, training, lambda codec, progress: None)
    trainer.head_start = 1
    return trainer


def test_a_step_teaches_the_judge_and_pulls_at_the_decoder_alone(trainer: AdversarialCodecTrainer) -> None:
    before = {name: value.clone() for name, value in trainer.judge.state_dict().items()}
    total, terms = trainer.loss(trainer.model)
    total.backward()  # type: ignore[no-untyped-call]
    assert {"judge", "pushed", "matched"} <= set(terms)
    assert 0 <= float(terms["judge"]) < 4 and all(torch.isfinite(term).all() for term in terms.values())
    assert any(not torch.equal(before[name], value) for name, value in trainer.judge.state_dict().items())
    assert all(parameter.grad is None for parameter in trainer.judge.parameters())  # its own step is done and cleared
    codec = trainer.model.codec
    assert all(parameter.grad is None for parameter in codec.encoder.parameters())
    pulled = [parameter.grad for parameter in codec.decoder.parameters() if parameter.grad is not None]
    assert pulled and sum(float(gradient.abs().sum()) for gradient in pulled) > 0
    assert all(parameter.requires_grad for parameter in trainer.judge.parameters())

    kept = {name: value.clone() for name, value in trainer.extra_tensors().items()}
    with torch.no_grad():
        for parameter in trainer.judge.parameters():
            parameter.zero_()
    trainer.restore_extra(kept)
    again = trainer.extra_tensors()
    assert kept.keys() == again.keys() and all(torch.equal(kept[name], again[name]) for name in kept)


def test_a_new_judge_learns_before_it_is_listened_to(trainer: AdversarialCodecTrainer) -> None:
    trainer.head_start = 4
    before = {name: value.clone() for name, value in trainer.model.codec.state_dict().items()}
    trainer.loss(trainer.model)
    taught = [int(state["step"]) for state in trainer.judge_optimizer.state.values()]
    assert max(taught) in (4, 5) and len({*taught}) <= len(trainer.judge.scales)
    assert all(torch.equal(before[name], value) for name, value in trainer.model.codec.state_dict().items())
    trainer.loss(trainer.model)
    assert max(int(state["step"]) for state in trainer.judge_optimizer.state.values()) <= max(taught) + 1


def test_rendered_loops_are_made_to_sound_real_too(trainer: AdversarialCodecTrainer) -> None:
    """They are cut anywhere in their loop, without edges, and pull at the decoder beside the crops."""
    latent = torch.arange(20.0).expand(CODEC.latent_dim, 20)
    crops = RenderedCrops([RenderedLoop(latent, 20 * 512), RenderedLoop(latent, 20 * 1024)], 12, seed=0)
    cut = crops.latents(3, 1024.0)
    assert cut.shape == (3, CODEC.latent_dim, 12 + 2 * MARGIN)
    assert (cut.diff(dim=2) % 20 == 1).all()  # on around the end
    audio = crops.decoded(trainer.model.codec, cut, 12 * 1024)
    assert audio.shape == (3, 2, 12 * 1024) and audio.isfinite().all()
    lone = RenderedCrops([RenderedLoop(latent, 20 * 512)], 12, seed=0)
    quiet = lone.decoded(trainer.model.codec, torch.zeros(1, CODEC.latent_dim, 20), 12 * 1024).detach()
    assert float(quiet[..., :64].std() / quiet[..., 6000:6064].std()) > 0.3  # no fade at the edge

    _, without = trainer.loss(trainer.model)
    assert "rendered" not in without
    trainer.rendered = crops
    total, terms = trainer.loss(trainer.model)
    total.backward()  # type: ignore[no-untyped-call]
    assert 0 < float(terms["rendered"]) < 4 and torch.isfinite(total)


def test_the_pack_renders_its_own_loops_first(tmp_path: Path) -> None:
    loops = rendered_loops(tiny_pack(tmp_path / "pack"), 2)
    assert [loop.latent.shape[0] for loop in loops] == [CODEC.latent_dim] * 2
    for loop, seed in zip(loops, (TRAINING.end - 2, TRAINING.end - 1), strict=True):
        geometry = corpus_case(seed).geometry
        assert (loop.samples, loop.latent.shape[1]) == (geometry.samples, geometry.frames)
    with pytest.raises(PackError, match="denoiser"):
        rendered_loops(tiny_pack(tmp_path / "deaf", denoiser=False), 1)


def test_gradients_of_one_process_are_their_own_mean() -> None:
    model = torch.nn.Linear(2, 1)
    model(torch.ones(1, 2)).sum().backward()
    average_gradients(model)
    assert model.weight.grad is not None and model.weight.grad.tolist() == [[1.0, 1.0]]
