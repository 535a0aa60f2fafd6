"""What a loop looks like: its spectrogram and the outline of its waveform, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BANDS = 112
LOW_HZ, HIGH_HZ = 30.0, 16_000.0
BEND_HZ = 60.0
"""On the mel scale (700) kick and bass had two pixels of a small picture."""
MAX_COLUMNS = 900
OUTLINE_COLUMNS = 1000


@dataclass(frozen=True, eq=False)
class Picture:
    """`image` `[BANDS, columns]` in dB (0 = full scale, low bands first), `outline` `[2, columns]` lowest and highest
    sample of each slice, the loop's length in seconds and beats, and the beats at which onsets were found.
    """

    image: NDArray[np.float32]
    outline: NDArray[np.float32]
    seconds: float
    beats: int
    onsets: tuple[float, ...] = ()

    def level(self, beat: float, band: float) -> float:
        """dB at a beat and a band (both clamped)."""
        bands, columns = self.image.shape
        row = min(bands - 1, max(0, int(band)))
        column = min(columns - 1, max(0, round(beat / self.beats * columns)))
        return float(self.image[row, column])


def draw(audio: NDArray[np.float32], sample_rate: int, beats: int) -> Picture:
    """Picture of a loop `audio` `[C, T]`."""
    from engine import mel_spectrogram, onset_times  # noqa: PLC0415 - brings scipy, which the first window needs not

    clean = np.nan_to_num(np.atleast_2d(audio), nan=0.0, posinf=0.0, neginf=0.0)
    samples = clean.shape[1]
    hop = max(256, samples // MAX_COLUMNS)
    image = mel_spectrogram(clean, sample_rate, hop=hop, bands=BANDS, window_length=4096, bend_hz=BEND_HZ)
    times, _strengths = onset_times(clean, sample_rate)
    onsets = tuple(float(time) for time in times * sample_rate / samples * beats)
    return Picture(image, outline_of(clean), samples / sample_rate, beats, onsets)


def outline_of(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lowest and highest sample `[2, columns]` of each slice of a finite loop `audio` `[C, T]`."""
    samples = audio.shape[1]
    edges = np.linspace(0, samples, min(OUTLINE_COLUMNS, samples) + 1).astype(np.int64)[:-1]
    outline = np.stack([np.minimum.reduceat(audio.min(0), edges), np.maximum.reduceat(audio.max(0), edges)])
    return outline.astype(np.float32)


def hertz_of_band(band: float, sample_rate: float = 44_100.0) -> float:
    """Frequency at a (fractional) band of the picture, Hz."""
    low, high = _height(LOW_HZ), _height(min(HIGH_HZ, sample_rate / 2))
    return float(BEND_HZ * (10 ** (low + (band + 0.5) / (BANDS + 1) * (high - low)) - 1))


def band_of_hertz(hertz: float) -> float:
    """The inverse of `hertz_of_band`."""
    low, high = _height(LOW_HZ), _height(HIGH_HZ)
    return (_height(hertz) - low) / (high - low) * (BANDS + 1) - 0.5


def _height(hertz: float) -> float:
    return float(np.log10(1 + hertz / BEND_HZ))
