"""The starter codec: a convolutional autoencoder between a spectral front and an inverse-STFT head.

Audio -> mid/side -> STFT (1024/512) with compressed magnitudes -> residual convolutions at 86 Hz -> stride 2 ->
at 43 Hz -> latent, and mirrored back. Working on spectra instead of samples makes it over ten times cheaper on a
CPU than transposed convolutions up to the sample rate, and exactly circular (the head after Siuzdak 2023, Vocos).
"""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.codec.base import LatentCodec
from engine.codec.stft import analyse, synthesise, tight_window, wrap_pad


@dataclass(frozen=True)
class SpectralCodecConfig:
    """Shape of a `SpectralCodec`; two channels are coded as mid and side."""

    sample_rate: int = 44100
    channels: int = 2
    latent_dim: int = 128
    fft_size: int = 1024
    fft_hop: int = 512
    stride: int = 2
    fine_width: int = 320
    coarse_width: int = 384
    encoder_blocks: tuple[int, int] = (2, 3)
    decoder_blocks: tuple[int, int] = (3, 4)
    compression: float = 0.4


class Conv(nn.Conv1d):
    """Conv1d of odd kernel that keeps the length and pads with wrapped time or silence, as asked per call."""

    def forward(self, x: Tensor, circular: bool = True) -> Tensor:
        """`[B, C, F]` to `[B, C', F]`."""
        reach = self.kernel_size[0] // 2
        if reach and circular:
            return functional.conv1d(wrap_pad(x, reach, reach, True), self.weight, self.bias)
        return functional.conv1d(x, self.weight, self.bias, padding=reach)


class ChannelNorm(nn.Module):
    """Root-mean-square norm over channels, frame by frame, so that loops of any length normalise alike."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """`[B, C, F]` to the same shape."""
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-5) * self.gain


class ResidualBlock(nn.Module):
    """Norm, convolution, SiLU, convolution, added to the input. Dense kernels: depthwise ones cost as much here."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(width)
        self.first = Conv(width, width, 3)
        self.second = Conv(width, width, 3)
        nn.init.normal_(self.second.weight, std=1e-2 / width**0.5)

    def forward(self, x: Tensor, circular: bool) -> Tensor:
        """`[B, C, F]` to the same shape."""
        change: Tensor = self.second(functional.silu(self.first(self.norm(x), circular)), circular)
        return x + change


class Blocks(nn.ModuleList):
    """A run of residual blocks."""

    def __init__(self, width: int, count: int) -> None:
        super().__init__(ResidualBlock(width) for _ in range(count))

    def forward(self, x: Tensor, circular: bool) -> Tensor:
        """`[B, C, F]` to the same shape."""
        for block in self:
            x = block(x, circular)
        return x


class SpectralEncoder(nn.Module):
    """Compressed mid/side spectra to latent frames: a linear map and what the network adds to it."""

    def __init__(self, config: SpectralCodecConfig) -> None:
        super().__init__()
        bins = config.fft_size // 2 + 1
        self.front = nn.Conv1d(config.channels * 2 * bins, config.fine_width, 1)
        self.fine = Blocks(config.fine_width, config.encoder_blocks[0])
        self.down = nn.Conv1d(config.fine_width, config.coarse_width, config.stride, stride=config.stride)
        self.coarse = Blocks(config.coarse_width, config.encoder_blocks[1])
        self.out = nn.Conv1d(config.coarse_width, config.latent_dim, 1)
        self.linear = nn.Conv1d(config.channels * 2 * bins, config.latent_dim, config.stride, stride=config.stride)
        self.linear.requires_grad_(False)  # see `fit_linear`
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(cast(Tensor, self.out.bias))

    def forward(self, features: Tensor, circular: bool) -> Tensor:
        """Features `[B, C * 2 * bins, K]` to latents `[B, D, K / stride]`."""
        # No norm before the output: it would take the level out of the latent.
        x = self.coarse(self.down(self.fine(self.front(features), circular)), circular)
        latent: Tensor = self.linear(features) + self.out(x)
        return latent


class SpectralDecoder(nn.Module):
    """Latent frames to compressed mid/side spectra: a linear map and what the network adds to it."""

    def __init__(self, config: SpectralCodecConfig) -> None:
        super().__init__()
        bins = config.fft_size // 2 + 1
        self.stride = config.stride
        self.front = Conv(config.latent_dim, config.coarse_width, 3)
        self.coarse = Blocks(config.coarse_width, config.decoder_blocks[0])
        self.up = nn.Conv1d(config.coarse_width, config.fine_width * config.stride, 1)
        self.fine = Blocks(config.fine_width, config.decoder_blocks[1])
        self.head = nn.Conv1d(config.fine_width, config.channels * 2 * bins, 1)
        self.linear = nn.Conv1d(config.latent_dim, config.channels * 2 * bins * config.stride, 1)
        self.linear.requires_grad_(False)
        nn.init.normal_(self.head.weight, std=0.1 / config.fine_width**0.5)  # the power after it punishes overshoot

    def forward(self, latent: Tensor, circular: bool) -> Tensor:
        """Latents `[B, D, F]` to features `[B, C * 2 * bins, F * stride]`."""
        x = self._spread(self.up(self.coarse(self.front(latent, circular), circular)))
        features: Tensor = self.head(self.fine(x, circular)) + self._spread(self.linear(latent))
        return features

    def _spread(self, x: Tensor) -> Tensor:
        """Channels `[B, C * stride, F]` to time `[B, C, F * stride]`."""
        batch, _, frames = x.shape
        return x.reshape(batch, -1, self.stride, frames).transpose(2, 3).flatten(2)


