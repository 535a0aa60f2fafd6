"""`loopgen train fewsteps` from folder to pack."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from engine.corpus.store import read_manifest
from engine.errors import CorpusError, PackError
from engine.models.fewsteps import FewStepConfig, FewSteps
from engine.packs.balances import load_balance
from engine.packs.identities import encoder_hash
from engine.packs.models import load_codec, load_denoiser, load_fewsteps, store_fewsteps
from engine.packs.pack import Pack
from engine.training.denoiser_run import is_embedded
from engine.training.fewsteps import FewStepTrainer, FewStepTraining
from engine.training.run import TrainingOptions, TrainingRun, process_seed


def train_fewsteps(
    training: FewStepTraining,
    pack: Path,
    run: Path,
    options: TrainingOptions,
    *,
    config: FewStepConfig | None = None,
) -> dict[str, float]:
    """Train the few-step model of `pack`, over its denoiser, with checkpoints and lessons in `run`; returns
    validation figures.

    Goes on from the checkpoint in `run` where there is one, else from the few-step model in `pack`, else starts as
    the denoiser itself. Raises `CorpusError` when the corpus was encoded by another codec than the pack's,
    `PackError` when the pack has no denoiser.
    """
    opened = Pack.open(pack)
    if "denoiser" not in opened.components:
        raise PackError(f"Pack {opened.name!r} has no denoiser to start from; run `loopgen train denoiser` first.")
    if read_manifest(training.corpus).get("encoder") != encoder_hash(load_codec(opened)):
        raise CorpusError(
            f"The corpus was not encoded by this pack's codec; run `loopgen corpus encode {training.corpus}`."
        )
    training = replace(training, embedded=is_embedded(training.corpus, opened))
    denoiser = load_denoiser(opened)
    known = load_fewsteps(opened, denoiser) if config is None else None
    settings = asdict(training)
    del settings["corpus"]  # where it lies is no one's concern; what it is stands in its manifest
    over = opened.manifest["files"][opened.manifest["components"]["denoiser"]["file"]]["sha256"]
    corpus = read_manifest(training.corpus)
    provenance = {"options": asdict(options), "settings": settings, "corpus": corpus, "denoiser": over}

    def export(trained: FewSteps, progress: dict[str, Any]) -> None:
        store_fewsteps(pack, trained, {**provenance, **progress})

    model = known or FewSteps.over(denoiser, config)
    seed = process_seed(options.seed)
    balance = load_balance(opened)
    phases = None if balance is None else balance.phases.float()
    trainer = FewStepTrainer(model, denoiser, training, run / "lessons", export, seed, phases)
    return TrainingRun(trainer, run, options).run()
