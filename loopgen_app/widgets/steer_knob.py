"""A knob with its zero at the top: more to the right, less to the left."""

from PySide6.QtGui import QMouseEvent

from loopgen_app.widgets.knob_face import KnobFace
from loopgen_app.widgets.round_knob import RoundKnob


class SteerKnob(RoundKnob):
    """A value around zero. A double click brings it back to its default; Enter types a value."""

    def text(self) -> str:
        """The value with its sign."""
        return f"{self.value():+.1f}" if self.value() else "0"

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the default."""
        del event
        self.setValue(self._default or 0.0)

    def face(self) -> KnobFace:
        """Lit from the top."""
        return KnobFace(self.fraction(), self.text(), 11, origin=0.5, live=self.isEnabled(), focused=self.hasFocus())
