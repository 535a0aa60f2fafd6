"""A small button that a file is dragged out of; a click makes the file too."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPixmap
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from loopgen_app.icons import icon
from loopgen_app.widgets.drag_tile import FileMaker, run_drag
from loopgen_app.widgets.label import set_tip


class DragButton(QToolButton):
    """Asks `file_maker` for a complete file when a drag begins or it is clicked."""

    def __init__(self, symbol: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "quiet")
        self.setIcon(icon(symbol))
        self.setIconSize(QSize(18, 18))
        set_tip(self, words)
        self.setAccessibleName(words)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.file_maker: FileMaker = lambda: None
        self.start_drag: Callable[[QWidget, Path, QPixmap | None], object] = run_drag
        self._pressed: QPointF | None = None
        self.clicked.connect(lambda _checked=False: self.file_maker())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag may begin."""
        self._pressed = event.position() if event.button() == Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin the drag once the pointer has moved far enough; letting go is no click then."""
        far = self._pressed is not None and (event.position() - self._pressed).manhattanLength()
        if not far or far < QApplication.startDragDistance():
            return
        self._pressed = None
        self.setDown(False)
        path = self.file_maker()
        if path is not None:
            self.start_drag(self, path, None)
