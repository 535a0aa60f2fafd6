"""The loop bank: every loop that was made, and the ways out of the window."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QMenu, QPushButton, QWidget

from engine import FORMATS, LoopGenError
from loopgen_app.audition import LoopAtHand
from loopgen_app.panels.bank_model import BankModel
from loopgen_app.panels.binding import add_choice
from loopgen_app.panels.frame import Panel, tool
from loopgen_app.studio import Studio
from loopgen_app.theme import icon
from loopgen_app.widgets.drag_tile import DragTile, run_drag
from loopgen_app.widgets.loop_list import LoopList
from loopgen_app.widgets.segmented import Segmented


class BankPanel(Panel):
    """List, filter, drag tile and export."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._studio = studio
        self.model = BankModel(studio)
        self._add_filter()
        self.list = LoopList(self)
        self.list.setObjectName("loopBank")
        self.list.setAccessibleName("Loop bank")
        self.list.setModel(self.model)
        self.list.empty_title, self.list.empty_hint = "Every loop you make lands here", "Star what you like."
        self.list.playAsked.connect(studio.audition.play_id)
        self.list.deleteAsked.connect(self.delete)
        self.list.favouriteAsked.connect(self._toggle_favourite)
        self.list.dragAsked.connect(self._drag)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.body.addWidget(self.list, 1)
        self._add_exits()
        studio.audition.banked.connect(self.model.refresh)
        studio.audition.changed.connect(self._show_loop)
        studio.transport.changed.connect(lambda _state: self.model.touch())

    def _add_filter(self) -> None:
        self.words = QLineEdit(self)
        self.words.setObjectName("bankFilter")
        self.words.setPlaceholderText("filter: name, key, tempo")
        self.words.setAccessibleName("Filter the loop bank")
        self.words.setClearButtonEnabled(True)
        self.words.setMaximumWidth(190)
        self.words.textChanged.connect(lambda _text: self._look())
        self.show_which = Segmented([("All", "all"), ("Starred", "favourites"), ("Deleted", "deleted")], self)
        self.show_which.setObjectName("bankShow")
        self.show_which.setAccessibleName("Which loops to show")
        self.show_which.chosen.connect(lambda _value: self._look())
        self.tools.addWidget(self.words, 1)
        self.tools.addStretch()
        self.tools.addWidget(self.show_which)
        self.body.addLayout(self.tools)

    def _look(self) -> None:
        self.model.look_for(self.show_which.value(), self.words.text())

    def _add_exits(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        self.tile = DragTile(self._file_of_current, self)
        self.tile.setObjectName("dragTile")
        self.tile.setAccessibleName("Drag the loop out as a file")
        self.tile.setToolTip("Drag this loop into your DAW or a folder")
        self.export = QPushButton("Export", self)
        self.export.setObjectName("exportButton")
        self.export.setAccessibleName("Export the loop")
        self.export.setToolTip("Write the loop into the export folder (Ctrl+E)")
        self.export.setIcon(icon("export"))
        self.export.clicked.connect(self.export_current)
        self.reveal_button = tool("folder", "Show the exported file in its folder", self, object_name="revealButton")
        self.reveal_button.clicked.connect(self.reveal)
        self.copy_button = tool("copy", "Copy the path of the exported file", self, object_name="copyPathButton")
        self.copy_button.clicked.connect(self.copy_path)
        row.addWidget(self.tile, 1)
        for widget in (self.export, self.reveal_button, self.copy_button):
            row.addWidget(widget)
            widget.setEnabled(False)
        self.body.addLayout(row)

    def _show_loop(self, heard: LoopAtHand | None) -> None:
        for widget in (self.export, self.reveal_button, self.copy_button):
            widget.setEnabled(heard is not None)
        if heard is not None:
            self.tile.setLoop(heard.name, heard.thumbnail)
            row = self.model.row_of(heard.id)
            if row >= 0 and self.list.current_id() != heard.id:
                self.list.setCurrentIndex(self.model.index(row))
        self.model.touch()

    # ---- files --------------------------------------------------------------------------------------------------

    def _file_of(self, heard: LoopAtHand | None) -> Path | None:
        if heard is None:
            return None
        try:
            return self._studio.exports.file_for_drag(heard)
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
            return None

    def _file_of_current(self) -> Path | None:
        return self._file_of(self._studio.audition.current)

    def _drag(self, loop_id: int) -> None:
        path = self._file_of(self._studio.audition.fetch(loop_id))
        if path is not None:
            run_drag(self.list, path)

    def export_current(self) -> None:
        """Write the loop at hand into the export folder."""
        current = self._studio.audition.current
        if current is None:
            return
        try:
            path = self._studio.exports.export(current)
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
        else:
            self._studio.messages.say(f"Exported {path.name}.", "Reveal", self.reveal)

    def export_shown(self) -> None:
        """Write every loop that is shown into a folder that is asked for."""
        folder = QFileDialog.getExistingDirectory(self, "Export all shown loops to", str(self._studio.exports.folder))
        if folder:
            self.export_all_to(Path(folder))

    def export_all_to(self, folder: Path) -> None:
        """Write every loop that is shown into `folder`."""
        loops = [heard for row in self.model.loops() if (heard := self._studio.audition.fetch(row.id)) is not None]
        try:
            paths = self._studio.exports.export_many(loops, folder)
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
        else:
            self._studio.messages.say(f"Exported {len(paths)} loops to {folder}.")

    def reveal(self) -> None:
        """Open the folder of the file exported last."""
        path = self._studio.exports.last or self._file_of_current()
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))

    def copy_path(self) -> None:
        """Put the path of the file of the loop at hand on the clipboard; without one yet, it is written."""
        current = self._studio.audition.current
        known = self._studio.exports.file_of(current) if current is not None else None
        path = known or self._file_of(current)
        if path is not None:
            QGuiApplication.clipboard().setText(str(path))
            self._studio.messages.say(f"Copied the path of {path.name}.")

    # ---- rows ---------------------------------------------------------------------------------------------------

    def delete(self, loop_id: int) -> None:
        """Delete a loop; the message offers to undo it."""
        bank = self._studio.bank
        try:
            bank.delete(loop_id)
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
            return
        self.model.refresh()
        self._studio.messages.say("Deleted.", "Undo", lambda: self.undelete(loop_id))

    def undelete(self, loop_id: int) -> None:
        """Bring a loop back."""
        self._studio.bank.undelete(loop_id)
        self.model.refresh()

    def _toggle_favourite(self, loop_id: int) -> None:
        row = self.model.row_of(loop_id)
        if row >= 0:
            self._studio.bank.set_favourite(loop_id, not self.model.loop_at(row).favourite)
            self.model.refresh()
            row = self.model.row_of(loop_id)
            if row >= 0:
                self.list.setCurrentIndex(self.model.index(row))

    def _refer_to(self, loop_id: int) -> None:
        heard = self._studio.audition.fetch(loop_id)
        if heard is not None:
            self._studio.references.take_loop(heard)

    def _open_menu(self, point: QPoint) -> None:
        index = self.list.indexAt(point)
        if index.isValid():
            self.row_menu(self.model.loop_at(index.row()).id).popup(self.list.viewport().mapToGlobal(point))

    def row_menu(self, loop_id: int) -> QMenu:
        """What can be done with a loop."""
        audition, menu = self._studio.audition, QMenu(self)
        menu.addAction("Play", lambda: audition.play_id(loop_id))
        menu.addAction("Restore its settings", lambda: audition.play_id(loop_id, start=False, restore=True))
        menu.addAction("Use as reference", lambda: self._refer_to(loop_id))
        menu.addAction("Rework as source", lambda: self._studio.reworking.open_banked(loop_id))
        menu.addAction("Star", lambda: self._toggle_favourite(loop_id))
        menu.addAction("Rename", lambda: self.list.edit(self.model.index(self.model.row_of(loop_id))))
        if self.show_which.value() == "deleted":
            menu.addAction("Bring back", lambda: self.undelete(loop_id))
        else:
            menu.addAction("Delete", lambda: self.delete(loop_id))
        menu.addSeparator()
        formats = menu.addMenu("Export format")
        for key, kind in FORMATS.items():
            choose = partial(setattr, self._studio.settings, "export_format", key)
            add_choice(formats, kind.label, choose, chosen=key == self._studio.settings.export_format)
        return menu
