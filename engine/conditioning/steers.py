"""Where the sliders of `STEERS` lead: directions in the embedding.

A linear classifier's direction alone moves much else: what is bright is hard too, in the corpus and so in what comes.
Calibrated steers (`loopgen train steers`) mix directions so that, of rendered loops, the slider's own attribute moves
and the others stay, as far as they can.
"""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.clap.base import CLAP_DIM
from engine.clap.starter import StarterClap
from engine.vocabulary import STEERS, TAGS

STEER_LENGTH: Final = 0.5
"""How far a plain steer of 1 moves an embedding of length one."""


class Steers(nn.Module):
    """What a slider at 1 adds to an embedding of length one, in the order of `STEERS`: `embedding` `[S, 512]`."""

    embedding: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("embedding", torch.zeros(len(STEERS), CLAP_DIM))

    @classmethod
    def plain(cls, clap: StarterClap) -> "Steers":
        """The directions of the embedder's own tag classifiers, along none of the others."""
        steers = cls()
        steers.embedding.copy_(torch.stack([STEER_LENGTH * direction(clap, name) for name in STEERS]))
        return steers

    def move(self, amounts: Mapping[str, float]) -> Tensor:
        """What the sliders at `amounts` add to an embedding, `[512]`."""
        return torch.tensor([float(amounts.get(name, 0.0)) for name in STEERS]) @ self.embedding


@torch.no_grad()
def direction(clap: StarterClap, name: str) -> Tensor:
    """The unit vector `[512]` of a steer: towards its tag, away from the opposite, and, as far as it goes, along none
    of the other steers (their directions are projected out)."""
    own, *others = (raw_direction(clap, steer) for steer in (name, *(s for s in STEERS if s != name)))
    span, _ = torch.linalg.qr(torch.stack(others, dim=1))
    return functional.normalize(own - span @ (span.T @ own), dim=0)


@torch.no_grad()
def raw_direction(clap: StarterClap, name: str) -> Tensor:
    """The unit vector `[512]` from the opposite of a steer's tag to the tag, as the embedder's classifiers say."""
    return tag_direction(clap, *STEERS[name])


@torch.no_grad()
def tag_direction(clap: StarterClap, towards: str, away: str = "") -> Tensor:
    """The unit vector `[512]` from the tag `away`, if any, to `towards`, as the embedder's classifiers say."""
    weight = clap.facts.weight[TAGS.index(towards)]
    weight = weight - clap.facts.weight[TAGS.index(away)] if away else weight
    return functional.normalize(weight.float().cpu(), dim=0)
