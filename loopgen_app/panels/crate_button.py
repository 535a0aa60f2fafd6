"""Which crate the bank shows, and what can be done with crates."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton, QWidget

from engine import LoopGenError
from loopgen_app.panels.binding import add_choice, popup_at
from loopgen_app.studio import Studio
from loopgen_app.widgets.label import set_tip

ALL = "All crates"
SHOWN_LETTERS = 14


class CrateButton(QToolButton):
    """Says which crate is shown; `chosen(name)` when another one is, "" for all."""

    chosen = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.crate = ""
        self.setObjectName("crateButton")
        self.setProperty("role", "quiet")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setAccessibleName("Crate that is shown")
        self.clicked.connect(lambda: popup_at(self.menu_of_crates(), self))
        studio.crates.changed.connect(self._show)
        self._show()

    def choose(self, name: str) -> None:
        """Show a crate, or all loops with ""."""
        self.crate = name
        self._show()
        self.chosen.emit(name)

    def _show(self) -> None:
        if self.crate and self.crate not in self._studio.crates.names():
            self.choose("")
            return
        short = self.crate if len(self.crate) <= SHOWN_LETTERS else f"{self.crate[: SHOWN_LETTERS - 1]}…"
        self.setText(f"{short or 'Crates'} ▾")
        set_tip(self, f"Crate {self.crate} is shown" if self.crate else "Show one crate of loops")

    def menu_of_crates(self) -> QMenu:
        """All crates, and what can be done with the one that is shown."""
        menu, crates = QMenu(self), self._studio.crates
        add_choice(menu, ALL, partial(self.choose, ""), chosen=not self.crate)
        for name in crates.names():
            words = f"{name.replace('&', '&&')}   {len(crates.ids(name))}"
            add_choice(menu, words, partial(self.choose, name), chosen=name == self.crate)
        if not crates.names():
            menu.addAction("The menu of a loop puts it into a crate").setEnabled(False)
        if self.crate:
            menu.addSeparator()
            menu.addAction("Rename this crate…", self._rename)
            menu.addAction("Delete this crate, not its loops", lambda: self._do(lambda: crates.remove(self.crate)))
        return menu

    def _rename(self) -> None:
        name, wanted = QInputDialog.getText(self, "Rename the crate", "Name", text=self.crate)
        if wanted:
            before = self.crate
            self._do(lambda: self._renamed(before, name))

    def _renamed(self, before: str, name: str) -> None:
        self.crate = ""
        self.choose(self._studio.crates.rename(before, name))

    def _do(self, act: Callable[[], object]) -> None:
        try:
            act()
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
