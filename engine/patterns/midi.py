"""Patterns as MIDI files, out and in: drums on channel 10, pitched parts on channels of their own.

What a step grid holds comes back exactly: onsets, swing in thousandths of a step, velocities in 1/127. What others
wrote is brought to the nearest swung grid.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.documents import read_file
from engine.errors import InvalidRequest
from engine.files import write_atomically
from engine.knobs import BARS, TEMPO
from engine.patterns.general_midi import (
    CHANNELS,
    DRUM_CHANNEL,
    DRUM_NOTES,
    DRUM_OF,
    PITCHES,
    PROGRAMS,
    is_drums,
    pitched_part,
)
from engine.patterns.midi_tracks import MAX_BYTES, Track, import_mido, read_tracks
from engine.patterns.swing import STEPS_PER_BEAT, nearest_swing
from engine.requests import MAX_BARS, Pattern
from engine.tempo import check_tempo
from engine.vocabulary import BEATS_PER_BAR, PARTS

TICKS_PER_BEAT: Final = 960
LOUDEST: Final = 127

Notes = Sequence[tuple[float, float, float]]


@dataclass(frozen=True)
class MidiPattern:
    """What a MIDI file holds: its `pattern` over `bars` bars, its first tempo, the notes (beat, length in beats, MIDI
    pitch) of its pitched parts, and sentences on what of it could not be taken."""

    pattern: Pattern
    bars: int
    tempo_bpm: float
    notes: Mapping[str, tuple[tuple[float, float, float], ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def write_midi(
    path: Path,
    pattern: Pattern,
    bars: int,
    *,
    tempo_bpm: float = 120.0,
    notes: Mapping[str, Notes] | None = None,
    timing: Mapping[str, Sequence[float]] | None = None,
) -> Path:
    """Write `pattern` over `bars` bars as a format 1 file of exactly that length; returns its path.

    `notes` gives pitched parts their (beat, length in beats, MIDI pitch), each struck at the step it is nearest to;
    without them they play one note. `timing` is by how much of a step each step of a part is late.
    Raises `InvalidRequest` on bars or a tempo out of range, `ExportError` when the file cannot be written,
    `MissingDependency` without mido.
    """
    return write_atomically(path, midi_bytes(pattern, bars, tempo_bpm=tempo_bpm, notes=notes, timing=timing))


def midi_bytes(
    pattern: Pattern,
    bars: int,
    *,
    tempo_bpm: float = 120.0,
    notes: Mapping[str, Notes] | None = None,
    timing: Mapping[str, Sequence[float]] | None = None,
) -> bytes:
    """The content of the file that `write_midi` writes."""
    mido = import_mido()
    BARS.check(bars)
    end = bars * BEATS_PER_BAR * TICKS_PER_BEAT
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    head = [
        mido.MetaMessage("track_name", name="LoopGen"),
        mido.MetaMessage("text", text=f"swing {pattern.swing:.3g}"),
        mido.MetaMessage("set_tempo", tempo=round(60_000_000 / check_tempo(tempo_bpm))),
        mido.MetaMessage("time_signature", numerator=BEATS_PER_BAR, denominator=4),
    ]
    file.tracks.append(mido.MidiTrack([*head, mido.MetaMessage("end_of_track", time=end)]))
    for name, parts in (("Drums", tuple(DRUM_NOTES)), *((part.capitalize(), (part,)) for part in CHANNELS)):
        played = [part for part in parts if any(pattern.rows.get(part, ()))]
        if not played:
            continue
        channel = CHANNELS.get(played[0], DRUM_CHANNEL)
        events: list[tuple[int, int, Any]] = []
        for part in played:
            late = (timing or {}).get(part, ())
            for start, length, pitch, velocity in _struck(pattern, part, bars, (notes or {}).get(part), late):
                for tick, kind, loud in ((start, "note_on", velocity), (min(start + length, end), "note_off", 0)):
                    message = mido.Message(kind, channel=channel, note=pitch, velocity=loud)
                    events.append((tick, 0 if kind == "note_off" else 1, message))
        head = [mido.MetaMessage("track_name", name=name)]
        if played[0] in PROGRAMS:
            head.append(mido.Message("program_change", channel=channel, program=PROGRAMS[played[0]]))
        file.tracks.append(mido.MidiTrack([*head, *_in_turn(events), mido.MetaMessage("end_of_track")]))
        file.tracks[-1][-1].time = end - max(tick for tick, _, _ in events)
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def read_midi(path: Path) -> MidiPattern:
    """What the MIDI file `path` holds.

    Raises `InvalidRequest`, in one sentence, on a file that is no MIDI, damaged, too large or in a meter that has no
    place on the grid, and `MissingDependency` without mido.
    """
    try:
        content = read_file(path, MAX_BYTES + 1)
    except OSError as error:
        raise InvalidRequest(f"Cannot read the MIDI file {str(path)!r}: {error.strerror or error}.") from error
    return parse_midi(content, path.name)


def parse_midi(content: bytes, name: str = "the file") -> MidiPattern:
    """What `content` holds, as `read_midi` reads it; `name` is what errors call it."""
    file = read_tracks(content, name)
    tracks: Sequence[Track] = file.tracks
    if file.format == 2:  # tracks that are not meant to sound together
        tracks = [next((track for track in tracks if track.notes), Track())]
    _check_meter(tracks, name)
    remarks: list[str] = []
    sorted_notes, outside = by_part(tracks, file.ticks_per_beat)
    if outside:
        remarks.append(f"{outside} drum notes outside the General MIDI map are left out.")
    if not any(sorted_notes.values()):
        raise InvalidRequest(f"{name} has no notes that a pattern has a part for.")
    tempi = [tempo for track in tracks for _, tempo in sorted(track.tempi)]
    tempo = 60_000_000 / max(tempi[0], 1) if tempi else TEMPO.default
    if len(set(tempi)) > 1:
        remarks.append(f"It has {len(set(tempi))} tempi; the first, {tempo:.4g} BPM, is taken.")
    bars = _bars(sorted_notes, max((track.end for track in tracks), default=0) / file.ticks_per_beat)
    if bars > MAX_BARS:
        remarks.append(f"It is {bars} bars long; the first {MAX_BARS} are taken.")
        bars = MAX_BARS
    beats = bars * BEATS_PER_BAR
    kept = {part: [note for note in notes if note[0] < beats] for part, notes in sorted_notes.items() if notes}
    onsets = {part: [(beat, velocity) for beat, _, _, velocity in notes] for part, notes in kept.items() if notes}
    if not onsets:
        raise InvalidRequest(f"{name} is silent for its first {MAX_BARS} bars, which are all that a pattern has.")
    struck = [beat for notes in kept.values() for beat, *_ in notes]
    swing = nearest_swing(struck, [text for track in tracks for text in track.texts], file.ticks_per_beat)
    pitches = {
        part: tuple((beat, length, float(pitch)) for beat, length, pitch, _ in kept[part])
        for part in CHANNELS
        if part in onsets
    }
    pattern = Pattern.nearest({part: onsets[part] for part in PARTS if part in onsets}, bars, swing)
    return MidiPattern(pattern, bars, round(float(TEMPO.clamp(tempo)), 3), pitches, tuple(remarks))


Found = dict[str, list[tuple[float, float, int, float]]]
"""Per part (beat, length in beats, MIDI pitch, velocity in (0, 1])."""


def _check_meter(tracks: Sequence[Track], name: str) -> None:
    for numerator, denominator in sorted({meter for track in tracks for meter in track.meters}):
        if numerator * 4 != denominator * BEATS_PER_BAR:
            raise InvalidRequest(
                f"{name} is in {numerator}/{denominator}; patterns have bars of four quarters: 4/4, 2/2 or 8/8."
            )


def by_part(tracks: Sequence[Track], ticks_per_beat: int) -> tuple[Found, int]:
    """The notes of each part, and how many drum notes have none."""
    found: Found = {}
    outside = 0
    for track in tracks:
        for channel in sorted({note[2] for note in track.notes}):
            notes = [note for note in track.notes if note[2] == channel]
            drums = is_drums(channel, track.name)
            starts = [start for start, *_ in notes]
            chords = 1 - len(set(starts)) / len(starts)
            pitches = [pitch for _, _, _, pitch, _ in notes]
            played = None if drums else pitched_part(track.name, track.programs.get(channel), pitches, chords)
            for start, length, _, pitch, velocity in notes:
                part = played or DRUM_OF.get(pitch)
                if part is None:
                    outside += 1
                    continue
                times = (start / ticks_per_beat, length / ticks_per_beat)
                found.setdefault(part, []).append((*times, pitch, round(velocity / LOUDEST, 3)))
    return {part: sorted(notes) for part, notes in found.items()}, outside


def _bars(found: Found, end: float) -> int:
    """Whole bars up to the last onset, or to the end in beats that the file itself says."""
    last = max(notes[-1][0] for notes in found.values())
    return max(1, int((last + 1e-6) // BEATS_PER_BAR) + 1, round(end / BEATS_PER_BAR))


def _struck(
    pattern: Pattern, part: str, bars: int, notes: Notes | None, timing: Sequence[float]
) -> list[tuple[int, int, int, int]]:
    """(start and length in ticks, MIDI pitch, velocity 1-127) of every note of `part`."""
    step_ticks, end = TICKS_PER_BEAT // STEPS_PER_BEAT, bars * BEATS_PER_BAR * TICKS_PER_BEAT
    pitch = DRUM_NOTES[part][0] if part in DRUM_NOTES else PITCHES[part]
    found = []
    for beat, velocity in pattern.onsets(part, bars):
        step = int(beat * STEPS_PER_BEAT + 1e-6)
        late = timing[step % len(timing)] if timing else 0.0
        start = round(beat * TICKS_PER_BEAT + late * step_ticks) % end
        loud = max(1, round(velocity * LOUDEST))
        chord = [(length, tone) for at, length, tone in notes or () if abs(at - beat) < 0.5 / STEPS_PER_BEAT]
        for length, tone in chord or [(1 / STEPS_PER_BEAT, pitch)]:
            found.append((start, max(1, round(length * TICKS_PER_BEAT) - 1), int(np.clip(round(tone), 0, 127)), loud))
    return found


def _in_turn(events: Sequence[tuple[int, int, Any]]) -> list[Any]:
    """The messages of `events` (tick, order within it, message), each told how long after the one before it comes."""
    ordered = sorted(events, key=lambda event: event[:2])
    befores = [0, *(tick for tick, _, _ in ordered)]
    return [message.copy(time=tick - before) for before, (tick, _, message) in zip(befores, ordered, strict=False)]
