"""`loopgen evaluate kits`: does another voice change its own part and no other, and does a voice come back?

A drum loop is rendered twice with one seed, its kick by two voices. What is heard where a kick strikes alone should
change, and where other parts strike without a kick it should not. A voice that was read off a stem, a dry voice of
the corpus, is played by itself: the sound should be nearer to its own stem than to others'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.audio.spectrum import mel_spectrogram
from engine.audio.voice_image import voice_image
from engine.corpus.seeds import HELD_OUT_SEED
from engine.evaluation.experiments.hits import alone
from engine.evaluation.experiments.voices import BARS as STEM_BARS, STEPS, TEMPO_BPM as STEM_BPM, corpus_alone
from engine.evaluation.judges.onset_score import score_onsets
from engine.evaluation.judges.part_onsets import PartOnsetDetector
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest, Pattern
from engine.vocabulary import PARTS, STEPS_PER_BAR

Floats = NDArray[np.float32]

TEMPO_BPM, BARS = 124.0, 2
ROWS: Final = {
    "kick": (0, 8),
    "snare": (4, 12),
    "closed_hat": (6, 14),
    "percussion": (7, 15),
}
"""A drum loop in which every part strikes on steps of its own, and a kick has died away before the next."""
STEMS: Final = ("kick", "snare", "closed_hat")
"""Parts whose voices are read off stems."""
OTHERS: Final = 20
"""Stems that a sound is to be farther from than from its own."""
RANGE_DB: Final = 50.0
HOP: Final = 256


@dataclass(frozen=True)
class Change:
    """What another kick changed, in dB of log-mel pictures, where it strikes and where others do; and whether the
    kick's onsets were kept (F1)."""

    own: float
    others: float
    onsets: float


def evaluate_kits(pipeline: LoopPipeline, out: Path, *, loops: int = 40, progress: bool = True) -> dict[str, Any]:
    """Measure `loops` pairs of kicks and as many stems of each of `STEMS`; writes `kits.json` and `kits.md`.

    Raises `ExportError` when `out` cannot be used.
    """
    out = results_folder(out)
    detector = PartOnsetDetector.load()
    seeds = range(HELD_OUT_SEED, HELD_OUT_SEED + loops)
    changes = [_change(pipeline, detector, seed) for seed in tqdm(seeds, desc="kicks", disable=not progress)]
    own, others = (float(np.mean([getattr(change, what) for change in changes])) for what in ("own", "others"))
    figures = {
        "kick changed by its voice (dB)": own,
        "other parts changed by it (dB)": others,
        "kick over others": own / max(others, 1e-9),
        "kick onsets kept (F1)": float(np.mean([change.onsets for change in changes])),
    }
    for part in STEMS:
        stems = [audio[0] for audio in corpus_alone(part, loops)]
        played = [_played(pipeline, part, stem) for stem in tqdm(stems, desc=part, disable=not progress)]
        name = f"{part}: nearer to its own stem than to {min(OTHERS, loops - 1)} others"
        figures[name] = nearest(part, played, stems)
    write_json(out / "kits.json", {"pack": pipeline.info.hash, "loops": loops, "figures": figures})
    table = markdown_table(["figure", "value"], list(map(list, figures.items())))
    write_atomically(out / "kits.md", table.encode())
    return figures


def drum_loop(seed: int) -> LoopRequest:
    """A request for the drum loop of `ROWS`, all other parts silent."""
    steps = range(STEPS_PER_BAR)
    rows = {part: tuple(0.9 if step in ROWS.get(part, ()) else 0.0 for step in steps) for part in PARTS}
    return LoopRequest(tempo_bpm=TEMPO_BPM, bars=BARS, seed=seed, pattern=Pattern(rows))


