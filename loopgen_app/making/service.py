"""What the window needs of the engine's service, and how the model behind it is loaded."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

from engine import AudioFile, LoopRequest, Progress

Task = Callable[[Any, Progress], Any]
"""Work for the engine's worker, as `GenerationService.submit_task` takes it; `Generation.done` tells what it gave."""


def load_pack(folder: Path) -> Any:
    """Load a model pack; runs on the worker's thread, for this is where torch is imported."""
    from engine import LoopPipeline  # noqa: PLC0415 - the window is up long before this is needed

    return LoopPipeline.from_pack(folder)


class Service(Protocol):
    """What the bridge needs of a `GenerationService`."""

    def submit_batch(self, requests: Sequence[LoopRequest]) -> tuple[int, ...]:
        """Render all, in order, instead of everything before."""

    def submit_task(self, task: Task) -> int:
        """Run a task instead of everything before."""

    def cancel(self) -> None:
        """Cancel everything."""

    def embed_sound(self, sound: Callable[[], AudioFile], part: str | None = None) -> Future[tuple[float, ...]]:
        """The embedding of a sound, or how a part sounds in it."""

    def look(self, task: Task) -> Future[Any]:
        """What a task returns that is run when nothing else is to be done."""

    def replace_renderer(self, load: Callable[[], Any]) -> None:
        """Load another pack."""

    def close(self) -> None:
        """Cancel and join."""
