"""The window speaks a musician's words: nothing that is said, written or hinted at is the engine's jargon.

Two walks: over every sentence that stands in the window's source, whether a test brings it up or not, and over every
widget and command of windows that were used.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from conftest import Stage
from fakes import FakeApplications
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QTabBar,
    QTextBrowser,
    QWidget,
)

ROOT = Path(__file__).parents[2]
JARGON = re.compile(
    r"latent|tensor|\biadb|\binver(t|s)|round.?trip|embedding|\bhash|cosine|\bnull\b|denois|checkpoint|safetensors|json"
    r"|sha256|softmax|logit|callback|exception|traceback|thread|pickle|gradient|\bloss(es)?\b|low.rank|decoder|encoder"
    r"|codec|\bclap\b|\bprocess\b|separator|\bvector|matrix|inference|\bsampl(er|ing)\b|\bweights\b|SI.?SDR|\bintegrat"
    r"|underrun|socket|(?-i:\bNone\b)|bit for bit|the tempo was heard|\balpha\b|\bstandardis|\bparameters?\b",
    re.IGNORECASE,
)
NOT_SHOWN = {
    "SQL": r"^(\s*CREATE|SELECT|INSERT|UPDATE|DELETE|PRAGMA|ALTER|deleted_at|id, created)",
    "what a style sheet or an annotation says": r"^[A-Za-z]+ \| None$|\{.*:.*;|^[A-Z][a-z]+[A-Z]\w*$",
    "a variable of the environment": r"^[A-Z_]+$",
}
FOR_PROGRAMMERS = {
    "loopgen_app/panels/osc_help.py": "a page for those who write programs that speak OSC",
    "loopgen_app/panels/help_pages.py": "licences name what they are the licences of, About the paper by its title",
}
ENGINE_CHOICES = {"samplerBox", "scheduleBox"}
"""Proper names of methods, below the fold of those who look for them."""
RAW = re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{8,}\b|\b[a-z]+_[a-z_]+\b")
"""Hashes, and names of the program's own."""
MEASURED = re.compile(r"\d\s*(%|dB) ?(off|error|wrong)|error \d")


def spoken(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, text) of what could be shown: sentences and labels, without docstrings and what is logged."""
    passed = set[int]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            logs = isinstance(node.func.value, ast.Name) and node.func.value.id == "log"
            hidden = node.func.attr in ("setObjectName", "setProperty", "setStyleSheet")
            if logs or hidden:
                passed |= {id(each) for each in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            text = node.value
            said = " " in text.strip() or text[:1].isupper()
            if said and not any(re.search(kind, text) for kind in NOT_SHOWN.values()):
                yield node.lineno, text


def test_no_sentence_of_the_window_is_the_engines() -> None:
    found, seen = [], 0
    for path in sorted((ROOT / "loopgen_app").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name in FOR_PROGRAMMERS:
            continue
        for line, text in spoken(ast.parse(path.read_text(encoding="utf-8"))):
            seen += 1
            if JARGON.search(text):
                found.append(f"{name}:{line}: {text!r}")
    assert seen > 400
    assert found == []


def shown(widget: QWidget) -> Iterator[str]:
    """What a widget says where it can be read without pointing at it."""
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    if isinstance(widget, QLineEdit):
        yield widget.placeholderText()
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(index) for index in range(widget.count()))
    if isinstance(widget, QTabBar):
        yield from (widget.tabText(index) for index in range(widget.count()))
    if isinstance(widget, QTextBrowser):
        yield widget.toPlainText()
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        model = widget.model()
        for row in range(model.rowCount()):
            yield str(model.index(row, 0).data(Qt.ItemDataRole.DisplayRole) or "")
    if widget.isWindow():
        yield widget.windowTitle()


def hinted(widget: QWidget) -> Iterator[str]:
    """What it says to those who point at it, or have it read to them."""
    yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.statusTip())


def test_no_label_and_no_hint_of_a_window_that_was_used_is_the_engines(
    stage: Stage, applications: FakeApplications, tmp_path: Path
) -> None:
    said: list[str] = []
    stage.studio.messages.said.connect(lambda message: said.append(message.text))
    stage.find("promptEdit").setText("dusty house")
    for _ in range(2):
        stage.generate()
    stage.studio.instrument.set_many({"pad_on": True, "steer_dub": 1.0, "curve_brightness": (0.7,)}, "Test")
    stage.window.actions_.packs.learn()
    for action in stage.window.findChildren(QAction):
        if action.text() in ("Manual", "Keyboard shortcuts", "Packs…"):
            action.trigger()
    windows = [stage.window, *(each for each in stage.window.findChildren(QWidget) if each.isWindow())]
    names = {each for name in ENGINE_CHOICES for each in (stage.find(name), *stage.find(name).findChildren(QWidget))}
    widgets = [each for each in (stage.window, *stage.window.findChildren(QWidget)) if each not in names]
    labels = [text for widget in widgets for text in shown(widget) if text]
    hints = [text for widget in widgets for text in hinted(widget) if text]
    commands = [text for action in stage.window.findChildren(QAction) for text in (action.text(), action.toolTip())]
    assert len(windows) > 1
    assert len(labels) > 100
    assert len(hints) > 80
    assert len(commands) > 60
    assert [text for text in (*labels, *hints, *commands, *said) if JARGON.search(text)] == []
    assert [text for text in (*labels, *commands, *said) if RAW.search(text)] == []
    assert [text for text in (*labels, *commands, *said) if MEASURED.search(text)] == []
