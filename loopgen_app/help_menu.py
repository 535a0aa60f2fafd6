"""The menu Help."""

from collections.abc import Callable

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QMainWindow

from loopgen_app.panels.help import ShortcutSheet
from loopgen_app.panels.help_pages import MANUAL, HelpPage, about, licences
from loopgen_app.studio import Studio


class HelpMenu:
    """Manual, shortcuts, about, licences; of each kind one page is open at a time."""

    def __init__(self, window: QMainWindow, studio: Studio, shortcuts: Callable[[], list[tuple[str, str]]]) -> None:
        self._window, self._studio, self._shortcuts = window, studio, shortcuts
        menu = window.menuBar().addMenu("&Help")
        menu.addAction("Manual", self._show_manual)
        keys = menu.addAction("Keyboard shortcuts", self._show_shortcuts)
        keys.setShortcut(QKeySequence("F1"))
        menu.addSeparator()
        menu.addAction("About LoopGen", self._show_about)
        menu.addAction("Licences", lambda: self._show(HelpPage("Licences", licences(), window)))

    def _show(self, page: QDialog) -> None:
        for before in self._window.findChildren(type(page)):
            if before is not page:
                before.close()
        page.show()

    def _show_manual(self) -> None:
        try:
            text = MANUAL.read_text(encoding="utf-8")
        except (OSError, ValueError):
            self._studio.messages.complain(f"The manual is not where it was installed: {MANUAL}.")
            return
        self._show(HelpPage("LoopGen in one page", text, self._window))

    def _show_about(self) -> None:
        state = self._studio.generation.state
        self._show(HelpPage("About LoopGen", about(state.pack), self._window))

    def _show_shortcuts(self) -> None:
        self._show(ShortcutSheet(self._shortcuts(), self._window))
