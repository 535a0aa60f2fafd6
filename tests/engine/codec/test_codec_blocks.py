"""Blocks of the codec: a loop that is turned round comes out turned round; silence around a sound is silence."""

import pytest
import torch
from torch.nn import functional

from engine.codec.blocks import Blocks, ChannelNorm, Conv, ResidualBlock


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("shift", [1, 7, 20])
def test_blocks_of_a_loop_do_not_know_where_it_begins(shift: int) -> None:
    blocks, loop = Blocks(8, 3).requires_grad_(False), torch.randn(2, 8, 24)
    for block in blocks:
        torch.nn.init.normal_(block.second.weight, std=0.2)
    turned = blocks(loop.roll(shift, -1), True)
    torch.testing.assert_close(turned, blocks(loop, True).roll(shift, -1))
    assert float((turned - blocks(loop.roll(shift, -1), False)).abs().max()) > 0.01


@pytest.mark.parametrize("kernel", [1, 3, 7])
def test_a_convolution_keeps_the_length_and_pads_as_asked(kernel: int) -> None:
    conv, x = Conv(2, 3, kernel).requires_grad_(False), torch.randn(1, 2, 12)
    reach = kernel // 2
    for circular, mode in ((True, "circular"), (False, "constant")):
        padded = functional.pad(x, (reach, reach), mode=mode)
        torch.testing.assert_close(conv(x, circular), functional.conv1d(padded, conv.weight, conv.bias))


def test_a_loop_shorter_than_a_kernel_wraps_around_more_than_once() -> None:
    conv, x = Conv(1, 1, 7).requires_grad_(False), torch.randn(1, 1, 2)
    torch.testing.assert_close(conv(x, True), conv(x.repeat(1, 1, 4), True)[..., :2])


def test_the_norm_brings_every_frame_to_one_and_leaves_silence() -> None:
    norm = ChannelNorm(16)
    x = torch.randn(2, 16, 5) * torch.tensor([0.1, 1.0, 10.0, 100.0, 0.0])
    power = norm(x).square().mean(1)
    torch.testing.assert_close(power[:, 1:4], torch.ones(2, 3), atol=1e-4, rtol=0)
    assert not power[:, 4].any()
    torch.testing.assert_close(norm(x[..., :2]), norm(x)[..., :2])  # frame by frame


def test_a_new_block_changes_little() -> None:
    x = torch.randn(4, 32, 64)
    change = ResidualBlock(32).requires_grad_(False)(x, True) - x
    assert 0 < float(change.std()) < 0.1  # of a deviation of one
