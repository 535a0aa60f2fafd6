"""The packs that are here: play, rename, describe, blend, give away as one file, take in, delete."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine import (
    ADAPTER,
    PACK_SUFFIX,
    LoopGenError,
    Pack,
    PackEntry,
    delete_pack,
    describe_pack,
    description_of,
    export_pack,
    import_pack,
    list_packs,
    rename_pack,
    starter_pack,
    sweep_arrivals,
)
from loopgen_app.background import Line
from loopgen_app.panels.asking import agreed, where_to_save
from loopgen_app.panels.binding import bind_value
from loopgen_app.panels.frame import in_a_row, named_button
from loopgen_app.panels.learn_window import play_pack
from loopgen_app.studio import Studio
from loopgen_app.widgets.label import Label
from loopgen_app.widgets.slider import Slider

ENTRY = Qt.ItemDataRole.UserRole
FILTER = f"LoopGen pack (*{PACK_SUFFIX})"


class PacksWindow(QDialog):
    """A list of packs, damaged ones with what is wrong with them. What takes long is done on `line`, beside the
    window. Closed, it is only hidden: its knob is the instrument's."""

    def __init__(self, studio: Studio, line: Line, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("packsWindow")
        self.setWindowTitle("Packs")
        self._studio, self._line = studio, line
        self.packs = QListWidget(self)
        self.packs.setObjectName("packsList")
        self.packs.setAccessibleName("Packs")
        self.packs.itemSelectionChanged.connect(self._show_chosen)
        self.packs.itemActivated.connect(lambda _item: self._play())
        self.words = Label("", self)
        self.words.setWordWrap(True)
        self.words.setObjectName("packWords")
        self.learnt = Slider("Learnt", "", self)
        bind_value(self.learnt, "learnt", studio)
        self.learnt.setObjectName("packLearntSlider")
        column = QVBoxLayout(self)
        column.addWidget(self.packs, 1)
        column.addWidget(self.words)
        column.addWidget(self.learnt)
        column.addWidget(self._buttons())
        studio.generation.stateChanged.connect(self._show_chosen)
        self.fill()
        self.resize(520, 480)

    def showEvent(self, event: QShowEvent) -> None:
        """Look anew at what is there."""
        super().showEvent(event)
        self.fill()

    def _buttons(self) -> QWidget:
        def button(words: str, name: str, tip: str, act: Callable[[], object]) -> QWidget:
            made = named_button(self, words, name, tip)
            made.clicked.connect(lambda _checked=False: act())
            return made

        self._play_button = button("Play", "packPlay", "Make loops with this pack", self._play)
        self._own = [
            button("Rename…", "packRename", "Give this pack another name", self._rename),
            button("Describe…", "packDescribe", "Say what this pack is", self._describe),
            button("Delete", "packDelete", "Delete this pack", self._delete),
        ]
        self._export_button = button("Export…", "packExport", "Write this pack as one file", self._export)
        bring = button("Import…", "packImport", "Add a pack from a file", self._import)
        return in_a_row(self, self._play_button, *self._own, self._export_button, bring, springs=())

    def fill(self) -> None:
        """List the packs anew; the chosen one stays chosen."""
        chosen = self._chosen()
        self.packs.clear()
        for entry in list_packs():
            item = QListWidgetItem(entry.pack.name if entry.pack else f"{entry.folder.name}: damaged")
            item.setData(ENTRY, entry)
            self.packs.addItem(item)
            if chosen is not None and entry.folder == chosen.folder:
                self.packs.setCurrentItem(item)
        if self.packs.currentItem() is None and self.packs.count():
            self.packs.setCurrentRow(0)
        self._show_chosen()

    def _chosen(self) -> PackEntry | None:
        item = self.packs.currentItem()
        entry = item.data(ENTRY) if item is not None else None
        return entry if isinstance(entry, PackEntry) else None

    def _show_chosen(self, _state: object = None) -> None:
        entry = self._chosen()
        pack = entry.pack if entry is not None else None
        self.words.setText(described(pack) if pack is not None else entry.problem or "" if entry else "")
        info = self._studio.generation.state.info
        self.learnt.setVisible(info is not None and info.learnt)
        own = entry is not None and entry.folder != starter_pack()
        for button in self._own:
            button.setEnabled(own and (pack is not None or button.objectName() == "packDelete"))
        for button in (self._play_button, self._export_button):
            button.setEnabled(pack is not None)

    # ---- what is pressed ----------------------------------------------------------------------------------------

    def _play(self) -> None:
        entry = self._chosen()
        if entry is not None and entry.pack is not None:
            play_pack(self._studio, entry.folder)

    def _rename(self) -> None:
        if (entry := self._chosen()) is not None and entry.pack is not None:
            name, wanted = QInputDialog.getText(self, "Rename the pack", "Name", text=entry.pack.name)
            if wanted:
                self._do(lambda: rename_pack(entry.folder, name))

    def _describe(self) -> None:
        if (entry := self._chosen()) is not None and entry.pack is not None:
            before = description_of(entry.pack)
            words, wanted = QInputDialog.getMultiLineText(self, "Describe the pack", "What it is", before)
            if wanted:
                self._do(lambda: describe_pack(entry.folder, words))

    def _delete(self) -> None:
        entry = self._chosen()
        if entry is None:
            return
        if self._studio.settings.pack and Path(self._studio.settings.pack) == entry.folder:
            self._studio.messages.complain("This pack is playing; play another one before you delete it.")
            return
        if agreed(self, "Delete the pack", f"Delete {entry.folder.name} for good?"):
            self._do(lambda: delete_pack(entry.folder))

    def _export(self) -> None:
        entry = self._chosen()
        if entry is None or entry.pack is None:
            return
        pack = entry.pack
        start = f"{entry.folder.name}{PACK_SUFFIX}"
        path = where_to_save(self, "Export the pack", start, FILTER, PACK_SUFFIX)
        if path is not None:
            self._beside(lambda: export_pack(pack, path), lambda made: f"{pack.name} is in {made}.")

    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Import a pack", "", FILTER)
        if name:
            self.bring(Path(name))

    def bring(self, path: Path) -> None:
        """Add the pack in the file `path`."""
        sweep_arrivals()
        self._beside(lambda: import_pack(path), lambda pack: f"{pack.name} is here now, verified.")

    def _do(self, act: Callable[[], object]) -> None:
        try:
            act()
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
        self.fill()

    def _beside(self, act: Callable[[], object], said: Callable[..., str]) -> None:
        def done(made: object) -> None:
            self._studio.messages.say(said(made))
            self.fill()

        self._work = self._line.start(act, done, lambda error: self._studio.messages.complain(str(error)))


def described(pack: Pack) -> str:
    """What a pack is, in a few lines."""
    size = sum(entry["bytes"] for entry in pack.manifest["files"].values()) / 1e6
    base = pack.manifest.get("base")
    name = base.get("name") if isinstance(base, dict) else None
    came = f" It learnt beside {str(name)[:60]}." if ADAPTER in pack.components else ""
    own = pack.manifest["files"][pack.manifest["components"][ADAPTER]["file"]]["bytes"] if came else 0
    share = f", {own / 1e6:.1f} MB of it its own" if came else ""
    return f"{description_of(pack)}\n{size:.0f} MB{share}.{came}".strip()
