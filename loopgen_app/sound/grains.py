"""A loop at another tempo and its own pitches, grain by grain: a phase vocoder that may be asked for any place of it.

The released bindings of the known stretchers start anew at every block, so none of them can follow a hand; a loop is
all there from the beginning, which makes this simple: each grain is cut where it is wanted.
"""

import numpy as np
from numpy.typing import NDArray

from loopgen_app.sound.deck_loop import DeckLoop, Stereo

HOP = 704
"""Frames between grains. Half a grain (32 ms) is how soon another rate is heard, and how sharp an attack is."""
SIZE = 4 * HOP
ONSET = 4.0
"""Where the middle of a grain is this many times stronger than what is before it, a sound begins: phases start anew,
or every attack would be smeared."""

_FADE = np.hanning(SIZE + 1)[:-1].astype(np.float32)
_SUM = 1.5
"""Sum of the squares of four windows that overlap."""

Spectrum = NDArray[np.complex64]


class Grains:
    """The grains of one loop. `next(position)` is the grain centred there, whose phases go on from the one before.

    Laroche and Dolson, "Improved phase vocoder time-scale modification of audio" (1999): every bin turns as the
    peak that it belongs to does ("identity phase locking"), and both channels turn alike, which keeps their image.
    """

    def __init__(self, loop: DeckLoop) -> None:
        self.loop = loop
        reach = np.arange(-(HOP + SIZE // 2), loop.samples + SIZE // 2)
        self._audio = np.ascontiguousarray(np.take(loop.audio, reach, axis=0, mode="wrap").T)
        self._last: Spectrum | None = None

    def first(self, position: int) -> Stereo:
        """The grain centred at sample `position` as it is in the loop: `[SIZE, 2]`, windowed for overlapping."""
        self._last = self._spectra(position)[0]
        return self._sound(self._last)

    def next(self, position: int) -> Stereo:
        """The grain centred at sample `position`, to be heard `HOP` frames after the one before."""
        here, before = self._spectra(position)
        if self._last is None or self._begins(position):
            turned = here
        else:
            links = (self._last * np.conj(before)).sum(axis=0)
            turned = here * _locked(links, np.abs(here).sum(axis=0))
        self._last = turned
        return self._sound(turned)

    def _piece(self, start: int, length: int) -> Stereo:
        """`length` frames from sample `start`, which is at most a grain and a hop before the loop's first."""
        at = start + HOP + SIZE // 2
        return self._audio[:, at : at + length]

    def _spectra(self, position: int) -> tuple[Spectrum, Spectrum]:
        """Spectra `[2, bins]` of the grain centred at `position`, and of what is a hop before it."""
        piece = self._piece(position % self.loop.samples - HOP - SIZE // 2, SIZE + HOP)
        both = np.stack([piece[:, HOP:], piece[:, :SIZE]]) * _FADE
        spectra = np.fft.rfft(both).astype(np.complex64)
        return spectra[0], spectra[1]

    def _begins(self, position: int) -> bool:
        piece = self._piece(position % self.loop.samples - 3 * HOP // 2, 2 * HOP)
        before, middle = np.square(piece[:, :HOP]).sum(), np.square(piece[:, HOP:]).sum()
        return bool(middle > ONSET * before + 1e-6)

    @staticmethod
    def _sound(spectrum: Spectrum) -> Stereo:
        sound = np.fft.irfft(spectrum, SIZE).astype(np.float32)
        return np.ascontiguousarray((sound * (_FADE / _SUM)).T)


def _locked(links: Spectrum, strength: NDArray[np.float32]) -> Spectrum:
    """By how much each bin turns: as the nearest peak of `strength` does, whose `links` hold its turn."""
    inner = strength[1:-1]
    peaks = np.flatnonzero((inner >= strength[:-2]) & (inner > strength[2:])) + 1
    if not len(peaks):
        return np.ones(len(strength), np.complex64)
    turns = links[peaks] + np.float32(1e-30)
    turns /= np.abs(turns)
    borders = (peaks[1:] + peaks[:-1]) // 2
    owner = np.zeros(len(strength), np.intp)
    owner[borders] = 1  # two peaks never share a border
    turned: Spectrum = turns[np.cumsum(owner)].astype(np.complex64)
    return turned
