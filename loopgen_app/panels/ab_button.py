"""A/B where it can be seen: swaps with the loop that was heard before."""

from PySide6.QtWidgets import QToolButton, QWidget

from loopgen_app.audition import LoopAtHand
from loopgen_app.studio import Studio
from loopgen_app.widgets.label import set_tip


class AbButton(QToolButton):
    """Says A or B in its tick: unticked is the one heard first of the two, ticked the other."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._first: int | None = None
        self.setObjectName("abButton")
        self.setText("A/B")
        self.setProperty("role", "quiet")
        self.setCheckable(True)
        self.setAccessibleName("A/B with the loop before")
        self.clicked.connect(self._swap)
        studio.audition.changed.connect(self._show)
        self._show(studio.audition.current)

    def _swap(self) -> None:
        self._studio.audition.toggle_ab()
        self._show(self._studio.audition.current)

    def _show(self, heard: LoopAtHand | None) -> None:
        audition = self._studio.audition
        other = audition.other_id
        self.setEnabled(other is not None)
        if heard is None or other is None:
            self.setChecked(False)
            set_tip(self, "Swap with the loop before (Ctrl+B): there is none yet")
            return
        if self._first not in (heard.id, other):  # another pair
            self._first = other
        self.setChecked(heard.id != self._first)
        side = "B" if heard.id != self._first else "A"
        set_tip(self, f"Swap with the loop before (Ctrl+B); {side} is heard")
