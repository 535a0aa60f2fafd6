"""What the engine would write into the free parts of a request, worked out beside the window."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from engine import LoopRequest, Pattern
from loopgen_app.background import Background

Composes = Callable[[LoopRequest], Pattern]


class Scores(QObject):
    """`ask` returns at once; `written(request, pattern)` follows in the window's thread, of the newest alone.

    `pack_composes` gives what the pack composes by, which reads words; None while there is none: by tags alone then.
    """

    written = Signal(object, object)

    def __init__(
        self, pack_composes: Callable[[], Composes | None], background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._pack_composes = pack_composes
        self._writer = background.line("scores", newest=True)

    def ask(self, request: LoopRequest) -> None:
        """Write the free parts of `request`; knobs that cannot be asked together write none, Generate says which."""
        composes = self._pack_composes() or _composed_by_tags
        written = partial(self.written.emit, request)
        self._writer.start(lambda: composes(request), written, lambda _error: written(Pattern()))


def _composed_by_tags(request: LoopRequest) -> Pattern:
    from engine import compose  # noqa: PLC0415 - brings torch and scipy: seconds that the window does not wait for

    composition = compose(request)
    return composition.pattern(request.bars) if composition else Pattern()
