"""The separator learns, goes on where it stopped, and goes into packs and out of them."""

from pathlib import Path

import pytest
import torch
from tiny import tiny_pack

from engine.packs.models import load_stems
from engine.packs.pack import Pack
from engine.stems.network import StemConfig, StemNetwork
from engine.training.run import TrainingOptions
from engine.training.stems import StemTrainer, StemTraining
from engine.training.stems_run import train_stems

SMALL = StemConfig(fft_size=1024, bands=32, width=24, dilations=(1, 4))
TRAINING = StemTraining(loops=2, kept=4, validation=2)


@pytest.mark.slow
def test_a_run_learns_goes_on_and_its_pack_takes_loops_apart(tmp_path: Path) -> None:
    pack, run = tiny_pack(tmp_path / "pack"), tmp_path / "run"
    assert load_stems(Pack.open(pack)) is None
    options = TrainingOptions(minutes=5, max_steps=12, learning_rate=1e-2, warmup_steps=2, validate_every=12)
    first = train_stems(pack, run, options, TRAINING, config=SMALL)
    assert first["si_sdr_gain"] > 1.0  # dB: onsets and pitches alone tell much
    train_stems(pack, run, TrainingOptions(minutes=5, max_steps=2, validate_every=2), TRAINING)
    record = Pack.open(pack).manifest["training"]["stems"]
    assert [entry["step"] for entry in record] == [14]
    network = load_stems(Pack.open(pack))
    assert network is not None and network.config == SMALL


def test_each_step_replaces_one_loop_of_those_in_memory() -> None:
    torch.manual_seed(0)
    trainer = StemTrainer(StemNetwork(SMALL), StemTraining(loops=2, kept=2, validation=1), lambda *_: None)
    seen = []
    for _ in range(3):
        loss, _ = trainer.loss(trainer.model)
        assert torch.isfinite(loss)
        seen.append({id(loop) for loop in trainer._kept})
    assert [len(loops) for loops in seen] == [1, 2, 2] and len(seen[1] & seen[2]) == 1


def test_silence_in_place_of_a_stem_leaves_all_of_it() -> None:
    trainer = StemTrainer(StemNetwork(SMALL), StemTraining(loops=1, kept=1, validation=1), lambda *_: None)
    trainer.loss(trainer.model)
    [loop] = trainer._kept
    silence = loop.left(torch.zeros_like(loop.agreement.float()))
    assert silence.numpy() == pytest.approx(loop.own.numpy(), rel=1e-3)
