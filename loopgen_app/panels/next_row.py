"""What is next: what the knobs ask for, what of it is otherwise than what plays, and the way back."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine import InvalidRequest
from loopgen_app.panels.frame import tool
from loopgen_app.state.differences import differences
from loopgen_app.studio import Studio
from loopgen_app.widgets.elided_label import ElidedLabel


class NextRow(QWidget):
    """Beside what plays: tempo, length and key of the next loop, and a button that turns the knobs back."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setAccessibleName("What is next")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        column = QVBoxLayout()
        column.setSpacing(0)
        self.asked = ElidedLabel(self)
        self.asked.setObjectName("nextAsked")
        self.changed = ElidedLabel(self)
        self.changed.setObjectName("nextChanged")
        column.addStretch(1)
        column.addWidget(self.asked)
        column.addWidget(self.changed)
        column.addStretch(1)
        row.addLayout(column, 1)
        self.back = tool(
            "history", "Turn every knob to where it was for what plays", self, object_name="restoreButton"
        )
        self.back.clicked.connect(lambda: turn_back(studio))
        row.addWidget(self.back, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setMinimumWidth(200)
        studio.audition.changed.connect(lambda _loop: self._show())
        studio.instrument.changed.connect(lambda _knob: self._show())
        self._show()

    def _show(self) -> None:
        current, instrument = self._studio.audition.current, self._studio.instrument
        try:
            asked = instrument.request()
        except InvalidRequest as error:  # knobs that cannot be asked together
            self._tell("Next: not possible", str(error), marked=True, way_back=current is not None)
            return
        words = f"Next: {in_short(asked.tempo_bpm, asked.bars, asked.key)}"
        if current is None:
            self._tell(words, "", marked=False, way_back=False)
        elif current.recipe.kind == "passage":
            self._tell(words, "what plays is a transition", marked=False, way_back=False)
        else:
            with_seed = instrument.value("seed_locked") and not instrument.value("pad_on")
            found = differences(current.recipe.request, asked, with_seed=with_seed)
            told = f"changed: {', '.join(found)}" if found else "as what plays"
            self._tell(words, told, marked=bool(found), way_back=bool(found))

    def _tell(self, asked: str, changed: str, *, marked: bool, way_back: bool) -> None:
        self.asked.setWhole(asked)
        self.changed.setWhole(changed)
        for label, plain in ((self.asked, "soft"), (self.changed, "hint")):
            role = "warning" if marked and label is self.changed else plain
            if label.property("role") != role:
                label.setProperty("role", role)
                label.style().unpolish(label)
                label.style().polish(label)
        self.back.setEnabled(way_back)


def turn_back(studio: Studio) -> None:
    """Turn every knob to where it was when what plays was made."""
    current = studio.audition.current
    if current is not None and current.recipe.kind != "passage":
        studio.instrument.restore_recipe(current.recipe)


def in_short(tempo_bpm: float, bars: int, key: str | None) -> str:
    """Tempo, length and key of a loop in one line; without a key when it may be any."""
    return " · ".join(filter(None, (f"{tempo_bpm:g} BPM", f"{bars} bar{'s' if bars > 1 else ''}", key)))
