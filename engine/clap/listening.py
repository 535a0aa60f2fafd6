"""What the audio tower hears: mel levels of the middle and the sides, and semitone levels of the tonal range."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.audio.spectrum import mel_filters

LISTENING_RATE = 44100
HOP = 1024
MEL_BANDS = 80
SHORT, LONG = 2048, 16384
"""Windows in samples: 46 ms for mel bands, 372 ms for semitones (2.7 Hz apart)."""
LOWEST_PITCH, PITCHES = 28, 68
"""Semitones from E1 (41 Hz) on."""
FLOOR = 1e-5


class Listening(nn.Module):
    """Levels `[B, rows, F]` of audio `[B, C, T]` at 44.1 kHz, F = ceil(T / 1024); mono counts as both channels.

    Per loop the mean level of the middle is brought to zero, so that loudness says nothing.
    """

    rows = 2 * MEL_BANDS + PITCHES

    mel: Tensor
    semitones: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mel", mel_bank(), persistent=False)
        self.register_buffer("semitones", semitone_bank(), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """Audio `[B, C, T]`, one or two channels, to levels of about unit deviation."""
        left, right = audio[:, 0].float(), audio[:, -1].float()
        middle, side = (left + right) / 2, (left - right) / 2
        rows = torch.cat(
            (
                self.mel @ spectra(middle, SHORT),
                self.mel @ spectra(side, SHORT),
                self.semitones @ spectra(middle, LONG),
            ),
            dim=1,
        )
        levels = torch.log10(rows + FLOOR)
        mean = levels[:, :MEL_BANDS].mean((1, 2), keepdim=True)
        return (levels - mean) / 0.8


def spectra(audio: Tensor, window: int) -> Tensor:
    """Magnitudes `[B, window / 2 + 1, F]` of loops `[B, T]`, every 1024 samples; a full-scale sine has 0.5."""
    samples = audio.shape[-1]
    frames = -(-samples // HOP)
    reach = window // 2
    around = torch.arange(-reach, (frames - 1) * HOP + reach, device=audio.device) % samples
    hann = torch.hann_window(window, device=audio.device)
    bins = torch.stft(audio[:, around], window, HOP, window=hann / hann.sum(), center=False, return_complex=True)
    return bins.abs()


def mel_bank() -> Tensor:
    """Triangles `[80, bins]` from 30 Hz to 16 kHz, each of unit sum."""
    return torch.tensor(mel_filters(MEL_BANDS, SHORT // 2 + 1, LISTENING_RATE, 30.0, 16_000.0).T)


def semitone_bank() -> Tensor:
    """Triangles `[68, bins]` a semitone to either side of each pitch, each of unit sum."""
    pitches = torch.arange(LOWEST_PITCH - 1, LOWEST_PITCH + PITCHES + 1)
    edges = 440 * 2 ** ((pitches - 69) / 12)
    frequencies = torch.linspace(0, LISTENING_RATE / 2, LONG // 2 + 1)
    width = LISTENING_RATE / LONG
    below, above = edges.diff()[:-1].clamp_min(width), edges.diff()[1:].clamp_min(width)
    centres = edges[1:-1, None]
    rising = (frequencies - centres + below[:, None]) / below[:, None]
    falling = (centres + above[:, None] - frequencies) / above[:, None]
    return functional.normalize(torch.minimum(rising, falling).clamp_min(0), p=1.0, dim=1)
