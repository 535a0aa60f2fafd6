"""The starter codec: a convolutional autoencoder between a spectral front and an inverse-STFT head.

Audio -> mid/side -> spectra -> residual convolutions at 86 Hz -> stride 2 -> at 43 Hz -> latent, and mirrored back to
a spectrum plus shaped noise. Working on spectra instead of samples makes it over ten times cheaper on a CPU than
transposed convolutions up to the sample rate, and exactly circular (the head after Siuzdak 2023, Vocos).

What a latent frame of 64 numbers can hold decides the rest. Below 2.8 kHz the encoder sees phases; above, where no
such latent could hold them, only how loud each band is, and in short windows, when. The decoder answers with a
spectrum for what it can predict and, as in spectral modelling synthesis (Serra and Smith 1990), with filtered noise
for what it cannot.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.codec.base import LatentCodec
from engine.codec.stft import analyse, synthesise, tight_window, wrap_pad

NOISE_SIZE, NOISE_HOP = 256, 128


@dataclass(frozen=True)
class SpectralCodecConfig:
    """Shape of a `SpectralCodec`; two channels are coded as mid and side."""

    sample_rate: int = 44100
    channels: int = 2
    latent_dim: int = 64
    fft_size: int = 1024
    fft_hop: int = 512
    stride: int = 2
    fine_width: int = 320
    coarse_width: int = 384
    encoder_blocks: tuple[int, int] = (2, 3)
    decoder_blocks: tuple[int, int] = (3, 4)
    compression: float = 0.5
    phase_bins: int = 64
    magnitude_bands: int = 32
    attack_bands: int = 8
    noise_bands: int = 20

    @property
    def bins(self) -> int:
        """Bins of the spectrum."""
        return self.fft_size // 2 + 1

    @property
    def attacks(self) -> int:
        """Short windows in the time of one step of the long ones."""
        return self.fft_hop // NOISE_HOP

    @property
    def inputs(self) -> int:
        """Channels that the encoder reads."""
        return self.channels * (2 * self.phase_bins + self.magnitude_bands + self.attacks * self.attack_bands)


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
    """What `SpectralCodec.hear` gives to latent frames."""

    usual: Tensor

    def __init__(self, config: SpectralCodecConfig) -> None:
        super().__init__()
        self.register_buffer("usual", torch.ones(config.inputs, 1))
        self.front = nn.Conv1d(config.inputs, config.fine_width, 1)
        self.fine = Blocks(config.fine_width, config.encoder_blocks[0])
        self.down = nn.Conv1d(config.fine_width, config.coarse_width, config.stride, stride=config.stride)
        self.coarse = Blocks(config.coarse_width, config.encoder_blocks[1])
        self.out = nn.Conv1d(config.coarse_width, config.latent_dim, 1)

    def forward(self, heard: Tensor, circular: bool) -> Tensor:
        """`[B, inputs, K]` to latents `[B, D, K / stride]`."""
        # No norm before the output: it would take the level out of the latent.
        x = self.coarse(self.down(self.fine(self.front(heard / self.usual), circular)), circular)
        latent: Tensor = self.out(x)
        return latent


class SpectralDecoder(nn.Module):
    """Latent frames to compressed spectra and to the logarithmic gains of noise bands."""

    usual: Tensor

    def __init__(self, config: SpectralCodecConfig) -> None:
        super().__init__()
        self.stride = config.stride
        self.register_buffer("usual", torch.ones(config.channels * 2 * config.bins, 1))
        self.front = Conv(config.latent_dim, config.coarse_width, 3)
        self.coarse = Blocks(config.coarse_width, config.decoder_blocks[0])
        self.up = nn.Conv1d(config.coarse_width, config.fine_width * config.stride, 1)
        self.fine = Blocks(config.fine_width, config.decoder_blocks[1])
        self.head = nn.Conv1d(config.fine_width, config.channels * 2 * config.bins, 1)
        self.norm = ChannelNorm(config.fine_width)
        self.gains = nn.Conv1d(config.fine_width, config.channels * config.attacks * config.noise_bands, 1)
        nn.init.normal_(self.gains.weight, std=0.1 / config.fine_width**0.5)
        nn.init.constant_(self.gains.bias, -5.0)  # type: ignore[arg-type]  # a convolution with a bias has one

    def forward(self, latent: Tensor, circular: bool) -> tuple[Tensor, Tensor]:
        """Latents `[B, D, F]` to spectra `[B, C * 2 * bins, K]` and gains `[B, C * attacks * bands, K]`.

        K = F * stride.
        """
        x = self._spread(self.up(self.coarse(self.front(latent, circular), circular)))
        x = self.fine(x, circular)
        return self.head(x).float() * self.usual, self.gains(self.norm(x)).float()

    def _spread(self, x: Tensor) -> Tensor:
        """Channels `[B, C * stride, F]` to time `[B, C, F * stride]`."""
        batch, _, frames = x.shape
        return x.reshape(batch, -1, self.stride, frames).transpose(2, 3).flatten(2)


@dataclass(frozen=True)
class Decoded:
    """What the decoder predicts, as compressed spectra `[B, C * 2 * bins, K]` and as audio `[B, 2, T]`, and the noise
    `[B, 2, T]` that it adds."""

    features: Tensor
    predicted: Tensor
    noise: Tensor


class SpectralCodec(LatentCodec):
    """44.1 kHz stereo autoencoder at 43 latent frames a second; see the module for its signal path."""

    window: Tensor
    short_window: Tensor
    magnitude_bank: Tensor
    attack_bank: Tensor
    noise_shapes: Tensor

    def __init__(self, config: SpectralCodecConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or SpectralCodecConfig()
        self.sample_rate, self.channels = config.sample_rate, config.channels
        self.hop_length, self.latent_dim = config.fft_hop * config.stride, config.latent_dim
        self.encoder = SpectralEncoder(config)
        self.decoder = SpectralDecoder(config)
        short_bins = NOISE_SIZE // 2 + 1
        constants = {
            "window": tight_window(config.fft_size, config.fft_hop),
            "short_window": tight_window(NOISE_SIZE, NOISE_HOP),
            "magnitude_bank": band_means(config.magnitude_bands, config.phase_bins, config.bins),
            "attack_bank": band_means(config.attack_bands, 1, short_bins),
            "noise_shapes": band_shapes(config.noise_bands, short_bins),
        }
        for name, constant in constants.items():
            self.register_buffer(name, constant, persistent=False)

    def encode(self, audio: Tensor, *, circular: bool = True) -> Tensor:
        """Audio `[B, 2, T]`, T a multiple of 1024, to latents `[B, D, T / 1024]`."""
        latent: Tensor = self.encoder(self.hear(audio, circular), circular)
        return latent

    def decode(self, latent: Tensor, *, circular: bool = True) -> Tensor:
        """Latents `[B, D, F]` to audio `[B, 2, F * 1024]`; the same latents give the same audio."""
        decoded = self.decode_parts(latent, circular=circular)
        return decoded.predicted + decoded.noise

    def decode_parts(self, latent: Tensor, *, circular: bool = True) -> Decoded:
        """Like `decode`, with what is predicted and the noise apart."""
        features, gains = self.decoder(latent, circular)
        # The Fourier side stays in float32: half precision is audible in spectra and unsupported in most FFTs.
        with torch.autocast(features.device.type, enabled=False):
            spectrum = self._spectrum(features)
            predicted = synthesise(spectrum, self.window, self.config.fft_hop, circular=circular)
            noise = synthesise(self._noise(gains), self.short_window, NOISE_HOP, circular=circular)
            return Decoded(features, mid_side(predicted), mid_side(noise))

    def features(self, audio: Tensor, circular: bool) -> Tensor:
        """Spectra `[B, C * 2 * bins, K]` of mid and side: magnitudes to the power of `compression`, phases kept."""
        with torch.autocast(audio.device.type, enabled=False):
            spectrum = analyse(mid_side(audio.float()), self.window, self.config.fft_hop, circular=circular)
            parts = torch.cat((spectrum.real, spectrum.imag), dim=2)
            return _powered(parts, self.config.compression).flatten(1, 2)

    def hear(self, audio: Tensor, circular: bool) -> Tensor:
        """What the encoder reads, `[B, inputs, K]`: low bins with phase, bands above, and bands of short windows."""
        with torch.autocast(audio.device.type, enabled=False):
            audio = mid_side(audio.float())
            long = analyse(audio, self.window, self.config.fft_hop, circular=circular)
            low = long[:, :, : self.config.phase_bins]
            phases = _powered(torch.cat((low.real, low.imag), dim=2), self.config.compression)
            short = analyse(audio, self.short_window, NOISE_HOP, circular=circular)
            attacks = (self.attack_bank @ _power(short) + 1e-7).pow(self.config.compression / 2)
            attacks = attacks.reshape(*attacks.shape[:3], -1, self.config.attacks).transpose(3, 4)
            magnitudes = (self.magnitude_bank @ _power(long) + 1e-7).pow(self.config.compression / 2)
            return torch.cat((phases.flatten(1, 2), magnitudes.flatten(1, 2), attacks.flatten(1, 3)), dim=1)

    @torch.no_grad()
    def fit_levels(self, audio: Tensor) -> None:
        """Measure on `audio` `[B, 2, T]` what is usual in each bin and latent, so that training starts levelled."""
        heard = self.hear(audio, False)
        self.encoder.usual.copy_(heard.square().mean((0, 2)).sqrt()[:, None].clamp_min(1e-3))
        parts = self.features(audio, False).square().mean((0, 2)).reshape(self.channels, 2, -1)
        self.decoder.usual.copy_(parts.mean(1, keepdim=True).sqrt().clamp_min(1e-3).expand_as(parts).reshape(-1, 1))
        latent = self.encoder(heard, False)
        self.encoder.out.weight /= latent.std((0, 2))[:, None, None]
        assert self.encoder.out.bias is not None
        self.encoder.out.bias.zero_()

    def _spectrum(self, features: Tensor) -> Tensor:
        parts = features.reshape(len(features), self.channels, -1, features.shape[-1])
        real, imaginary = _powered(parts, 1 / self.config.compression).chunk(2, dim=2)
        return torch.complex(real, imaginary)

    def _noise(self, gains: Tensor) -> Tensor:
        """Spectrum `[B, C, bins, K * attacks]` of noise with the gains `[B, C * attacks * bands, K]`."""
        batch, _, frames = gains.shape
        gains = gains.reshape(batch, self.channels, -1, self.config.attacks, frames).transpose(3, 4).flatten(3)
        shape = (self.noise_shapes @ gains.clamp(-12, 3)).exp()
        # Always the same noise: a request must give the same samples each time.
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(self.channels, shape.shape[-1], shape.shape[-2], 2, generator=generator)
        return torch.view_as_complex(noise).transpose(1, 2).to(shape.device) * shape


def _power(spectrum: Tensor) -> Tensor:
    return spectrum.real.square() + spectrum.imag.square()


def _positions(bins: int, bands: int) -> Tensor:
    """Where each of `bins` lies between the centres of `bands`, on an axis close to the mel scale."""
    return torch.log1p(torch.linspace(0, 32, bins)) / torch.log1p(torch.tensor(32.0)) * (bands - 1)


def band_shapes(bands: int, bins: int) -> Tensor:
    """Weights `[bins, bands]` that draw a curve over `bins` from its values at band centres; rows sum to one."""
    return (1 - (_positions(bins, bands)[:, None] - torch.arange(bands)).abs()).clamp_min(0)


def band_means(bands: int, first: int, bins: int) -> Tensor:
    """Weights `[bands, bins]` that average the bins from `first` on in `bands`; rows sum to one."""
    shapes = torch.zeros(bands, bins)
    shapes[:, first:] = band_shapes(bands, bins - first).T
    return shapes / shapes.sum(1, keepdim=True).clamp_min(1e-6)


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


def mid_side(audio: Tensor) -> Tensor:
    """Left/right `[B, 2, T]` to mid/side or back (orthonormal, its own inverse); mono passes."""
    if audio.shape[1] != 2:
        return audio
    left, right = audio.unbind(1)
    return torch.stack((left + right, left - right), dim=1).mul(0.5**0.5)
