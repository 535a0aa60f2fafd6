"""What speaks for and against each tempo that a file may be at: numbers that `engine.listening.ear` weighs.

A candidate is a length in quarters of beats over the whole file, so that cuts by a sixteenth compete with whole bars.
For each of four onset envelopes (all, the bass, what is between, what is high) and the changes of harmony the numbers
are: how strongly it recurs at multiples of the beat (Fourier magnitude), how much of that falls on the beginning of
the file (its real part), and how like itself it is a few beats, or a bar or more, on (circular autocorrelation).
Three beats stand beside four, for what is no 4/4. Beside them stand tempo and kind of length.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from engine.audio.descriptors import onset_envelopes
from engine.listening.harmony import harmonic_changes
from engine.requests import MAX_BARS
from engine.vocabulary import BEATS_PER_BAR

GUESSED_TEMPI_BPM: Final = (60.0, 200.0)
STEPS: Final = 4
"""Lengths in beats are tried in quarters."""
HOP: Final = 256
_BANDS_HZ: Final = ((0.0, np.inf), (0.0, 150.0), (150.0, 2500.0), (2500.0, np.inf))
_ENVELOPES: Final = len(_BANDS_HZ) + 1
_MULTIPLES: Final = (0.125, 0.25, 1 / 3, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
_BEAT: Final = _MULTIPLES.index(1.0)
_ALIGNED: Final = (0.25, 0.5, 1.0, 2.0)
_LAGS: Final = (0.25, 1 / 3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 16.0)
_A_BEAT_ON: Final = len(_MULTIPLES) + len(_ALIGNED) + _LAGS.index(1.0)
_USUAL_BPM: Final = 126.0
_USUAL_BARS: Final = (1, 2, 4, 8, 16)
_FLAT_DB: Final = 4.0
"""An envelope that never exceeds this holds no clear events."""
_HISS_DB: Final = 2.5
"""The onsets of steady noise stay below this (1.1 to 1.9 of 13), those of 96 loops of tracks above (3.6 and up)."""
KINDS: Final = len(_USUAL_BARS) + 6
FEATURES: Final = _ENVELOPES * (len(_MULTIPLES) + len(_ALIGNED) + len(_LAGS)) + 3 + KINDS
FILE_FEATURES: Final = 6


@dataclass(frozen=True, eq=False)
class Candidates:
    """Lengths `places` `[N]` in quarters of beats and their `tempi` `[N]` in BPM; `features` `[N, FEATURES]` speak
    for each, `file_features` `[FILE_FEATURES]` for there being no tempo at all."""

    places: NDArray[np.int64]
    tempi: NDArray[np.float64]
    features: NDArray[np.float64]
    file_features: NDArray[np.float64]

    @property
    def happens(self) -> bool:
        """Whether anything happens that a tempo could be heard from; in a hiss nothing does."""
        return bool(self.file_features[1] * _FLAT_DB >= _HISS_DB)


def candidates(audio: NDArray[np.float32], sample_rate: int) -> Candidates:
    """All that `audio` `[C, T]` may be, taken as a loop. Raises `AudioFileError` on what is no audio."""
    seconds = audio.shape[-1] / sample_rate
    onsets = onset_envelopes(audio, sample_rate, HOP, _BANDS_HZ).astype(np.float64)
    envelopes = [*onsets, harmonic_changes(audio, sample_rate, onsets.shape[1])]
    places = _places(seconds)
    tempi = places * 60 / (STEPS * seconds)
    recurring = [_recurrence(envelope, places) for envelope in envelopes]
    away = np.log2(tempi / _USUAL_BPM)
    features = np.concatenate([*recurring, np.stack([away, away**2, np.abs(away)], axis=1), _kinds(places)], axis=1)
    return Candidates(places, tempi, features, _of_file(onsets[0], seconds, features))


def _places(seconds: float) -> NDArray[np.int64]:
    low, high = (tempo / 60 * seconds * STEPS for tempo in GUESSED_TEMPI_BPM)
    return np.arange(max(1, int(np.ceil(low - 1e-6))), int(np.floor(high + 1e-6)) + 1)


def whole_bars_of(place: int) -> int:
    """The bars that a length in quarters of beats is; 0 where that is not 1 to 16 whole ones."""
    bars, rest = divmod(place, STEPS * BEATS_PER_BAR)
    return bars if not rest and 1 <= bars <= MAX_BARS else 0


def _kinds(places: NDArray[np.int64]) -> NDArray[np.float64]:
    """One-hot `[N, KINDS]`: a usual number of bars, another even or odd one, too many; half bars, beats, neither."""
    bars, rest = np.divmod(places, STEPS * BEATS_PER_BAR)
    kind = np.full(len(places), KINDS - 1)
    kind[rest % STEPS == 0] = KINDS - 2
    kind[rest == STEPS * BEATS_PER_BAR // 2] = KINDS - 3
    whole = rest == 0
    kind[whole & (bars > MAX_BARS)] = KINDS - 4
    kind[whole & (bars <= MAX_BARS)] = np.where(bars % 2, KINDS - 5, KINDS - 6)[whole & (bars <= MAX_BARS)]
    for number, usual in enumerate(_USUAL_BARS):
        kind[whole & (bars == usual)] = number
    return np.asarray(np.eye(KINDS)[kind])


def _recurrence(envelope: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float64]:
    moving = envelope - envelope.mean()
    power = float(np.square(moving).sum()) or 1.0
    spectrum = scipy.fft.rfft(moving, STEPS * len(moving)) / np.sqrt(power * len(moving))
    own = scipy.fft.irfft(np.square(np.abs(scipy.fft.rfft(moving))), len(moving)) / power
    own = np.append(own, own[0])
    bins, frames = np.arange(len(spectrum)), np.arange(len(own))
    level = np.abs(spectrum)
    columns = [np.interp(places * multiple, bins, level, right=0.0) for multiple in _MULTIPLES]
    columns += [np.interp(places * multiple, bins, spectrum.real, right=0.0) for multiple in _ALIGNED]
    lags = len(moving) * STEPS / places
    columns += [np.interp(np.minimum(lags * lag, len(moving)), frames, own) for lag in _LAGS]
    return np.stack(columns, axis=1)


def _of_file(envelope: NDArray[np.float64], seconds: float, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whether anything happens in the file, and anything again."""
    loud = np.clip(envelope.max() / _FLAT_DB, 0, 2)
    peak = float(envelope.max()) or 1.0
    struck = float((envelope > 0.3 * peak).mean())
    best = [float(features[:, column].max(initial=0.0)) for column in (_BEAT, _A_BEAT_ON)]
    return np.array([1.0, loud, np.log2(max(seconds, 0.1)), struck, *best])
