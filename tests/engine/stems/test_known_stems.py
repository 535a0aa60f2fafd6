"""Errors of masks, worked out in bands, and what separation gains: against what was really left."""

import numpy as np
import pytest
import torch

from engine.corpus.seeds import STEM_HELD_OUT
from engine.stems.known_stems import BandedLoop, SeparateLoop, improvements, taken_apart
from engine.stems.network import StemConfig, StemNetwork
from engine.vocabulary import PARTS


@pytest.fixture(scope="module")
def loop() -> SeparateLoop:
    return SeparateLoop.rendered(STEM_HELD_OUT.first)


@pytest.fixture(scope="module")
def network() -> StemNetwork:
    torch.manual_seed(0)
    return StemNetwork(StemConfig(fft_size=1024, bands=513, width=16, dilations=(1,))).eval()


def test_stems_of_a_corpus_loop_are_as_they_are_in_it(loop: SeparateLoop) -> None:
    assert loop.stems.shape == (len(PARTS), *loop.audio.shape)
    rest = loop.audio - loop.stems.sum(0)
    assert 10 * torch.log10(rest.square().mean() / loop.audio.square().mean()) < -15  # but for what saturation adds
    assert loop.plays.tolist() == [
        float(stem.square().mean() > 1e-6 * loop.audio.square().mean()) for stem in loop.stems
    ]


@torch.no_grad()
def test_what_masks_leave_follows_from_the_bands(loop: SeparateLoop, network: StemNetwork) -> None:
    banded = BandedLoop.of(loop, network)
    spectrum = network.spectrum(loop.audio[None], loop.conditions.frames)
    stems = network.spectrum(loop.stems, loop.conditions.frames)
    whole = spectrum.abs().square().sum(2).mean()
    for value in (0.0, 0.5, 1.0):
        left = (value * spectrum - stems).abs().square().sum(2).mean((1, 2)) / whole
        found = banded.left(torch.full_like(banded.agreement.float(), value))
        assert found.numpy() == pytest.approx(left.numpy(), abs=0.02)


def test_a_stem_that_is_right_gains_and_the_loop_itself_does_not(loop: SeparateLoop, network: StemNetwork) -> None:
    same = improvements(loop, loop.audio.expand_as(loop.stems))
    assert set(same) >= {"drums"} and all(abs(gain) < 1e-3 for name, gain in same.items() if name != "drums")
    right = improvements(loop, loop.stems)
    assert all(gain > 60 for gain in right.values())
    made = taken_apart(network, loop)
    assert float((made.sum(0) - loop.audio).abs().max()) < 1e-4 * float(loop.audio.abs().max()) + 1e-5
    assert np.isfinite([*improvements(loop, made).values()]).all()
