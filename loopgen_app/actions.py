"""Menus and shortcuts: every command of the window, each with its key where it can be seen."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMainWindow, QMenu

from engine import FORMATS, is_file
from loopgen_app.control_menu import ControlMenu
from loopgen_app.help_menu import HelpMenu
from loopgen_app.packs_menu import PacksMenu
from loopgen_app.panels.asking import agreed, where_to_save
from loopgen_app.panels.bank_panel import BankPanel
from loopgen_app.panels.binding import add_choice, add_tick
from loopgen_app.panels.exits import choose_folder
from loopgen_app.panels.mixer_panel import export_stems
from loopgen_app.panels.next_row import turn_back
from loopgen_app.state.session import SUFFIX
from loopgen_app.studio import Studio
from loopgen_app.view_menu import ViewMenu

SESSION_FILTER = f"LoopGen session (*{SUFFIX})"


class Actions:
    """Builds the menu bar; menus whose content changes are filled when they open."""

    def __init__(self, window: QMainWindow, studio: Studio, bank: BankPanel) -> None:
        self._window, self._studio, self._bank = window, studio, bank
        self._file_menu()
        self._edit_menu()
        self._loop_menu()
        self._sound_menu()
        self.packs = PacksMenu(window, studio)
        self.view = ViewMenu(window, studio)
        self.control = ControlMenu(window, studio, bank)
        self.help = HelpMenu(window, studio, self.shortcuts)

    def _add(self, menu: QMenu, words: str, act: Callable[[], object], keys: str = "") -> QAction:
        action = QAction(words, self._window)
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _checked=False: act())
        menu.addAction(action)
        return action

    def _file_menu(self) -> None:
        menu = self._window.menuBar().addMenu("&Session")
        self._add(menu, "Open…", self._open, "Ctrl+O")
        self._recent = menu.addMenu("Open recent")
        self._recent.aboutToShow.connect(self._fill_recent)
        self._add(menu, "Save", self._save, "Ctrl+S")
        self._add(menu, "Save as…", self._save_as, "Ctrl+Shift+S")
        menu.addSeparator()
        self._presets = menu.addMenu("Presets")
        self._presets.aboutToShow.connect(self._fill_presets)
        self._add(menu, "Keep as preset…", self._keep_preset, "Ctrl+Shift+P")
        menu.addSeparator()
        self._add(menu, "Quit", self._window.close, "Ctrl+Q")

    def _edit_menu(self) -> None:
        instrument = self._studio.instrument
        menu = self._window.menuBar().addMenu("&Edit")
        self.undo = self._add(menu, "Undo", instrument.undo, "Ctrl+Z")
        self.redo = self._add(menu, "Redo", instrument.redo, "Ctrl+Shift+Z")
        self.undo.setObjectName("undoAction")
        self.redo.setObjectName("redoAction")
        instrument.history_changed.connect(self._show_history)
        self._show_history()
        menu.addSeparator()
        self._add(menu, "New seed", instrument.draw_seed, "Ctrl+D")
        self._add(menu, "Re-roll noise corners", instrument.reroll_corners, "Ctrl+R")

    def _show_history(self) -> None:
        instrument = self._studio.instrument
        self.undo.setEnabled(instrument.undo_label is not None)
        self.redo.setEnabled(instrument.redo_label is not None)
        self.undo.setText(f"Undo {instrument.undo_label or ''}".strip())
        self.redo.setText(f"Redo {instrument.redo_label or ''}".strip())

    def offer_reference(self, choose: Callable[[], object]) -> None:
        """Put choosing a reference, and having none, into the menu of loops."""
        self._loops.addSeparator()
        self._add(self._loops, "Take on the character of…", choose, "Ctrl+Shift+R")
        self._add(self._loops, "Clear the reference", self._studio.references.clear)

    def _loop_menu(self) -> None:
        studio, restore = self._studio, partial(turn_back, self._studio)
        menu = self._loops = self._window.menuBar().addMenu("&Loop")
        self._add(menu, "Generate", studio.composing.generate, "Ctrl+Return")
        self._add(menu, "Cancel", studio.composing.cancel, "Esc")
        menu.addSeparator()
        self._add(menu, "Play or stop", studio.audition.toggle_play, "Space")
        self._add(menu, "A/B with the loop before", studio.audition.toggle_ab, "Ctrl+B")
        self._add(menu, "Turn the knobs back to what plays", restore, "Ctrl+Backspace")
        self._add(menu, "Next loop in the bank", partial(self._step, 1), "Ctrl+Down")
        self._add(menu, "Previous loop in the bank", partial(self._step, -1), "Ctrl+Up")
        menu.addSeparator()
        self._add(menu, "Export", self._bank.export_current, "Ctrl+E")
        self.mixed = self._add(menu, "Export as it is mixed", self._flip_mixed)
        self.mixed.setCheckable(True)
        self.mixed.setChecked(studio.settings.export_mixed)
        self._add(menu, "Export its parts", partial(export_stems, studio), "Ctrl+Alt+E")
        self._add(menu, "Export all shown…", self._bank.export_shown, "Ctrl+Shift+E")
        self._add(menu, "Export folder…", partial(choose_folder, studio, self._window))
        self._add(menu, "Show in folder", self._bank.reveal)
        self._add(menu, "Copy path", self._bank.copy_path, "Ctrl+Shift+C")
        self._formats = menu.addMenu("Export format")
        self._formats.aboutToShow.connect(self._fill_formats)

    def _flip_mixed(self) -> None:
        self._studio.settings.export_mixed = self.mixed.isChecked()
        self._studio.sessions.save_settings()

    def _step(self, down: int) -> None:
        model, current = self._bank.model, self._studio.audition.current
        row = model.row_of(current.id if current is not None else None) + down
        if 0 <= row < model.rowCount():
            self._studio.audition.play_id(model.loop_at(row).id)

    def _sound_menu(self) -> None:
        menu = self._window.menuBar().addMenu("S&ound")
        for words, knob, keys in (
            ("Metronome", "metronome", "Ctrl+M"),
            ("Follow every knob", "follow", "Ctrl+L"),
            ("Tempo knob turns what plays", "live_tempo", ""),
            ("Match levels", "level_match", ""),
        ):
            add_tick(self._add(menu, words, partial(self._flip, knob), keys), knob, self._studio.instrument)
        menu.addSeparator()
        self._add(menu, "Try the sound device again", self._studio.playback.retry)

    def _flip(self, knob: str) -> None:
        self._studio.instrument.set(knob, not self._studio.instrument.value(knob))

    def shortcuts(self) -> list[tuple[str, str]]:
        """(keys as this system writes them, words) of every command that has some."""
        plain = {self.undo: "Undo", self.redo: "Redo"}
        return [
            (action.shortcut().toString(QKeySequence.SequenceFormat.NativeText), plain.get(action) or action.text())
            for action in self._window.findChildren(QAction)
            if not action.shortcut().isEmpty()
        ]

    def _fill_formats(self) -> None:
        self._formats.clear()
        settings = self._studio.settings
        for key, kind in FORMATS.items():
            choose = partial(setattr, settings, "export_format", key)
            add_choice(self._formats, kind.label, choose, chosen=key == settings.export_format)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for name in self._studio.settings.recent:
            self._recent.addAction(
                Path(name).name.replace("&", "&&"), partial(self._studio.sessions.open, Path(name))
            )
        if self._recent.isEmpty():
            self._recent.addAction("No session yet").setEnabled(False)

    def _fill_presets(self) -> None:
        self._presets.clear()
        for name in self._studio.sessions.presets():
            self._presets.addAction(name.replace("&", "&&"), partial(self._studio.sessions.apply_preset, name))
        if self._presets.isEmpty():
            self._presets.addAction("No preset yet").setEnabled(False)

    def _open(self) -> None:
        folder = str(self._studio.folders.sessions)
        name, _ = QFileDialog.getOpenFileName(self._window, "Open session", folder, SESSION_FILTER)
        if name:
            self._studio.sessions.open(Path(name))

    def _save(self) -> None:
        if self._studio.sessions.path is None:
            self._save_as()
        else:
            self._studio.sessions.save(self._studio.sessions.path)

    def _save_as(self) -> None:
        folder = self._studio.folders.sessions
        path = where_to_save(self._window, "Save session", str(folder), SESSION_FILTER, SUFFIX)
        if path is not None:
            self._studio.sessions.save(path)

    def _keep_preset(self) -> None:
        title, sessions = "Keep as preset", self._studio.sessions
        name, wanted = QInputDialog.getText(self._window, title, "Name")
        if not wanted:
            return
        path = sessions.preset_file(name)
        if path is None or not is_file(path) or agreed(self._window, title, f"Replace your preset {path.stem}?"):
            sessions.save_preset(name)
