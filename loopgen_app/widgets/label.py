"""Labels of plain text: Qt would take what looks like HTML for HTML, and open the files that it names."""

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QWidget


class Label(QLabel):
    """Plain text, whatever it looks like."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


def set_tip(widget: QWidget | QAction, text: str) -> None:
    """Give `widget`, or a command, the tooltip `text`, to be read as it stands."""
    widget.setToolTip(plain_tip(text))


def plain_tip(text: str) -> str:
    """`text` as a tooltip that shows it as it stands; tooltips have no plain format."""
    return f"<qt>{escape(text)}</qt>" if "<" in text or "&lt;" in text else text
