"""Pictures of single hits: what a voice is known by."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.spectrum import Floats, mel_spectrogram
from engine.vocabulary import PICTURE_BANDS, PICTURE_COLUMNS

VOICE_RATE: Final = 44_100
"""The sample rate at which pictures are comparable."""
HOP: Final = 512
"""Samples from column to column at that rate: 12 ms, all of them 0.37 s."""
RANGE_DB: Final = 72.0
LOW_HZ: Final = 30.0
HIGH_HZ: Final = 16_000.0
"""Where the mel bands of a picture begin and end."""

_BEFORE, _BEHIND = 882, 662
"""Samples before and behind where a hit is expected in which its beginning is looked for: 20 and 15 ms."""
_RINGING = 265
"""The first of them, 6 ms, tell how loud the hit before still rings."""


def voice_image(audio: NDArray[np.float32], sample_rate: int, onsets: Sequence[tuple[int, float]]) -> Floats | None:
    """The picture `[PICTURE_BANDS, PICTURE_COLUMNS]` in [0, 1] of the clearest hit of a part that plays
    alone in loop `audio` `[T]`.

    `onsets` are (sample, velocity) pairs. The clearest hit has most time before the next one, and of several the
    loudest; what the next one adds is cut off. Levels are those of the hit at its peak: 1 is the loudest band, 0 is
    72 dB below it. None where nothing is heard.
    """
    if not onsets:
        return None
    places = sorted(onsets)
    length = audio.shape[-1]
    wanted = HOP * PICTURE_COLUMNS
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
        hit / np.float32(peak),
        sample_rate,
        hop=HOP,
        bands=PICTURE_BANDS,
        window_length=1024,
        circular=False,
        floor_db=-120,
    )
    image: Floats = np.clip((levels - levels.max() + RANGE_DB) / RANGE_DB, 0, 1).astype(np.float32)
    return image


def attack(audio: NDArray[np.float32], onset: int, share: float = 0.02) -> int:
    """How many samples behind `onset` the hit near it begins, in a loop `audio` `[T]` at `VOICE_RATE`: where it is
    louder than what rings before it by a `share` of its peak. 0 where nothing begins.

    Onsets are heard some milliseconds late, and pictures are sharper than that.
    """
    near = np.abs(np.take(audio, np.arange(onset - _BEFORE, onset + _BEHIND), mode="wrap"))
    risen = np.flatnonzero(near > near[:_RINGING].max() + share * near.max())
    return int(risen[0]) - _BEFORE if len(risen) else 0
