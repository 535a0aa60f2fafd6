"""A denoiser made ready for sampling at any share of what was learnt beside it."""

from collections import OrderedDict
from typing import Final

import torch

from engine.models.adapters import Adapter, adapted
from engine.models.sampling import SamplingDenoiser
from engine.models.unet import Denoiser
from engine.models.voices import VoiceEncoder

KEPT: Final = 2
"""Shares that stay ready: A/B between two of them costs nothing."""


class BlendedDenoiser:
    """`at(share)` gives the network; `device` and `dtype` are those it runs with. Weights are blended in float32.

    Without an adapter it is one network, whatever the share.
    """

    def __init__(
        self, denoiser: Denoiser, device: torch.device, dtype: torch.dtype, adapter: Adapter | None = None
    ) -> None:
        self._device, self._dtype = device, dtype
        self._ready: OrderedDict[float, SamplingDenoiser] = OrderedDict()
        self._adapter = None if adapter is None else adapter.float().to("cpu").requires_grad_(False)
        if self._adapter is None:
            self._ready[1.0] = self._made(denoiser)
        else:
            self._denoiser = denoiser.float().to("cpu").requires_grad_(False)

    @property
    def voices(self) -> VoiceEncoder | None:
        """What hears the voices of parts; no share changes it."""
        return self.at(next(reversed(self._ready), 1.0)).voices

    def at(self, share: float) -> SamplingDenoiser:
        """The network with a `share`, 0 to 1, of what was learnt; those asked for lately are there at once."""
        if self._adapter is None:
            return self._ready[1.0]
        if share not in self._ready:
            self._ready[share] = self._made(adapted(self._denoiser, self._adapter, share))
        self._ready.move_to_end(share)
        while len(self._ready) > KEPT:
            self._ready.popitem(last=False)
        return self._ready[share]

    def _made(self, denoiser: Denoiser) -> SamplingDenoiser:
        return SamplingDenoiser(denoiser.to(self._device, self._dtype).eval().requires_grad_(False))
