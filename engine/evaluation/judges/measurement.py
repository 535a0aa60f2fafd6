"""Everything that is measured on one loop against the request it should fulfil."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.audio.third_octaves import third_octave_levels
from engine.evaluation.judges.beat_phase import beat_phase, pattern_lag
from engine.evaluation.judges.curves import correlation, curve_pairs
from engine.evaluation.judges.embedding import embed
from engine.evaluation.judges.levels import measure_levels
from engine.evaluation.judges.musicnn import Musicnn
from engine.evaluation.judges.onset_score import OnsetScore, score_onsets
from engine.evaluation.judges.part_onsets import SHIPPED, PartOnsetDetector
from engine.evaluation.judges.seam import measure_seam
from engine.evaluation.judges.tempo_estimators import TempoEstimator, tempo_estimators
from engine.requests import LoopRequest
from engine.tempo import LoopGeometry


@dataclass(frozen=True, eq=False)
class Judges:
    """What listens: tempo estimators, and where they are at hand the part onset detector and musicnn."""

    tempo: tuple[TempoEstimator, ...]
    detector: PartOnsetDetector | None = None
    musicnn: Musicnn | None = None

    @classmethod
    def at_hand(cls, musicnn: Path | None = None) -> Self:
        """Every judge this machine has; a `musicnn` folder that is given must be one."""
        detector = PartOnsetDetector.load() if SHIPPED.is_file() else None
        return cls(tempo_estimators(), detector, Musicnn.find(musicnn))


@dataclass(frozen=True)
class LoopMeasurement:
    """Figures of one loop; times in ms, levels in dB, JSON-able.

    `tempo`: BPM by estimator. `onsets`: (hit, missed, extra) per requested part. `curves`: correlation within the
    loop; `curve_sums`: n, sums of x, y, xx, yy, xy of requested and measured, for a correlation over many loops.
    `embedding`, `musicnn`: rows per window.
    """

    length_error: int
    tempo: Mapping[str, float]
    beat_ms: float
    sixteenth_ms: float
    lag_ms: float
    onsets: Mapping[str, tuple[int, int, int]]
    curves: Mapping[str, float]
    curve_sums: Mapping[str, tuple[float, ...]]
    seam_ratio: float
    step_percentile: float
    loudness_lufs: float
    true_peak_dbtp: float
    crest_db: float
    width: float
    third_octaves: tuple[float, ...]
    embedding: tuple[tuple[float, ...], ...]
    musicnn: tuple[tuple[float, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def measure_loop(
    audio: NDArray[np.float32], sample_rate: int, request: LoopRequest, judges: Judges
) -> LoopMeasurement:
    """Measure loop `audio [2, T]` against `request` with every judge."""
    geometry = LoopGeometry(request.tempo_bpm, request.bars, sample_rate)
    phase = beat_phase(audio, sample_rate, geometry)
    wanted = [onset for part in request.pattern.rows for onset in request.pattern.onsets(part, request.bars)]
    pairs = curve_pairs(request.curves, audio, sample_rate, request.bars)
    seam = measure_seam(audio, sample_rate, geometry)
    levels = measure_levels(audio, sample_rate)
    heard = judges.musicnn.embed(audio, sample_rate) if judges.musicnn else np.zeros((0, 0))
    return LoopMeasurement(
        length_error=audio.shape[-1] - geometry.samples,
        tempo={judge.name: judge.estimate(audio, sample_rate) for judge in judges.tempo},
        beat_ms=phase.beat_ms,
        sixteenth_ms=phase.sixteenth_ms,
        lag_ms=pattern_lag(audio, sample_rate, geometry, wanted),
        onsets=_onsets(audio, sample_rate, request, geometry, judges.detector),
        curves={name: correlation(pair) for name, pair in pairs.items()},
        curve_sums={name: _sums(pair) for name, pair in pairs.items()},
        seam_ratio=seam.ratio,
        step_percentile=seam.step_percentile,
        loudness_lufs=levels.loudness_lufs,
        true_peak_dbtp=levels.true_peak_dbtp,
        crest_db=levels.crest_db,
        width=levels.width,
        third_octaves=tuple(map(float, third_octave_levels(audio, sample_rate))),
        embedding=_rows(embed(audio, sample_rate)),
        musicnn=_rows(heard),
    )


def _onsets(
    audio: NDArray[np.float32],
    sample_rate: int,
    request: LoopRequest,
    geometry: LoopGeometry,
    detector: PartOnsetDetector | None,
) -> dict[str, tuple[int, int, int]]:
    if detector is None:
        return {}
    found = detector.detect(audio, sample_rate)
    counts = {}
    for part in request.pattern.rows:
        wanted = [geometry.beat_to_seconds(beat) for beat, _ in request.pattern.onsets(part, request.bars)]
        score: OnsetScore = score_onsets(wanted, found[part], geometry.seconds)
        counts[part] = (score.hit, score.missed, score.extra)
    return counts


def _sums(pair: NDArray[np.float64]) -> tuple[float, ...]:
    x, y = pair
    return (float(len(x)), *(float(values.sum()) for values in (x, y, x * x, y * y, x * y)))


def _rows(values: NDArray[Any]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(f"{value:.5g}") for value in row) for row in values)
