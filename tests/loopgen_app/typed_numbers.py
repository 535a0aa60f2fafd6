"""Types into every number field of a window, in the locale it is started in: `python typed_numbers.py FOLDER`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from fakes import FakeRenderer
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QLineEdit, QSpinBox

from engine import GenerationService
from loopgen_app.application import Application
from loopgen_app.settings import Folders
from loopgen_app.widgets.seed_box import SeedBox
from loopgen_app.widgets.value_widget import ValueWidget


def enter(field: QLineEdit, typed: str | None) -> None:
    if typed is not None:
        field.selectAll()
        QTest.keyClicks(field, typed)
    QTest.keyClick(field, Qt.Key.Key_Return)
    QApplication.processEvents()


def inside(low: float, high: float, decimals: int) -> float:
    """A number between both that has a decimal where there may be one."""
    middle = low + 0.37 * (high - low)
    return round(middle, min(decimals, 2)) if decimals else float(round(middle))


def wrong(application: Application) -> Iterator[str]:
    window = application.window
    for widget in window.findChildren(ValueWidget):
        widget.setValue(inside(widget.minimum(), widget.maximum(), widget._decimals))
        wanted, shown = widget.value(), ""
        for how in (None, ".", ","):
            widget.edit()
            assert widget._editor is not None
            shown = shown or widget._editor.text()
            enter(widget._editor, None if how is None else shown.replace(".", how))
            if abs(widget.value() - wanted) > 1e-9:
                yield f"{widget.objectName()} {wanted}: {how} gives {widget.value()}"
                widget.setValue(wanted)
    for box in window.findChildren(QDoubleSpinBox):
        box.setEnabled(True)
        wanted = inside(60.0, 180.0, 2)
        for typed in (None, f"{wanted:.2f}", f"{wanted:.2f}".replace(".", ","), f"{wanted:.2f} BPM"):
            box.blockSignals(True)
            box.setValue(wanted if typed is None else 99.0)
            enter(box.lineEdit(), typed)
            if abs(box.value() - wanted) > 1e-9:
                yield f"{box.objectName()} {wanted}: {typed!r} gives {box.value()}"
    for whole in (*window.findChildren(QSpinBox), *window.findChildren(SeedBox)):
        most = whole.maximum() if isinstance(whole, QSpinBox) else 2**62
        wanted_whole = round(inside(0, most, 0))
        whole.blockSignals(True)
        for typed in (None, str(wanted_whole)):
            whole.setValue(wanted_whole)
            kept = whole.value()
            enter(whole.lineEdit(), typed if kept == wanted_whole else None)
            if whole.value() != kept:
                yield f"{whole.objectName()} {kept}: {typed!r} gives {whole.value()}"


def main(folder: Path) -> int:
    application = Application(
        ["loopgen"],
        folders=Folders(folder),
        make_service=lambda events: GenerationService(FakeRenderer, events),
    )
    application.window.show()
    QApplication.processEvents()
    found = list(wrong(application))
    fields = len(application.window.findChildren(ValueWidget))
    sys.stdout.write("\n".join([f"{fields} turned, {len(found)} wrong", *found]) + "\n")
    sys.stdout.flush()
    application.window.close()
    os._exit(1 if found or fields < 10 else 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
