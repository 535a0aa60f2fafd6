"""A popup in which a curve over the loop is drawn."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from loopgen_app.panels.binding import connect
from loopgen_app.state.parameters import PARAMETERS
from loopgen_app.studio import Studio
from loopgen_app.widgets.curve_editor import CurveEditor
from loopgen_app.widgets.label import Label


class CurvePopup(QFrame):
    """Draws into its knob while the pointer moves; one drag is one step of undo."""

    def __init__(self, studio: Studio, knob_id: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "popup")
        self.setObjectName(f"{knob_id}_popup")
        label = PARAMETERS[knob_id].label
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 14)
        title = Label(f"{label} over the loop", self)
        title.setProperty("role", "heading")
        self.editor = CurveEditor(parent=self)
        self.editor.setObjectName(f"{knob_id}_editor")
        self.editor.setAccessibleName(f"{label} curve")
        free = QPushButton("Set free", self)
        free.clicked.connect(lambda: studio.instrument.set(knob_id, None))
        row = QHBoxLayout()
        row.addWidget(title, 1)
        row.addWidget(free)
        column.addLayout(row)
        column.addWidget(self.editor)
        self.editor.curveDrawn.connect(connect(studio, knob_id, self.editor.setCurve))
        self.editor.gestureBegan.connect(lambda: studio.instrument.begin_gesture(label))
        self.editor.gestureEnded.connect(studio.instrument.end_gesture)
        connect(studio, "bars", self.editor.setBars)

    def open_above(self, anchor: QWidget) -> None:
        """Open above a knob."""
        self.adjustSize()
        corner = anchor.mapToGlobal(QPoint(0, -4))
        self.move(corner - QPoint(0, self.height()))
        self.show()
