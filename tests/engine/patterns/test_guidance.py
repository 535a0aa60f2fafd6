"""What is told twice: scores beside others, in a style and in none, with a fill and without."""

import torch

from engine.corpus.seeds import HELD_OUT
from engine.patterns.drawn import drawn_scores
from engine.patterns.fills import with_fill
from engine.patterns.grid import Score, gathering
from engine.patterns.network import PatternConfig, PatternNetwork
from engine.patterns.tensors import all_told, steps_of
from engine.requests import Pattern
from engine.training.patterns import PatternTrainer, PatternTraining

SMALL = PatternConfig(latent=8, hidden=32, recurrent=16, features=2, width=16, blocks=1)


def test_scores_are_told_beside_others_and_in_any_style() -> None:
    [score] = drawn_scores(HELD_OUT.first, 1)
    told = all_told([score], PatternNetwork(SMALL).known)
    both = told.filling(1.0).joined(told.filling(-1.0).unstyled())
    assert both.numbers[:, -1, 3].tolist() == [1, -1] and both.style.sum(1).tolist() == [1, 0]
    assert torch.equal(both.plays[0], both.plays[1])


def test_last_bars_alone_are_related_as_within_all() -> None:
    torch.manual_seed(0)
    network = PatternNetwork(SMALL).eval()
    score = next(each for each in drawn_scores(HELD_OUT.first, 30) if each.bars == 4)
    told = all_told([score], network.known)
    latents = network.embedded(steps_of([score], network.known))
    trust = torch.rand(latents.shape[:3])
    with torch.no_grad():
        every = network.relate_parts(latents, trust, told)
        last = network.relate_parts(latents, trust, told, since=-1)
    assert last.shape[2] == 1 and torch.allclose(every[:, :, -1:], last, atol=1e-6)


def test_a_fill_of_the_corpus_takes_the_place_of_the_last_hits() -> None:
    score = Score.of_pattern(Pattern({"kick": (1.0, 0, 0, 0) * 4, "snare": (0, 0, 0, 0, 1.0, 0, 0, 0) * 2}), 2)
    for seed in range(10):
        for part in ("kick", "snare"):
            filled = with_fill(score, part, seed)
            assert gathering(filled, part) >= 1
            assert (filled.velocity[:, :28] == score.velocity[:, :28]).all()


def test_rows_that_nobody_would_write_are_never_noise_and_fills_often_are() -> None:
    trainer = PatternTrainer(PatternNetwork(SMALL), PatternTraining(scores=200, validation=2), lambda *_: None)
    heard = [each for found in trainer._by_bars.values() for each in found]
    assert 0.05 < sum(each.free.mean() for each in heard) / len(heard) < 0.16
    [score] = [with_fill(each.score, "snare", 1) for each in heard if each.score.bars == 2][:1]
    opened = 0
    for _ in range(200):
        alpha = torch.ones(1, 8, 2)
        trainer._open_fills(alpha, [score])
        opened += int((alpha < 1).any())
        assert (alpha[:, :, 0] == 1).all()
    assert 90 < opened < 150
