"""The finer points of sampling, in a popup: a weight for each condition, repeat, sampler and schedule."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QVBoxLayout, QWidget

from loopgen_app.panels.binding import bind_combo, bind_value
from loopgen_app.state.parameters import GUIDED
from loopgen_app.studio import Studio
from loopgen_app.widgets.label import Label
from loopgen_app.widgets.slider import Slider


class GuidancePopup(QFrame):
    """Closes by itself when one clicks elsewhere."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "popup")
        self.setObjectName("guidancePopup")
        self.setMinimumWidth(260)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(8)
        title = Label("Weight of each condition", self)
        title.setProperty("role", "heading")
        column.addWidget(title)
        for condition, label in GUIDED.items():
            slider = Slider(label, "x", self)
            bind_value(slider, f"guidance_{condition}", studio)
            column.addWidget(slider)
        self.repeat = Slider("Repeat", "", self)
        bind_value(self.repeat, "repeat", studio)
        column.addWidget(self.repeat)
        grid = QGridLayout()
        for row, (knob, words) in enumerate((("sampler", "Sampler"), ("schedule", "Schedule"))):
            box = QComboBox(self)
            bind_combo(box, knob, studio, str.capitalize)
            caption = Label(words, self)
            caption.setProperty("role", "heading")
            grid.addWidget(caption, row, 0)
            grid.addWidget(box, row, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)

    def open_below(self, anchor: QWidget) -> None:
        """Open under a button, its right edges aligned."""
        self.adjustSize()
        corner = anchor.mapToGlobal(QPoint(anchor.width(), anchor.height() + 4))
        self.move(corner - QPoint(self.width(), 0))
        self.show()
