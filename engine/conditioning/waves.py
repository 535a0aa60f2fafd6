"""The waves condition: how the lowest tones of the bass and of kicks stand in the low bins of a spectrum.

All below 260 Hz is told by phases, and these turn with every frame: at 55 Hz by one and a quarter of a turn. A
network that knows the pitch would have to count turns. With the tone itself beside its state (the source of a neural
source-filter model, Wang et al. 2019), as a spectrum has it, it has only to say how loud it is and how far the sound
lags behind. Frames follow the beat, so where a tone stands in each of them is known before anything is played; and
the oscillators of the corpus begin so that their lowest tones stand where these do (`engine.corpus.voices`).
"""

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from engine.conditioning.density import Onsets
from engine.conditioning.notes import Notes
from engine.tempo import LoopGeometry

HARMONICS: Final[Mapping[str, int]] = {"bass": 2, "kick": 1}
"""Multiples of the pitch that have waves, of each part that has any."""
POINTS: Final = 2
"""Even points of a frame at which a wave is read."""
BINS: Final = 6
WINDOW: Final = 1024
RATE: Final = 44_100
"""The lowest bins of a spectrum at this rate under a root-Hann window: what the starter codec codes with phases."""
ROWS: Final[Mapping[str, int]] = {part: 2 * POINTS * BINS * count for part, count in HARMONICS.items()}
"""Rows of the waves of each part."""
WAVE_ROWS: Final = sum(ROWS.values())


def waves_condition(notes: Mapping[str, Notes], geometry: LoopGeometry) -> Tensor:
    """Waves `[1, WAVE_ROWS, F]` of the `notes` of each part: of each harmonic and each bin the real and the imaginary
    part at even points of every frame, magnitudes by their roots.

    A wave stands at a crest where its note strikes and runs on until the next one does, round the end of the loop; of
    notes that strike together the lowest counts. Where there are no notes there are no waves.
    """
    return torch.cat([_waves(notes.get(part, ()), count, geometry) for part, count in HARMONICS.items()], dim=1)


def tuned(onsets: Mapping[str, Onsets], tunings: Mapping[str, float]) -> dict[str, Notes]:
    """The strikes `onsets` (beat, velocity) of parts as notes of the MIDI pitches that these are tuned to."""
    return {
        part: [(beat, 0.0, pitch) for beat, velocity in onsets.get(part, ()) if velocity > 0]
        for part, pitch in tunings.items()
    }


def _waves(notes: Notes, harmonics: int, geometry: LoopGeometry) -> Tensor:
    lowest: dict[float, float] = {}
    for beat, _, pitch in notes:
        at = beat % geometry.beats
        lowest[at] = min(pitch, lowest.get(at, math.inf))
    if not lowest:
        return torch.zeros(1, 2 * POINTS * BINS * harmonics, geometry.frames)
    strikes = torch.tensor(sorted(lowest), dtype=torch.float64)
    played = sorted({*lowest.values()})
    own = torch.tensor([played.index(lowest[beat]) for beat in sorted(lowest)])
    pitches = torch.tensor(played, dtype=torch.float64)
    multiples = torch.arange(1, harmonics + 1)[:, None] * 440 * 2 ** ((pitches - 69) / 12)  # [H, pitches], in Hz
    count = geometry.frames * POINTS
    points = (torch.arange(count, dtype=torch.float64) + 0.5) * geometry.beats / count
    last = torch.searchsorted(strikes, points, right=True) - 1  # -1: the last one of the round before
    seconds = (points - strikes[last]) % geometry.beats * 60 / geometry.tempo_bpm
    heard = own[last]
    tones = torch.polar(torch.ones(()).double(), 2 * math.pi * (multiples[:, heard] * seconds % 1))
    # A tone is real: what turns forth and what turns back meet in the lowest bins.
    forth, back = (_responses(hertz)[:, :, heard] for hertz in (multiples, -multiples))
    spectra = tones[:, None] * forth + tones.conj()[:, None] * back
    spectra = spectra * spectra.abs().clamp_min(1e-9).rsqrt()
    parts = torch.view_as_real(spectra).reshape(harmonics, BINS, -1, POINTS, 2)
    return parts.permute(0, 1, 3, 4, 2).reshape(1, -1, geometry.frames).float()


def _responses(hertz: Tensor) -> Tensor:
    """What turns at frequencies `[H, N]`, at 0 in the middle of the window, is in bins: `[H, BINS, N]`, at most 1."""
    time = torch.arange(WINDOW, dtype=torch.float64)
    window = torch.hann_window(WINDOW, dtype=torch.float64).sqrt()
    window = window / window.sum()
    bins = torch.polar(window.expand(BINS, -1), -2 * math.pi * torch.arange(BINS)[:, None] * time / WINDOW)
    angles = 2 * math.pi * hertz[..., None] / RATE * (time - WINDOW // 2)
    return torch.einsum("bt,hnt->hbn", bins, torch.polar(torch.ones_like(angles), angles))
