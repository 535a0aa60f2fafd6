"""The loop bank: every loop that was made, and the ways out of the window."""

import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QMenu, QPushButton, QWidget

from engine import FORMATS, LoopGenError
from loopgen_app.audition import LoopAtHand
from loopgen_app.icons import icon
from loopgen_app.panels import bank_sets, exits
from loopgen_app.panels.bank_model import BankModel, describe
from loopgen_app.panels.binding import add_choice
from loopgen_app.panels.crate_button import CrateButton
from loopgen_app.panels.frame import Panel, tool
from loopgen_app.state.takes import Takes
from loopgen_app.studio import Studio
from loopgen_app.widgets.drag_tile import DragTile, run_drag
from loopgen_app.widgets.label import set_tip
from loopgen_app.widgets.loop_list import LoopList, Role
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
        self._say_why_empty()
        self.list.playAsked.connect(studio.audition.play_id)
        self.list.takeAsked.connect(self._play_take)
        self.list.deleteAsked.connect(self.delete)
        self.list.favouriteAsked.connect(self._toggle_favourite)
        self.list.dragAsked.connect(self._drag)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.body.addWidget(self.list, 1)
        self._add_exits()
        studio.audition.banked.connect(self._take_new)
        studio.audition.changed.connect(self._show_loop)
        studio.transport.changed.connect(lambda _state: self.model.touch())

    def _add_filter(self) -> None:
        self.words = QLineEdit(self)
        self.words.setObjectName("bankFilter")
        self.words.setPlaceholderText("Filter")
        set_tip(self.words, "Loops with these words in their name, key or tempo")
        self.words.setAccessibleName("Filter the loop bank")
        self.words.setClearButtonEnabled(True)
        self.words.setMaximumWidth(190)
        self.words.textChanged.connect(lambda _text: self._look())
        self.show_which = Segmented([("All", "all"), ("Starred", "favourites"), ("Deleted", "deleted")], self)
        self.show_which.setObjectName("bankShow")
        self.show_which.setAccessibleName("Which loops to show")
        self.show_which.chosen.connect(lambda _value: self._look())
        self.crates = CrateButton(self._studio, self)
        self.crates.chosen.connect(self._show_crate)
        self._studio.crates.changed.connect(self.model.refresh)
        self.alike = tool("close", "Show all loops again", self, object_name="alikeButton")
        self.alike.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.alike.clicked.connect(lambda: self._show_alike([]))
        self.alike.hide()
        self.tools.addWidget(self.words, 1)
        self.tools.addWidget(self.crates)
        self.tools.addWidget(self.alike)
        self.tools.addStretch()
        self.tools.addWidget(self.show_which)
        self.body.addLayout(self.tools)

    def _look(self) -> None:
        self.model.look_for(self.show_which.value(), self.words.text())
        self._say_why_empty()

    def _take_new(self) -> None:
        """A loop was made: it is on top, whatever was looked for before."""
        if self.model.alike:
            self._show_alike([])
        else:
            self.model.refresh()

    def _show_crate(self, name: str) -> None:
        self.model.show_crate(name)
        self._say_why_empty()

    def find_alike(self, loop_id: int) -> None:
        """Show the loops of the bank that sound like one, the most alike first."""
        bank = self._studio.bank
        self._studio.likeness.find(loop_id, [loop.id for loop in bank.loops()], self._show_alike)

    def _show_alike(self, ids: list[int]) -> None:
        self.model.show_alike(ids)
        self.alike.setVisible(bool(ids))
        heard = self._studio.audition.fetch(ids[0]) if ids else None
        self.alike.setText(f"like {heard.name[:20]}" if heard is not None else "")
        self.list.scrollToTop()

    def _say_why_empty(self) -> None:
        words, which = self.words.text().strip(), self.show_which.value()
        title, hint = {
            "all": ("Every loop you make lands here", "Star what you like."),
            "favourites": ("Nothing is starred yet", "Click the star of a loop that you like."),
            "deleted": ("Nothing was deleted lately", "Deleted loops stay here for 30 days."),
        }[which]
        if self.crates.crate:
            title, hint = f"Nothing of the crate {self.crates.crate} is here", "Choose another crate, or all."
        if words:
            title, hint = f"No loop has \u201c{words}\u201d in its name, key or tempo", "Clear the filter to see all."
        self.list.empty_title, self.list.empty_hint = title, hint
        self.list.viewport().update()

    def _add_exits(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(3)
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
        folder = tool(
            "folder", "Choose the folder that loops are exported to", self, object_name="exportFolderButton"
        )
        folder.clicked.connect(lambda: exits.choose_folder(self._studio, self))
        self.reveal_button = tool("reveal", "Show the exported file in its folder", self, object_name="revealButton")
        self.reveal_button.clicked.connect(self.reveal)
        self.copy_button = tool("copy", "Copy the path of the exported file", self, object_name="copyPathButton")
        self.copy_button.clicked.connect(self.copy_path)
        row.addWidget(self.tile, 1)
        for widget in (self.export, self.reveal_button, self.copy_button):
            row.addWidget(widget)
            widget.setEnabled(False)
        row.insertWidget(2, folder)
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

    def _file_of_current(self) -> Path | None:
        return exits.file_of(self._studio, self._studio.audition.current)

    def _drag(self, loop_id: int) -> None:
        chosen = self.list.chosen_ids()
        paths = bank_sets.files_of(self._studio, chosen if loop_id in chosen else [loop_id])
        if len(paths) == 1:
            run_drag(self.list, paths[0])
        elif paths:
            run_drag(self.list, paths[0], None, *paths[1:])

    def export_current(self) -> None:
        """Write the loop at hand into the export folder."""
        exits.export(self._studio, self._studio.audition.current)

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
        exits.reveal(self._studio, self._studio.exports.last or self._file_of_current())

    def copy_path(self) -> None:
        """Put the path of the file of the loop at hand on the clipboard; without one yet, it is written."""
        exits.copy_path(self._studio, self._studio.audition.current)

    # ---- rows ---------------------------------------------------------------------------------------------------

    def delete(self, loop_id: int) -> None:
        """Delete a loop, with those selected beside it and the other takes in their rows; it can be undone."""
        chosen = self.list.chosen_ids()
        rows = [self.model.row_of(each) for each in (chosen if loop_id in chosen else [loop_id])]
        ids = [take for row in rows if row >= 0 for take in self.model.takes_at(row).ids] or [loop_id]
        try:
            for take in ids:
                self._studio.bank.delete(take)
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
        else:
            words = f"Deleted {len(ids)} takes." if len(ids) > 1 else "Deleted."
            words = f"Deleted {len(rows)} loops." if len(rows) > 1 else words
            self._studio.messages.say(words, "Undo", lambda: self.undelete(*ids))
        self.model.refresh()

    def undelete(self, *ids: int) -> None:
        """Bring loops back."""
        try:
            for loop_id in ids:
                self._studio.bank.undelete(loop_id)
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
        self.model.refresh()

    def _toggle_favourite(self, loop_id: int) -> None:
        row = self.model.row_of(loop_id)
        if row >= 0:
            self.model.setData(self.model.index(row), not self.model.loop_at(row).favourite, Role.FAVOURITE)
            self.model.refresh()
            row = self.model.row_of(loop_id)
            if row >= 0:
                self.list.setCurrentIndex(self.model.index(row))

    def _play_take(self, loop_id: int, older: int) -> None:
        row = self.model.row_of(loop_id)
        take = self.model.takes_at(row).beside(loop_id, older) if row >= 0 else None
        if take is not None:
            self._studio.audition.play_id(take.id)

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
        menu.addAction("More like this", lambda: self.find_alike(loop_id))
        menu.addAction("Star", lambda: self._toggle_favourite(loop_id))
        menu.addAction("Rename", lambda: self.list.edit(self.model.index(self.model.row_of(loop_id))))
        takes = self.model.takes_at(self.model.row_of(loop_id))
        if len(takes.loops) > 1:
            self._add_takes(menu.addMenu(f"{len(takes.loops)} takes"), takes)
        if self.show_which.value() == "deleted":
            menu.addAction("Bring back", lambda: self.undelete(*takes.ids))
        else:
            menu.addAction("Delete", lambda: self.delete(loop_id))
        menu.addSeparator()
        chosen = self.list.chosen_ids()
        bank_sets.add_sets(menu, self._studio, chosen if loop_id in chosen else [loop_id], self)
        formats = menu.addMenu("Export format")
        for key, kind in FORMATS.items():
            choose = partial(setattr, self._studio.settings, "export_format", key)
            add_choice(formats, kind.label, choose, chosen=key == self._studio.settings.export_format)
        return menu

    def _add_takes(self, menu: QMenu, takes: Takes) -> None:
        """Every take by the time at which it was made; the one that is heard has a tick."""
        current = self._studio.audition.current
        for take in takes.loops:
            made = time.strftime("%H:%M:%S", time.localtime(take.created))
            chosen = current is not None and current.id == take.id
            add_choice(
                menu, f"{made}   {describe(take)}", partial(self._studio.audition.play_id, take.id), chosen=chosen
            )
