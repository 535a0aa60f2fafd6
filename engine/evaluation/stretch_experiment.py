"""`loopgen evaluate stretch`: loops at other tempi by inversion, by their conditions, and by signal processing."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.applications.inversion import InvertedLoop, invert_loop
from engine.applications.time_stretch import stretch
from engine.audio.resampling import resample_periodic
from engine.evaluation.dsp_stretch import NAME, dsp_stretch, dsp_stretcher_available
from engine.evaluation.kinship import Kinship, kinship
from engine.evaluation.results import results_folder
from engine.evaluation.sources import SourceSettings, mean, random_loop, write_table
from engine.pipeline import LoopPipeline
from engine.requests import MAX_TEMPO_BPM, MIN_TEMPO_BPM
from engine.tempo import LoopGeometry

PERCENT = (-30, -15, 15, 30, 40)
CONDITIONS = "conditions, new noise"
TURNS = (0.0, 0.2, 0.4, 0.6)
"""Alphas at which inverted states are brought to their new length: 0 is noise."""
CODEC, RANDOM = "codec alone, not stretched", "random loop of its tags"

Audio = NDArray[np.float32]


def evaluate_stretch(
    pipeline: LoopPipeline,
    out: Path,
    settings: SourceSettings,
    *,
    percent: tuple[int, ...] = PERCENT,
    progress: bool = True,
) -> dict[str, Any]:
    """Held-out loops at `percent` more tempo: `stretch.json` and `stretch.md` in `out`.

    Every result is compared with the source, and its timbre also with the source as the codec alone gives it, which
    is as near as any latent can come. Tempi outside 40-240 BPM are left out.
    """
    out = results_folder(out)
    found: dict[tuple[str, int], list[tuple[Kinship, float]]] = {}
    for seed in tqdm(settings.seeds, desc="stretch", unit="loop", disable=not progress):
        source = settings.source(seed)
        geometry = source.geometry
        inverted = invert_loop(pipeline, source, settings.walk)
        coded = resample_periodic(pipeline.decode(inverted.x_1)[0], geometry.samples)

        def told(name: str, change: int, audio: Audio, to: LoopGeometry) -> None:
            near = kinship(source.audio, geometry, audio, to)  # noqa: B023 - called within the round
            timbre = kinship(coded, geometry, audio, to).timbre  # noqa: B023
            found.setdefault((name, change), []).append((near, timbre))

        told(CODEC, 0, coded, geometry)
        told(RANDOM, 0, pipeline.render(random_loop(source, seed + 1)).audio, geometry)
        for change in percent:
            tempo = round(source.request.tempo_bpm * (1 + change / 100), 2)
            if not MIN_TEMPO_BPM <= tempo <= MAX_TEMPO_BPM:
                continue
            to = LoopGeometry(tempo, geometry.bars, geometry.sample_rate)
            for name, audio in _stretched(pipeline, inverted, to).items():
                told(name, change, audio, to)
    header = [
        "way", "tempo change %", "loops", "tempo hit", "strict", "beat ms, median", "onset F1", "timbre",
        "timbre against the codec's", "distance", "pitch",
    ]  # fmt: skip
    rows = [[name, change, *_figures(kin)] for (name, change), kin in found.items()]
    rows += [
        [name, "all", *_figures([row for (who, _), kin in found.items() if who == name for row in kin])]
        for name in dict.fromkeys(who for who, change in found if change)
    ]
    results = {
        "pack": asdict(pipeline.info),
        "settings": asdict(settings),
        "rows": [dict(zip(header, row, strict=True)) for row in rows],
    }
    write_table(out / "stretch", settings.heading("Time-stretch", pipeline), header, rows, results)
    return results


def _stretched(pipeline: LoopPipeline, inverted: InvertedLoop, to: LoopGeometry) -> Mapping[str, Audio]:
    ways = {
        f"inversion, turned at alpha {alpha:g}": stretch(pipeline, inverted, to.tempo_bpm, turn_at=alpha).audio
        for alpha in TURNS
    }
    ways[CONDITIONS] = stretch(pipeline, inverted, to.tempo_bpm, route="conditions").audio
    if dsp_stretcher_available():
        ways[NAME] = dsp_stretch(inverted.source.audio, to.sample_rate, to.samples)
    return ways


def _figures(kin: list[tuple[Kinship, float]]) -> list[float]:
    near = [row for row, _ in kin]
    return [
        len(near),
        mean([row.tempo_hit for row in near]),
        mean([row.tempo_strict for row in near]),
        float(np.median([row.beat_ms for row in near])),
        mean([row.onset_f1 for row in near]),
        mean([row.timbre for row in near]),
        mean([timbre for _, timbre in kin]),
        mean([row.distance for row in near]),
        mean([row.pitch for row in near]),
    ]
