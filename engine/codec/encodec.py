"""EnCodec (Défossez et al. 2022) through its continuous latents, before quantisation, as a codec of loops.

The networks are those of `transformers.EncodecModel` (Apache-2.0), which give what the `encodec` package gives for
the same weights. Weights come from a folder or a pack; none are shipped or downloaded here.
"""

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from engine.audio.resampling import resample_periodic
from engine.codec.base import LOOP, Decoding, LatentCodec
from engine.codec.wrapping import wrap_pad
from engine.errors import InvalidRequest
from engine.offline_transformers import model_config, transformers

CONTEXT_FRAMES: Final = 64
"""How far the networks look around the seam of a loop: several times the reach of the convolutions (about 10
frames), the rest is for the LSTMs to forget that they ever began."""

QUIETEST: Final = 1e-8
"""Added to the level of a sound before its logarithm is taken, as EnCodec does."""


@dataclass(frozen=True)
class EncodecCodecConfig:
    """Shape of an `EncodecCodec`, in the names and defaults (24 kHz mono) of `transformers.EncodecConfig`."""

    sampling_rate: int = 24_000
    audio_channels: int = 1
    normalize: bool = False
    hidden_size: int = 128
    num_filters: int = 32
    num_residual_layers: int = 1
    upsampling_ratios: tuple[int, ...] = (8, 5, 4, 2)
    norm_type: str = "weight_norm"
    kernel_size: int = 7
    last_kernel_size: int = 7
    residual_kernel_size: int = 3
    dilation_growth_rate: int = 2
    use_causal_conv: bool = True
    pad_mode: str = "reflect"
    compress: int = 2
    num_lstm_layers: int = 2
    trim_right_ratio: float = 1.0
    use_conv_shortcut: bool = True


class EncodecCodec(LatentCodec):
    """EnCodec behind the contract of every codec: stereo in, stereo out, exactly circular where its layers allow.

    - A mono network (24 kHz) hears the mean of both channels and answers on both.
    - A network that wants levelled sound (48 kHz) gets it: the natural logarithm of the level is one more latent
      channel, the last, constant over time. EnCodec itself levels each second; here a loop is one segment.
    - The latents of a rotated loop are the rotated latents to within what the LSTMs remember from 64 frames ago; the
      48 kHz network also normalises over all time, seam context included, which moves them by a little more.
    - Without `circular` the ends are reflected, as EnCodec was trained, instead of silent.
    """

    kind = "encodec"

    def __init__(self, config: EncodecCodecConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or EncodecCodecConfig()
        # One bandwidth: quantisers are made with the model, and thrown away.
        settings = model_config("EncodecConfig", asdict(config) | {"target_bandwidths": (1.5,)})
        networks = transformers().EncodecModel(settings)
        self.encoder: nn.Module = networks.encoder
        self.decoder: nn.Module = networks.decoder
        self.sample_rate, self.channels = config.sampling_rate, 2
        self.hop = self.hop_length = int(settings.hop_length)
        self.latent_dim = config.hidden_size + config.normalize

    def fuse_weight_norm(self) -> "EncodecCodec":
        """Put plain weights in place of directions and lengths, which only training needs; returns itself."""
        for module in self.modules():
            if parametrize.is_parametrized(module, "weight"):
                parametrize.remove_parametrizations(module, "weight")
        return self

    def encode(self, audio: Tensor, frames: int, *, circular: bool = True) -> Tensor:
        """Audio `[B, 1 or 2, T]` to latents `[B, D, frames]`."""
        audio = _fitted(audio, frames * self.hop)
        # Everything here stays in float32: half precision would be heard, and LSTMs add its errors up.
        with torch.autocast(audio.device.type, enabled=False):
            audio = audio.float()
            if self.config.audio_channels == 1:
                audio = audio.mean(1, keepdim=True)
            elif audio.shape[1] == 1:
                audio = audio.expand(-1, 2, -1)
            if not self.config.normalize:
                return self._encoded(audio, circular)
            level = audio.mean(1, keepdim=True).square().mean(2, keepdim=True).sqrt() + QUIETEST
            latent = self._encoded(audio / level, circular)
            return torch.cat((latent, level.log().expand(-1, 1, latent.shape[-1])), dim=1)

    def decode(self, latent: Tensor, samples: int, how: Decoding = LOOP) -> Tensor:
        """Latents `[B, D, F]` to audio `[B, 2, samples]`; its frames are always even, and it makes no noise."""
        if how.edges is not None:
            raise InvalidRequest("EnCodec has frames of one length; a tempo that changes is not possible with it.")
        with torch.autocast(latent.device.type, enabled=False):
            latent = latent.float()
            if not self.config.normalize:
                audio = self._decoded(latent, how.circular)
            else:
                level = latent[:, -1:].mean(2, keepdim=True).clamp(-20, 2).exp()
                audio = self._decoded(latent[:, :-1], how.circular) * level
            return _fitted(audio.expand(-1, 2, -1), samples)

    def _encoded(self, audio: Tensor, circular: bool) -> Tensor:
        before, after = self._context(circular)
        latent: Tensor = self.encoder(wrap_pad(audio, before * self.hop, after * self.hop, True))
        return latent[..., before : latent.shape[-1] - after]

    def _decoded(self, latent: Tensor, circular: bool) -> Tensor:
        before, after = self._context(circular)
        audio: Tensor = self.decoder(wrap_pad(latent, before, after, True))
        return audio[..., before * self.hop : audio.shape[-1] - after * self.hop]

    def _context(self, circular: bool) -> tuple[int, int]:
        """Frames to repeat before and after a loop; a causal network never looks ahead."""
        if not circular:
            return 0, 0
        return CONTEXT_FRAMES, 0 if self.config.use_causal_conv else CONTEXT_FRAMES


def _fitted(audio: Tensor, samples: int) -> Tensor:
    """Audio `[B, C, T]` as `[B, C, samples]`, by Fourier interpolation: as a whole number of its own hops."""
    if audio.shape[-1] == samples:
        return audio
    loops = [resample_periodic(loop.detach().cpu().numpy(), samples) for loop in audio]
    return torch.from_numpy(np.stack(loops)).to(audio)
