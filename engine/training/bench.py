"""Short equal runs of denoisers of different shapes, for comparing them."""

import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from engine.corpus.store import stored_loops
from engine.errors import CorpusError, InvalidRequest
from engine.models.unet import Denoiser, DenoiserConfig
from engine.training.denoiser import DenoiserTrainer, DenoiserTraining
from engine.training.latents import LatentCorpus
from engine.training.metrics import validation_curve
from engine.training.run import TrainingOptions, TrainingRun

VALIDATED = 24
"""Batches of held-out loops that validate, spread over all lengths."""


class ArchitectureBench:
    """One encoded `corpus` in memory, and as many runs on it as there are shapes: `steps` steps of `frames` frames.

    All see the same batches, noises and alphas. Raises `InvalidRequest` on a budget out of range, `CorpusError` on a
    folder that is no corpus.
    """

    def __init__(self, corpus: Path, steps: int, frames: int, rate: float = 1e-3) -> None:
        if not 4 <= steps <= 100_000 or not 64 <= frames <= 65_536:
            raise InvalidRequest(
                f"{steps} steps of {frames} frames are not possible: 4 to 100000 steps of 64 to 65536 frames."
            )
        if next(iter(stored_loops(corpus)), None) is None:
            raise CorpusError(f"{corpus} is no corpus; build one with `loopgen corpus build {corpus}`.")
        self._options = TrainingOptions(1e6, steps, rate, min(100, steps // 4), validate_every=steps // 2)
        self._training = DenoiserTraining(corpus, frames)
        self._trainer: DenoiserTrainer | None = None
        self.budget = f"{steps} steps of {frames} frames, rate {rate:g}"

    def train(self, config: DenoiserConfig) -> dict[str, Any]:
        """Train a new denoiser, of which nothing is kept; returns what is compared.

        Seconds are those of the processor. Raises `CorpusError` on a corpus that is not encoded.
        """
        torch.manual_seed(0)
        denoiser = Denoiser(config)
        trainer = self._fresh(denoiser)
        with TemporaryDirectory() as folder:
            started = time.process_time()
            figures = TrainingRun(trainer, Path(folder), self._options).run()
            seconds = time.process_time() - started
            curve = validation_curve(Path(folder))
        return {
            "config": asdict(config),
            "parameters": sum(weights.numel() for weights in denoiser.parameters()),
            "groups": config.groups,
            "blocks": config.blocks,
            "seconds a step": seconds / self._options.max_steps,
            "validation loss": figures["conditional"],
            **{f"at alpha {n.removeprefix('loss_at_')}": v for n, v in figures.items() if n.startswith("loss_at_")},
            "held-out loops": sum(len(batch.latent) for batch in trainer.held_out),
            "curve": [[row["step"], row["conditional"]] for row in curve],
        }

    def _fresh(self, denoiser: Denoiser) -> DenoiserTrainer:
        """The trainer at its beginning, with another model: reading a corpus takes longer than a short run."""
        if self._trainer is None:
            trainer = DenoiserTrainer(denoiser, self._training, lambda _denoiser, _progress: None)
            places = np.unique(np.linspace(0, len(trainer.held_out) - 1, VALIDATED).round().astype(int))
            trainer.held_out = [trainer.held_out[place] for place in places]
            assert isinstance(trainer.corpus, LatentCorpus)
            self._scale = trainer.corpus.statistics()
            self._trainer = trainer
        self._trainer.model = denoiser
        self._trainer.reseed(0)
        for own, known in zip((denoiser.mean, denoiser.deviation), self._scale, strict=True):
            own.copy_(known)
        return self._trainer
