"""Between a learning run and whoever started it: what is told of its steps, and what is wished meanwhile."""

import threading

from engine.training.learning import LearningLosses
from engine.training.learning_plan import LearningPlan
from engine.training.learning_told import LearningTold, Tell
from engine.training.previews import Previews
from engine.training.run import StepTold


class LearningWishes:
    """What whoever started a run wants of it meanwhile; set from any thread, heeded after the step."""

    def __init__(self) -> None:
        self.pause, self.finish = threading.Event(), threading.Event()

    @property
    def any(self) -> bool:
        """Whether learning is to stop."""
        return self.pause.is_set() or self.finish.is_set()


class Watch:
    """Tells how a run goes, and has a loop of it rendered now and then."""

    def __init__(
        self, plan: LearningPlan, wishes: LearningWishes, tell: Tell, previews: Previews, trained_before: float
    ) -> None:
        self._plan, self._wishes, self._tell, self._previews = plan, wishes, tell, previews
        self._minutes = trained_before / 60
        self._next = self._minutes + plan.preview_minutes

    def step(self, told: StepTold) -> bool:
        """After every step; True where it is to be the last for now."""
        self._minutes = told.seconds / 60
        if self._minutes >= self._next and not self._wishes.any:
            self._next = self._minutes + self._plan.preview_minutes
            self._tell(self._previews.told(self._minutes))
        of_minutes = self._plan.minutes
        self._tell(LearningTold("step", minutes=self._minutes, of_minutes=of_minutes, loss=told.loss))
        return self._wishes.any

    def judged(self, judgement: LearningLosses, best: bool) -> None:
        """After every judgement."""
        self._tell(
            LearningTold("held-out", minutes=self._minutes, folder=judgement.folder, known=judgement.known, best=best)
        )
