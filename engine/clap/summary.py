"""A loop in numbers that convolutions are slow to learn: how its onsets repeat at each tempo; its pitch classes."""

import torch
from torch import Tensor
from torch.nn import functional

from engine.clap.listening import HOP, LISTENING_RATE, MEL_BANDS, PITCHES

SLOWEST_BPM, FASTEST_BPM, TEMPI = 50.0, 210.0, 72
"""Tempi at which repetition is looked at, 2 % apart."""
BEATS = (1, 2, 4)
LOW_BANDS = 20
"""Mel bands up to about 700 Hz."""
BASS_OCTAVES, UPPER_OCTAVES = 2, 3
SUMMARY = 2 * len(BEATS) * TEMPI + 24


def summarise(heard: Tensor) -> Tensor:
    """Of loops as they are heard `[B, rows, F]` (`Listening`), `[B, SUMMARY]`, wherever they begin.

    The circular autocorrelation of rises in low and in higher bands at 1, 2 and 4 beats of each tempo, -1 to 1; then
    how far the pitch classes of the lowest two and of the next three octaves stand out, each of unit norm.
    """
    return torch.cat((_repetition(heard[:, :MEL_BANDS].float()), _pitch_classes(heard[:, -PITCHES:].float())), dim=1)


def _repetition(mel: Tensor) -> Tensor:
    frames = mel.shape[-1]
    rises = functional.relu(mel - mel.roll(1, -1))
    flux = torch.stack((rises[:, :LOW_BANDS].mean(1), rises[:, LOW_BANDS:].mean(1)), dim=1)
    power = torch.fft.rfft(flux - flux.mean(-1, keepdim=True)).abs().square()
    repeats = torch.fft.irfft(power, n=frames)
    repeats = repeats / (repeats[..., :1] + 1e-6)
    lags = _lags(mel.device)
    below = lags.floor()
    at, share = below.long() % frames, lags - below
    sampled: Tensor = repeats[..., at] * (1 - share) + repeats[..., (at + 1) % frames] * share
    return sampled.flatten(1)


def _lags(device: torch.device) -> Tensor:
    """Frames `[3 * TEMPI]` that 1, 2 and 4 beats take."""
    octaves = torch.linspace(0, 1, TEMPI, device=device)
    tempi = SLOWEST_BPM * (FASTEST_BPM / SLOWEST_BPM) ** octaves
    return torch.cat([beats * 60 / tempi for beats in BEATS]) * LISTENING_RATE / HOP


def _pitch_classes(tones: Tensor) -> Tensor:
    around = functional.avg_pool1d(tones.transpose(1, 2), 5, 1, 2, count_include_pad=False).transpose(1, 2)
    peaks = functional.relu(tones - around).mean(-1)
    middle = 12 * BASS_OCTAVES
    bass, upper = peaks[:, :middle], peaks[:, middle : middle + 12 * UPPER_OCTAVES]
    folded = (octaves.reshape(len(octaves), -1, 12).sum(1) for octaves in (bass, upper))
    return torch.cat([functional.normalize(classes, dim=1) for classes in folded], dim=1)
