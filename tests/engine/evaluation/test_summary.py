"""Figures over loops against sums done by hand."""

import numpy as np
import pytest

from engine.evaluation.summary import band_figures, curve_figures, hits_over_tempo, onset_figures
from engine.requests import LoopRequest


def _measured(x: np.ndarray, y: np.ndarray) -> dict[str, object]:
    sums = (float(len(x)), *(float(np.sum(v)) for v in (x, y, x * x, y * y, x * y)))
    return {"curve_sums": {"loudness": sums}, "curves": {"loudness": float(np.corrcoef(x, y)[0, 1])}}


def test_correlations_over_all_and_about_means() -> None:
    rng = np.random.default_rng(0)
    pairs = [(rng.random(20) + offset, rng.random(20) - offset) for offset in (0.0, 1.0, 2.0)]
    figures = curve_figures([_measured(x, y) for x, y in pairs])
    x, y = (np.concatenate(side) for side in zip(*pairs, strict=True))
    assert figures["loudness curve, correlation over all"] == pytest.approx(np.corrcoef(x, y)[0, 1])
    shapes = [(x - x.mean(), y - y.mean()) for x, y in pairs]
    x, y = (np.concatenate(side) for side in zip(*shapes, strict=True))
    assert figures["loudness curve, correlation about means"] == pytest.approx(np.corrcoef(x, y)[0, 1])


def test_levelling_hides_heights_but_not_shapes() -> None:
    shape = np.linspace(0, 0.2, 20)
    figures = curve_figures([_measured(shape + height, shape) for height in (0.0, 0.3, 0.6)])
    assert figures["loudness curve, correlation over all"] < 0.3
    assert figures["loudness curve, correlation about means"] == pytest.approx(1)


def test_onset_scores_add_up_over_loops() -> None:
    measured = [{"onsets": {"kick": (4, 0, 0), "pad": (0, 2, 0)}}, {"onsets": {"kick": (2, 2, 2)}}]
    figures = onset_figures(measured)
    assert figures["onset F1, kick"] == pytest.approx(12 / 16)
    assert figures["onset F1, pad"] == 0
    assert figures["onset F1, mean over parts"] == pytest.approx(0.375)
    assert onset_figures([{"onsets": {}}]) == {}


def test_hits_over_tempo_fall_into_bins() -> None:
    tempi = (60.0, 75.0, 119.9, 120.0, 200.0)
    heard = (60.0, 150.0, 119.9, 180.0, 100.0)
    measured = [{"tempo": {"comb": bpm}} for bpm in heard]
    rows = hits_over_tempo(measured, [LoopRequest(tempo_bpm=bpm) for bpm in tempi], "comb")
    assert rows == [(60, 2, 0.5, 1.0), (100, 1, 1.0, 1.0), (120, 1, 0.0, 0.0), (180, 1, 0.0, 1.0)]


def test_bands_are_the_median_loops_and_what_hardly_plays_does_not_count() -> None:
    corpus = [{"third_octaves": [-20.0, -30.0, -95.0]}, {"third_octaves": [-10.0, -30.0, -20.0]}] * 2
    made = [{"third_octaves": [-26.0, -29.0, -50.0]}, {"third_octaves": [-14.0, -29.0, -18.0]}] * 2
    assert band_figures(made, corpus) == pytest.approx(
        {
            "third octaves off the corpus's, greatest dB": 5.0,
            "third octaves off the corpus's, mean dB": (5 + 1 + 2) / 3,
        }
    )
    assert set(band_figures(corpus, corpus).values()) == {0.0}
