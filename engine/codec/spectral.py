"""The starter codec: an autoencoder of what an ear can tell apart, decoded by partials, noise and a few low phases.

Audio -> mid/side -> spectra -> residual convolutions at 86 Hz -> stride 2 -> at 43 Hz -> latent, and mirrored back.
Working on spectra instead of samples makes it over ten times cheaper on a CPU than transposed convolutions up to the
sample rate, and exactly circular.

What a latent holds decides what a denoiser can learn. Phases turn with every frame and look like noise to it, so
they are coded only where they are heard, below 260 Hz, where kicks and basses live. Above, the encoder hears
levels: of semitones, of bands, and of bands in short windows. The decoder answers as spectral modelling synthesis
does (Serra and Smith 1990; Engel et al. 2020, DDSP): low bins with phase, a bank of quarter-tone partials that run
on through time, and noise filtered in short windows.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.codec.bands import band_means, band_shapes, semitone_bank, tone_shapes
from engine.codec.base import LatentCodec
from engine.codec.blocks import Blocks, ChannelNorm, Conv
from engine.codec.stft import analyse, synthesise, tight_window

NOISE_SIZE, NOISE_HOP = 256, 128
TONE_SIZE = 4096
"""Window in which semitones are told apart."""
TONES_PER_OCTAVE = 24


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
    phase_bins: int = 6
    tones: int = 112
    lowest_tone: int = -31
    magnitude_bands: int = 32
    attack_bands: int = 8
    noise_bands: int = 20

    @property
    def attacks(self) -> int:
        """Short windows in the time of one step of the long ones."""
        return self.fft_hop // NOISE_HOP

    @property
    def inputs(self) -> int:
        """Channels that the encoder reads."""
        levels = self.tones // 2 + self.magnitude_bands + self.attacks * self.attack_bands
        return self.channels * (2 * self.phase_bins + levels)

    @property
    def tone_hz(self) -> Tensor:
        """Frequencies `[tones]` of the partials, quarter tones around A4."""
        return 440 * 2 ** ((self.lowest_tone + torch.arange(self.tones)) / TONES_PER_OCTAVE)


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
    """Latent frames to low spectra, and to the logarithmic gains of partials and of noise bands."""

    usual: Tensor

    def __init__(self, config: SpectralCodecConfig) -> None:
        super().__init__()
        self.stride = config.stride
        low = config.channels * 2 * config.phase_bins
        self.register_buffer("usual", torch.ones(low, 1))
        self.front = Conv(config.latent_dim, config.coarse_width, 3)
        self.coarse = Blocks(config.coarse_width, config.decoder_blocks[0])
        self.up = nn.Conv1d(config.coarse_width, config.fine_width * config.stride, 1)
        self.fine = Blocks(config.fine_width, config.decoder_blocks[1])
        self.low = nn.Conv1d(config.fine_width, low, 1)
        self.norm = ChannelNorm(config.fine_width)
        self.gains = nn.ModuleList(
            nn.Conv1d(config.fine_width, config.channels * count, 1)
            for count in (config.tones, config.attacks * config.noise_bands)
        )
        for layer in self.gains.children():
            assert isinstance(layer, nn.Conv1d) and layer.bias is not None
            nn.init.normal_(layer.weight, std=0.1 / config.fine_width**0.5)
            nn.init.constant_(layer.bias, -5.0)  # quiet: both begin below most of what is to be coded

    def forward(self, latent: Tensor, circular: bool) -> tuple[Tensor, Tensor, Tensor]:
        """Latents `[B, D, F]` to low spectra `[B, C * 2 * phase_bins, K]`, K = F * stride, and logarithmic gains of
        partials `[B, C * tones, K]` and of noise `[B, C * attacks * bands, K]`.
        """
        x = self._spread(self.up(self.coarse(self.front(latent, circular), circular)))
        x = self.fine(x, circular)
        normed = self.norm(x)
        tones, noise = (layer(normed).float() for layer in self.gains)
        return self.low(x).float() * self.usual, tones, noise

    def _spread(self, x: Tensor) -> Tensor:
        """Channels `[B, C * stride, F]` to time `[B, C, F * stride]`."""
        batch, _, frames = x.shape
        return x.reshape(batch, -1, self.stride, frames).transpose(2, 3).flatten(2)


@dataclass(frozen=True)
class Decoded:
    """What the decoder gives: low spectra `[B, C * 2 * phase_bins, K]`, compressed; and as audio `[B, 2, T]` these,
    and partials with noise."""

    features: Tensor
    low: Tensor
    high: Tensor


class SpectralCodec(LatentCodec):
    """44.1 kHz stereo autoencoder at 43 latent frames a second; see the module for its signal path."""

    window: Tensor
    short_window: Tensor
    tone_window: Tensor
    tone_shapes: Tensor
    tone_bank: Tensor
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
        bins, short_bins = config.fft_size // 2 + 1, NOISE_SIZE // 2 + 1
        window = tight_window(config.fft_size, config.fft_hop)
        constants = {
            "window": window,
            "short_window": tight_window(NOISE_SIZE, NOISE_HOP),
            "tone_window": tight_window(TONE_SIZE, config.fft_hop),
            "tone_shapes": torch.view_as_real(tone_shapes(config.tone_hz, window, config.sample_rate)),
            "tone_bank": semitone_bank(config.tone_hz[::2], TONE_SIZE, config.sample_rate),
            "magnitude_bank": band_means(config.magnitude_bands, config.phase_bins, bins),
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
        return decoded.low + decoded.high

    def decode_parts(self, latent: Tensor, *, circular: bool = True) -> Decoded:
        """Like `decode`, with what has phases apart from what has none."""
        features, tones, noise = self.decoder(latent, circular)
        # The Fourier side stays in float32: half precision is audible in spectra and unsupported in most FFTs.
        with torch.autocast(features.device.type, enabled=False):
            partials = self._synthesise(self._partials(tones, circular), circular)
            hiss = synthesise(self._noise(noise), self.short_window, NOISE_HOP, circular=circular)
            low = self._synthesise(self._low_spectrum(features), circular)
            return Decoded(features, mid_side(low), mid_side(partials + hiss))

    def features(self, audio: Tensor, circular: bool) -> Tensor:
        """Low spectra `[B, C * 2 * phase_bins, K]` of mid and side: magnitudes compressed, phases kept."""
        low = self._low_bins(audio, circular)
        return _powered(torch.cat((low.real, low.imag), dim=2), self.config.compression).flatten(1, 2)

    def low_band(self, audio: Tensor, circular: bool) -> Tensor:
        """The part of audio `[B, 2, T]` that is coded with its phase, as audio."""
        return mid_side(self._synthesise(self._padded(self._low_bins(audio, circular)), circular))

    def hear(self, audio: Tensor, circular: bool) -> Tensor:
        """What the encoder reads, `[B, inputs, K]`: low bins with phase; levels of semitones, bands and attacks."""
        with torch.autocast(audio.device.type, enabled=False):
            phases = self.features(audio, circular)
            audio = mid_side(audio.float())
            hop, power = self.config.fft_hop, self.config.compression / 2
            levels = [
                (bank @ _power(analyse(audio, window, step, circular=circular)) + 1e-7).pow(power)
                for bank, window, step in (
                    (self.tone_bank, self.tone_window, hop),
                    (self.magnitude_bank, self.window, hop),
                    (self.attack_bank, self.short_window, NOISE_HOP),
                )
            ]
            attacks = levels[2].reshape(*levels[2].shape[:3], -1, self.config.attacks).transpose(3, 4)
            return torch.cat((phases, levels[0].flatten(1, 2), levels[1].flatten(1, 2), attacks.flatten(1, 3)), dim=1)

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

    def _synthesise(self, spectrum: Tensor, circular: bool) -> Tensor:
        return synthesise(spectrum, self.window, self.config.fft_hop, circular=circular)

    def _low_spectrum(self, features: Tensor) -> Tensor:
        parts = features.reshape(len(features), self.channels, -1, features.shape[-1])
        real, imaginary = _powered(parts, 1 / self.config.compression).chunk(2, dim=2)
        return self._padded(torch.complex(real, imaginary))

    def _low_bins(self, audio: Tensor, circular: bool) -> Tensor:
        with torch.autocast(audio.device.type, enabled=False):
            spectrum = analyse(mid_side(audio.float()), self.window, self.config.fft_hop, circular=circular)
            return spectrum[:, :, : self.config.phase_bins]

    def _padded(self, low: Tensor) -> Tensor:
        return functional.pad(low, (0, 0, 0, self.config.fft_size // 2 + 1 - self.config.phase_bins))

    def _partials(self, gains: Tensor, circular: bool) -> Tensor:
        """Spectrum `[B, C, bins, K]` of partials with the gains `[B, C * tones, K]`, each running on through time."""
        frames, hop = gains.shape[-1], self.config.fft_hop
        cycles = self.config.tone_hz.to(gains.device, torch.float64) * hop / self.sample_rate  # a frame
        if circular:
            cycles = (cycles * frames).round() / frames  # whole turns in a loop
        # No common zero, or all partials would peak together.
        start = torch.arange(len(cycles), device=gains.device) * 0.618
        turns = (cycles[:, None] * torch.arange(frames, device=gains.device) + start[:, None]) % 1
        rotor = torch.polar(torch.ones_like(turns, dtype=torch.float32), (2 * math.pi * turns).float())
        amplitude = gains.reshape(len(gains), self.channels, -1, frames).clamp(-12, 2).exp()
        return torch.view_as_complex(self.tone_shapes) @ (amplitude * rotor)

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
