"""Directions in the semantic latent: where sliders lead in `z_2`, and what tells loops of each tag from others."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.vocabulary import TODAY, Vocabulary


@dataclass(frozen=True)
class DirectionConfig:
    """Shape of `SemanticDirections`: the numbers of `z_2`."""

    semantic_dim: int = 64


class SemanticDirections(nn.Module):
    """What a slider at 1 adds to a `z_2`, for each steer `known`: `steers` `[S, Z]`; nothing for one that moves the
    embedding as under other samplers. And the direction of each tag `known`, `tags` `[T, Z]`, one deviation
    long; nothing for one that too few loops had or lacked."""

    steers: Tensor
    tags: Tensor

    def __init__(self, config: DirectionConfig | None = None, known: Vocabulary = TODAY) -> None:
        super().__init__()
        self.config, self.known = config or DirectionConfig(), known
        self.register_buffer("steers", torch.zeros(len(known.steers), self.config.semantic_dim))
        self.register_buffer("tags", torch.zeros(len(known.tags), self.config.semantic_dim))

    @property
    def led(self) -> frozenset[str]:
        """The sliders that lead in `z_2`."""
        rows = self.steers.any(1).tolist()
        return frozenset(name for name, moves in zip(self.known.steers, rows, strict=True) if moves)

    def move(self, amounts: Mapping[str, float]) -> Tensor:
        """What the sliders at `amounts` add to a `z_2`, `[1, Z]`."""
        sliders = torch.tensor([[float(amounts.get(name, 0.0)) for name in self.known.steers]])
        return sliders.to(self.steers) @ self.steers
