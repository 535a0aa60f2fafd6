"""The lower right of the window: the loop bank, and behind it the mixer and the source."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from loopgen_app.panels.bank_panel import BankPanel
from loopgen_app.panels.mixer_panel import MixerPanel
from loopgen_app.panels.source_panel import SourcePanel
from loopgen_app.studio import Studio
from loopgen_app.widgets.segmented import Segmented


class ResultTabs(QWidget):
    """Shows one of the three; a source that is opened comes to the front."""

    def __init__(self, studio: Studio, bank: BankPanel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = SourcePanel(studio, self)
        self.mixer = MixerPanel(studio, self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(bank)
        self._stack.addWidget(self.source)
        self._stack.addWidget(self.mixer)
        self.choice = Segmented([("Loop bank", 0), ("Mixer", 2), ("Source", 1)], self)
        self.choice.setObjectName("resultTabs")
        self.choice.setAccessibleName("Loop bank, mixer or source")
        self.choice.chosen.connect(self._stack.setCurrentIndex)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self.choice, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._stack, 1)
        studio.reworking.opened.connect(lambda: self.show_page(1))

    def show_page(self, page: int) -> None:
        """Bring the bank (0), the source (1) or the mixer (2) to the front."""
        self.choice.setValue(page)
        self._stack.setCurrentIndex(page)
