"""Words that are shortened to the room there is, and come back with it."""

import pytest
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.elided_button import PADDING, ElidedButton
from loopgen_app.widgets.elided_label import ElidedLabel

WORDS = "A loop of dub techno with a long name, 126 BPM"


def test_a_label_shows_what_fits_and_tells_the_rest(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    assert label.isHidden() and label.minimumSizeHint().width() == 0
    label.setWhole(WORDS)
    shown = []
    for width in (100, 200, 1000, 100):
        label.resize(width, 20)
        assert label.fontMetrics().horizontalAdvance(label.text()) <= width
        shown.append(label.text())
    assert shown[0] == shown[3] and shown[0][-1] == "\u2026" and len(shown[0]) < len(shown[1]) < len(WORDS)
    assert shown[2] == label.whole() == label.toolTip() == label.accessibleName() == WORDS
    label.setWhole("")
    assert label.isHidden()


def test_a_label_takes_no_word_for_markup(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(400, 20)
    label.setWhole("<b>kick</b>")
    plain = label.fontMetrics().horizontalAdvance("<b>kick</b>")
    assert label.text() == "<b>kick</b>" and label.sizeHint().width() >= plain


@pytest.mark.parametrize("width", [64, 120, 240])
def test_a_button_shortens_inside_its_padding(qtbot: QtBot, width: int) -> None:
    button = ElidedButton()
    qtbot.addWidget(button)
    button.show()
    button.resize(width, 28)
    button.setWords(WORDS)
    assert button.text().endswith("\u2026") and WORDS.startswith(button.text()[:-1])
    assert button.fontMetrics().horizontalAdvance(button.text()) <= width - PADDING
    button.resize(2000, 28)
    assert button.text() == WORDS


def test_the_number_that_tells_two_takes_apart_is_never_cut(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.setWhole("warm dub techno, deep chords #12")
    for width in (90, 140, 200):
        label.resize(width, 20)
        assert label.text().endswith("\u2026 #12")
        assert label.fontMetrics().horizontalAdvance(label.text()) <= width
    label.resize(1000, 20)
    assert label.text() == label.whole()
    label.setWhole("the sound of #hashtags and more words")
    label.resize(90, 20)
    assert label.text().endswith("\u2026")
