"""The menu of packs: those that are here, and learning from the musician's own sounds."""

from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QMainWindow

from engine import user_packs
from loopgen_app.panels.learn_window import LearnWindow, play_pack
from loopgen_app.panels.packs_window import PacksWindow
from loopgen_app.studio import Studio


class PacksMenu:
    """Of each of its windows one is open at a time."""

    def __init__(self, window: QMainWindow, studio: Studio) -> None:
        self._window, self._studio = window, studio
        self._line = studio.background.line("packs")
        menu = window.menuBar().addMenu("&Packs")
        menu.addAction("Learn from my sounds…", self.learn)
        menu.addAction("Packs…", self.packs)
        menu.addSeparator()
        menu.addAction("Open model pack…", self._open)
        studio.learner.learnt.connect(self._say_learnt)

    def learn(self) -> None:
        """Open the window that learns, or bring it to the front."""
        self._show(self._window.findChild(LearnWindow) or LearnWindow(self._studio, self._window))

    def packs(self) -> None:
        """Open the window of packs, or bring it to the front."""
        self._show(self._window.findChild(PacksWindow) or PacksWindow(self._studio, self._line, self._window))

    def _show(self, page: QDialog) -> None:
        page.show()
        page.raise_()

    def _open(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, "Open model pack", str(user_packs()))
        if folder:
            play_pack(self._studio, Path(folder))

    def _say_learnt(self, folder: str) -> None:
        words = f"A pack learnt from your sounds: {Path(folder).name}."
        self._studio.messages.say(words, "Play it", lambda: play_pack(self._studio, Path(folder)))
