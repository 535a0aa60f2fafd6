"""The second stage of the codec: the judge learns beside the decoder, the encoder does not, and both can be kept."""

from pathlib import Path

import pytest
import torch
from tiny import CODEC, tiny_corpus

from engine.codec.spectral import SpectralCodec
from engine.training.adversarial import AdversarialCodecTrainer, average_gradients
from engine.training.codec import CodecTraining


@pytest.fixture
def trainer(tmp_path: Path) -> AdversarialCodecTrainer:
    torch.manual_seed(0)
    codec = SpectralCodec(CODEC)
    codec.fit_levels(0.1 * torch.randn(8, 2, 1024 * 32), 32)
    training = CodecTraining(
        tiny_corpus(tmp_path / "corpus", 3, 48), batch_size=1, crop_frames=12, freeze_encoder=True
    )
    return AdversarialCodecTrainer(codec, training, lambda codec, progress: None)


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


def test_gradients_of_one_process_are_their_own_mean() -> None:
    model = torch.nn.Linear(2, 1)
    model(torch.ones(1, 2)).sum().backward()
    average_gradients(model)
    assert model.weight.grad is not None and model.weight.grad.tolist() == [[1.0, 1.0]]
