"""Estimators by name: the comb is always there, others only when installed."""

import importlib.util

import pytest
from known_loops import RATE, house

from engine.evaluation.judges.tempo import OCTAVES, tempo_hit
from engine.evaluation.judges.tempo_estimators import tempo_estimators


def test_the_combs_come_first_and_others_only_when_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert [estimator.name for estimator in tempo_estimators()] == ["comb", "plain comb"]


def test_every_installed_estimator_hears_a_house_loop() -> None:
    audio, _ = house(126)
    for estimator in tempo_estimators():
        assert tempo_hit(estimator.estimate(audio, RATE), 126, ratios=OCTAVES, tolerance=0.02), estimator.name
