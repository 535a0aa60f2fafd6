"""`loopgen train patterns` from seeds to pack."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.packs.models import load_patterns, store_patterns
from engine.packs.pack import Pack
from engine.patterns.network import PatternConfig, PatternNetwork
from engine.training.patterns import PatternTrainer, PatternTraining
from engine.training.run import TrainingOptions, TrainingRun, process_seed


def train_patterns(
    pack: Path,
    run: Path,
    options: TrainingOptions,
    training: PatternTraining | None = None,
    *,
    config: PatternConfig | None = None,
) -> dict[str, float]:
    """Train the autoencoder of patterns of `pack`, with checkpoints and drawn scores in `run`; returns validation
    figures.

    Goes on from the checkpoint in `run` where there is one, else from the autoencoder in `pack`, else starts anew.
    """
    training = training or PatternTraining()
    model = None if config else load_patterns(Pack.open(pack))
    model = model or PatternNetwork(config or PatternConfig())
    provenance = {"options": asdict(options), "settings": asdict(training), "corpus": {"scores": training.scores}}

    def export(trained: PatternNetwork, progress: dict[str, Any]) -> None:
        store_patterns(pack, trained, {**provenance, **progress})

    trainer = PatternTrainer(model, training, export, cache=run / "scores", seed=process_seed(options.seed))
    return TrainingRun(trainer, run, options).run()
