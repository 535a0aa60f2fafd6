"""Pictures of what loops measured: hits over tempo, timing, seams and spectra; figures over guidance."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.audio.third_octaves import THIRD_OCTAVES_HZ
from engine.evaluation.plots import new_figure, save_figure

GUIDED_FIGURES = (
    "tempo hit, comb, octave",
    "tempo hit, comb, strict",
    "onset F1, kick",
    "onset F1, mean over parts",
    "loudness curve, correlation about means",
    "brightness curve, correlation over all",
    "spread of embeddings",
    "seam ratio, median",
)


def draw_loops(
    out: Path, sets: Mapping[str, Sequence[Mapping[str, Any]]], over_tempo: Sequence[tuple[int, int, float, float]]
) -> None:
    """Draw `loops.png` of measured loops by set (rendered, corpus)."""
    figure = new_figure(13, 8)
    tempo, phase, seam, spectrum, levels, lag = figure.subplots(2, 3).ravel()
    low = np.array([row[0] for row in over_tempo])
    tempo.bar(low + 6, [row[3] for row in over_tempo], width=8, label="half or double allowed", color="tab:cyan")
    tempo.bar(low + 14, [row[2] for row in over_tempo], width=8, label="strict", color="tab:blue")
    tempo.set(title="tempo hits (comb)", xlabel="requested BPM", ylim=(0, 1.02))
    tempo.legend(loc="lower left", fontsize=8)
    for name, measured in sets.items():
        _histogram(phase, _values(measured, "beat_ms"), (-150, 150), name)
        _histogram(lag, _values(measured, "lag_ms"), (-40, 40), name)
        _histogram(seam, _values(measured, "seam_ratio"), (0, 3), name)
        levels.scatter(_values(measured, "width"), _values(measured, "crest_db"), s=5, label=name)
        spectra = np.array([m["third_octaves"] for m in measured])
        spectrum.semilogx(THIRD_OCTAVES_HZ, np.median(spectra, axis=0), label=name)
    phase.set(title="beat phase error", xlabel="ms, positive is late")
    lag.set(title="lag against the pattern", xlabel="ms, positive is late")
    seam.set(title="seam ratio", xlabel="jump at the loop point / at other bar lines")
    spectrum.set(title="third-octave spectrum, median", xlabel="Hz", ylabel="dB")
    levels.set(title="dynamics and width", xlabel="share of energy in the side", ylabel="crest factor, dB")
    for axis in (phase, lag, seam, spectrum, levels):
        axis.legend(fontsize=8)
    save_figure(figure, out / "loops.png")


def draw_guidance(out: Path, curves: Mapping[str, Mapping[str, Any]], ceiling: Mapping[str, Any]) -> None:
    """Draw `guidance.png`: each of `GUIDED_FIGURES` over guidance, the corpus as a dashed line."""
    figure = new_figure(14, 6.5)
    scales = [float(scale) for scale in curves]
    for axis, name in zip(figure.subplots(2, 4).ravel(), GUIDED_FIGURES, strict=True):
        values = [np.nan if figures.get(name) is None else figures[name] for figures in curves.values()]
        axis.plot(scales, values, marker="o")
        if ceiling.get(name) is not None:
            axis.axhline(ceiling[name], color="0.5", linestyle="--", label="corpus")
            axis.legend(fontsize=8)
        axis.set(title=name, xlabel="guidance")
        axis.title.set_fontsize(9)
    save_figure(figure, out / "guidance.png")


def _histogram(axis: Any, values: Any, limits: tuple[float, float], name: str) -> None:
    axis.hist(np.clip(values, *limits), bins=40, range=limits, alpha=0.55, density=True, label=name)


def _values(measured: Sequence[Mapping[str, Any]], name: str) -> Any:
    return np.array([m[name] for m in measured if m[name] is not None], dtype=float)
