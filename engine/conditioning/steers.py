"""Where the sliders of `STEERS` lead: directions in the embedding.

A linear classifier's direction alone moves much else: what is bright is hard too, in the corpus and so in what comes.
Calibrated steers (`loopgen train steers`) mix directions so that, of rendered loops, the slider's own attribute moves
and the others stay, as far as they can.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.clap.base import CLAP_DIM, ClapEmbedder
from engine.vocabulary import STEERS, TODAY, Vocabulary

STEER_LENGTH: Final = 0.5
"""How far a plain steer of 1 moves an embedding of length one."""


class Steers(nn.Module):
    """What a slider at 1 adds to an embedding of length one, for each steer `known`: `embedding` `[S, 512]`."""

    embedding: Tensor

    def __init__(self, known: Vocabulary = TODAY) -> None:
        super().__init__()
        self.known = known
        self.register_buffer("embedding", torch.zeros(len(known.steers), CLAP_DIM))

    @classmethod
    def plain(cls, clap: ClapEmbedder) -> "Steers":
        """The directions of the embedder's own tag classifiers, along none of the others."""
        steers = cls(replace(clap.known, steers=_steers(clap)))
        steers.embedding.copy_(torch.stack([STEER_LENGTH * direction(clap, name) for name in steers.known.steers]))
        return steers

    def move(self, amounts: Mapping[str, float]) -> Tensor:
        """What the sliders at `amounts` add to an embedding, `[512]`."""
        return torch.tensor([float(amounts.get(name, 0.0)) for name in self.known.steers]) @ self.embedding


@torch.no_grad()
def direction(clap: ClapEmbedder, name: str) -> Tensor:
    """The unit vector `[512]` of a steer: towards its tag, away from the opposite, and, as far as it goes, along none
    of the other steers (their directions are projected out)."""
    own, *others = (raw_direction(clap, steer) for steer in (name, *(s for s in _steers(clap) if s != name)))
    span, _ = torch.linalg.qr(torch.stack(others, dim=1))
    return functional.normalize(own - span @ (span.T @ own), dim=0)


@torch.no_grad()
def raw_direction(clap: ClapEmbedder, name: str) -> Tensor:
    """The unit vector `[512]` from the opposite of a steer's tag to the tag, as the embedder's classifiers say."""
    return tag_direction(clap, *STEERS[name])


@torch.no_grad()
def tag_direction(clap: ClapEmbedder, towards: str, away: str = "") -> Tensor:
    """The unit vector `[512]` from the tag `away`, if any, to `towards`, as the embedder's classifiers say."""
    directions, tags = clap.tag_directions(), clap.known.tags
    weight = directions[tags.index(towards)]
    weight = weight - directions[tags.index(away)] if away else weight
    return functional.normalize(weight.float().cpu(), dim=0)


def _steers(clap: ClapEmbedder) -> tuple[str, ...]:
    """The steers of today that the embedder was trained for."""
    return tuple(name for name in clap.known.steers if name in STEERS)
