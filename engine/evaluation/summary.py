"""From measurements of many loops to the figures of a table."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.judges.distribution import diversity
from engine.evaluation.judges.onset_score import OnsetScore
from engine.evaluation.judges.tempo import OCTAVES, STRICT, tempo_hit
from engine.requests import LoopRequest
from engine.vocabulary import CURVES, PARTS

Doubles = NDArray[np.float64]
Measured = Mapping[str, Any]
"""A `LoopMeasurement` as plain values, as item files hold it (null for NaN and infinity)."""

_TIMINGS = {
    "beat_ms": "beat phase error",
    "sixteenth_ms": "sixteenth phase error",
    "lag_ms": "lag against the pattern",
}

TEMPO_BINS = tuple(range(60, 201, 20))


def summarise(measured: Sequence[Measured], requests: Sequence[LoopRequest]) -> dict[str, Any]:
    """Figures over loops and their requests, by name; what could not be measured is absent."""
    figures: dict[str, Any] = {
        "loops": len(measured),
        "length errors": int(np.sum([m["length_error"] != 0 for m in measured])),
    }
    for judge in measured[0]["tempo"]:
        for name, ratios in (("strict", STRICT), ("octave", OCTAVES)):
            figures[f"tempo hit, {judge}, {name}"] = _share(tempo_hits(measured, requests, judge, ratios))
    for name, label in _TIMINGS.items():
        errors = np.abs(_values(measured, name))
        if len(errors):
            figures[f"{label}, median ms"] = float(np.median(errors))
            figures[f"{label}, 90 % ms"] = float(np.percentile(errors, 90))
    figures |= onset_figures(measured) | curve_figures(measured)
    figures |= {
        "seam ratio, median": _median(measured, "seam_ratio"),
        "seam ratio, 90 %": float(np.percentile(_values(measured, "seam_ratio"), 90)),
        "seam steps above the 99th percentile": _share(_values(measured, "step_percentile") > 99),
        "loudness, median LUFS": _median(measured, "loudness_lufs"),
        "loudness, deviation LU": float(np.std(_values(measured, "loudness_lufs"))),
        "true peak, highest dBTP": float(np.max(_values(measured, "true_peak_dbtp"), initial=-np.inf)),
        "crest factor, median dB": _median(measured, "crest_db"),
        "stereo width, median": _median(measured, "width"),
        "spread of embeddings": diversity(np.array([np.mean(m["embedding"], axis=0) for m in measured])),
    }
    return figures


def band_figures(
    measured: Sequence[Measured], corpus: Sequence[Measured], range_db: float = 70.0
) -> dict[str, float]:
    """How far third octaves lie from those of the corpus loops of the same requests, the median loop's: the greatest
    and the mean over bands, in dB. What is `range_db` below a corpus loop's loudest band does not count."""
    made, real = (np.array([m["third_octaves"] for m in side], dtype=float) for side in (measured, corpus))
    errors = np.where(real > real.max(axis=1, keepdims=True) - range_db, made - real, np.nan)
    medians = np.abs(np.nanmedian(errors[:, np.isfinite(errors).any(axis=0)], axis=0))
    return {
        "third octaves off the corpus's, greatest dB": float(medians.max()),
        "third octaves off the corpus's, mean dB": float(medians.mean()),
    }


def tempo_hits(
    measured: Sequence[Measured], requests: Sequence[LoopRequest], judge: str, ratios: tuple[float, ...]
) -> NDArray[np.bool_]:
    """Whether each loop's tempo was hit, as heard by `judge`."""
    return np.array(
        [tempo_hit(m["tempo"][judge], r.tempo_bpm, ratios=ratios) for m, r in zip(measured, requests, strict=True)]
    )


def hits_over_tempo(
    measured: Sequence[Measured], requests: Sequence[LoopRequest], judge: str
) -> list[tuple[int, int, float, float]]:
    """Per bin of 20 BPM: lowest tempo, loops, strict and octave-allowed share of hits."""
    tempi = np.array([request.tempo_bpm for request in requests])
    strict, octave = (tempo_hits(measured, requests, judge, ratios) for ratios in (STRICT, OCTAVES))
    rows = []
    for low, high in itertools.pairwise(TEMPO_BINS):
        inside = (tempi >= low) & ((tempi < high) | (high == TEMPO_BINS[-1]))
        if inside.any():
            rows.append((low, int(inside.sum()), _share(strict[inside]), _share(octave[inside])))
    return rows


def onset_figures(measured: Sequence[Measured]) -> dict[str, float]:
    """F1 per part over all loops, and the mean over parts; empty without a detector."""
    figures = {}
    for part in PARTS:
        scores = [OnsetScore(*m["onsets"][part]) for m in measured if part in m["onsets"]]
        if scores:
            figures[f"onset F1, {part}"] = sum(scores, OnsetScore()).f1
    if figures:
        figures["onset F1, mean over parts"] = float(np.mean(list(figures.values())))
    return figures


def curve_figures(measured: Sequence[Measured]) -> dict[str, float]:
    """Per curve the correlation over all loops, the same about each loop's own mean, and the median within a loop.

    Loops are as loud as their curves ask from -22 to -9 LUFS; beyond, only the shape of a loudness can come back.
    """
    figures = {}
    for curve in CURVES:
        sums = np.array([m["curve_sums"][curve] for m in measured if curve in m["curve_sums"]])
        if not len(sums):
            continue
        figures[f"{curve} curve, correlation over all"] = _correlation(sums.sum(axis=0))
        n, x, y, xx, yy, xy = sums.T
        nothing = np.zeros(len(sums))
        about = np.stack([n, nothing, nothing, xx - x * x / n, yy - y * y / n, xy - x * y / n], axis=1)
        figures[f"{curve} curve, correlation about means"] = _correlation(about.sum(axis=0))
        within = [m["curves"][curve] for m in measured if m["curves"].get(curve) is not None]
        if within:
            figures[f"{curve} curve, median within a loop"] = float(np.median(within))
    return figures


def _correlation(sums: Doubles) -> float:
    """Pearson correlation from n and the sums of x, y, xx, yy, xy; 0 when one side does not move."""
    n, x, y, xx, yy, xy = sums
    spread = (n * xx - x * x) * (n * yy - y * y)
    return float((n * xy - x * y) / np.sqrt(spread)) if spread > 1e-9 else 0.0


def _values(measured: Sequence[Measured], name: str) -> Doubles:
    return np.array([m[name] for m in measured if m[name] is not None], dtype=np.float64)


def _median(measured: Sequence[Measured], name: str) -> float:
    values = _values(measured, name)
    return float(np.median(values)) if len(values) else float("nan")


def _share(flags: Any) -> float:
    return float(np.mean(flags)) if len(flags) else float("nan")
