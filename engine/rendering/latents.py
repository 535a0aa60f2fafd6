"""Between sounds, a codec's latents, and the states that a denoiser walks."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.codec.base import LOOP, Decoding, LatentCodec
from engine.diffusion.samplers import SamplerStep, StepHook
from engine.progress import Progress
from engine.tempo import FRAME_RATE, LoopGeometry

__all__ = ["LatentSpace"]


class LatentSpace:
    """What `codec` hears and plays on `device`, scaled as a denoiser has its states: `mean` and `deviation`
    `[D, 1]` of each channel of the latents.

    The codec's network runs in `dtype`; scales stay in float32.
    """

    def __init__(
        self, codec: LatentCodec, mean: Tensor, deviation: Tensor, *, device: torch.device, dtype: torch.dtype
    ) -> None:
        self._codec = codec.to(device).eval().requires_grad_(False)
        self._mean, self._deviation = (x.to(device, torch.float32) for x in (mean, deviation))
        self._device, self._dtype = device, dtype

    @property
    def channels(self) -> int:
        """Channels D of the latents."""
        return self._codec.latent_dim

    def geometry(self, tempo_bpm: float, bars: int) -> LoopGeometry:
        """Length in samples and latent frames of a loop of `bars`."""
        return self._codec.geometry(tempo_bpm, bars)

    def encode(self, audio: NDArray[np.float32], frames: int) -> Tensor:
        """The state `x_1` `[1, D, frames]` of loop `audio [2, T]` at the codec's sample rate."""
        heard = torch.from_numpy(np.ascontiguousarray(audio, dtype=np.float32))[None]
        with torch.inference_mode():
            latent = self._codec.encode(heard.to(self._device), frames, circular=True)
        return self.standardise(latent)

    def standardise(self, latent: Tensor | NDArray[np.float32]) -> Tensor:
        """The states `[B, D, F]` at alpha 1 of latents as loops carry them."""
        state: Tensor = (torch.as_tensor(latent).to(self._device, torch.float32) - self._mean) / self._deviation
        return state

    def restore(self, x_1: Tensor) -> Tensor:
        """The latents `[B, D, F]` of states at alpha 1."""
        return x_1 * self._deviation + self._mean

    def decode(self, x_1: Tensor, samples: int, how: Decoding = LOOP) -> NDArray[np.float32]:
        """The sound `[B, 2, samples]` of states `x_1` `[B, D, F]`, as the codec gives it: no level."""
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, self._dtype, enabled=self._dtype != torch.float32),
        ):
            audio = self._codec.decode(self.restore(x_1).float(), samples, how)
        decoded: NDArray[np.float32] = audio.float().cpu().numpy()
        return decoded

    def hook(self, progress: Progress | None, samples: int | None = None, how: Decoding = LOOP) -> StepHook | None:
        """What tells `progress` of the steps of `sample`; previews, decoded as `how` says, last `samples`, or as long
        as usual."""
        if progress is None:
            return None

        def hook(step: SamplerStep) -> None:
            def preview() -> NDArray[np.float32]:
                estimate = step.estimate[:1]
                length = samples or round(estimate.shape[-1] * self._codec.sample_rate / FRAME_RATE)
                decoded: NDArray[np.float32] = self.decode(estimate, length, how)[0]
                return decoded

            progress.step(step.index, step.count, step.alpha, preview)

        return hook
