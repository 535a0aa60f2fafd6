"""The autoencoder of patterns: shapes, time that is a circle, words by name, and a size that a pack can bear."""

from dataclasses import replace

import pytest
import torch

from engine.corpus.seeds import HELD_OUT
from engine.patterns.drawn import drawn_scores
from engine.patterns.network import PatternConfig, PatternNetwork
from engine.patterns.tensors import SHARED, all_told, noise, steps_of
from engine.vocabulary import PARTS, TODAY

SMALL = PatternConfig(latent=8, hidden=32, recurrent=16, features=2, width=16, blocks=1)


def _network(config: PatternConfig = SMALL) -> PatternNetwork:
    torch.manual_seed(0)
    return PatternNetwork(config).eval()


def test_it_is_under_four_megabytes_in_a_pack() -> None:
    network = PatternNetwork(PatternConfig())
    assert 2 * sum(tensor.numel() for tensor in network.state_dict().values()) < 4e6


@pytest.mark.parametrize("bars", [1, 3, 16])
def test_a_loop_turned_by_bars_is_all_turned(bars: int) -> None:
    network = _network()
    score = next(s for s in drawn_scores(HELD_OUT.first, 30) if s.bars >= 2)
    score = replace(score, velocity=score.velocity[:, :32].repeat(16, 1)[:, : 16 * bars])
    score = replace(score, timing=0 * score.velocity)
    with torch.no_grad():
        for one, turned in ((score, score.turned(1)),):
            found = []
            for each in (one, turned):
                told = all_told([each], network.known).filling(0)
                latents = network.embedded(steps_of([each], network.known))
                trust = torch.ones(latents.shape[:3])
                found.append(network.decode(network.relate_parts(latents, trust, told), told).logits)
    assert found[0].shape == (1, len(PARTS), 16 * bars)
    assert torch.allclose(found[0].roll(-16, 2), found[1], atol=1e-5)


def test_other_parts_hear_one_that_changes_only_through_the_lstm_and_the_decoder() -> None:
    network = _network()
    [score] = drawn_scores(HELD_OUT.first, 1)
    steps = steps_of([score], network.known)
    other = steps.clone()
    other[:, 0, ::4, 0] = 1 - other[:, 0, ::4, 0]
    with torch.no_grad():
        one, two = network.embedded(steps), network.embedded(other)
    assert (one[:, 1:] == two[:, 1:]).all() and (one[:, 0] != two[:, 0]).any()


def test_words_are_matched_by_name() -> None:
    turned = replace(TODAY, parts=(*reversed(PARTS), "triangle"))
    [score] = drawn_scores(HELD_OUT.first, 1)
    steps = steps_of([score], turned)
    assert steps.shape[1] == len(PARTS) + 1
    assert (steps[0, 0] == steps_of([score], TODAY)[0, -1]).all() and not steps[0, -1].any()


def test_bars_share_four_fifths_of_their_noise() -> None:
    drawn = noise((64, 8, 16, 32), torch.Generator().manual_seed(0))
    assert drawn.std().item() == pytest.approx(1, abs=0.02)
    assert (drawn[:, :, 0] * drawn[:, :, 9]).mean().item() == pytest.approx(SHARED, abs=0.03)


def test_weights_of_classes_are_taken_out_where_hits_are_decided() -> None:
    network = _network()
    network.frequency.fill_(0.2)
    with torch.no_grad():
        [score] = drawn_scores(HELD_OUT.first, 1)
        told = all_told([score], network.known)
        latents = network.embedded(steps_of([score], network.known))
        decoded = network.decode(network.relate_parts(latents, torch.ones(latents.shape[:3]), told), told)
    assert torch.allclose(decoded.logits - network.hit_logits(decoded), torch.log(torch.tensor(4.0)))
