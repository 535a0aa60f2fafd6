"""The tempo of a loop by its sound: the whole bars it may be, against everything else that it may be.

A loop that is cut wrong, half a bar long, or one stroke has a best number of whole bars too. So every tempo competes,
in steps of a sixteenth over the file; whole bars are believed only where nothing else fits better.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from engine.audio.descriptors import onset_envelope
from engine.listening.bars import tempo_of
from engine.listening.loop_tempo import EVENTS_DB, HARMONICS, HOP, SAME_TEMPO, tempo_prior
from engine.requests import MAX_BARS
from engine.vocabulary import BEATS_PER_BAR

GUESSED_TEMPI_BPM: Final = (60.0, 200.0)
_STEPS: Final = 4
"""Lengths in beats are tried in quarters."""
_AS_GOOD: Final = 0.9
"""A whole number of bars is believed when it scores at least this share of the best length of all."""
_EMPTY: Final = 0.35
"""Places whose onsets are weaker than this share of those on beats count as empty: tails alone reach a quarter."""
_NEAR: Final = 0.1
_BASS_HZ: Final = 140.0
_LACKING: Final = 0.25
"""Every second beat counts as without bass below this share of the energy on the other beats."""
_USUAL: Final = 0.4
"""Half a tempo is considered when its prior is at least this share of the tempo's own: from 150 BPM on."""
_PIECES: Final = 16


@dataclass(frozen=True)
class Heard:
    """The best tempo and its length in `beats`, and how far it stands out, `confidence` in [0, 1].

    `bars` is 0 where that is not whole bars; `or_half` is true where half the tempo fits as well.
    """

    tempo_bpm: float
    beats: float
    bars: int
    confidence: float
    or_half: bool = False


def possible_bars(seconds: float) -> list[int]:
    """The numbers of bars that `seconds` may be at the tempi that are guessed."""
    low, high = GUESSED_TEMPI_BPM
    return [bars for bars in range(1, MAX_BARS + 1) if low <= tempo_of(seconds, bars) <= high]


def hear_tempo(audio: NDArray[np.float32], sample_rate: int) -> Heard:
    """The tempo of `audio` `[C, T]`, taken as a loop; see the module. Raises `AudioFileError` on what is no audio."""
    seconds = audio.shape[-1] / sample_rate
    envelope = onset_envelope(audio, sample_rate, HOP).astype(np.float64)
    quiet, loud = EVENTS_DB
    eventful = float(np.clip((envelope.max() - quiet) / (loud - quiet), 0, 1))
    places = _places(seconds)
    spectrum = np.abs(scipy.fft.rfft(envelope - envelope.mean(), _STEPS * len(envelope)))
    tempi = places * 60 / (_STEPS * seconds)
    scores = _comb(spectrum, places) * tempo_prior(tempi)
    best = int(np.argmax(scores))
    whole = [
        i for i, place in enumerate(places) if place % (_STEPS * BEATS_PER_BAR) == 0 and _bars(place) <= MAX_BARS
    ]
    chosen = max(whole, key=lambda i: float(scores[i]), default=best)
    if scores[best] <= 0 or scores[chosen] < _AS_GOOD * scores[best]:
        return Heard(float(tempi[best]), float(places[best] / _STEPS), 0, 0.0)
    others = scores[np.abs(tempi / tempi[chosen] - 1) > max(SAME_TEMPO, 1.5 * _STEPS / places[chosen])]
    runner_up = float(others.max(initial=0.0)) / float(scores[chosen])
    rival = _half_as_good(audio, sample_rate, envelope, int(places[chosen]) // _STEPS, float(tempi[chosen]))
    # A runner-up at half the score is as sure as it gets with music.
    sure = 0.0 if rival else eventful * float(np.clip(2 * (1 - runner_up), 0, 1))
    beats = float(places[chosen] / _STEPS)
    return Heard(tempo_of(seconds, beats / BEATS_PER_BAR), beats, _bars(int(places[chosen])), sure, rival)


def is_one_stroke(audio: NDArray[np.float32]) -> bool:
    """True for a stroke and its tail: it dies away by 20 dB and more, and nothing comes anew."""
    pieces = np.array_split(np.square(audio.astype(np.float64)).mean(axis=0), _PIECES)
    levels = np.sqrt([piece.mean() for piece in pieces]) + 1e-12
    dying = levels[int(np.argmax(levels)) :]
    is_first = len(dying) >= _PIECES - 1
    return bool(is_first and np.all(dying[1:] <= 1.1 * dying[:-1] + 1e-5) and dying[-1] <= 0.1 * dying[0])


def _places(seconds: float) -> NDArray[np.int64]:
    """Lengths in quarters of beats, which are bins of the spectrum of the envelope as well."""
    low, high = (tempo / 60 * seconds * _STEPS for tempo in GUESSED_TEMPI_BPM)
    return np.arange(max(1, int(np.ceil(low - 1e-6))), int(np.floor(high + 1e-6)) + 1)


def _bars(place: int) -> int:
    return round(place / (_STEPS * BEATS_PER_BAR))


def _comb(spectrum: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float64]:
    score = np.zeros(len(places))
    for multiple, weight in HARMONICS:
        bins = places * multiple
        score += weight * np.where(bins < len(spectrum), spectrum[np.minimum(bins, len(spectrum) - 1)], 0.0)
    return score


def _half_as_good(
    audio: NDArray[np.float32], sample_rate: int, envelope: NDArray[np.float64], beats: int, tempo_bpm: float
) -> bool:
    """Whether the file may as well be at half the tempo, which then has a bass drum on every beat.

    It may where every second beat has no bass and what lies between the beats is empty, or, at tempi whose half is
    usual, where what lies between the off-beats is: at the tempo itself that would be music without sixteenths.
    """
    if beats < 2 or tempo_bpm / 2 < GUESSED_TEMPI_BPM[0]:
        return False
    bass = _bass_on_beats(audio, sample_rate, beats)
    if min(bass) > _LACKING * max(bass):
        return False
    usual = float(tempo_prior(np.array([tempo_bpm / 2]))[0] / tempo_prior(np.array([tempo_bpm]))[0])
    on, off, between = (_struck(envelope, beats, phases) for phases in ((0.0,), (0.5,), (0.25, 0.75)))
    return off < _EMPTY * on or (usual >= _USUAL and between < _EMPTY * on)


def _bass_on_beats(audio: NDArray[np.float32], sample_rate: int, beats: int) -> tuple[float, float]:
    """The energy of the bass in the first half of every even and of every odd beat."""
    length = audio.shape[-1]
    spectrum = scipy.fft.rfft(audio.mean(axis=0, dtype=np.float64))
    spectrum[round(_BASS_HZ * length / sample_rate) :] = 0
    energy = np.square(scipy.fft.irfft(spectrum, n=length))
    half_beat = np.arange(length) * (2 * beats) // length % 4
    return float(energy[half_beat == 0].sum()), float(energy[half_beat == 2].sum())


def _struck(envelope: NDArray[np.float64], beats: int, phases: tuple[float, ...]) -> float:
    """The mean over the beats of the strongest onset near `phases`, in beats."""
    phase = np.arange(len(envelope)) * beats / len(envelope)
    near = np.any([np.abs((phase - at + 0.5) % 1 - 0.5) < _NEAR for at in phases], axis=0)
    beat = np.round(phase - phases[0]).astype(np.int64) % beats
    strongest = np.zeros(beats)
    np.maximum.at(strongest, beat[near], envelope[near])
    return float(strongest.mean())
