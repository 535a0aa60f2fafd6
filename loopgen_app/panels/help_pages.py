"""Pages of the menu Help: the manual, what this is, and under which licences it and all that it uses stand."""

import importlib.metadata
import platform
from collections.abc import Sequence

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from engine import RESOURCES

NAME = "loopgen"
PARAGRAPH = 9.0
MANUAL = RESOURCES / "help" / "manual.md"

LICENCES: Sequence[tuple[str, str]] = (
    ("PySide6-Essentials", "LGPL-3.0"), ("soxr", "LGPL-2.1 or later"),
    ("soundfile", "BSD-3-Clause, with libsndfile: LGPL-2.1"),
    ("torch", "BSD-3-Clause, Apache-2.0"), ("numpy", "BSD-3-Clause"), ("scipy", "BSD-3-Clause"),
    ("safetensors", "Apache-2.0"), ("lazy-loader", "BSD-3-Clause"), ("mido", "MIT"), ("python-rtmidi", "MIT"),
    ("platformdirs", "MIT"), ("pyebur128", "MIT"), ("pyqtgraph", "MIT"), ("python-osc", "Unlicense"),
    ("sounddevice", "MIT"), ("tqdm", "MPL-2.0 and MIT"), ("typer", "MIT"),
)  # fmt: skip
"""What is used at run time, as its authors say; none of it is under the GPL alone."""


def version(package: str) -> str:
    """The version that is installed, or "" where it is not."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def about(pack: str) -> str:
    """What this is, in Markdown; `pack` is the model that plays."""
    playing = f"\n\nThe model is **{pack}**." if pack else ""
    return (
        f"# LoopGen {version(NAME)}\n\nAn instrument that makes music loops: exactly in time, without a seam, "
        "offline.\n\nIt grew out of *Latent audio diffusion for music generation with expressive control* by "
        f"Pichard, Audas, Triana and Oviste.{playing}\n\nThe loops that you make are yours.\n\n"
        f"Python {platform.python_version()}, Qt {qVersion()}, {platform.system()}"
    )


def licences() -> str:
    """All licences, in Markdown."""
    rows = "\n".join(f"| {name} | {version(name) or 'not installed'} | {words} |" for name, words in LICENCES)
    return (
        "# Licences\n\nLoopGen and its starter pack are under the MIT licence. The pack was trained on synthesis of "
        "this project, CC0 drum samples, instruments of MuseScore_General.sf3 (MIT) and BSD-2-Clause tracks; its "
        "word vectors are from all-MiniLM-L6-v2 (Apache-2.0).\n\n"
        f"| uses | version | licence |\n|---|---|---|\n{rows}\n"
    )


class HelpPage(QDialog):
    """A page of Markdown that stays open beside the window."""

    def __init__(self, title: str, markdown: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("helpPage")
        self.setWindowTitle(title)
        self.text = QTextBrowser(self)
        self.text.setOpenLinks(False)
        self.text.setAccessibleName(title)
        self.text.setMarkdown(markdown)
        self._space()
        column = QVBoxLayout(self)
        column.addWidget(self.text)
        self.resize(640, 680)

    def _space(self) -> None:
        """Room between paragraphs, which Markdown leaves to whoever shows it, and around all of them."""
        document = self.text.document()
        document.setDocumentMargin(14)
        cursor, block = QTextCursor(document), document.begin()
        while block.isValid():
            cursor.setPosition(block.position())
            if cursor.currentTable() is None:
                shape = block.blockFormat()
                shape.setBottomMargin(PARAGRAPH)
                cursor.setBlockFormat(shape)
            block = block.next()
