"""The metronome: clicks rendered once, so that the callback only adds samples."""

import numpy as np
from numpy.typing import NDArray

CLICK_SECONDS = 0.03
BEATS_PER_BAR = 4
Stereo = NDArray[np.float32]


def click(sample_rate: int, *, accent: bool) -> Stereo:
    """A short decaying sine, `[T, 2]`, peak below 0.35: 1.5 kHz on the first beat of a bar, 1 kHz on the others."""
    seconds = np.arange(round(CLICK_SECONDS * sample_rate)) / sample_rate
    tone = np.sin(2 * np.pi * (1500.0 if accent else 1000.0) * seconds) * np.exp(-seconds * 120.0)
    mono = (tone * (0.35 if accent else 0.22)).astype(np.float32)
    return np.ascontiguousarray(np.stack([mono, mono], axis=1))


class Metronome:
    """Clicks on beats and four clicks of count-in. Runs in the audio callback; allocates nothing there."""

    def __init__(self, sample_rate: int) -> None:
        self.on = False
        self._rate = sample_rate
        self._clicks = (click(sample_rate, accent=True), click(sample_rate, accent=False))
        self._click = self._clicks[0]
        self._at = len(self._click)
        self._beat_samples = 1.0
        self._left = 0

    @property
    def counting(self) -> bool:
        """Whether a count-in is under way."""
        return self._left > 0

    def strike(self, beat: int) -> None:
        """Begin the click of `beat`; the first of a bar is accented."""
        self._click = self._clicks[0 if beat % BEATS_PER_BAR == 0 else 1]
        self._at = 0

    def mix(self, out: Stereo) -> None:
        """Add what is left of the present click to `out` `[n, 2]`."""
        run = min(len(out), len(self._click) - self._at)
        if run > 0:
            out[:run] += self._click[self._at : self._at + run]
            self._at += run

    def count_in(self, tempo_bpm: float) -> None:
        """Begin a count-in of one bar."""
        self._beat_samples = 60.0 / tempo_bpm * self._rate
        self._left = round(BEATS_PER_BAR * self._beat_samples)

    def hush(self) -> None:
        """End the count-in and the click."""
        self._left = 0
        self._at = len(self._click)

    def count(self, out: Stereo) -> int:
        """Fill the beginning of `out` with count-in; returns how many frames that was."""
        done = round(BEATS_PER_BAR * self._beat_samples) - self._left
        beat = 0
        while round(beat * self._beat_samples) < done:
            beat += 1
        boundary = round(beat * self._beat_samples)
        if boundary == done:
            self.strike(beat)
            boundary = round((beat + 1) * self._beat_samples)
        run = min(len(out), self._left, boundary - done)
        out[:run] = 0.0
        self.mix(out[:run])
        self._left -= run
        return run
