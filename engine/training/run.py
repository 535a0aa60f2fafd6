"""The shape every training run has: budget, schedule, EMA, validation, metrics, checkpoints, resuming.

A trainer (codec, denoiser) brings a model, a loss and a validation; `TrainingRun` brings everything else.
"""

import math
import os
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, gather_object, set_seed
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from engine.devices import choose_device, fast_dtype
from engine.errors import LoopGenError
from engine.training.checkpoints import (
    load_checkpoint,
    optimizer_tensors,
    prefixed,
    restore_optimizer,
    save_checkpoint,
    sweep_checkpoints,
    without_prefix,
)
from engine.training.launch import check_launch
from engine.training.metrics import log_metrics, plot_metrics, validation_curve
from engine.training.processes import Processes, finding_each_other
from engine.training.speed import Throughput, matmul_gflops

Tensors: TypeAlias = tuple[Tensor, ...] | list[Tensor]

MOST_UNSOUND = 25
"""Batches in a row whose loss is no number, or whose gradient is out of all proportion, before a run gives up."""

DRAW_SECONDS = 60.0
"""Curves are drawn at the end, and at checkpoints so long after they were drawn: that takes a second."""


class TrainingDiverged(LoopGenError):
    """Losses that are no numbers or explode, batch after batch."""


@dataclass(frozen=True)
class TrainingOptions:
    """How long and how a run trains; the first of `minutes` and `max_steps` to be reached ends it.

    The learning rate warms up, stays, and decays linearly over the last `decay_fraction` of the budget, so that a
    later run can go on from a checkpoint at full rate (warm-up, stable, decay; Hu et al. 2024).
    """

    minutes: float = 120.0
    max_steps: int = 1_000_000
    learning_rate: float = 1e-3
    warmup_steps: int = 200
    decay_fraction: float = 0.25
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    validate_every: int = 500
    checkpoint_minutes: float = 5.0
    seed: int = 0


@dataclass(frozen=True)
class StepTold:
    """Where a run stands: steps, seconds trained over all its starts, loss of the step, share of the budget spent."""

    step: int
    seconds: float
    loss: float
    spent: float


