"""Words from files are shown as they stand: no headings, no pictures, no second line."""

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import loopgen_app
from loopgen_app.messages import Messages
from loopgen_app.widgets.elided_label import ElidedLabel
from loopgen_app.widgets.label import Label, plain_tip, set_tip

PLACE = Path(loopgen_app.__file__).parent


@pytest.mark.parametrize("text", ["<h1>Your disk is damaged</h1>", "a<img src='/etc/passwd'>", "&lt;b&gt;", "1 < 2"])
def test_what_looks_like_html_is_shown_as_it_stands(text: str, qtbot: QtBot) -> None:
    label, elided = Label(text), ElidedLabel()
    qtbot.addWidget(label)
    qtbot.addWidget(elided)
    elided.setWhole(text)
    set_tip(label, text)
    assert label.textFormat() == elided.textFormat() == Qt.TextFormat.PlainText
    for tip in (label.toolTip(), elided.toolTip()):
        assert tip.startswith("<qt>") and "<" not in tip.removeprefix("<qt>").removesuffix("</qt>")


def test_plain_tips_stay_as_they_are() -> None:
    assert plain_tip("Play & stop (Space)") == "Play & stop (Space)"


def test_every_label_and_tip_goes_through_one_door() -> None:
    found = []
    for path in sorted(PLACE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or path.name == "label.py":
                continue
            raw_label = getattr(node.func, "id", "") == "QLabel"
            raw_tip = getattr(node.func, "attr", "") == "setToolTip" and not isinstance(node.args[0], ast.Constant)
            if raw_label or raw_tip:
                found.append(f"{path.name}:{node.lineno}")
    assert found == []


def test_a_message_is_one_line_without_escapes() -> None:
    messages = Messages()
    messages.complain("x\x1b]0;owned\a\u202e\nsecond  line")
    assert messages.last is not None
    assert messages.last.text == "x\ufffd]0;owned\ufffd\ufffd second line"
