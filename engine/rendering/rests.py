"""Where the score of a loop lets nothing sound."""

from typing import Final

from engine.audio.voice_image import HOP, VOICE_RATE
from engine.conditioning.composition import Composition, onsets_of
from engine.rendering.voicing import pictures
from engine.requests import LoopRequest
from engine.tempo import LoopGeometry
from engine.vocabulary import NOTE_RANGES, PARTS, PICTURE_COLUMNS

HELD_BEATS: Final = 0.4
"""How long a drum is told to sound, by the ramp of its row."""
PICTURED_SECONDS: Final = PICTURE_COLUMNS * HOP / VOICE_RATE


def rests(request: LoopRequest, written: Composition | None, geometry: LoopGeometry) -> list[tuple[int, int]]:
    """The rests of a loop of `request`, as (first sample, sample behind the last); one may go round its end.

    A drum that has the picture of a sound sounds as long as that. None where a part or the length of its notes is
    open, in what was `written` too: it may sound anywhere; and none where nothing plays at all.
    """
    onsets, notes = onsets_of(request, written), {} if written is None else written.notes
    if not set(onsets) >= set(PARTS):
        return []
    sounding: list[tuple[float, float]] = []
    pictured, shown = pictures(request), PICTURED_SECONDS * request.tempo_bpm / 60
    for part, struck in onsets.items():
        if not struck or part not in NOTE_RANGES:
            held = shown if part in pictured else HELD_BEATS
            sounding += [(beat, beat + held) for beat, _ in struck]
        elif notes.get(part):
            sounding += [(beat, beat + beats) for beat, beats, _ in notes[part]]
        else:
            return []
    if not sounding:
        return []
    found, last = [], max(end for _, end in sounding) - geometry.beats
    for start, end in sorted(sounding):
        if start > last:
            found.append((last, start))
        last = max(last, end)
    samples = geometry.samples / geometry.beats
    return [(round(first * samples), round(end * samples)) for first, end in found]
