"""Questions before anything of the user's is replaced or deleted: plain text, whatever names look like."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from loopgen_app.widgets.label import plain_tip


def agreed(parent: QWidget, title: str, words: str) -> bool:
    """Whether the user says yes."""
    return QMessageBox.question(parent, title, plain_tip(words)) == QMessageBox.StandardButton.Yes


def where_to_save(parent: QWidget, title: str, start: str, kinds: str, suffix: str) -> Path | None:
    """The file that ends in `suffix` and that the user wants written; None where they want none.

    The dialog asks before a file is replaced that was named in full; where the ending is added here, so is the
    question.
    """
    name, _ = QFileDialog.getSaveFileName(parent, title, start, kinds)
    if not name:
        return None
    path = Path(name)
    if path.suffix == suffix:
        return path
    path = path.with_name(path.name + suffix)
    there = path.exists() or path.is_symlink()
    return path if not there or agreed(parent, title, f"There is a {path.name} already. Replace it?") else None
