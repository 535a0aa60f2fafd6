"""The tempo of a loop by its sound: the whole bars it may be, against everything else that it may be.

A loop that is cut wrong, half a bar long, or one stroke has a best number of whole bars too. So every tempo competes,
in steps of a sixteenth over the file, and so does that there is none; the confidence is the probability of the best.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.listening.bars import tempo_of
from engine.listening.candidates import GUESSED_TEMPI_BPM, STEPS, candidates, whole_bars_of
from engine.listening.ear import TempoEar, shipped_ear
from engine.requests import MAX_BARS

_PIECES: Final = 16
_AN_OCTAVE: Final = 0.02
_RIVAL: Final = 0.25
"""Half or twice the tempo is told as well where it has this share of the best one's probability."""


@dataclass(frozen=True)
class Heard:
    """The best tempo and its length in `beats`, and the probability that it is right and in 4/4, `confidence` in
    [0, 1].

    `bars` is 0 where that is not whole bars; `rival_bpm` is the tempo, half or twice, that fits nearly as well;
    `in_three` is the probability that its bars have three beats.
    """

    tempo_bpm: float
    beats: float
    bars: int
    confidence: float
    rival_bpm: float | None = None
    in_three: float = 0.0


def possible_bars(seconds: float) -> list[int]:
    """The numbers of bars that `seconds` may be at the tempi that are guessed."""
    low, high = GUESSED_TEMPI_BPM
    return [bars for bars in range(1, MAX_BARS + 1) if low <= tempo_of(seconds, bars) <= high]


def hear_tempo(audio: NDArray[np.float32], sample_rate: int, ear: TempoEar | None = None) -> Heard:
    """The tempo of `audio` `[C, T]`, taken as a loop; see the module. Raises `AudioFileError` on what is no audio.

    The audio has to last long enough for a beat at some tempo that is guessed, 0.3 s.
    """
    found = candidates(audio, sample_rate)
    ear = ear or shipped_ear()
    shares, _ = ear.probabilities(found)
    best = int(np.argmax(shares))
    in_three = float(ear.in_three(found)[best])
    tempo = float(found.tempi[best])
    octaves = np.abs(np.abs(np.log2(found.tempi / tempo)) - 1) < _AN_OCTAVE
    rival = int(np.argmax(np.where(octaves, shares, 0.0)))
    is_rival = bool(octaves[rival] and shares[rival] >= _RIVAL * shares[best])
    return Heard(
        tempo,
        float(found.places[best] / STEPS),
        whole_bars_of(int(found.places[best])),
        float(shares[best]) * (1 - in_three) * found.happens,
        float(found.tempi[rival]) if is_rival else None,
        in_three,
    )


def is_one_stroke(audio: NDArray[np.float32]) -> bool:
    """True for a stroke and its tail: it dies away by 20 dB and more, and nothing comes anew."""
    pieces = np.array_split(np.square(audio.astype(np.float64)).mean(axis=0), _PIECES)
    levels = np.sqrt([piece.mean() for piece in pieces]) + 1e-12
    dying = levels[int(np.argmax(levels)) :]
    is_first = len(dying) >= _PIECES - 1
    return bool(is_first and np.all(dying[1:] <= 1.1 * dying[:-1] + 1e-5) and dying[-1] <= 0.1 * dying[0])
