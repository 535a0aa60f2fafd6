"""A line that folds what lies below it away, and tells in a few words what is there."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from loopgen_app.icons import icon
from loopgen_app.widgets.label import set_tip


class Disclosure(QWidget):
    """`folded` lies below the line; `toggled(open)` when the user opens or folds it."""

    toggled = Signal(bool)

    def __init__(self, words: str, folded: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words, self._folded = words, folded
        self.button = QToolButton(self)
        self.button.setProperty("role", "disclosure")
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setIconSize(QSize(16, 16))
        self.button.setCheckable(True)
        self.button.setAccessibleName(words)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button.toggled.connect(self._show)
        self.button.clicked.connect(self.toggled)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.button)
        column.addWidget(folded)
        self._show(False)
        self.setSummary("")

    def setOpen(self, is_open: bool) -> None:
        """Open or fold, without telling."""
        self.button.setChecked(is_open)

    def isOpen(self) -> bool:
        """Whether what lies below is in sight."""
        return self.button.isChecked()

    def setSummary(self, words: str) -> None:
        """What is told of what is folded away."""
        self.button.setText(f"{self._words}   {words}" if words else self._words)
        set_tip(self.button, f"{self._words}: {words}" if words else self._words)

    def _show(self, is_open: bool) -> None:
        self._folded.setVisible(is_open)
        self.button.setIcon(icon("fold" if is_open else "unfold"))
