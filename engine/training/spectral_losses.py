"""Spectral distances that the codec is trained on, all in float32."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import torch
from torch import Tensor, nn

from engine.codec.spectral import Decoded, SpectralCodec

EPSILON = 1e-5
PARTIALS_SIZE, PARTIALS_HZ = 4096, (180.0, 10000.0)


@lru_cache(maxsize=32)
def mel_filters(sample_rate: int, fft_size: int, mels: int) -> Tensor:
    """Triangular mel filters `[mels, fft_size // 2 + 1]`, HTK scale, 20 Hz to Nyquist, each row summing to one."""
    top = 2595 * torch.log10(torch.tensor(1 + sample_rate / 2 / 700))
    bottom = 2595 * torch.log10(torch.tensor(1 + 20 / 700))
    edges = 700 * (10 ** (torch.linspace(float(bottom), float(top), mels + 2) / 2595) - 1)
    frequencies = torch.linspace(0, sample_rate / 2, fft_size // 2 + 1)
    rising = (frequencies - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - frequencies) / (edges[2:] - edges[1:-1])[:, None]
    bank = torch.minimum(rising, falling).clamp_min(0)
    # Low bands of short windows can fall between two bins: give them the nearest one.
    empty = bank.sum(1) == 0
    nearest = (frequencies[None, :] - edges[1:-1, None]).abs().argmin(1)
    bank[empty, nearest[empty]] = 1.0
    return bank / bank.sum(1, keepdim=True)


def magnitudes(audio: Tensor, fft_size: int) -> Tensor:
    """Magnitudes `[N, bins, K]` of audio `[N, T]`, Hann window, hop of half a window.

    A full-scale sine on a bin has magnitude 0.5.
    """
    window = torch.hann_window(fft_size, device=audio.device)
    bins = torch.stft(audio, fft_size, fft_size // 2, window=window / window.sum(), return_complex=True)
    return (bins.real.square() + bins.imag.square() + 1e-11).sqrt()


@dataclass(frozen=True)
class LossWeights:
    """How the terms of `ReconstructionLoss` are balanced (each is near 0.3 to 1 early in training)."""

    mel: float = 1.0
    partials: float = 0.5
    magnitude: float = 0.3
    phase: float = 0.5
    waveform: float = 0.5
    peaks: float = 2.0
    shaped: float = 0.5


@dataclass(frozen=True)
class Target:
    """What a codec hears and should give back: audio `[B, C, T]`, and of it what is coded with phases, as spectra and
    audio, the amplitudes of partials, and the spectra `[B, C, bins, K]` that are shaped where they can be
    foretold."""

    heard: Tensor
    audio: Tensor
    features: Tensor
    low: Tensor
    partials: Tensor
    shaped: Tensor

    @classmethod
    @torch.no_grad()
    def of(cls, codec: SpectralCodec, audio: Tensor, frames: int) -> Self:
        """The target that `audio` in `frames` latent frames is for `codec`, silence around it."""
        heard = codec.encoder_input(audio, frames, False)
        features, partials = codec.answers(heard)
        if codec.config.high_tones:
            partials = codec.partials(audio, frames, False)
        low, config = codec.low_band(audio, frames, False), codec.config
        shaped = codec.spectrum(audio, frames, False)[:, :, config.phase_bins : config.shaped_bins]
        return cls(heard, audio.float(), features, low, partials, shaped)


class ReconstructionLoss(nn.Module):
    """Distance of decoded audio to a target: log-mel, magnitude, partials, peaks, complex and waveform terms.

    Log-mel and magnitude terms judge the whole and ask no phase of it. The partials term looks at single bins of a
    long window, each octave counting alike, where a tone is a line and noise is none: bands alone would take one for
    the other. The peaks term teaches the bank of partials directly. The complex and the waveform term judge the low
    band alone, the only one that is coded with phases.
    """

    resolutions: tuple[tuple[int, int], ...] = ((2048, 128), (1024, 96), (512, 64), (256, 32))

    def __init__(self, sample_rate: int, weights: LossWeights | None = None) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.weights = weights or LossWeights()

    def forward(self, decoded: Decoded, target: Target) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss (scalar) and its terms by name, never in half precision."""
        return self.judge(decoded, decoded.low + decoded.high, target)

    def judge(self, decoded: Decoded, whole: Tensor, target: Target) -> tuple[Tensor, dict[str, Tensor]]:
        """The same for a caller that wants gradients at the sum `whole` `[B, C, T]` of the decoded parts."""
        with torch.autocast(whole.device.type, enabled=False):
            terms = self.spectral(whole, target.audio)
            terms["partials"] = self._partials(whole, target.audio)
            terms["peaks"] = _peaks(decoded.partials, target.partials)
            errors, size = (decoded.features - target.features).abs(), target.features.abs()
            terms["phase"] = _relative(errors.mean((1, 2)), size.mean((1, 2)))
            errors, size = (decoded.low - target.low).abs(), target.low.abs()
            terms["waveform"] = _relative(errors.mean((1, 2)), size.mean((1, 2)))
            if decoded.shaped is not None:
                terms["shaped"] = _foretold(decoded.shaped, target.shaped)
            total = torch.stack([getattr(self.weights, name) * term for name, term in terms.items()]).sum()
        return total, {name: term.detach() for name, term in terms.items()}

    def spectral(self, audio: Tensor, target: Tensor) -> dict[str, Tensor]:
        """The log-mel and the magnitude term of `audio` against `target`, both `[B, C, T]`."""
        a, b = audio.float().flatten(0, 1), target.float().flatten(0, 1)
        resolutions = self.resolutions
        if self.training:
            # Spectra cost as much as the network: a step looks through one of the four windows.
            resolutions = (resolutions[int(torch.randint(len(resolutions), ()))],)
        rows = [self._distances(magnitudes(a, n), magnitudes(b, n), n, mels) for n, mels in resolutions]
        return {name: torch.stack([row[name] for row in rows]).mean() for name in rows[0]}

    def _partials(self, audio: Tensor, target: Tensor) -> Tensor:
        lowest, highest = (round(hertz * PARTIALS_SIZE / self.sample_rate) for hertz in PARTIALS_HZ)
        a, b = (magnitudes(x.float().flatten(0, 1), PARTIALS_SIZE)[:, lowest:highest] for x in (audio, target))
        errors = (torch.log10(a + EPSILON) - torch.log10(b + EPSILON)).abs().mean((0, 2))
        share = 1 / torch.arange(lowest, highest, device=a.device)  # each octave alike
        return (errors * share).sum() / share.sum()

    def _distances(self, a: Tensor, b: Tensor, fft_size: int, mels: int) -> dict[str, Tensor]:
        bank = mel_filters(self.sample_rate, fft_size, mels).to(a.device)
        mel_a, mel_b = (torch.log10(bank @ root + EPSILON) for root in (a, b))
        converged = _relative((a - b).norm(dim=(1, 2)), b.norm(dim=(1, 2)))
        return {"mel": (mel_a - mel_b).abs().mean(), "magnitude": converged}


