"""The frame every panel has: rounded, with a heading and room for small tools beside it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from loopgen_app.theme import icon
from loopgen_app.widgets.label import Label, set_tip


class Panel(QFrame):
    """A rounded area; `body` is its column, `tools` the row of its heading."""

    def __init__(self, heading: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 8, 12, 9)
        self.body.setSpacing(6)
        self.tools = QHBoxLayout()
        self.tools.setSpacing(4)
        if heading:
            label = Label(heading, self)
            label.setProperty("role", "heading")
            self.tools.addWidget(label)
            self.tools.addStretch(1)
            self.body.addLayout(self.tools)


def tool(name: str, words: str, parent: QWidget, *, object_name: str = "", checkable: bool = False) -> QToolButton:
    """A quiet button with an icon; `words` are its tooltip and its accessible name."""
    button = QToolButton(parent)
    button.setProperty("role", "quiet")
    button.setIcon(icon(name))
    button.setIconSize(QSize(18, 18))
    set_tip(button, words)
    button.setAccessibleName(words)
    button.setCheckable(checkable)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    if object_name:
        button.setObjectName(object_name)
    return button
