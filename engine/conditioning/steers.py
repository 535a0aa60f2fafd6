"""Where the sliders of `STEERS` lead: a direction in the embedding and one among the tags.

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
    """What a slider at 1 adds, in the order of `STEERS`: `embedding` `[S, 512]` to an embedding of length one, `tags`
    `[S, len(TAGS)]` to the tags condition."""

    embedding: Tensor
    tags: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("embedding", torch.zeros(len(STEERS), CLAP_DIM))
        self.register_buffer("tags", torch.zeros(len(STEERS), len(TAGS)))

    @classmethod
    def plain(cls, clap: StarterClap) -> "Steers":
        """The directions of the embedder's own tag classifiers, along none of the others; tags stay as they are."""
        steers = cls()
        steers.embedding.copy_(torch.stack([STEER_LENGTH * direction(clap, name) for name in STEERS]))
        return steers

    def moves(self, amounts: Mapping[str, float]) -> tuple[Tensor, Tensor]:
        """What the sliders at `amounts` add to an embedding `[512]` and to the tags `[len(TAGS)]`."""
        at = torch.tensor([float(amounts.get(name, 0.0)) for name in STEERS])
        return at @ self.embedding, at @ self.tags


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
    towards, away = STEERS[name]
    weight = clap.facts.weight[TAGS.index(towards)]
    weight = weight - clap.facts.weight[TAGS.index(away)] if away else weight
    return functional.normalize(weight.float().cpu(), dim=0)
