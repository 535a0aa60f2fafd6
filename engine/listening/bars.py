"""Seconds, bars and tempo of a file, and whether it is whole bars."""

from typing import Final

from engine.vocabulary import BEATS_PER_BAR

SECONDS_A_MINUTE: Final = 60


def seconds_of(bars: float, tempo_bpm: float) -> float:
    """How long `bars` bars last, in seconds."""
    return bars * BEATS_PER_BAR * SECONDS_A_MINUTE / tempo_bpm


def tempo_of(seconds: float, bars: float) -> float:
    """The tempo, in BPM, at which `bars` bars last `seconds`."""
    return bars * BEATS_PER_BAR * SECONDS_A_MINUTE / seconds


def whole_bars(seconds: float, tempo_bpm: float, *, off_share: float = 0.0, off_beats: float = 0.0) -> int:
    """The number of bars that `seconds` are at `tempo_bpm`, or 0 where they are not whole bars.

    They may be off by `off_share` of their length, or by `off_beats` beats, whichever is more.
    """
    bars = seconds / seconds_of(1, tempo_bpm)
    whole = round(bars)
    return whole if abs(bars - whole) <= max(off_share * whole, off_beats / BEATS_PER_BAR) else 0
