"""A grip that files are dragged out of the window by."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from loopgen_app.icons import icon
from loopgen_app.widgets.drag_tile import is_held, run_drag
from loopgen_app.widgets.label import set_tip


def drag_files(source: QWidget, paths: Sequence[Path]) -> None:
    """Drag complete files; returns when they were dropped."""
    run_drag(source, paths[0], None, *paths[1:])


class DragGrip(QToolButton):
    """Asks `files` for complete files when a drag begins; none where there is nothing to drag."""

    def __init__(self, words: str, files: Callable[[], Sequence[Path]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._files = files
        self._pressed: QPointF | None = None
        self.start_drag: Callable[[QWidget, Sequence[Path]], object] = drag_files
        self.setProperty("role", "quiet")
        self.setIcon(icon("grip"))
        self.setIconSize(QSize(18, 18))
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_tip(self, words)
        self.setAccessibleName(words)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag may begin."""
        self._pressed = event.position() if event.button() == Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin the drag once the pointer has moved far enough with the button held."""
        if self._pressed is None or not is_held(event):
            return
        if (event.position() - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._pressed = None
            self.setDown(False)
            paths = self._files()
            if paths:
                self.start_drag(self, paths)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """No drag begins any more."""
        self._pressed = None
        super().mouseReleaseEvent(event)
