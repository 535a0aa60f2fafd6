"""What the engine would write into the free parts of a request, worked out beside the window."""

from PySide6.QtCore import QObject, Qt, Signal

from engine import InvalidRequest, LoopRequest, Pattern
from loopgen_app.newest import Newest


class Scores(QObject):
    """`ask` returns at once; `written(request, pattern)` follows in the window's thread, of the newest alone."""

    written = Signal(object, object)
    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._done.connect(self.written, Qt.ConnectionType.QueuedConnection)
        self._writer: Newest[LoopRequest] = Newest("scores", self._write)

    def ask(self, request: LoopRequest) -> None:
        """Write the free parts of `request`."""
        self._writer.wish(request)

    def close(self) -> None:
        """End the thread."""
        self._writer.close()

    def _write(self, request: LoopRequest) -> None:
        from engine import compose  # noqa: PLC0415 - brings torch and scipy: seconds that the window does not wait for

        try:
            composition = compose(request)
        except InvalidRequest:  # knobs that cannot be asked together; Generate will say which
            composition = None
        self._done.emit(request, composition.pattern(request.bars) if composition else Pattern())