class Trainer(ABC):
    """What differs from model to model; `spent` is the share of the budget that is used, from 0 to 1."""

    model: nn.Module
    spent: float = 0.0

    @abstractmethod
    def loss(self, model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
        """Draw a batch; return the loss to minimise (scalar) and named terms to log."""

    @abstractmethod
    def validate(self, model: nn.Module) -> dict[str, float]:
        """Figures on held-out data; called without gradients."""

    @abstractmethod
    def export(self, model: nn.Module, progress: dict[str, Any]) -> None:
        """Write the averaged weights as part of a pack; `progress` is provenance to keep."""

    def stops(self, told: "StepTold") -> bool:  # noqa: ARG002  (most trainers go on)
        """Told after every step; True ends the run there, with a checkpoint to go on from."""
        return False

    def parameter_groups(self) -> list[dict[str, Any]]:
        """What is trained, in groups whose `scale` multiplies the learning rate."""
        return [{"params": [p for p in self.model.parameters() if p.requires_grad], "scale": 1.0}]

    def extra_tensors(self) -> dict[str, Tensor]:
        """More state to checkpoint (a discriminator); restored by `restore_extra`."""
        return {}

    def position(self) -> dict[str, Any]:
        """How far this process has read what it trains on, in plain values; empty where that is all in memory."""
        return {}

    def go_on_from(self, positions: list[dict[str, Any]]) -> None:  # noqa: B027
        """Read on from where the processes of a run were, as many as these were; called before the first batch."""

    def restore_extra(self, tensors: dict[str, Tensor]) -> None:  # noqa: B027  (most trainers have none)
        """Take back what `extra_tensors` gave."""


def process_seed(seed: int) -> int:
    """A seed for this process's own data: processes that train one model must not see the same batches."""
    return seed + Processes.told().rank


class TrainingRun:
    """Drives one trainer in one folder; running it again in the same folder goes on where it stopped."""

    def __init__(self, trainer: Trainer, folder: Path, options: TrainingOptions) -> None:
        check_launch()
        self.trainer, self.folder, self.options = trainer, folder, options
        # Batches come in many lengths, and oneDNN compiles a kernel for each and keeps 1024 of them. A run needs
        # several times as many and spent about a third of its time compiling.
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "65536")
        # bfloat16 halves the time of a step on CPUs and GPUs that have it, and needs no loss scaling.
        device = choose_device()
        precision = "bf16" if fast_dtype(device) == torch.bfloat16 else "no"
        # Unless told that CPUs are meant, accelerate lets each of several processes train a model of its own.
        # Layers may rest for a batch (those that mix over bars, where there are none); other processes' may not.
        unused = DistributedDataParallelKwargs(find_unused_parameters=True)
        with finding_each_other():
            self.accelerator = Accelerator(
                mixed_precision=precision, cpu=device.type == "cpu", kwargs_handlers=[unused]
            )
        set_seed(process_seed(options.seed))
        self.optimizer = torch.optim.AdamW(
            trainer.parameter_groups(),
            lr=options.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=options.weight_decay,
            fused=True,
        )
        self.average = AveragedModel(trainer.model, multi_avg_fn=self._follow)
        self.step, self.seconds, self.seconds_before = 0, 0.0, 0.0
        self.work, self.machine_gflops = Throughput(), matmul_gflops(device, fast_dtype(device))
        self._usual_norm: float | None = None
        self._unsound, self._drawn = 0, 0.0
        self.identity = uuid4().hex[:8]
        self._restore()
        self.model, self.prepared_optimizer = self.accelerator.prepare(trainer.model, self.optimizer)

    def run(self) -> dict[str, float]:
        """Train until the budget is used; returns the last validation figures. One that is interrupted keeps what it
        has, and may go on."""
        before = self.step
        try:
            return self._run()
        except KeyboardInterrupt:
            if self.step > before and self.accelerator.num_processes == 1:  # others might wait for this one for ever
                self._checkpoint(last=True)
            raise

    def _run(self) -> dict[str, float]:
        figures: dict[str, float] = {}
        started = checkpointed = self._drawn = time.monotonic()
        first_step = self.step
        bar = tqdm(total=None, initial=self.step, unit="step", disable=not self.accelerator.is_main_process)
        while (spent := self._spent(started, first_step)) < 1:
            with self.work.step(self.step):
                terms = self._train_step(spent)
            self.seconds = self.seconds_before + time.monotonic() - started
            bar.update()
            left = (time.monotonic() - started) * (1 - spent) / max(spent, 1e-6)
            bar.set_postfix_str(f"loss {terms['loss']:.3f}, {left / 60:.0f} min left", refresh=False)
            if self.step % 20 == 0:
                self._log("train", terms)
            if self.step % self.options.validate_every == 0:
                figures = self._validate()
            if self.trainer.stops(StepTold(self.step, self.seconds, terms["loss"], spent)):
                self._checkpoint(last=True)
                bar.close()
                return figures
            if self._mean(time.monotonic() - checkpointed) > self.options.checkpoint_minutes * 60:
                self._checkpoint()
                checkpointed = time.monotonic()
        bar.close()
        tqdm.write(f"{self.work.gflops():.0f} of {self.machine_gflops:.0f} GFLOP/s, those of a matrix product")
        figures = self._validate()
        self._checkpoint(last=True)
        return figures

    def _spent(self, started: float, first_step: int) -> float:
        minutes = (time.monotonic() - started) / 60 / max(self.options.minutes, 1e-9)
        steps = (self.step - first_step) / max(self.options.max_steps, 1)
        return self._mean(max(minutes, steps))

    def _mean(self, value: float) -> float:
        """`value` over all processes: they must agree on when to stop and when to say how far they are, or the next
        exchange never completes."""
        return float(self.accelerator.reduce(torch.tensor(value, device=self.accelerator.device), reduction="mean"))

    def _rate(self, spent: float) -> float:
        warm = min(1.0, (self.step + 1) / max(1, self.options.warmup_steps))
        decay = min(1.0, (1 - spent) / max(self.options.decay_fraction, 1e-9))
        return self.options.learning_rate * warm * max(decay, 0.01)

    def _train_step(self, spent: float) -> dict[str, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(spent) * group["scale"]
        self.model.train()
        self.trainer.spent = spent
        with self.accelerator.autocast():
            loss, terms = self.trainer.loss(self.model)
        self.accelerator.backward(loss)
        norm = self.accelerator.clip_grad_norm_(self.model.parameters(), self.options.clip_norm)
        if self._is_sound(loss.item(), norm.item()):
            self._unsound = 0
            self.prepared_optimizer.step()
            self.average.update_parameters(self.trainer.model)
        else:
            self._count_unsound()
        self.prepared_optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return {"loss": loss.item(), "norm": norm.item()} | {name: term.item() for name, term in terms.items()}

    @torch.no_grad()
    def _follow(self, average: Tensors, current: Tensors, _: Tensor | int) -> None:
        """Exponential moving average that follows quickly at first: early weights are no use to it."""
        decay = min(self.options.ema_decay, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(average, current, 1 - decay)

    def _count_unsound(self) -> None:
        """Raise `TrainingDiverged` at the last of too many in a row; the last checkpoint stays as it is."""
        self._unsound += 1
        if self._unsound >= MOST_UNSOUND:
            raise TrainingDiverged(
                f"The loss exploded or was no number in {MOST_UNSOUND} steps in a row, up to step {self.step}; "
                f"the last checkpoint in {self.folder} stays. Train on from it at a lower --rate."
            )

    def _is_sound(self, loss: float, norm: float) -> bool:
        """False for a batch whose gradient is out of all proportion: one must not spoil hours."""
        if not math.isfinite(loss + norm):
            return False
        usual = self._usual_norm
        self._usual_norm = norm if usual is None else usual * (norm / usual) ** 0.05
        return usual is None or norm < 10 * usual

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        model = self.average.module.eval()
        with self.accelerator.autocast():
            figures = self.trainer.validate(model)
        self._log("validation", figures)
        return figures

    def _log(self, kind: str, figures: dict[str, float]) -> None:
        if not self.accelerator.is_main_process:
            return
        log_metrics(self.folder, kind, self.step, self.seconds, figures)
        if kind == "validation":
            tqdm.write(f"step {self.step}: " + ", ".join(f"{k} {v:.4g}" for k, v in figures.items()))

    def _checkpoint(self, *, last: bool = False) -> None:
        positions = gather_object([self.trainer.position()])
        if not self.accelerator.is_main_process:
            return
        tensors = prefixed("model", self.trainer.model) | prefixed("average", self.average)
        tensors |= optimizer_tensors(self.optimizer, self.trainer.model, "optimizer") | self.trainer.extra_tensors()
        progress = {
            "run": self.identity,
            "step": self.step,
            "seconds": round(self.seconds, 1),
            "gflops": round(self.work.gflops(), 1),
            "machine_gflops": round(self.machine_gflops, 1),
        }
        save_checkpoint(self.folder, tensors, {**progress, "positions": positions})
        self.trainer.export(self.average.module, {**progress, "curve": validation_curve(self.folder)})
        if last or time.monotonic() - self._drawn > DRAW_SECONDS:
            plot_metrics(self.folder)
            self._drawn = time.monotonic()

    def _restore(self) -> None:
        sweep_checkpoints(self.folder)
        if (saved := load_checkpoint(self.folder)) is None:
            return
        tensors, state = saved
        self.trainer.model.load_state_dict(without_prefix("model", tensors))
        self.average.load_state_dict(without_prefix("average", tensors))
        with torch.no_grad():
            # What a run freezes is what packs have of it: the average, not where training happened to stand.
            for own, averaged in zip(self.trainer.model.parameters(), self.average.module.parameters(), strict=True):
                if not own.requires_grad:
                    own.copy_(averaged)
        restore_optimizer(self.optimizer, self.trainer.model, tensors, "optimizer")
        self.trainer.restore_extra(tensors)
        self.trainer.go_on_from(state.get("positions", []))
        self.step, self.seconds_before = state["step"], state["seconds"]
        self.identity = state.get("run", self.identity)
        self.seconds = self.seconds_before