def changed(before: Floats, after: Floats, part: str) -> tuple[float, float]:
    """How much loop `before` `[2, T]` differs from `after` in dB where `part` of `ROWS` strikes, and where the others
    do.

    A part that is louder makes the rest of a loop quieter, for loops are made equally loud: they are compared at the
    level at which the others are as loud as before.
    """
    struck = {name: [bar * STEPS_PER_BAR + step for bar in range(BARS) for step in at] for name, at in ROWS.items()}
    others = [step for name, at in struck.items() if name != part for step in at]
    levelled = after * (_level(before, others) / max(_level(after, others), 1e-9))
    pictures = [_steps(audio, peak=_mels(before).max()) for audio in (before, levelled)]
    distance = np.abs(pictures[0] - pictures[1]).mean(axis=(1, 2))
    return float(distance[struck[part]].mean()), float(distance[others].mean())


def _level(audio: Floats, steps: Sequence[int]) -> float:
    edges = np.linspace(0, audio.shape[-1], BARS * STEPS_PER_BAR + 1).astype(np.int64)
    return float(np.sqrt(np.mean([np.mean(np.square(audio[:, edges[step] : edges[step + 1]])) for step in steps])))


def nearest(part: str, played: Sequence[Floats | None], stems: Sequence[Floats]) -> float:
    """The share of sounds that were `played` by the voices of `stems` `[T]` which are nearer, as pictures of hits, to
    their own stem than to any of the next `OTHERS`; a silent sound never is."""
    pictures = [_hit(part, stem) for stem in stems]
    found = []
    for index, audio in enumerate(played):
        picture = None if audio is None else _hit(part, audio)
        rivals = [(index + step) % len(stems) for step in range(1, min(OTHERS, len(stems) - 1) + 1)]
        if picture is None:
            found.append(False)
            continue
        distances = [_apart(picture, pictures[rival]) for rival in (index, *rivals)]
        found.append(int(np.argmin(distances)) == 0)
    return float(np.mean(found))


def _change(pipeline: LoopPipeline, detector: PartOnsetDetector, seed: int) -> Change:
    request = drum_loop(seed)
    before, after = (pipeline.render(request.with_(voices={"kick": voice})) for voice in (seed, seed + 1_000_000))
    own, others = changed(before.audio, after.audio, "kick")
    beats = [bar * 4 + step / 4 for bar in range(BARS) for step in ROWS["kick"]]
    seconds = [beat * 60 / TEMPO_BPM for beat in beats]
    heard = detector.detect(after.audio, after.sample_rate)["kick"]
    return Change(own, others, score_onsets(seconds, heard, after.audio.shape[-1] / after.sample_rate).f1)


def _played(pipeline: LoopPipeline, part: str, stem: Floats) -> Floats | None:
    voice = pipeline.embed_voice(part, stem[None], 44_100)
    row = tuple(0.9 if step in STEPS[part] else 0.0 for step in range(STEPS_PER_BAR))
    asked = LoopRequest(tempo_bpm=STEM_BPM, bars=1, seed=HELD_OUT_SEED, pattern=alone(part, row))
    audio: Floats = pipeline.render(asked.with_(voices={part: voice})).audio.mean(axis=0)
    return audio


def _mels(audio: Floats) -> Floats:
    return mel_spectrogram(audio, 44_100, hop=HOP, bands=64, window_length=1024)


def _steps(audio: Floats, peak: float) -> Floats:
    """Log-mel pictures of all steps of a loop, `[steps, bands, columns]`, in dB down to `RANGE_DB` below `peak`."""
    levels = np.maximum(_mels(audio) - peak, -RANGE_DB)
    count = BARS * STEPS_PER_BAR
    columns = levels.shape[1] // count
    firsts = np.round(np.arange(count) * audio.shape[-1] / count / HOP).astype(np.int64)
    return np.stack([levels[:, (first + np.arange(columns)) % levels.shape[1]] for first in firsts])


def _hit(part: str, audio: Floats) -> Floats | None:
    bars = round(len(audio) / 44_100 * STEM_BPM / 240)
    assert bars in (1, STEM_BARS)
    beats = [bar * 4 + step / 4 for bar in range(bars) for step in STEPS[part]]
    places = [(round(beat * 60 / STEM_BPM * 44_100), 0.9) for beat in beats]
    return voice_image(audio, 44_100, places)


def _apart(a: Floats, b: Floats | None) -> float:
    return np.inf if b is None else float(np.abs(a - b).mean())