class SpectralCodec(LatentCodec):
    """44.1 kHz stereo autoencoder at 43 latent frames a second; see the module for its signal path."""

    window: Tensor

    def __init__(self, config: SpectralCodecConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or SpectralCodecConfig()
        self.sample_rate, self.channels = config.sample_rate, config.channels
        self.hop_length, self.latent_dim = config.fft_hop * config.stride, config.latent_dim
        self.encoder = SpectralEncoder(config)
        self.decoder = SpectralDecoder(config)
        self.register_buffer("window", tight_window(config.fft_size, config.fft_hop), persistent=False)

    def encode(self, audio: Tensor, *, circular: bool = True) -> Tensor:
        """Audio `[B, 2, T]`, T a multiple of 1024, to latents `[B, D, T / 1024]`."""
        latent: Tensor = self.encoder(self.features(audio, circular), circular)
        return latent

    def decode(self, latent: Tensor, *, circular: bool = True) -> Tensor:
        """Latents `[B, D, F]` to audio `[B, 2, F * 1024]`."""
        head = self.decoder(latent, circular)
        # The Fourier side stays in float32: half precision is audible in spectra and unsupported in most FFTs.
        with torch.autocast(head.device.type, enabled=False):
            spectrum = self._spectrum(head.float())
            audio = synthesise(spectrum, self.window, self.config.fft_hop, circular=circular)
            return mid_side(audio)

    def features(self, audio: Tensor, circular: bool) -> Tensor:
        """Compressed spectra `[B, C * 2 * bins, K]`: magnitude to the power of `compression`, phase kept."""
        with torch.autocast(audio.device.type, enabled=False):
            spectrum = analyse(mid_side(audio.float()), self.window, self.config.fft_hop, circular=circular)
            return _powered(torch.cat((spectrum.real, spectrum.imag), dim=2), self.config.compression).flatten(1, 2)

    @torch.no_grad()
    def channel_weights(self) -> Tensor:
        """Deviation of each latent channel in compressed spectra, by the linear map of the decoder."""
        norms: Tensor = self.decoder.linear.weight.norm(dim=(0, 2)).cpu()
        return norms / norms.square().mean().sqrt()

    @torch.no_grad()
    def fit_linear(self, audio: Tensor) -> None:
        """Set the linear maps to the principal components of `audio` `[B, 2, T]`, whitened to unit deviation.

        Training from there starts where a linear transform codec ends, with phases and levels already right. The
        maps then stay: Adam's equal steps on thousands of small weights would tear them apart.
        """
        features = self.features(audio, False)
        stride, dim = self.config.stride, self.latent_dim
        count = features.shape[-1] // stride * stride
        patches = features[..., :count].unfold(-1, stride, stride).transpose(1, 2).flatten(0, 1).flatten(1)
        mean = patches.mean(0)
        _, singular, basis = torch.svd_lowrank(patches - mean, q=dim + 16, niter=4)
        deviation = singular[:dim] / len(patches) ** 0.5
        analysis, synthesis = (basis[:, :dim] / deviation).T, (basis[:, :dim] * deviation)
        width = features.shape[1]
        _set(self.encoder.linear, analysis.reshape(dim, width, stride), -analysis @ mean)
        _set(self.decoder.linear, synthesis.reshape(width * stride, dim, 1), mean)

    def _spectrum(self, features: Tensor) -> Tensor:
        parts = features.reshape(len(features), self.channels, -1, features.shape[-1])
        real, imaginary = _powered(parts, 1 / self.config.compression).chunk(2, dim=2)
        return torch.complex(real, imaginary)


def _powered(parts: Tensor, power: float) -> Tensor:
    """Raise the magnitudes of spectra `[B, C, 2 * bins, K]` (real above imaginary parts) to `power`.

    What `features` does, the head undoes: the network's own task is then close to linear, and it learns phases
    from the first steps on.
    """
    real, imaginary = parts.chunk(2, dim=2)
    # Beyond what a full-scale sine needs, growth is linear: one overshooting bin must not swamp a training step.
    factor = (real * real + imaginary * imaginary + 1e-9) ** ((power - 1) / 2)
    factor = factor.clamp(max=6.0) if power > 1 else factor
    return parts * torch.cat((factor, factor), dim=2)


def _set(layer: nn.Conv1d, weight: Tensor, bias: Tensor) -> None:
    layer.load_state_dict({"weight": weight, "bias": bias})


def mid_side(audio: Tensor) -> Tensor:
    """Left/right `[B, 2, T]` to mid/side or back (orthonormal, its own inverse); mono passes."""
    if audio.shape[1] != 2:
        return audio
    left, right = audio.unbind(1)
    return torch.stack((left + right, left - right), dim=1).mul(0.5**0.5)
