"""The networks of the paper's table 1, each trained on the same scores for the same number of steps."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from engine.patterns.network import PatternConfig, PatternNetwork
from engine.training.patterns import PatternTrainer, PatternTraining
from engine.training.run import TrainingOptions, TrainingRun

VARIANTS: Final = {
    "without LSTM and weights": PatternConfig(lstm_layers=0, weighted=False),
    "1 LSTM, one direction, without weights": PatternConfig(lstm_layers=1, bidirectional=False, weighted=False),
    "3 LSTMs, one direction, without weights": PatternConfig(bidirectional=False, weighted=False),
    "3 LSTMs, one direction": PatternConfig(bidirectional=False),
    "3 LSTMs, without weights": PatternConfig(weighted=False),
    "3 bidirectional LSTMs, weights": PatternConfig(),
}
"""Rows of table 1, by what is left of the whole model, which is the last."""
DECAY: Final = 0.4
"""Last share of the steps in which the rate falls to zero."""


def train_variant(config: PatternConfig, folder: Path, steps: int, training: PatternTraining) -> PatternNetwork:
    """A network of `config` after `steps` steps; checkpoints stay in `folder`, and one that is finished is not
    trained again, one that was stopped goes on. Scores are kept beside it, for all variants."""
    kept: list[PatternNetwork] = []

    def export(trained: PatternNetwork, _: dict[str, Any]) -> None:
        kept[:] = [trained]

    trainer = PatternTrainer(PatternNetwork(config), training, export, cache=folder.parent / "scores")
    options = TrainingOptions(minutes=600, learning_rate=2e-3, warmup_steps=30, validate_every=steps)
    run = TrainingRun(trainer, folder, options)
    if left := max(steps - run.step, 0):
        # One that was stopped ends after as many steps, and slows down at the same ones, as one that was not.
        run.options = replace(options, max_steps=left, decay_fraction=DECAY * steps / left)
        run.run()
        return kept[0].eval()
    average = run.average.module
    assert isinstance(average, PatternNetwork)
    return average.eval()
