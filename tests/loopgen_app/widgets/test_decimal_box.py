"""A box of decimals: point and comma mean the same, in every locale."""

import pytest
from PySide6.QtCore import QLocale
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.decimal_box import DecimalBox


@pytest.mark.parametrize("language", [QLocale.Language.C, QLocale.Language.German, QLocale.Language.French])
def test_both_separators_are_taken(qtbot: QtBot, language: QLocale.Language) -> None:
    box = DecimalBox()
    qtbot.addWidget(box)
    box.setLocale(QLocale(language))
    box.setRange(0.0, 999.0)
    box.setDecimals(2)
    for typed in ("126.5", "126,5"):
        box.setValue(0.0)
        box.lineEdit().setText(typed)
        box.interpretText()
        assert box.value() == 126.5
