"""The networks of the starter codec: what it hears to latents, and latents to what it plays."""

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.codec.blocks import Blocks, ChannelNorm, Conv

NOISE_SIZE, NOISE_HOP = 256, 128
TONES_PER_OCTAVE = 24
NOTE_FLOOR = 2e-3
"""Amplitude of a partial below which a note is hardly told from none."""


@dataclass(frozen=True)
class SpectralCodecConfig:
    """Shape of a `SpectralCodec`; two channels are coded as mid and side.

    Bins below `phase_bins` are heard and played with their phase; from there to `shaped_bins` the decoder plays what
    phase it can foretell, such as that of a kick, which begins as its frame does. Of partials the lowest `tones` are
    heard, and `high_tones` more are played.
    """

    sample_rate: int = 44100
    channels: int = 2
    learnt_dim: int = 64
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
    notes: int = 44
    magnitude_bands: int = 32
    attack_bands: int = 8
    noise_bands: int = 20
    shaped_bins: int = 0
    high_tones: int = 0

    @property
    def attacks(self) -> int:
        """Short windows in the time of one step of the long ones."""
        return self.fft_hop // NOISE_HOP

    @property
    def latent_dim(self) -> int:
        """Channels of a latent: what the encoder learnt to say, then the notes."""
        return self.learnt_dim + self.notes

    @property
    def inputs(self) -> int:
        """Channels that the encoder reads."""
        levels = self.tones + self.magnitude_bands + self.attacks * self.attack_bands
        return self.channels * (2 * self.phase_bins + levels)

    @property
    def tone_hz(self) -> Tensor:
        """Frequencies `[tones]` of the partials that are heard, quarter tones around A4."""
        return self.played_hz[: self.tones]

    @property
    def played_hz(self) -> Tensor:
        """Frequencies `[tones + high_tones]` of the partials that are played."""
        return 440 * 2 ** ((self.lowest_tone + torch.arange(self.tones + self.high_tones)) / TONES_PER_OCTAVE)


