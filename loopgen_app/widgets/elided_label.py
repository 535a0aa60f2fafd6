"""A line of text that gives way to its neighbours."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loopgen_app.widgets.elided_name import elided_name
from loopgen_app.widgets.label import Label, set_tip


class ElidedLabel(Label):
    """One line of plain text, cut with an ellipsis where there is no room; the tooltip has all of it.

    Without text it takes no room.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def minimumSizeHint(self) -> QSize:
        """No width is needed."""
        return QSize(0, super().minimumSizeHint().height())

    def whole(self) -> str:
        """All of the text."""
        return self._whole

    def setWhole(self, text: str) -> None:
        """Show a text."""
        self._whole = text
        set_tip(self, text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        width = max(self.width(), 40)
        self.setText(elided_name(self.fontMetrics(), self._whole, width))
