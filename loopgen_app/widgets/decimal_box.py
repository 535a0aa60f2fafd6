"""A box for numbers with decimals that takes point and comma alike, whatever the locale says."""

import re
from typing import Final

from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox

_NUMBER: Final = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{0,6})?|[.,][0-9]{1,6}", re.ASCII)
_BEGUN: Final = re.compile(r"[0-9]{0,9}[.,]?", re.ASCII)


class DecimalBox(QDoubleSpinBox):
    """Shows a point, and takes point or comma: Qt would take one of them for a separator of thousands."""

    def textFromValue(self, value: float) -> str:
        """The number with all its decimals."""
        return f"{value:.{self.decimals()}f}"

    def valueFromText(self, text: str) -> float:
        """The number that was typed, with the unit or without; the lowest where there is none."""
        typed = self._typed(text)
        return float(typed.replace(",", ".")) if _NUMBER.fullmatch(typed) else self.minimum()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Digits with at most one point or comma, within the range."""
        typed = self._typed(text)
        if _NUMBER.fullmatch(typed):
            fits = self.minimum() <= float(typed.replace(",", ".")) <= self.maximum()
            return (QValidator.State.Acceptable if fits else QValidator.State.Invalid, text, position)
        begun = _BEGUN.fullmatch(typed) or text == self.specialValueText()
        return (QValidator.State.Intermediate if begun else QValidator.State.Invalid, text, position)

    def _typed(self, text: str) -> str:
        return text.removesuffix(self.suffix()).strip()