def _foretold(shaped: Tensor, target: Tensor) -> Tensor:
    """Distance of spectra `[B, C, bins, K]`, each bin relative to its own level: 1 for silence, and least for silence
    where a phase cannot be foretold."""
    errors, size = (_levels(x).mean((1, 3)) for x in (shaped - target, target))
    return (errors / (size + 0.2 * size.mean(0) + 1e-4)).mean()


def _levels(spectrum: Tensor) -> Tensor:
    return (spectrum.real.square() + spectrum.imag.square() + 1e-10).sqrt()


def _peaks(amplitudes: Tensor, target: Tensor) -> Tensor:
    """Distance of the amplitudes of partials, in decades above 66 dB below full scale. Few sound at a time: these
    weigh more, or silence would answer everything."""
    a, b = ((x + 5e-4).log10() for x in (amplitudes, target))
    return ((a - b).abs() * torch.where(target > 1e-3, 3.0, 1.0)).mean()


def _relative(errors: Tensor, levels: Tensor) -> Tensor:
    """Mean of errors `[N]` over levels `[N]`; near-silent crops are weighed by the batch, or they would explode."""
    return (errors / (levels + 0.2 * levels.mean() + 1e-4)).mean()


def si_sdr(audio: Tensor, target: Tensor) -> Tensor:
    """Scale-invariant signal-to-distortion ratio in dB `[B]` of audio `[B, C, T]` (Le Roux et al. 2019)."""
    a, b = audio.float().flatten(1), target.float().flatten(1)
    scaled = (a * b).sum(1, keepdim=True) / b.square().sum(1, keepdim=True).clamp_min(1e-8) * b
    return 10 * torch.log10(scaled.square().sum(1).clamp_min(1e-10) / (a - scaled).square().sum(1).clamp_min(1e-10))
