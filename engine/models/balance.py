"""What bands lack in loops that were sampled cool, and how it is given back."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.audio.third_octaves import THIRD_OCTAVES_HZ, with_bands

MOST_SHARE = 1.5
"""What was measured at one temperature is believed of colder ones up to so many times as much."""


@dataclass(frozen=True)
class BalanceConfig:
    """The `temperature`, below 1, at which the gains were measured, and how many of the directions of latents of
    `latent_dim` channels are those of phases."""

    temperature: float
    latent_dim: int = 0
    phases: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < 1:
            raise ValueError("the temperature of a balance is 0 up to 1")
        if not 0 <= self.phases <= self.latent_dim:
            raise ValueError("latents have no more directions than channels")


class Balance(nn.Module):
    """Gains `[27]` in dB, by third octaves, that give rendered loops the balance of the corpus; and `phases`
    `[D, n]`, the orthonormal directions in which standardised latents go when the phases of a sound change.

    Low notes are told by their phases. These lie around zero and shrink with the deviation of the noise, as levels do
    not: a loop that was sampled at a temperature below 1 comes out thin, unless phases begin warmer than the rest.
    """

    gains: Tensor
    phases: Tensor

    def __init__(self, config: BalanceConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("gains", torch.zeros(len(THIRD_OCTAVES_HZ)))
        if config.phases:
            self.register_buffer("phases", torch.zeros(config.latent_dim, config.phases))
        else:  # packs from before phases were told hold no such tensor
            self.phases = torch.zeros(config.latent_dim, 0)

    def at(self, temperature: float) -> NDArray[np.float64]:
        """The gains `[27]` in dB at a temperature: none at 1 and above, more the colder."""
        share = (1 - temperature) / (1 - self.config.temperature)
        return self.gains.double().cpu().numpy() * min(max(share, 0.0), MOST_SHARE)

    def balanced(self, audio: NDArray[Any], sample_rate: float, temperature: float) -> NDArray[np.float32]:
        """Loop `audio [C, T]`, sampled at `temperature`, with the levels that its bands lack."""
        gains = self.at(temperature)
        return with_bands(audio, sample_rate, gains) if gains.any() else np.asarray(audio, np.float32)
