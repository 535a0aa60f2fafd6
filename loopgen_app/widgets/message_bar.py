"""One line that says what happened, where it happened, with at most one thing to do about it."""

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from loopgen_app.icons import icon
from loopgen_app.widgets.label import Label, set_tip

INFO_MILLISECONDS = 6000
LONGEST = 26
"""Letters of a word that are shown: names of files know no place to break, and fill a narrow bar by themselves."""


class MessageBar(QFrame):
    """Hidden until `show_message`; information fades by itself, errors stay until closed or replaced."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self._action: Callable[[], object] | None = None
        self._whole = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 5)
        row.setSpacing(10)
        self._symbol = Label("", self)
        self._text = Label("", self)
        self._text.setObjectName("messageText")
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton(self)
        self._button.setObjectName("messageAction")
        self._button.clicked.connect(self._act)
        close = QToolButton(self)
        close.setProperty("role", "quiet")
        close.setIcon(icon("close"))
        close.setAccessibleName("Close message")
        close.setToolTip("Close this message")
        close.clicked.connect(self.hide)
        row.addWidget(self._symbol)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        row.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_message(
        self, text: str, kind: str = "info", label: str = "", action: Callable[[], object] | None = None
    ) -> None:
        """Show `text` as "info" or "error", with a button when `label` is given."""
        self.setProperty("kind", kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self._symbol.setPixmap(
            icon("warning" if kind == "error" else "info", "bad" if kind == "error" else "soft").pixmap(20)
        )
        self._whole = text
        self._text.setText(" ".join(map(_shortened, text.split(" "))))
        set_tip(self._text, text)
        self.setAccessibleName(text)
        self._action = action
        self._button.setText(label)
        self._button.setVisible(bool(label))
        self.show()
        if kind == "info":
            self._timer.start(INFO_MILLISECONDS)
        else:
            self._timer.stop()

    def text(self) -> str:
        """What it says, or said last."""
        return self._whole

    def _act(self) -> None:
        self.hide()
        if self._action is not None:
            self._action()


def _shortened(word: str) -> str:
    """A long word without its middle: how it begins and ends tells which it is."""
    half = LONGEST // 2
    return word if len(word) <= LONGEST else f"{word[:half]}\u2026{word[-half:]}"
