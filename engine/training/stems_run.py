"""`loopgen train stems` from seeds to pack."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.corpus.materials import materials
from engine.packs.models import load_stems, store_stems
from engine.packs.pack import Pack
from engine.stems.network import StemConfig, StemNetwork
from engine.training.run import TrainingOptions, TrainingRun, process_seed
from engine.training.stems import StemTrainer, StemTraining


def train_stems(
    pack: Path,
    run: Path,
    options: TrainingOptions,
    training: StemTraining | None = None,
    *,
    config: StemConfig | None = None,
) -> dict[str, float]:
    """Train the separator of `pack`, with checkpoints in `run`; returns validation figures.

    Goes on from the checkpoint in `run` where there is one, else from the separator in `pack`, else starts anew.
    """
    training = training or StemTraining()
    known = load_stems(Pack.open(pack)) if config is None else None
    made_of = {"materials": materials(recordings=False)}
    provenance = {
        "options": asdict(options),
        "settings": asdict(training),
        "corpus": made_of,
    }

    def export(trained: StemNetwork, progress: dict[str, Any]) -> None:
        store_stems(pack, trained, {**provenance, **progress})

    trainer = StemTrainer(known or StemNetwork(config), training, export, seed=process_seed(options.seed))
    return TrainingRun(trainer, run, options).run()
