"""Steers: plain ones follow the embedder's classifiers; sliders add up."""

import torch
from tiny import tiny_clap

from engine.conditioning.steers import STEER_LENGTH, Steers, direction, raw_direction
from engine.vocabulary import STEERS


def test_plain_steers_go_their_own_way_alone() -> None:
    clap = tiny_clap()
    axes = torch.stack([direction(clap, name) for name in STEERS])
    assert torch.allclose(axes.norm(dim=1), torch.ones(len(STEERS)), atol=1e-4)
    for name, axis in zip(STEERS, axes, strict=True):
        assert float(axis @ raw_direction(clap, name)) > 0.5
        assert max(abs(float(axis @ raw_direction(clap, other))) for other in STEERS if other != name) < 1e-4
    plain = Steers.plain(clap)
    assert torch.allclose(plain.embedding, STEER_LENGTH * axes)


def test_sliders_add_up() -> None:
    steers = Steers()
    torch.nn.init.normal_(steers.embedding, generator=torch.Generator().manual_seed(0))
    moved = steers.move({"bright": 0.5, "dense": -2.0})
    assert torch.allclose(moved, 0.5 * steers.embedding[0] - 2 * steers.embedding[1])
    assert not steers.move({}).any()
