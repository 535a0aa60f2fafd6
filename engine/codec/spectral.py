"""The starter codec: an autoencoder of what an ear can tell apart, decoded by partials, noise and a few low phases.

Audio -> mid/side -> spectra -> residual convolutions at 86 Hz -> stride 2 -> at 43 Hz -> latent, and mirrored back.
Working on spectra instead of samples makes it over ten times cheaper on a CPU than transposed convolutions up to the
sample rate, and exactly circular.

What a latent holds decides what a denoiser can learn. Phases turn with every frame and look like noise to it, so
they are coded only where they are heard, below 260 Hz, where kicks and basses live. Above, the encoder hears
levels: of tonal peaks, of bands, and of bands in short windows. Notes go into the latent as they are heard, like a
piano roll; the rest is learnt. The decoder answers as spectral modelling synthesis does (Serra and Smith 1990; Engel
et al. 2020, DDSP): low bins with phase, a bank of quarter-tone partials that run on through time, and noise filtered
in short windows.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.codec.bands import band_means, band_shapes, tone_shapes
from engine.codec.base import LatentCodec
from engine.codec.networks import NOISE_HOP, NOISE_SIZE, SpectralCodecConfig, SpectralDecoder, SpectralEncoder
from engine.codec.peaks import tonal_peaks
from engine.codec.stft import analyse, synthesise, tight_window


@dataclass(frozen=True)
class Decoded:
    """What the decoder gives: low spectra `[B, C * 2 * phase_bins, K]`, compressed; amplitudes of partials
    `[B, C, tones, K]`; and as audio `[B, 2, T]` the low spectra, and partials with noise."""

    features: Tensor
    partials: Tensor
    low: Tensor
    high: Tensor


class SpectralCodec(LatentCodec):
    """44.1 kHz stereo autoencoder at 43 latent frames a second; see the module for its signal path."""

    window: Tensor
    short_window: Tensor
    tone_shapes: Tensor
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
            "tone_shapes": torch.view_as_real(tone_shapes(config.tone_hz, window, config.sample_rate)),
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
        features, gains, noise = self.decoder(latent, circular)
        amplitudes = gains.reshape(len(gains), self.channels, -1, gains.shape[-1]).clamp(-12, 2).exp()
        # The Fourier side stays in float32: half precision is audible in spectra and unsupported in most FFTs.
        with torch.autocast(features.device.type, enabled=False):
            partials = self._synthesise(self._partials(amplitudes, circular), circular)
            hiss = synthesise(self._noise(noise), self.short_window, NOISE_HOP, circular=circular)
            low = self._synthesise(self._low_spectrum(features), circular)
            return Decoded(features, amplitudes, mid_side(low), mid_side(partials + hiss))

    def features(self, audio: Tensor, circular: bool) -> Tensor:
        """Low spectra `[B, C * 2 * phase_bins, K]` of mid and side: magnitudes compressed, phases kept."""
        low = self._low_bins(audio, circular)
        return _powered(torch.cat((low.real, low.imag), dim=2), self.config.compression).flatten(1, 2)

    def low_band(self, audio: Tensor, circular: bool) -> Tensor:
        """The part of audio `[B, 2, T]` that is coded with its phase, as audio."""
        return mid_side(self._synthesise(self._padded(self._low_bins(audio, circular)), circular))

    def partials(self, audio: Tensor, circular: bool) -> Tensor:
        """Amplitudes `[B, C, tones, K]` of the partials that sound in the mid and side of audio `[B, 2, T]`."""
        hertz = self.config.tone_hz.to(audio.device)
        return tonal_peaks(mid_side(audio), hertz, self.config.fft_hop, self.sample_rate, circular=circular)

    def hear(self, audio: Tensor, circular: bool) -> Tensor:
        """What the encoder reads, `[B, inputs, K]`: low bins with phase; levels of partials, bands and attacks."""
        with torch.autocast(audio.device.type, enabled=False):
            phases = self.features(audio, circular)
            tones = (self.partials(audio, circular) + 1e-7).pow(self.config.compression)
            audio = mid_side(audio.float())
            bands, attacks = (
                (bank @ _power(analyse(audio, window, step, circular=circular)) + 1e-7).pow(
                    self.config.compression / 2
                )
                for bank, window, step in (
                    (self.magnitude_bank, self.window, self.config.fft_hop),
                    (self.attack_bank, self.short_window, NOISE_HOP),
                )
            )
            attacks = attacks.reshape(*attacks.shape[:3], -1, self.config.attacks).transpose(3, 4)
            return torch.cat((phases, tones.flatten(1, 2), bands.flatten(1, 2), attacks.flatten(1, 3)), dim=1)

    def answers(self, heard: Tensor) -> tuple[Tensor, Tensor]:
        """What the decoder should give for what the encoder heard: low spectra as `features` has them, and the
        amplitudes of `partials`.
        """
        low, tones = self.channels * 2 * self.config.phase_bins, self.channels * self.config.tones
        amplitudes = heard[:, low : low + tones].pow(1 / self.config.compression)
        return heard[:, :low], amplitudes.reshape(len(heard), self.channels, self.config.tones, -1)

    @torch.no_grad()
    def fit_levels(self, audio: Tensor) -> None:
        """Measure on `audio` `[B, 2, T]` what is usual in each bin and latent, so that training starts levelled."""
        heard = self.hear(audio, False)
        self.encoder.fit_levels(heard)
        self.decoder.fit_levels(self.features(audio, False), self.encoder)

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

    def _partials(self, amplitudes: Tensor, circular: bool) -> Tensor:
        """Spectrum `[B, C, bins, K]` of partials of amplitudes `[B, C, tones, K]`, each running on through time."""
        frames, hop = amplitudes.shape[-1], self.config.fft_hop
        cycles = self.config.tone_hz.to(amplitudes.device, torch.float64) * hop / self.sample_rate  # a frame
        if circular:
            cycles = (cycles * frames).round() / frames  # whole turns in a loop
        # No common zero, or all partials would peak together.
        start = torch.arange(len(cycles), device=cycles.device) * 0.618
        turns = (cycles[:, None] * torch.arange(frames, device=cycles.device) + start[:, None]) % 1
        rotor = torch.polar(torch.ones_like(turns, dtype=torch.float32), (2 * math.pi * turns).float())
        return torch.view_as_complex(self.tone_shapes) @ (amplitudes * rotor)

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
