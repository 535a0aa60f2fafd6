"""Places to start from, for a window that has nothing to show yet: a click, and the first loop is on its way."""

from functools import partial

from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from loopgen_app.studio import Studio
from loopgen_app.widgets.label import set_tip

COLUMNS = 2
MOST = 6


class PresetRow(QWidget):
    """A button for each preset, shipped and own, as far as there is room."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setObjectName("presetRow")
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 0, 12, 8)
        grid.setSpacing(5)
        self.buttons: list[QPushButton] = []
        for place, name in enumerate([*studio.sessions.presets()][:MOST]):
            button = QPushButton(name.replace("&", "&&"), self)
            button.setProperty("role", "chip")
            button.setAccessibleName(f"Start from {name}")
            set_tip(button, f"Turn the knobs to {name} and make a loop")
            button.clicked.connect(partial(self._start, name))
            grid.addWidget(button, place // COLUMNS, place % COLUMNS)
            self.buttons.append(button)

    def _start(self, name: str) -> None:
        self._studio.sessions.apply_preset(name)
        self._studio.composing.generate()
