"""Help: every shortcut on one sheet, and what this is."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from loopgen_app.widgets.label import Label

KEYS: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (
    ("Everywhere", (
        ("Tab, Shift+Tab", "next control, control before"),
        ("Enter", "press the button that Tab has reached"),
        ("Menu key", "what else can be done with a control or a loop"),
    )),
    ("Prompt", (
        ("Enter", "generate"),
        ("Up, Down", "earlier and later prompts"),
        ("Ctrl+Up, Ctrl+Down", "weigh the phrase at the cursor"),
        ("Tab", "end the word"),
    )),
    ("Dials, sliders, knobs", (
        ("Arrows, Page Up, Page Down", "turn"),
        ("Home, End", "lowest, highest"),
        ("Enter or F2", "type a value; Enter takes it, Escape leaves it"),
        ("Delete", "back to the default"),
        ("T", "tap the tempo, on its dial"),
    )),
    ("Pattern", (
        ("Arrows", "move"),
        ("Enter", "set or clear a step"),
        ("+, -", "louder, softer"),
        ("M, F", "mute a part, set it free"),
        ("V, K", "another sound for a part, keep its sound"),
    )),
    ("Noise pad", (
        ("Arrows", "move"),
        ("1, 2, 3, 4", "what can be done with a corner"),
    )),
    ("Loop bank", (
        ("Up, Down", "play the next loop, the one before"),
        ("Right, Left", "play an older take, a newer one"),
        ("F, F2, Delete", "star, rename, delete"),
    )),
)  # fmt: skip
"""Keys of the controls themselves, by where they work; those of the menus are read from the menus."""


class ShortcutSheet(QDialog):
    """A sheet of keys that stays open beside the window; `commands` are (keys, words) of the menus."""

    def __init__(self, commands: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("shortcutSheet")
        self.setWindowTitle("Keyboard shortcuts")
        page = QWidget(self)
        self._grid = QGridLayout(page)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        self._add("Menus", commands)
        for where, keys in KEYS:
            self._add(where, keys)
        area = QScrollArea(self)
        area.setWidget(page)
        area.setWidgetResizable(True)
        column = QVBoxLayout(self)
        column.addWidget(area)
        self.resize(600, 640)

    def lines(self) -> list[tuple[str, str]]:
        """What it says: keys, and what they do."""
        cells = [self._grid.itemAtPosition(row, column) for row in range(self._grid.rowCount()) for column in (0, 1)]
        texts = [cell.widget().text() if cell is not None else "" for cell in cells]  # type: ignore[union-attr]
        return list(zip(texts[::2], texts[1::2], strict=True))

    def _add(self, where: str, keys: Sequence[tuple[str, str]]) -> None:
        heading = Label(where, self)
        heading.setProperty("role", "heading")
        self._grid.addWidget(heading, self._grid.rowCount(), 0, 1, 2)
        for pressed, does in keys:
            row = self._grid.rowCount()
            self._grid.addWidget(Label(pressed, self), row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(Label(does, self), row, 1)
