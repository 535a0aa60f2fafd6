"""The autoencoder of patterns learns, goes on where it stopped, and goes into packs and out of them."""

from pathlib import Path

import pytest
import torch
from tiny import tiny_pack

from engine.corpus.seeds import PATTERN_TRAINING
from engine.errors import PackError
from engine.packs.models import load_patterns, pattern_writer, store_patterns
from engine.packs.pack import Pack
from engine.patterns.asked import PatternRequest
from engine.patterns.drawn import drawn_scores
from engine.patterns.network import PatternConfig, PatternNetwork
from engine.patterns.tensors import steps_of
from engine.requests import Pattern
from engine.training.patterns import PatternTrainer, PatternTraining, score_losses
from engine.training.patterns_run import train_patterns
from engine.training.run import TrainingOptions
from engine.vocabulary import TODAY

SMALL = PatternConfig(latent=8, hidden=32, recurrent=16, features=4, width=16, blocks=1)
TRAINING = PatternTraining(scores=40, validation=10, bars_per_batch=16)


def test_a_run_learns_and_goes_on_and_its_pack_writes_patterns(tmp_path: Path) -> None:
    pack, run = tiny_pack(tmp_path / "pack", denoiser=False), tmp_path / "run"
    assert load_patterns(Pack.open(pack)) is None
    with pytest.raises(PackError, match="writes no patterns"):
        pattern_writer(Pack.open(pack))
    options = TrainingOptions(minutes=5, max_steps=60, learning_rate=3e-3, warmup_steps=5, validate_every=60)
    first = train_patterns(pack, run, options, TRAINING, config=SMALL)
    again = train_patterns(pack, run, TrainingOptions(minutes=5, max_steps=20, validate_every=60), TRAINING)
    assert first["accuracy"] > 0.8 and again["accuracy"] > 0.8
    record = Pack.open(pack).manifest["training"]["patterns"]
    assert [entry["step"] for entry in record] == [80]
    network = load_patterns(Pack.open(pack))
    assert network is not None and network.config == SMALL and network.frequency.max() < 0.5
    asked = PatternRequest("answer", Pattern({"kick": (1.0, 0, 0, 0) * 4}), 2, seed=3)
    written = [pattern_writer(Pack.open(pack)).write(asked) for _ in range(2)]
    assert written[0] == written[1] and set(written[0].pattern.rows) == set(TODAY.parts)


def test_a_pack_of_another_vocabulary_leaves_unknown_parts_as_they_are(tmp_path: Path) -> None:
    known = TODAY.read({"parts": ["snare", "kick", "gong"], "styles": ["techno", "polka"]})
    pack = tiny_pack(tmp_path / "pack", denoiser=False)
    store_patterns(pack, PatternNetwork(SMALL, known), {})
    drawn = Pattern({"kick": (1.0, 0, 0, 0) * 4, "bass": (0.5,) * 16})
    writer = pattern_writer(Pack.open(pack))
    written = writer.write(PatternRequest("answer", drawn, 1, style="techno"))
    assert written.pattern.rows["bass"] == drawn.rows["bass"]
    assert set(written.pattern.rows) == {"kick", "bass", "snare"}


def test_weights_of_classes_are_those_of_equation_1() -> None:
    network = PatternNetwork(SMALL)
    network.frequency.fill_(0.25)
    steps = steps_of(list(drawn_scores(PATTERN_TRAINING.first, 1)), TODAY)
    told = network.decode(torch.zeros(*steps.shape[:2], steps.shape[2] // 16, SMALL.hidden), _told(network, steps))
    losses = score_losses(network, told, steps)
    hits = steps[..., 0]
    crossed = torch.nn.functional.binary_cross_entropy_with_logits(told.logits, hits, reduction="none")
    wanted = (torch.where(hits > 0, 0.75, 0.25) / 0.375 * crossed).mean()
    assert losses["hits"].item() == pytest.approx(wanted.item(), rel=1e-5)


def test_half_the_scores_are_whole_and_the_others_lack_some_parts() -> None:
    trainer = PatternTrainer(PatternNetwork(SMALL), TRAINING, lambda *_: None)
    trust = torch.cat([trainer._trust(64, 2) for _ in range(20)])
    whole = (trust == 1).all(2).all(1).float().mean().item()
    assert 0.45 < whole < 0.72
    assert 0.01 < (trust == 0).float().mean().item() < 0.03


def _told(network: PatternNetwork, steps: torch.Tensor):  # type: ignore[no-untyped-def]
    from engine.patterns.tensors import all_told

    del steps
    return all_told(list(drawn_scores(PATTERN_TRAINING.first, 1)), network.known)
