"""Pictures of single hits: what a voice is known by."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.spectrum import Floats, mel_spectrogram

BANDS: Final = 40
COLUMNS: Final = 32
"""Mel bands and columns of a picture; a column is 12 ms, all of them 0.37 s."""

VOICE_RATE: Final = 44_100
"""The sample rate at which pictures are comparable."""

_HOP: Final = 512
_FLOOR_DB: Final = -72.0


def voice_image(audio: NDArray[np.float32], sample_rate: int, onsets: Sequence[tuple[int, float]]) -> Floats | None:
    """The picture `[BANDS, COLUMNS]` in [0, 1] of the clearest hit of a part that plays alone in loop `audio` `[T]`.

    `onsets` are (sample, velocity) pairs. The clearest hit has most time before the next one, and of several the
    loudest; what the next one adds is cut off. Levels are those of the hit at its peak: 1 is the loudest band, 0 is
    72 dB below it. None where nothing is heard.
    """
    if not onsets:
        return None
    places = sorted(onsets)
    length = audio.shape[-1]
    wanted = _HOP * COLUMNS
    gaps = [
        (after[0] - own[0]) % length or length for own, after in zip(places, [*places[1:], places[0]], strict=True)
    ]
    clearest = max(range(len(places)), key=lambda i: (min(gaps[i], wanted), places[i][1]))
    heard = min(gaps[clearest], wanted)
    start = places[clearest][0]
    hit = np.zeros(wanted, np.float32)
    hit[:heard] = np.take(audio, np.arange(start, start + heard), mode="wrap")
    peak = float(np.abs(hit).max())
    if peak < 1e-4:
        return None
    levels = mel_spectrogram(
        hit / np.float32(peak), sample_rate, hop=_HOP, bands=BANDS, window_length=1024, circular=False, floor_db=-120
    )
    image: Floats = np.clip((levels - levels.max() - _FLOOR_DB) / -_FLOOR_DB, 0, 1).astype(np.float32)
    return image