class SpectralEncoder(nn.Module):
    """What `SpectralCodec.encoder_input` gives to latent frames: learnt channels, then notes.

    A note channel is the level of a semitone in the middle, as in a piano roll. Learnt channels alone did not carry
    it: in bands a chord and a noise look nearly alike, and training stopped there.
    """

    usual: Tensor
    note_mean: Tensor
    note_deviation: Tensor

    def __init__(self, config: SpectralCodecConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("usual", torch.ones(config.inputs, 1))
        self.register_buffer("note_mean", torch.zeros(config.notes, 1))
        self.register_buffer("note_deviation", torch.ones(config.notes, 1))
        self.front = nn.Conv1d(config.inputs, config.fine_width, 1)
        self.fine = Blocks(config.fine_width, config.encoder_blocks[0])
        self.down = nn.Conv1d(config.fine_width, config.coarse_width, config.stride, stride=config.stride)
        self.coarse = Blocks(config.coarse_width, config.encoder_blocks[1])
        self.out = nn.Conv1d(config.coarse_width, config.learnt_dim, 1)

    def forward(self, inputs: Tensor, circular: bool) -> Tensor:
        """`[B, inputs, K]` to latents `[B, D, K / stride]`."""
        # No norm before the output: it would take the level out of the latent.
        x = self.coarse(self.down(self.fine(self.front(inputs / self.usual), circular)), circular)
        notes = (self.notes(inputs) - self.note_mean) / self.note_deviation
        return torch.cat((self.out(x).float(), notes), dim=1)

    def notes(self, inputs: Tensor) -> Tensor:
        """Levels `[B, notes, K / stride]` of the lowest semitones of the middle: zero for none, one at -35 dB."""
        config = self.config
        first = config.channels * 2 * config.phase_bins
        tones = inputs[:, first : first + 2 * config.notes + 1].float().pow(1 / config.compression)
        semitones = functional.max_pool2d(tones, (3, config.stride), (2, config.stride))
        return torch.log10(1 + semitones / NOTE_FLOOR)

    def fit_levels(self, inputs: Tensor) -> None:
        """Start levelled on `inputs` `[B, inputs, K]`: inputs and latents of unit deviation."""
        self.usual.copy_(inputs.square().mean((0, 2)).sqrt()[:, None].clamp_min(1e-3))
        learnt = self(inputs, False)[:, : self.config.learnt_dim]
        self.out.weight /= learnt.std((0, 2))[:, None, None]
        assert self.out.bias is not None
        self.out.bias.zero_()
        notes = self.notes(inputs)
        self.note_mean.copy_(notes.mean((0, 2))[:, None])
        self.note_deviation.copy_(notes.std((0, 2))[:, None].clamp_min(0.05))


@dataclass(frozen=True)
class Played:
    """What a decoder plays: `low` spectra `[B, C * 2 * phase_bins, K]`, compressed; logarithmic gains of `partials`
    `[B, C * tones, K]` and of `noise` `[B, C * attacks * bands, K]`; and, where it has them, `shaped` spectra
    `[B, C * 2 * bins, K]` above the low ones, expanded by `expanded`.
    """

    low: Tensor
    partials: Tensor
    noise: Tensor
    shaped: Tensor | None


class SpectralDecoder(nn.Module):
    """Latent frames to low spectra, and to the logarithmic gains of partials and of noise bands."""

    usual: Tensor

    def __init__(self, config: SpectralCodecConfig) -> None:
        super().__init__()
        self.stride, self.phase_bins = config.stride, config.phase_bins
        low = config.channels * 2 * config.phase_bins
        self.register_buffer("usual", torch.ones(low, 1))
        self.front = Conv(config.latent_dim, config.coarse_width, 3)
        self.coarse = Blocks(config.coarse_width, config.decoder_blocks[0])
        self.up = nn.Conv1d(config.coarse_width, config.fine_width * config.stride, 1)
        self.fine = Blocks(config.fine_width, config.decoder_blocks[1])
        self.low = nn.Conv1d(config.fine_width, low, 1)
        shaped = max(0, config.shaped_bins - config.phase_bins)
        self.shaped = nn.Conv1d(config.fine_width, config.channels * 2 * shaped, 1) if shaped else None
        if self.shaped is not None:
            nn.init.zeros_(self.shaped.weight)
            nn.init.zeros_(cast(Tensor, self.shaped.bias))
        self.norm = ChannelNorm(config.fine_width)
        self.gains = nn.ModuleList(
            nn.Conv1d(config.fine_width, config.channels * count, 1)
            for count in (config.tones + config.high_tones, config.attacks * config.noise_bands)
        )
        for layer in self.gains.children():
            assert isinstance(layer, nn.Conv1d) and layer.bias is not None
            nn.init.normal_(layer.weight, std=0.1 / config.fine_width**0.5)
            nn.init.constant_(layer.bias, -5.0)  # quiet: both begin below most of what is to be coded
        self.notes = nn.Conv1d(config.notes, config.tones, 1)

    def forward(self, latent: Tensor, circular: bool) -> "Played":
        """What is played for latents `[B, D, F]`, in K = F * stride frames."""
        x = self._spread(self.up(self.coarse(self.front(latent, circular), circular)))
        x = self.fine(x, circular)
        normed = self.norm(x)
        tones, noise = (layer(normed).float() for layer in self.gains)
        notes = self.notes(latent[:, -self.notes.in_channels :]).float()
        notes = functional.pad(notes, (0, 0, 0, tones.shape[1] - notes.shape[1]))
        tones = tones + functional.interpolate(notes, scale_factor=float(self.stride))
        shaped = None if self.shaped is None else self.shaped(normed).float()
        return Played(self.low(x).float() * self.usual, tones, noise, shaped)

    def _spread(self, x: Tensor) -> Tensor:
        """Channels `[B, C * stride, F]` to time `[B, C, F * stride]`."""
        batch, _, frames = x.shape
        return x.reshape(batch, -1, self.stride, frames).transpose(2, 3).flatten(2)

    def fit_levels(self, features: Tensor, encoder: SpectralEncoder) -> None:
        """Start levelled on low spectra `[B, C * 2 * phase_bins, K]`, each note as the partial in its middle.

        Notes begin a little steeper than they are heard, so that none is silent.
        """
        parts = features.square().mean((0, 2)).reshape(-1, 2, self.phase_bins)
        self.usual.copy_(parts.mean(1, keepdim=True).sqrt().clamp_min(1e-3).expand_as(parts).reshape(-1, 1))
        slope, middles = 1.3 * math.log(10), torch.arange(1, 2 * self.notes.in_channels, 2)
        assert self.notes.bias is not None
        self.notes.weight.zero_()
        self.notes.bias.zero_()
        self.notes.weight[middles, middles // 2, 0] = slope * encoder.note_deviation[:, 0]
        self.notes.bias[middles] = slope * encoder.note_mean[:, 0] - 3.0
