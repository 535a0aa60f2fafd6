"""The frame every panel has: rounded, with a heading and room for small tools beside it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from loopgen_app.icons import icon
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


def named_button(parent: QWidget, words: str, name: str, tip: str) -> QPushButton:
    """A button with `words` on it; its object name is `name`, `tip` its tooltip and its accessible name."""
    button = QPushButton(words, parent)
    button.setObjectName(name)
    set_tip(button, tip)
    button.setAccessibleName(tip)
    return button


def in_a_row(parent: QWidget, *widgets: QWidget, springs: tuple[int, ...] = (0,)) -> QWidget:
    """A new widget of one line that holds `widgets`; those with the numbers `springs` share the room that is left."""
    holder = QWidget(parent)
    lay_in_a_row(holder, *widgets, springs=springs)
    return holder


def lay_in_a_row(holder: QWidget, *widgets: QWidget, springs: tuple[int, ...] = (0,)) -> None:
    """Lay `widgets` out in `holder` as one line; those with the numbers `springs` share the room that is left."""
    holder.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for index, widget in enumerate(widgets):
        row.addWidget(widget, int(index in springs))
