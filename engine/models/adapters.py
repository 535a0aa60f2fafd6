"""What was learnt beside a denoiser: changes of its weights, whole or of low rank, that are added by a share.

The denoiser itself stays as it was, and nothing is lost: at share 0 it plays as before, at 1 as it learnt to, between
them along the straight line from the one's weights to the other's.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import torch
from torch import Tensor, nn
from torch.func import functional_call

from engine.conditioning.conditions import Conditions
from engine.models.unet import Denoiser
from engine.models.voices import VoiceEncoder

Method = Literal["low-rank", "full"]
METHODS: Final[tuple[str, ...]] = get_args(Method)
UNTOUCHED: Final = ("voices.",)
"""Where the weights begin that are never changed: the voices that a pack carries are as its encoder hears them."""
_DOT: Final = "/"
"""Stands for the dots in names of weights, which names of parameters cannot have."""


@dataclass(frozen=True)
class AdapterConfig:
    """`low-rank` (Hu et al. 2021): the change of a matrix is the product of two of at most `rank` columns and rows;
    `full`: any change. Vectors change freely in both."""

    method: Method = "low-rank"
    rank: int = 16


class Adapter(nn.Module):
    """Changes of weights with `shapes` by name; none at first."""

    def __init__(self, config: AdapterConfig, shapes: Mapping[str, Iterable[int]]) -> None:
        super().__init__()
        self.config = config
        self.shapes = {name: tuple(shape) for name, shape in shapes.items()}
        self.whole, self.up, self.down = nn.ParameterDict(), nn.ParameterDict(), nn.ParameterDict()
        for name, shape in self.shapes.items():
            key, rows, columns = name.replace(".", _DOT), shape[0], int(torch.Size(shape[1:]).numel())
            if config.method == "low-rank" and config.rank < min(rows, columns) / 2:
                self.up[key] = nn.Parameter(torch.zeros(rows, config.rank))
                self.down[key] = nn.Parameter(torch.randn(config.rank, columns) / columns**0.5)
            else:
                self.whole[key] = nn.Parameter(torch.zeros(shape))

    @classmethod
    def beside(cls, denoiser: Denoiser, config: AdapterConfig) -> "Adapter":
        """One that changes everything in `denoiser` that may change."""
        named = denoiser.named_parameters()
        return cls(config, {name: p.shape for name, p in named if not name.startswith(UNTOUCHED)})

    def changes(self) -> dict[str, Tensor]:
        """What is added to each weight, by name."""
        found: dict[str, Tensor] = {}
        for name, shape in self.shapes.items():
            key = name.replace(".", _DOT)
            found[name] = self.whole[key] if key in self.whole else (self.up[key] @ self.down[key]).view(shape)
        return found


def adapted(denoiser: Denoiser, adapter: Adapter, share: float = 1.0) -> Denoiser:
    """A copy of `denoiser` with a `share` of what `adapter` learnt; at 0 with equal weights."""
    copy = deepcopy(denoiser)
    if share:
        own = dict(copy.named_parameters())
        with torch.no_grad():
            for name, change in adapter.changes().items():
                own[name].add_(change.to(own[name]), alpha=share)
    return copy


class LearningDenoiser(nn.Module):
    """A denoiser that is not trained, and an adapter that is: together they are called as a denoiser is.

    Only the adapter is among its parameters, so that averages, optimizers and checkpoints hold it alone.
    """

    def __init__(self, denoiser: Denoiser, adapter: Adapter) -> None:
        super().__init__()
        self.adapter = adapter
        self._base = (denoiser.requires_grad_(False),)  # a tuple, so that it is no submodule

    @property
    def base(self) -> Denoiser:
        """The denoiser as it was."""
        return self._base[0]

    @property
    def voices(self) -> VoiceEncoder | None:
        """What hears the voices of parts."""
        return self.base.voices

    @property
    def mean(self) -> Tensor:
        """Mean `[D, 1]` of the latents that the denoiser was trained on."""
        return self.base.mean

    def standardise(self, latent: Tensor) -> Tensor:
        """Codec latents `[B, D, F]` as states of the denoiser."""
        return self.base.standardise(latent)

    def forward(self, x: Tensor, alpha: Tensor, conditions: Conditions) -> Tensor:
        """Direction `[B, D, F]`, as `Denoiser.forward`, with all that was learnt."""
        own = dict(self.base.named_parameters())
        weights: dict[str, Any] = {name: own[name] + change for name, change in self.adapter.changes().items()}
        direction: Tensor = functional_call(self.base, weights, (x, alpha, conditions))
        return direction

    def adapted(self, share: float = 1.0) -> Denoiser:
        """The denoiser with a `share` of what was learnt, by itself."""
        return adapted(self.base, self.adapter, share)
