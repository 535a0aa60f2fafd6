"""MIDI files as tracks of notes, by `mido`: other, damaged and too large files are refused first."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from engine.errors import InvalidRequest, MissingDependency
from engine.requests import MAX_BARS

MAX_BYTES: Final = 1_000_000
MAX_NOTES: Final = 100_000
LONGEST_HIGH_RUN: Final = 1000
"""Bytes above 127 in a row: more are no text that anybody wrote, and as a number they would take minutes to read."""


@dataclass(eq=False)
class Track:
    """What one track holds; times in ticks, notes (start, length, channel, pitch, velocity 1-127)."""

    name: str = ""
    programs: dict[int, int] = field(default_factory=dict)
    notes: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    tempi: list[tuple[int, int]] = field(default_factory=list)
    meters: set[tuple[int, int]] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    end: int = 0


@dataclass(frozen=True)
class TrackFile:
    """The tracks of a file, one after the other where its format is 2, else sounding together."""

    format: int
    ticks_per_beat: int
    tracks: tuple[Track, ...]


def import_mido() -> Any:
    """The module `mido`; raises `MissingDependency` without it."""
    try:
        import mido  # noqa: PLC0415 - loads when a file is read
    except ImportError as error:
        raise MissingDependency("MIDI files need mido: pip install mido.") from error
    return mido


def read_tracks(content: bytes, name: str) -> TrackFile:
    """The tracks of the MIDI file `content`, which errors call `name`.

    Raises `InvalidRequest` on a file that is no MIDI, damaged, too large or timed in frames of film, and
    `MissingDependency` without mido.
    """
    file = _opened(content, name)
    return TrackFile(file.type, file.ticks_per_beat, tuple(_track(messages) for messages in file.tracks))


def _opened(content: bytes, name: str) -> Any:
    mido = import_mido()
    from mido.midifiles.meta import KeySignatureError  # noqa: PLC0415

    if len(content) > MAX_BYTES:
        raise InvalidRequest(f"{name} is larger than {MAX_BYTES} bytes, which no pattern of {MAX_BARS} bars is.")
    if content[:4] != b"MThd":
        raise InvalidRequest(f"{name} is no MIDI file: it does not begin as one does.")
    if re.search(rb"[\x80-\xff]{%d}" % LONGEST_HIGH_RUN, content):
        raise InvalidRequest(f"{name} is damaged: it does not hold readable MIDI.")
    try:
        file = mido.MidiFile(file=io.BytesIO(content), clip=True)
    except (OSError, EOFError, ValueError, ArithmeticError, LookupError, TypeError, KeySignatureError) as error:
        raise InvalidRequest(f"{name} is damaged or cut off: it does not hold readable MIDI.") from error
    if file.type not in (0, 1, 2):
        raise InvalidRequest(f"{name} is a MIDI file of format {file.type}; possible: 0, 1 and 2.")
    if file.ticks_per_beat <= 0:
        raise InvalidRequest(f"{name} counts in frames of film, not in beats; save it with ticks per quarter note.")
    return file


def _track(messages: Sequence[Any]) -> Track:
    """The notes and marks of one track; a note that is never let go lasts to the next of its pitch, or no time."""
    track, now = Track(), 0
    sounding: dict[tuple[int, int], tuple[int, int]] = {}

    def let_go(channel: int, pitch: int) -> None:
        if (begun := sounding.pop((channel, pitch), None)) is not None:
            track.notes.append((begun[0], now - begun[0], channel, pitch, begun[1]))

    for message in messages:
        now += int(message.time)
        kind = message.type
        if kind in ("note_on", "note_off"):
            let_go(message.channel, message.note)
            if kind == "note_on" and message.velocity:
                sounding[message.channel, message.note] = (now, message.velocity)
        elif kind == "program_change":
            track.programs.setdefault(message.channel, message.program)
        elif kind == "set_tempo":
            track.tempi.append((now, message.tempo))
        elif kind == "time_signature":
            track.meters.add((message.numerator, message.denominator))
        elif kind == "track_name":
            track.name = track.name or message.name
        elif kind == "text":
            track.texts.append(message.text)
        if len(track.notes) > MAX_NOTES:
            raise InvalidRequest(f"The file has more than {MAX_NOTES} notes; a pattern has a few hundred.")
    track.end = now
    for channel, pitch in [*sounding]:
        let_go(channel, pitch)
    return track
