"""Between two loops: how far from A to B, and the loop that is there."""

from PySide6.QtWidgets import QWidget

from engine import KNOBS
from loopgen_app.making.reworking import Reworking
from loopgen_app.panels.binding import set_range
from loopgen_app.panels.frame import lay_in_a_row, named_button
from loopgen_app.widgets.label import set_tip
from loopgen_app.widgets.slider import Slider


class MorphRow(QWidget):
    """A slider from A to B, the ends of a transition, and a button; why it cannot be pressed stands in its tip."""

    def __init__(self, reworking: Reworking, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reworking = reworking
        self.share = Slider("A", "", self, far="B")
        self.share.setObjectName("morphShare")
        self.share.setAccessibleName("How far a morph goes from A to B")
        self.share.setToolTip("How far from A to B: in the middle it is as like the one as the other")
        set_range(self.share, KNOBS["blend"])
        self.share.setValue(KNOBS["blend"].default)
        self.share.setMinimumWidth(48)
        self.make = named_button(self, "Morph", "morphButton", "")
        self.make.clicked.connect(lambda: reworking.morph(self.share.value()))
        self.share.valueChanged.connect(lambda _value: self._show_share())
        self._show_share()
        lay_in_a_row(self, self.share, self.make, springs=(0,))

    def _show_share(self) -> None:
        self.make.setText(f"Morph {100 * self.share.value():.0f} %")

    def show_ends(self) -> None:
        """Whether there is anything to morph, and with what."""
        why_not = self._reworking.morph_trouble
        self.make.setEnabled(not why_not)
        set_tip(self.make, why_not or "Make the loop that lies there between what A and B are like")
