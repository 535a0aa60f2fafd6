"""Spectral distances that the codec is trained on, all in float32."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

EPSILON = 1e-5


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


def spectrum(audio: Tensor, fft_size: int) -> tuple[Tensor, Tensor]:
    """Real and imaginary parts `[N, bins, K]` of audio `[N, T]`, Hann window, hop of half a window.

    A full-scale sine on a bin has magnitude 0.5.
    """
    window = torch.hann_window(fft_size, device=audio.device)
    bins = torch.stft(audio, fft_size, fft_size // 2, window=window / window.sum(), return_complex=True)
    return bins.real.contiguous(), bins.imag.contiguous()


@dataclass(frozen=True)
class LossWeights:
    """How the terms of `ReconstructionLoss` are balanced (each is near 0.3 to 1 early in training)."""

    mel: float = 1.0
    magnitude: float = 0.3
    phase: float = 1.0
    waveform: float = 3.0


class ReconstructionLoss(nn.Module):
    """Distance of audio `[B, C, T]` to a target: log-mel, magnitude, complex and waveform terms.

    Log-mel terms hear what is quiet or high, the waveform term what is loud and low; the compressed complex term
    between them keeps phases. Returns the weighted sum and each term.
    """

    resolutions: tuple[tuple[int, int], ...] = ((2048, 128), (1024, 96), (512, 64), (256, 32))

    def __init__(self, sample_rate: int, weights: LossWeights | None = None) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.weights = weights or LossWeights()

    def forward(self, audio: Tensor, target: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss (scalar) and its terms by name, for `audio` and `target` `[B, C, T]`; never in half precision."""
        with torch.autocast(audio.device.type, enabled=False):
            return self._total(audio, target)

    def _total(self, audio: Tensor, target: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        a, b = audio.float().flatten(0, 1), target.float().flatten(0, 1)
        resolutions = self.resolutions
        if self.training:
            # Spectra cost as much as the network: a step looks through one of the four windows.
            resolutions = (resolutions[int(torch.randint(len(resolutions), ()))],)
        rows = [self._distances(spectrum(a, n), spectrum(b, n), n, mels) for n, mels in resolutions]
        terms = {name: torch.stack([row[name] for row in rows]).mean() for name in rows[0]}
        terms["waveform"] = _relative((a - b).abs().mean(-1), b.abs().mean(-1))
        total = torch.stack([getattr(self.weights, name) * term for name, term in terms.items()]).sum()
        return total, {name: term.detach() for name, term in terms.items()}

    def _distances(
        self, a: tuple[Tensor, Tensor], b: tuple[Tensor, Tensor], fft_size: int, mels: int
    ) -> dict[str, Tensor]:
        power_a, power_b = (real * real + imaginary * imaginary + 1e-11 for real, imaginary in (a, b))
        root_a, root_b = power_a.sqrt(), power_b.sqrt()
        bank = mel_filters(self.sample_rate, fft_size, mels).to(root_a.device)
        mel_a, mel_b = (torch.log10(bank @ root + EPSILON) for root in (root_a, root_b))
        converged = _relative((root_a - root_b).norm(dim=(1, 2)), root_b.norm(dim=(1, 2)))
        # Magnitudes to the power 0.5: loud partials no longer drown the rest, and phases still count.
        squash_a, squash_b = root_a.rsqrt(), root_b.rsqrt()
        phase = (a[0] * squash_a - b[0] * squash_b).abs() + (a[1] * squash_a - b[1] * squash_b).abs()
        return {
            "mel": (mel_a - mel_b).abs().mean(),
            "magnitude": converged,
            "phase": phase.mean() / (2 * root_b.sqrt().mean() + 1e-3),
        }


def _relative(errors: Tensor, levels: Tensor) -> Tensor:
    """Mean of errors `[N]` over levels `[N]`; near-silent crops are weighed by the batch, or they would explode."""
    return (errors / (levels + 0.2 * levels.mean() + 1e-4)).mean()


def si_sdr(audio: Tensor, target: Tensor) -> Tensor:
    """Scale-invariant signal-to-distortion ratio in dB `[B]` of audio `[B, C, T]` (Le Roux et al. 2019)."""
    a, b = audio.float().flatten(1), target.float().flatten(1)
    scaled = (a * b).sum(1, keepdim=True) / b.square().sum(1, keepdim=True).clamp_min(1e-8) * b
    return 10 * torch.log10(scaled.square().sum(1).clamp_min(1e-10) / (a - scaled).square().sum(1).clamp_min(1e-10))
