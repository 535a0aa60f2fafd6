"""`loopgen evaluate voices`: is a drum the same drum from hit to hit, and is silence silent?

One part plays alone, every other row is asked to be silent, and only the seed differs. Of the hits of one loop the
log-mel distances are measured, and of hits of different loops: their ratio is the *sameness* of a voice, near zero
for a drum machine and one where every hit is another sound. The corpus's own dry voices are measured beside them.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from engine.audio.spectrum import mel_spectrogram
from engine.conditioning.composition import Composition
from engine.corpus.score import Note
from engine.corpus.seeds import HELD_OUT_SEED
from engine.corpus.streams import Streams, pick
from engine.corpus.voices import draw_sound, render_part
from engine.diffusion.samplers import sample
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.pipeline import LoopPipeline
from engine.rendering.guided import Aim
from engine.rendering.starts import REACH
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS, STYLES

Floats = NDArray[np.float32]

STEPS: Final[Mapping[str, tuple[int, ...]]] = {
    "kick": (0, 4, 8, 12),
    "snare": (4, 12),
    "closed_hat": (2, 6, 10, 14),
    "open_hat": (2, 6, 10, 14),
    "bass": (0, 4, 8, 12),
}
"""The sixteenths of a bar that each part strikes at."""
TEMPO_BPM, BARS, PITCH = 124.0, 4, 36.0
BATCH: Final = 8
"""Loops that are rendered at once."""
HEARD_SECONDS: Final = 0.2
RANGE_DB: Final = 50.0
"""How far below its peak a hit is listened to."""
SILENT_AFTER: Final = 3
"""A step is silent when it lies this many sixteenths or more behind the last hit, and before the next."""


@dataclass(frozen=True)
class VoiceFigures:
    """What was measured of one part over several loops: distances in dB within and between them, and the level of
    silent steps beside that of hits in dB, a median."""

    within: float
    between: float
    silence_db: float

    @property
    def sameness(self) -> float:
        """Distance within loops over that between them."""
        return self.within / max(self.between, 1e-9)


def evaluate_voices(
    pipeline: LoopPipeline, out: Path, *, loops: int = 32, request: LoopRequest | None = None
) -> dict[str, Any]:
    """Measure `loops` loops of each part by `pipeline` and by the corpus; writes `voices.json` and `voices.md`.

    `request` says how they are sampled. Of eight loops the variety is known to a factor of two only: those of a bass
    varied .61 as much as the corpus's, and 32 of the same pack 1.26. Raises `ExportError` when `out` cannot be used.
    """
    out = results_folder(out)
    asked = (request or LoopRequest()).with_(tempo_bpm=TEMPO_BPM, bars=BARS)
    found: dict[str, dict[str, Any]] = {}
    for part in STEPS:
        made = measure_voice(part, render_alone(pipeline, part, asked, loops))
        own = measure_voice(part, corpus_alone(part, loops))
        found[part] = {
            "sameness": made.sameness,
            "corpus sameness": own.sameness,
            "variety of the corpus's": made.between / max(own.between, 1e-9),
            "silent steps (dB)": made.silence_db,
            "corpus silent steps (dB)": own.silence_db,
        }
    write_json(out / "voices.json", {"pack": pipeline.info.hash, "loops": loops, "parts": found})
    header = ["part", *next(iter(found.values()))]
    write_atomically(
        out / "voices.md", markdown_table(header, [[part, *row.values()] for part, row in found.items()]).encode()
    )
    return found


def render_alone(pipeline: LoopPipeline, part: str, request: LoopRequest, loops: int) -> list[Floats]:
    """Loops `[2, T]` of seeds from `HELD_OUT_SEED` on in which `part` plays alone, a bass on one pitch."""
    rows: dict[str, tuple[float, ...]] = dict.fromkeys(PARTS, (0.0,) * 16)
    rows[part] = tuple(0.9 if step in STEPS[part] else 0.0 for step in range(16))
    request = request.with_(pattern=Pattern(rows))
    written = Composition({}, _notes(part), 0.0, (), None) if part == "bass" else None
    requests = [request.with_(seed=HELD_OUT_SEED + number) for number in range(loops)]
    batches = [requests[first : first + BATCH] for first in range(0, loops, BATCH)]
    return [audio for batch in batches for audio in _rendered(pipeline, batch, written)]


def _rendered(pipeline: LoopPipeline, requests: Sequence[LoopRequest], written: Composition | None) -> list[Floats]:
    asked = requests[0]
    with torch.inference_mode():
        aim = Aim.stack([pipeline.aim(each, written) for each in requests])
        flow = pipeline.flow(asked, aim)
        x_0 = torch.cat([pipeline.noise(each, written) for each in requests]).to(pipeline.device)
        x_1 = sample(flow, x_0, pipeline.alphas(asked), asked.sampler)
    return [loop.audio for loop in pipeline.finish(x_1.clamp(-REACH, REACH), requests, aim)]


def corpus_alone(part: str, loops: int) -> list[Floats]:
    """The same by voices of the corpus, dry, of any style."""
    geometry = LoopGeometry(TEMPO_BPM, BARS)
    found = []
    for seed in range(HELD_OUT_SEED, HELD_OUT_SEED + loops):
        streams = Streams(seed)
        sound = draw_sound(part, pick(streams("style"), STYLES), streams(part, "sound"))
        notes = [Note(beat, 0.25, 0.9, PITCH if part == "bass" else 60.0) for beat in _beats(part)]
        audio = render_part(sound, notes, TEMPO_BPM, geometry.samples, streams(part, "voice"))
        found.append(np.stack((audio, audio)))
    return found


def measure_voice(part: str, loops: Sequence[Floats], sample_rate: int = 44_100) -> VoiceFigures:
    """Sameness and silence of `loops` `[2, T]` in which `part` strikes at `STEPS`."""
    hits = [_hits(part, audio, sample_rate) for audio in loops]
    within = [_distance(a, b) for own in hits for a, b in itertools.combinations(own, 2)]
    pairs = itertools.combinations(hits, 2)
    between = [_distance(a, b) for one, other in pairs for a, b in zip(one, other, strict=True)]
    silence = [_silence_db(part, audio) for audio in loops]
    return VoiceFigures(float(np.mean(within)), float(np.mean(between)), float(np.median(silence)))


def _hits(part: str, audio: Floats, sample_rate: int) -> list[Floats]:
    """Log-mel pictures of the hits, each from its own peak down to `RANGE_DB` below it."""
    hop = 256
    levels = mel_spectrogram(audio, sample_rate, hop=hop, bands=64, window_length=1024)
    columns, length = round(HEARD_SECONDS * sample_rate / hop), levels.shape[1]
    pictures = []
    for beat in _beats(part):
        first = round(beat / (BARS * 4) * audio.shape[-1] / hop)
        picture = levels[:, (first + np.arange(columns)) % length]
        pictures.append(np.maximum(picture - picture.max(), -RANGE_DB))
    return pictures


def _silence_db(part: str, audio: Floats) -> float:
    steps = BARS * 16
    edges = np.linspace(0, audio.shape[-1], steps + 1).astype(np.int64)
    power = np.array([np.mean(np.square(audio[:, a:b])) for a, b in itertools.pairwise(edges)])
    struck = [step for step in range(steps) if step % 16 in STEPS[part]]
    silent = [step for step in range(steps) if min((step - hit) % steps for hit in struck) >= SILENT_AFTER]
    return float(10 * np.log10((power[silent].mean() + 1e-12) / (power[struck].mean() + 1e-12)))


def _distance(a: Floats, b: Floats) -> float:
    return float(np.abs(a - b).mean())


def _beats(part: str) -> list[float]:
    return [bar * 4 + step / 4 for bar in range(BARS) for step in STEPS[part]]


def _notes(part: str) -> dict[str, tuple[tuple[float, float, float], ...]]:
    silent: dict[str, tuple[tuple[float, float, float], ...]] = {"bass": (), "lead": (), "pad": ()}
    return silent | {part: tuple((beat, 0.25, PITCH) for beat in _beats(part))}
