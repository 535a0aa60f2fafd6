"""The menu View: the light theme, and how closely the picture of the loop is looked at."""

from collections.abc import Callable

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow

from loopgen_app import theme
from loopgen_app.panels.view_panel import ViewPanel
from loopgen_app.studio import Studio

CLOSER = 1.5


class ViewMenu:
    """What is chosen here is remembered; no sound depends on it."""

    def __init__(self, window: QMainWindow, studio: Studio) -> None:
        self._window, self._studio = window, studio
        self._menu = window.menuBar().addMenu("&View")
        self.light = self._tick("Light theme", self._wear_light, "Ctrl+Shift+L")
        self.light.setChecked(studio.settings.theme == "light")
        self._menu.addSeparator()

    def offer_picture(self, panel: ViewPanel, show_large: Callable[[bool], object]) -> None:
        """Put what can be done to the picture into the menu; its own button does the same."""
        large = self._tick("Large picture of the loop", show_large, "Ctrl+G")
        large.setChecked(self._studio.settings.large_picture)
        panel.grow.clicked.connect(large.trigger)
        large.toggled.connect(panel.grow.setChecked)
        panel.grow.setChecked(large.isChecked())
        view = panel.view
        for words, keys, act in (
            ("Look closer", "Ctrl++", lambda: view.zoom(CLOSER)),
            ("Look from further away", "Ctrl+-", lambda: view.zoom(1 / CLOSER)),
            ("Look at the whole loop", "Ctrl+0", view.show_all),
        ):
            action = QAction(words, self._window)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda _checked=False, act=act: act())
            self._menu.addAction(action)

    def _tick(self, words: str, act: Callable[[bool], object], keys: str) -> QAction:
        action = QAction(words, self._window)
        action.setCheckable(True)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(act)
        self._menu.addAction(action)
        return action

    def _wear_light(self, on: bool) -> None:
        self._studio.settings.theme = "light" if on else "dark"
        self._studio.sessions.save_settings()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, self._studio.settings.theme)
