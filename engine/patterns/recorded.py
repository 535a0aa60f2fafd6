"""Scores that musicians wrote: the music of the game Freedoom, where it is installed.

The Debian package `freedoom` carries it as MIDI (BSD-3-Clause). Rock and metal for the most part, whose styles no
vocabulary here has a word for.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.errors import InvalidRequest
from engine.patterns.general_midi import DRUM_NOTES
from engine.patterns.grid import Score
from engine.patterns.midi import by_part
from engine.patterns.midi_tracks import read_tracks
from engine.vocabulary import BEATS_PER_BAR

FOLDER: Final = Path("/usr/share/games/doom")
BARS: Final = 4
"""Pieces are cut into scores of so many bars."""
HELD_OUT: Final = 4
"""Of so many pieces one is held out."""
LEAST_DRUMS: Final = 2
"""Drums that a score has at least."""
LEAST_HITS: Final = 8
MOST_OFF_GRID: Final = 0.12
"""Mean distance of onsets from sixteenths, in steps, of scores that are on the grid: triplets lie 0.22 off it."""
TEMPI: Final = (40.0, 240.0)


@dataclass(frozen=True, eq=False)
class RecordedScores:
    """Scores of pieces to train on, and of others that are only measured."""

    training: tuple[Score, ...]
    held_out: tuple[Score, ...]


def recorded_scores(folder: Path = FOLDER) -> RecordedScores:
    """The scores of the music of the WAD files in `folder`, each once; none where there are none.

    Pieces in other meters, and bars that are off the grid of sixteenths, are left out.
    """
    found: tuple[list[Score], list[Score]] = ([], [])
    seen: set[bytes] = set()
    for path in sorted(folder.glob("*.wad")):
        for name, content in midi_lumps(path.read_bytes()):
            for score in _scores(content, name):
                if (hits := score.hits.tobytes()) not in seen:
                    seen.add(hits)
                    found[zlib.crc32(content) % HELD_OUT == 0].append(score)
    return RecordedScores(tuple(found[0]), tuple(found[1]))


def midi_lumps(wad: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of what is MIDI in a WAD file: a header with the number and the place of the entries of its
    directory, each a place, a size and a name. Entries that point outside the file are passed over."""
    if len(wad) < 12 or wad[:4] not in (b"IWAD", b"PWAD"):
        return
    count, place = struct.unpack_from("<ii", wad, 4)
    for entry in range(place, min(place + 16 * max(count, 0), len(wad) - 15), 16):
        start, size, name = struct.unpack_from("<ii8s", wad, entry)
        if 0 <= start <= start + size <= len(wad) and wad[start : start + 4] == b"MThd":
            yield name.rstrip(b"\0").decode("ascii", "replace"), wad[start : start + size]


def _scores(content: bytes, name: str) -> Iterator[Score]:
    try:
        file = read_tracks(content, name)
    except InvalidRequest:
        return
    meters = {meter for track in file.tracks for meter in track.meters}
    tempi = [tempo for track in file.tracks for _, tempo in sorted(track.tempi)]
    if any(4 * over != BEATS_PER_BAR * under for over, under in meters) or not tempi:
        return
    tempo = 60_000_000 / max(tempi[0], 1)
    if not TEMPI[0] <= tempo <= TEMPI[1]:
        return
    notes, _ = by_part(file.tracks, file.ticks_per_beat)
    drums = {part: [(beat, loud) for beat, _, _, loud in notes.get(part, ())] for part in DRUM_NOTES}
    last = max((struck[-1][0] for struck in drums.values() if struck), default=0.0)
    beats = BARS * BEATS_PER_BAR
    for start in range(0, int(last) + 1, beats):
        within = {
            part: [(max(beat - start, 0.0), loud) for beat, loud in struck if -0.1 <= beat - start < beats - 0.1]
            for part, struck in drums.items()
        }
        if _is_on_grid(within):
            yield Score.of_onsets(within, BARS, tempo_bpm=tempo)


def _is_on_grid(struck: dict[str, list[tuple[float, float]]]) -> bool:
    playing = [onsets for onsets in struck.values() if onsets]
    places = np.array([4 * beat for onsets in playing for beat, _ in onsets])
    if len(playing) < LEAST_DRUMS or len(places) < LEAST_HITS * BARS:
        return False
    return float(np.abs(places - np.rint(places)).mean()) <= MOST_OFF_GRID
