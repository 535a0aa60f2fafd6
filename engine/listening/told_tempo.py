"""Tempo and bars of a file whose tempo somebody wrote down: as whole bars, cut to them, or not at all."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from engine.errors import InvalidRequest
from engine.files import shown_name
from engine.listening.bars import seconds_of, tempo_of, whole_bars
from engine.listening.errors import NotWholeBars
from engine.requests import MAX_BARS, MAX_TEMPO_BPM, MIN_TEMPO_BPM
from engine.vocabulary import BEATS_PER_BAR

Fit = Literal["trim", "stretch"]
FITS: Final = ("trim", "stretch")
WHOLE_BARS_TOLERANCE: Final = 0.02
"""How far, relative to its length, a loop may be from whole bars at the tempo that it is told to have."""
_ROUNDING_SECONDS = 1e-4


@dataclass(frozen=True)
class Finding:
    """What a file's tempo and length were taken to be.

    `source` is "given", "recipe", "name", "chunk" or "sound", `confidence` in (0, 1].
    """

    tempo_bpm: float
    bars: int
    source: str
    confidence: float


def check_fit(fit: str | None) -> None:
    """Raises `InvalidRequest` on an unknown way to fit a file."""
    if fit is not None and fit not in FITS:
        raise InvalidRequest(f"Unknown fit {fit!r}; possible: {', '.join(FITS)}.")


def fit_bars(path: Path, seconds: float, told: Finding, fit: str | None) -> Finding:
    """What the file is at the tempo that it is `told` to have.

    With `fit` "trim" its last whole bar, with "stretch" the nearest number of bars at whatever tempo that is. Raises
    `NotWholeBars`, with what is possible, or `InvalidRequest` when it is less than a bar.
    """
    tempo, bars = told.tempo_bpm, seconds / seconds_of(1, told.tempo_bpm)
    lasts = f"{shown_name(path)} lasts {bars * BEATS_PER_BAR:.2f} beats at {tempo:g} BPM ({told.source})"
    if bars < 1 - WHOLE_BARS_TOLERANCE and (fit == "trim" or bars < 0.5):
        raise InvalidRequest(f"{lasts}, less than a bar; 1 to {MAX_BARS} whole bars are possible.")
    if fit == "trim":
        return replace(told, bars=min(MAX_BARS, int(bars + WHOLE_BARS_TOLERANCE)))
    whole = whole_bars(seconds, tempo, off_share=WHOLE_BARS_TOLERANCE)
    if 1 <= whole <= MAX_BARS:
        exact = abs(bars / whole - 1) * seconds < _ROUNDING_SECONDS
        return replace(told, tempo_bpm=tempo if exact else tempo_of(seconds, whole), bars=whole)
    whole = max(1, round(bars))
    stretched = tempo_of(seconds, whole)
    possible = whole <= MAX_BARS and MIN_TEMPO_BPM <= stretched <= MAX_TEMPO_BPM
    if fit == "stretch" and possible:
        return replace(told, tempo_bpm=stretched, bars=whole)
    raise NotWholeBars(
        lasts, tempo, whole, trim_bars=min(MAX_BARS, int(bars)), stretch_bpm=stretched if possible else None
    )
