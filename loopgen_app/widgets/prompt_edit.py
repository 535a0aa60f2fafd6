"""A field for a prompt: earlier prompts, endings of words, weights of phrases."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from loopgen_app.colours import colour

HEIGHTS = {1: 32, 2: 58}
"""Pixels of a field by its lines."""
MOST_CHARACTERS = 20_000
"""That a field holds: each key that is pressed has all of them looked at."""
Weigher = Callable[[str, int, int], tuple[str, int]]


class PromptEdit(QPlainTextEdit):
    """A line or two of words.

    Enter submits, Up and Down at the edges walk through `history` (newest first), Ctrl+Up and Ctrl+Down call `weigh`,
    the rest of a word that `complete` offers is shown dimmed and taken with Tab.
    """

    submitted = Signal()

    def __init__(self, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history: Callable[[], Sequence[str]] = tuple
        self.complete: Callable[[str, int], str] = lambda _text, _cursor: ""
        self.weigh: Weigher = lambda text, cursor, _steps: (text, cursor)
        self.clean: Callable[[str], str] = str
        self._place, self._draft, self._walking = -1, "", False
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if lines == 1:
            self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            self.setProperty("role", "small")
        self.setFixedHeight(HEIGHTS[lines])
        self.textChanged.connect(self._typed)

    def text(self) -> str:
        """The words, as a line edit gives them."""
        return self.clean(self.toPlainText())

    def setText(self, text: str) -> None:
        """Replace the words; the cursor stays when nothing changes."""
        if text != self.text():
            self.setPlainText(text)
            self.moveCursor(QTextCursor.MoveOperation.End)

    def ending(self) -> str:
        """The rest of a word that is offered at the cursor, or ""."""
        cursor = self.textCursor()
        if not self.hasFocus() or cursor.hasSelection():
            return ""
        return self.complete(self._units(), cursor.position())

    def event(self, event: QEvent) -> bool:
        """Weighing goes before the window's own Ctrl+Up and Ctrl+Down."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _weighs(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter submits, Ctrl+arrows weigh, arrows at the edges bring earlier prompts."""
        key = event.key()
        older = key == Qt.Key.Key_Up
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submitted.emit()
        elif _weighs(event):
            self._weigh(1 if older else -1)
        elif not (key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not event.modifiers() and self._walk(older=older)):
            super().keyPressEvent(event)
            self.viewport().update()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab takes the ending that is offered; else it leaves."""
        ending = self.ending() if forward else ""
        if ending:
            self.textCursor().insertText(ending)
            return True
        return super().focusNextPrevChild(forward)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Words; files that are let go over the field are the window's."""
        return source.hasText() and not source.hasUrls()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste words, without line breaks and other control characters, as far as there is room."""
        cursor = self.textCursor()
        kept = self.document().characterCount() - len(cursor.selectedText())
        cursor.insertText(self.clean(source.text()[: max(0, MOST_CHARACTERS - kept)]))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The words, and what is offered."""
        super().paintEvent(event)
        ending = self.ending()
        if ending:
            painter = QPainter(self.viewport())
            painter.setFont(self.font())
            painter.setPen(colour("faint"))
            corner = self.cursorRect().topLeft()
            painter.drawText(corner.x() + 1, corner.y() + self.fontMetrics().ascent(), ending)

    def _units(self) -> str:
        # Qt counts UTF-16 units, Python letters: one sign for each half keeps places equal, and ends no word.
        return "".join(letter if ord(letter) < 0x10000 else "\ufffd\ufffd" for letter in self.toPlainText())

    def _weigh(self, steps: int) -> None:
        text, cursor = self.toPlainText(), self.textCursor()
        before = len(text.encode("utf-16-le")[: 2 * cursor.position()].decode("utf-16-le", "ignore"))
        changed, place = self.weigh(text, before, steps)
        if changed != text:
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.insertText(changed)
            cursor.setPosition(len(changed[:place].encode("utf-16-le")) // 2)
            self.setTextCursor(cursor)

    def _walk(self, *, older: bool) -> bool:
        cursor = self.textCursor()
        inside = QTextCursor(cursor)
        edge = QTextCursor.MoveOperation.Up if older else QTextCursor.MoveOperation.Down
        if inside.movePosition(edge):
            return False
        known = [prompt for prompt in self.history() if prompt != self._draft]
        place = min(self._place + (1 if older else -1), len(known) - 1)
        if place < -1 or place == self._place:
            return False
        self._place, self._walking = place, True
        self.setText(known[place] if place >= 0 else self._draft)
        self._walking = False
        return True

    def _typed(self) -> None:
        if not self._walking:
            self._place, self._draft = -1, self.text()


def _weighs(event: QKeyEvent) -> bool:
    return (
        event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and event.modifiers() == Qt.KeyboardModifier.ControlModifier
    )
