"""Learning beside a denoiser that stays as it is: by the loss of its training, and the best that is met is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.devices import choose_device, fast_dtype
from engine.models.adapters import Adapter, LearningDenoiser
from engine.training.checkpoints import without_prefix
from engine.training.denoiser import DenoiserTrainer, DenoiserTraining, held_out_figures
from engine.training.latents import LatentBatch, LatentCorpus
from engine.training.run import StepTold

DRAWS: Final = 2
"""Noises that each held-out loop of a folder is judged by: there are few of them."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """Loops in memory: of the folder, to learn from and to judge by; of what was known, the same, or nothing."""

    folder: LatentCorpus
    folder_held_out: LatentCorpus
    known: LatentCorpus | None = None
    known_held_out: LatentCorpus | None = None
    rehearsal: float = 0.0

    def batch(self, generator: torch.Generator) -> LatentBatch:
        """A random batch of the folder, or in a share `rehearsal` of draws of what was known."""
        rehearsed = float(torch.rand((), generator=generator)) < self.rehearsal
        return (self.known if rehearsed and self.known is not None else self.folder).batch(generator)


@dataclass(frozen=True)
class LearningLosses:
    """Mean losses on held-out loops: of the folder, and of what was known (0 where there are none)."""

    folder: float
    known: float

    def score(self, first: "LearningLosses") -> float:
        """Less is better: what is forgotten since the `first` counts as much as what is learnt."""
        return self.folder + max(0.0, self.known - first.known)


class LearningTrainer(DenoiserTrainer):
    """Trains the adapter of a `LearningDenoiser`; `best` is what judged best, at first nothing learnt.

    `follow` is told after every step, as `Trainer.stops`, and `judged` after every judgement.
    """

    model: LearningDenoiser  # type: ignore[assignment]

    def __init__(
        self,
        learning: LearningDenoiser,
        training: DenoiserTraining,
        lessons: Lessons,
        export: Callable[[Adapter, dict[str, Any]], None],
        *,
        follow: Callable[[StepTold], bool] = lambda _told: False,
        judged: Callable[[LearningLosses, bool], None] = lambda _judgement, _best: None,
        seed: int = 0,
    ) -> None:
        self.model, self.training, self.corpus = learning, training, lessons
        self.device = choose_device()
        self.base = learning.base.to(self.device)
        self._export_adapter, self._follow, self._judged = export, follow, judged
        self._folder = lessons.folder_held_out.fixed_batches()
        self._known = lessons.known_held_out.fixed_batches() if lessons.known_held_out else []
        self.reseed(seed)
        self.first = self.last = self.kept = self._judge(learning)
        self.best = {name: value.detach().clone() for name, value in learning.adapter.state_dict().items()}

    def parameter_groups(self) -> list[dict[str, Any]]:
        """All of the adapter alike; weight decay draws it back to what was known."""
        return [{"params": [*self.model.adapter.parameters()], "scale": 1.0}]

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Judge `model`, a `LearningDenoiser`, and keep what it learnt where that is the best so far."""
        assert isinstance(model, LearningDenoiser)
        self.last = self._judge(model)
        better = self.last.score(self.first) < self.kept.score(self.first)
        if better:
            self.kept = self.last
            self.best = {name: value.detach().clone() for name, value in model.adapter.state_dict().items()}
        self._judged(self.last, better)
        return {"folder": self.last.folder, "known": self.last.known, "best": self.kept.score(self.first)}

    def stops(self, told: StepTold) -> bool:
        """As `follow` says."""
        return self._follow(told)

    def export(self, model: nn.Module, progress: dict[str, Any]) -> None:  # noqa: ARG002  (the best is kept)
        """Hand over the best that was met, not what `model` is now."""
        adapter = Adapter(self.model.adapter.config, self.model.adapter.shapes)
        adapter.load_state_dict(self.best)
        self._export_adapter(adapter, progress | {"kept": self.figures()})

    def figures(self) -> dict[str, float]:
        """Held-out losses at first and of what is kept, of the folder and of what was known."""
        return {
            "folder at first": round(self.first.folder, 5),
            "folder": round(self.kept.folder, 5),
            "known at first": round(self.first.known, 5),
            "known": round(self.kept.known, 5),
        }

    @property
    def sentence(self) -> str:
        """What became of it."""
        first, kept = self.first, self.kept
        if kept.folder >= first.folder:
            return "Nothing was learnt that holds for sounds that were held out: it plays as before."
        folder = 100 * (kept.folder / first.folder - 1)
        known = 100 * (kept.known / first.known - 1) if first.known else 0.0
        return f"Loss on sounds that were held out {folder:+.1f} %, on what was known {known:+.1f} %."

    def extra_tensors(self) -> dict[str, Tensor]:
        """The best, and what was judged of it and at first."""
        judged = [self.first.folder, self.first.known, self.kept.folder, self.kept.known]
        found = {f"best.{name}": value for name, value in self.best.items()}
        return found | {"judged": torch.tensor(judged, dtype=torch.float64)}

    def restore_extra(self, tensors: dict[str, Tensor]) -> None:
        """Take back what `extra_tensors` gave."""
        first_folder, first_known, folder, known = tensors["judged"].tolist()
        self.first, self.kept = LearningLosses(first_folder, first_known), LearningLosses(folder, known)
        self.best = without_prefix("best", tensors)

    @torch.no_grad()
    def _judge(self, learning: LearningDenoiser) -> LearningLosses:
        denoiser, dtype = learning.adapted().to(self.device).eval(), fast_dtype(self.device)
        # In the precision of training each time, or what is lost to it would look learnt or forgotten.
        with torch.autocast(self.device.type, dtype, enabled=dtype != torch.float32):
            folder = held_out_figures(denoiser, self._folder, DRAWS)["conditional"]
            known = held_out_figures(denoiser, self._known)["conditional"] if self._known else 0.0
        return LearningLosses(folder, known)
