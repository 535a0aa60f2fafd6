"""What training wants to know of imported loops, by ear: strokes of kick, snare, hats and bass, and its notes.

None of it is exact. Strokes are those of the parts that the detector of the corpus' parts hears well; the pitches of
the bass are read off the peaks that the codec hears; what is not clear stays open, as in requests that do not say.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from engine.audio.descriptors import onset_envelopes
from engine.audio.resampling import resample_periodic
from engine.codec.peaks import tonal_peaks
from engine.corpus.score import Annotation
from engine.corpus.store import annotate, stored_loops
from engine.evaluation.judges.part_onsets import PartOnsetDetector
from engine.vocabulary import BEATS_PER_BAR, NOTE_RANGES

RATE: Final = 44_100
HEARD: Final = ("kick", "snare", "closed_hat", "bass")
LEAST_QUALITY: Final = 0.7
"""Parts that the detector hears less well on loops that it knows (F1) stay open."""
_BANDS_HZ: Final = {
    "kick": (0.0, 150.0),
    "snare": (150.0, 4000.0),
    "closed_hat": (4000.0, np.inf),
    "bass": (0.0, 300.0),
}
_HOP: Final = 256
_SOFTEST: Final = 0.2
_FRAMES_A_BEAT: Final = 48
_LONGEST_BEATS: Final = 4.0
_QUIET: Final = 0.06
"""Peaks below this share of the loudest are no bass."""
_SHORTEST_FRAMES: Final = 4

Pairs = tuple[tuple[float, float], ...]
Rows = tuple[tuple[float, float, float], ...]


def hear_corpus(folder: Path, progress: Callable[[int, int], None]) -> int:
    """Add what is heard to the annotation of every imported loop of the corpus in `folder` that has none yet;
    returns how many. Raises `CorpusError` and `ExportError`; what was added until then stays."""
    loops = [loop for loop in stored_loops(folder) if loop.annotation.source == "folder" and not loop.is_heard]
    detector = PartOnsetDetector.load()
    for done, loop in enumerate(loops, 1):
        annotate(loop, heard(loop.annotation, loop.audio(), detector))
        progress(done, len(loops))
    return len(loops)


def heard(annotation: Annotation, audio: NDArray[np.float32], detector: PartOnsetDetector) -> Annotation:
    """`annotation` with the onsets and notes that are heard in its `audio` `[2, T]`; what it says stays."""
    times = detector.detect(audio, RATE)
    onsets = struck(annotation, audio, {part: times[part] for part in HEARD if _is_heard_well(detector, part)})
    notes = {"bass": bass_notes(annotation, audio, onsets["bass"])} if onsets.get("bass") else {}
    return replace(
        annotation,
        onsets={**onsets, **annotation.onsets},
        notes={**notes, **annotation.notes},
    )


def _is_heard_well(detector: PartOnsetDetector, part: str) -> bool:
    return detector.quality.get(part, 0.0) >= LEAST_QUALITY


def struck(
    annotation: Annotation, audio: NDArray[np.float32], times: Mapping[str, NDArray[np.float64]]
) -> dict[str, Pairs]:
    """(beat, velocity) of the strokes at `times`, in seconds, of each part; velocity is how far its band rises."""
    envelopes = onset_envelopes(audio, RATE, _HOP, [_BANDS_HZ[part] for part in times]) if times else ()
    found: dict[str, Pairs] = {}
    for (part, at), envelope in zip(times.items(), envelopes, strict=True):
        reach = np.round(at * RATE / _HOP).astype(int)[:, None] + np.arange(-2, 3)
        rises = envelope[reach % len(envelope)].max(axis=1) if len(at) else np.zeros(0)
        velocities = np.clip(rises / max(float(rises.max(initial=0.0)), 1e-6), _SOFTEST, 1.0)
        beats = at * annotation.tempo_bpm / 60
        found[part] = tuple((round(float(b), 4), round(float(v), 3)) for b, v in zip(beats, velocities, strict=True))
    return found


def bass_notes(annotation: Annotation, audio: NDArray[np.float32], onsets: Pairs) -> Rows:
    """(beat, length in beats, MIDI pitch) of the lowest tone that lasts in `audio` `[2, T]` behind each of `onsets`;
    one that nothing lasts behind has no note."""
    low, high = NOTE_RANGES["bass"]
    beats = annotation.bars * BEATS_PER_BAR
    middle = audio.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    halved = resample_periodic(middle, max(2, audio.shape[-1] // 2))
    # At half the rate and told to be at the whole one, all pitches are an octave up: so the lowest come into reach.
    hertz = 440 * 2 ** ((torch.arange(low, high + 13) + 12 - 69) / 12)
    with torch.inference_mode():
        peaks = tonal_peaks(torch.from_numpy(halved)[None], hertz, beats * _FRAMES_A_BEAT, RATE, circular=True)
    levels = peaks[0, 0].numpy()
    own, octave = levels[: high - low + 1], levels[12 : high - low + 13]
    strength = own + 0.5 * np.minimum(octave, own)
    least = max(_QUIET * float(own.max(initial=0.0)), 1e-4)
    found = []
    for (beat, _), (following, _) in zip(onsets, (*onsets[1:], (onsets[0][0] + beats, 0.0)), strict=True):
        first = round(beat * _FRAMES_A_BEAT)
        frames = np.arange(first, first + max(1, round(min(following - beat, _LONGEST_BEATS) * _FRAMES_A_BEAT)))
        behind = strength[:, frames % strength.shape[1]]
        pitch = int(behind[:, : _FRAMES_A_BEAT // 2].sum(axis=1).argmax())
        sounding = np.flatnonzero(behind[max(0, pitch - 1) : pitch + 2].max(axis=0) > least)
        if len(sounding) >= _SHORTEST_FRAMES:
            found.append((beat, (int(sounding[-1]) + 1) / _FRAMES_A_BEAT, float(pitch + low)))
    return tuple(found)
