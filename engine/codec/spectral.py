"""The starter codec: an autoencoder of what an ear can tell apart, decoded by partials, noise and a few low phases.

Audio -> mid/side -> spectra -> residual convolutions at two frames a latent -> stride 2 -> latent, and mirrored back.
Working on spectra instead of samples makes it over ten times cheaper on a CPU than transposed convolutions up to the
sample rate, and exactly circular.

What a latent holds decides what a denoiser can learn. Phases turn with every frame and look like noise to it, so
they are coded only where they are heard, below 260 Hz, where kicks and basses live. Above, the encoder hears
levels: of tonal peaks, of bands, and of bands in short windows. Notes go into the latent as they are heard, like a
piano roll; the rest is learnt. The decoder answers as spectral modelling synthesis does (Serra and Smith 1990; Engel
et al. 2020, DDSP): low bins with phase, a bank of quarter-tone partials that run on through time, noise filtered in
short windows, and spectra of whatever else it can foretell the phase of. Frames follow the beat, so that much of what
strikes on the grid is foretold.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from engine.codec.bands import band_means, band_shapes, tone_shapes
from engine.codec.base import LOOP, Decoding, LatentCodec, Recurrence
from engine.codec.networks import NOISE_SIZE, Played, SpectralCodecConfig, SpectralDecoder, SpectralEncoder
from engine.codec.peaks import tonal_peaks
from engine.codec.stft import analyse, frame_centres, hann_root, synthesise

QUIET_GAIN = -8.0
"""The logarithmic gain at which a partial is all but silent, and yet heard enough to be learnt."""


@dataclass(frozen=True)
class Decoded:
    """What the decoder gives: low spectra `[B, C * 2 * phase_bins, K]`, compressed; amplitudes of partials
    `[B, C, tones, K]`; `shaped` spectra `[B, C, bins, K]` above the low ones, if any; and as audio `[B, 2, T]` the
    low spectra, and everything else."""

    features: Tensor
    partials: Tensor
    shaped: Tensor | None
    low: Tensor
    high: Tensor


class SpectralCodec(LatentCodec):
    """44.1 kHz stereo autoencoder at about 43 latent frames a second; see the module for its signal path."""

    kind = "spectral"
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
        self.hop_length, self.latent_dim = None, config.latent_dim
        self.encoder = SpectralEncoder(config)
        self.decoder = SpectralDecoder(config)
        bins, short_bins = config.fft_size // 2 + 1, NOISE_SIZE // 2 + 1
        window = hann_root(config.fft_size)
        constants = {
            "window": window,
            "short_window": hann_root(NOISE_SIZE),
            "tone_shapes": torch.view_as_real(tone_shapes(config.played_hz, window, config.sample_rate)),
            "magnitude_bank": band_means(config.magnitude_bands, config.phase_bins, bins),
            "attack_bank": band_means(config.attack_bands, 1, short_bins),
            "noise_shapes": band_shapes(config.noise_bands, short_bins),
        }
        for name, constant in constants.items():
            self.register_buffer(name, constant, persistent=False)

    def encode(self, audio: Tensor, frames: int, *, circular: bool = True) -> Tensor:
        """Audio `[B, 2, T]` to latents `[B, D, frames]`."""
        latent: Tensor = self.encoder(self.encoder_input(audio, frames, circular), circular)
        return latent

    @property
    def phased_hz(self) -> float:
        """Where the spectra end that are coded with their phases."""
        return self.config.phase_bins * self.sample_rate / self.config.fft_size

    def decode(self, latent: Tensor, samples: int, how: Decoding = LOOP) -> Tensor:
        """Latents `[B, D, F]` to audio `[B, 2, samples]`; the same latents give the same audio."""
        decoded = self._decoded(latent, Placement(samples, how), apart=False)
        return decoded.low + decoded.high

    def decode_parts(self, latent: Tensor, samples: int, how: Decoding = LOOP) -> Decoded:
        """Like `decode`, with the low band, which is coded with its phase, apart from the rest."""
        return self._decoded(latent, Placement(samples, how), apart=True)

    def _decoded(self, latent: Tensor, place: "Placement", *, apart: bool) -> Decoded:
        """What is decoded; unless it is wanted `apart`, low spectra sound with the partials, in one transform."""
        played: Played = self.decoder(latent, place.how.circular)
        frames = latent.shape[-1] * self.config.stride
        amplitudes = played.partials.reshape(len(latent), self.channels, -1, frames).clamp(-12, 2).exp()
        # The Fourier side stays in float32: half precision is audible in spectra and unsupported in most FFTs.
        with torch.autocast(latent.device.type, enabled=False):
            spectrum = self._partials(amplitudes, place)
            shaped = None if played.shaped is None else self._shaped(played.shaped)
            if shaped is not None:
                above = spectrum.shape[2] - self.config.phase_bins - shaped.shape[2]
                spectrum = spectrum + functional.pad(shaped, (0, 0, self.config.phase_bins, above))
            low_spectrum = self._low_spectrum(played.low)
            tones = place.synthesise(spectrum if apart else spectrum + low_spectrum, self.window)
            hiss = place.synthesise(self._noise(played.noise, place.how.again), self.short_window, noise=True)
            low = place.synthesise(low_spectrum, self.window) if apart else torch.zeros_like(hiss)
            return Decoded(played.low, amplitudes, shaped, mid_side(low), mid_side(tones + hiss))

    def features(self, audio: Tensor, frames: int, circular: bool) -> Tensor:
        """Low spectra `[B, C * 2 * phase_bins, K]` of mid and side, K = frames * stride: magnitudes compressed,
        phases kept."""
        low = self.spectrum(audio, frames, circular)[:, :, : self.config.phase_bins]
        return _powered(torch.cat((low.real, low.imag), dim=2), self.config.compression).flatten(1, 2)

    def spectrum(self, audio: Tensor, frames: int, circular: bool) -> Tensor:
        """The whole spectrum `[B, C, bins, K]` of mid and side of audio `[B, 2, T]`."""
        with torch.autocast(audio.device.type, enabled=False):
            return analyse(mid_side(audio.float()), self.window, frames * self.config.stride, circular=circular)

    def low_band(self, audio: Tensor, frames: int, circular: bool) -> Tensor:
        """The part of audio `[B, 2, T]` that is coded with its phase, as audio."""
        low = self.spectrum(audio, frames, circular)[:, :, : self.config.phase_bins]
        return mid_side(synthesise(self._padded(low), self.window, audio.shape[-1], circular=circular))

    def partials(self, audio: Tensor, frames: int, circular: bool) -> Tensor:
        """Amplitudes `[B, C, tones + high_tones, K]` of the partials that sound in the mid and side of audio
        `[B, 2, T]`, whether the encoder hears them or not."""
        return self._peaks(audio, frames, self.config.played_hz, circular)

    def _peaks(self, audio: Tensor, frames: int, hertz: Tensor, circular: bool) -> Tensor:
        fine = frames * self.config.stride
        return tonal_peaks(mid_side(audio), hertz.to(audio.device), fine, self.sample_rate, circular=circular)

    def encoder_input(self, audio: Tensor, frames: int, circular: bool) -> Tensor:
        """What the encoder reads, `[B, inputs, K]`: low bins with phase; levels of partials, bands and attacks."""
        fine = frames * self.config.stride
        with torch.autocast(audio.device.type, enabled=False):
            phases = self.features(audio, frames, circular)
            tones = (self._peaks(audio, frames, self.config.tone_hz, circular) + 1e-7).pow(self.config.compression)
            audio = mid_side(audio.float())
            bands, attacks = (
                (bank @ _power(analyse(audio, window, count, circular=circular)) + 1e-7).pow(
                    self.config.compression / 2
                )
                for bank, window, count in (
                    (self.magnitude_bank, self.window, fine),
                    (self.attack_bank, self.short_window, fine * self.config.attacks),
                )
            )
            attacks = attacks.reshape(*attacks.shape[:3], -1, self.config.attacks).transpose(3, 4)
            return torch.cat((phases, tones.flatten(1, 2), bands.flatten(1, 2), attacks.flatten(1, 3)), dim=1)

    def answers(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """What the decoder should give for what the encoder heard: low spectra as `features` has them, and the
        amplitudes of `partials`.
        """
        low, tones = self.channels * 2 * self.config.phase_bins, self.channels * self.config.tones
        amplitudes = inputs[:, low : low + tones].pow(1 / self.config.compression)
        return inputs[:, :low], amplitudes.reshape(len(inputs), self.channels, self.config.tones, -1)

    @torch.no_grad()
    def fit_levels(self, audio: Tensor, frames: int) -> None:
        """Measure on `audio` `[B, 2, T]` what is usual in each bin and latent, so that training starts levelled."""
        inputs = self.encoder_input(audio, frames, False)
        self.encoder.fit_levels(inputs)
        self.decoder.fit_levels(self.features(audio, frames, False), self.encoder)

    def with_shaped(self, bins: int) -> "SpectralCodec":
        """A copy whose decoder can shape spectra up to `bins`; until it is trained it plays what this one does."""
        wider = SpectralCodec(replace(self.config, shaped_bins=bins))
        own = self.state_dict()
        for name in ("decoder.shaped.weight", "decoder.shaped.bias"):
            if (known := own.pop(name, None)) is not None:
                grown = wider.state_dict()[name].unflatten(0, (2 * self.channels, -1))
                grown[:, : len(known) // (2 * self.channels)] = known.unflatten(0, (2 * self.channels, -1))
                own[name] = grown.flatten(0, 1)
        wider.load_state_dict(wider.state_dict() | own)
        return wider

    def with_high_tones(self, count: int) -> "SpectralCodec":
        """A copy whose decoder can play `count` partials above those that are heard, no fewer than now; until it is
        trained, it hardly does."""
        wider = SpectralCodec(replace(self.config, high_tones=count))
        own = self.state_dict()
        for name, quiet in (("decoder.gains.0.weight", 0.0), ("decoder.gains.0.bias", QUIET_GAIN)):
            known = own.pop(name).unflatten(0, (self.channels, -1))
            more = known.new_full((self.channels, count - self.config.high_tones, *known.shape[2:]), quiet)
            own[name] = torch.cat((known, more), dim=1).flatten(0, 1)
        wider.load_state_dict(own)
        return wider

    def _low_spectrum(self, features: Tensor) -> Tensor:
        parts = features.reshape(len(features), self.channels, -1, features.shape[-1])
        real, imaginary = _powered(parts, 1 / self.config.compression).chunk(2, dim=2)
        return self._padded(torch.complex(real, imaginary))

    def _shaped(self, played: Tensor) -> Tensor:
        parts = expanded(played.reshape(len(played), self.channels, -1, played.shape[-1]))
        real, imaginary = parts.chunk(2, dim=2)
        return torch.complex(real, imaginary)

    def _padded(self, low: Tensor) -> Tensor:
        return functional.pad(low, (0, 0, 0, self.config.fft_size // 2 + 1 - self.config.phase_bins))

    def _partials(self, amplitudes: Tensor, place: "Placement") -> Tensor:
        """Spectrum `[B, C, bins, K]` of partials of amplitudes `[B, C, tones, K]`, each running on through time."""
        cycles = self.config.played_hz.to(amplitudes.device, torch.float64) / self.sample_rate  # a sample
        if place.how.circular:
            cycles = (cycles * place.samples).round() / place.samples  # whole turns in a loop
        # No common zero, or all partials would peak together.
        start = torch.arange(len(cycles), device=cycles.device) * 0.618
        begins = place.centres(amplitudes.shape[-1]).to(cycles.device) - len(self.window) // 2
        turns = (cycles[:, None] * begins + start[:, None]) % 1
        rotor = torch.polar(torch.ones_like(turns, dtype=torch.float32), (2 * math.pi * turns).float())
        return torch.view_as_complex(self.tone_shapes) @ (amplitudes * rotor)

    def _noise(self, gains: Tensor, again: Recurrence | None) -> Tensor:
        """Spectrum `[B, C, bins, K * attacks]` of noise with the gains `[B, C * attacks * bands, K]`."""
        batch, _, frames = gains.shape
        gains = gains.reshape(batch, self.channels, -1, self.config.attacks, frames).transpose(3, 4).flatten(3)
        shape = (self.noise_shapes @ gains.clamp(-12, 3)).exp()
        noise = self._drawn(shape.shape[-1], again)
        return torch.view_as_complex(noise).transpose(1, 2).to(shape.device) * shape

    def _drawn(self, columns: int, again: Recurrence | None) -> Tensor:
        """White noise `[C, columns, bins, 2]`, always the same: a request must give the same samples each time."""
        bins = NOISE_SIZE // 2 + 1
        share = 0.0 if again is None else again.share
        noise = torch.zeros(self.channels, columns, bins, 2)
        if share < 1:
            free = torch.Generator().manual_seed(0)
            noise += (1 - share) ** 0.5 * torch.randn(self.channels, columns, bins, 2, generator=free)
        if again is not None and share > 0:
            period = again.frames * self.config.stride * self.config.attacks
            own = torch.randn(self.channels, period, bins, 2, generator=torch.Generator().manual_seed(1))
            noise += share**0.5 * own.repeat(1, -(-columns // period), 1, 1)[:, :columns]
        return noise


@dataclass(frozen=True)
class Placement:
    """Where frames lie in `samples` samples."""

    samples: int
    how: Decoding

    def centres(self, frames: int) -> Tensor:
        """The sample `[K]` in the middle of each of `frames` frames, a whole number of them in each frame of
        `edges`."""
        edges = self.how.edges
        if edges is None:
            return frame_centres(frames, self.samples)
        each = frames // (len(edges) - 1)
        inside = (torch.arange(each) + 0.5) / each
        begins, lengths = edges[:-1, None].double(), edges.double().diff()[:, None]
        return (begins + lengths * inside).flatten().floor().long()

    def synthesise(self, spectrum: Tensor, window: Tensor, *, noise: bool = False) -> Tensor:
        """Audio `[..., samples]` of a spectrum `[..., bins, K]`."""
        centres = None if self.how.edges is None else self.centres(spectrum.shape[-1])
        circular = self.how.circular and centres is None
        return synthesise(spectrum, window, self.samples, circular=circular, noise=noise, centres=centres)


def expanded(parts: Tensor) -> Tensor:
    """Real or imaginary parts that a network gives, with the range of spectra: small ones keep a slope, so that they
    are learnt from nothing."""
    return parts * (parts.abs() + 0.1)


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
