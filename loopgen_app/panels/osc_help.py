"""What OSC can say, for those who play by programs: an example and every address."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout, QWidget

from loopgen_app.remote.osc_commands import settable
from loopgen_app.theme import font

EXAMPLE = """\
Turn on Control > Listen to OSC, then, in Python (pip install python-osc):

    from pythonosc.udp_client import SimpleUDPClient
    loopgen = SimpleUDPClient("127.0.0.1", {port})
    loopgen.send_message("/loopgen/knob/prompt", "dark techno, acid:1.3")
    loopgen.send_message("/loopgen/knob/tempo_bpm", 132.0)
    loopgen.send_message("/loopgen/pattern/kick", [1, 0, 0, 0] * 4)
    loopgen.send_message("/loopgen/pad", [0.2, 0.8])
    loopgen.send_message("/loopgen/generate", [])
    loopgen.send_message("/loopgen/bank", 1)

in SuperCollider:

    n = NetAddr("127.0.0.1", {port});
    n.sendMsg("/loopgen/knob/guidance_scale", 4.5); n.sendMsg("/loopgen/play");

in Sonic Pi:

    use_osc "127.0.0.1", {port}
    osc "/loopgen/knob/steer_acid", 1.2

Knobs take the numbers and words that the window shows. A knob without a value is set free
where that is possible, a row of the pattern too. Slots of the bank count from the top of its
list. Nothing is sent back, and no message reads or writes a file.
"""


def page(port: int, addresses: Sequence[str]) -> str:
    """All of it as text."""
    knobs = settable()
    lines = []
    for address in addresses:
        knob = knobs.get(address.rpartition("/")[2]) if "/knob/" in address else None
        span = knob.knob.span if knob is not None and knob.knob is not None else ""
        lines.append(f"{address:38}{span if len(span) < 80 else 'words of the control'}".rstrip())
    return EXAMPLE.format(port=port) + "\n" + "\n".join(lines) + "\n"


class OscHelp(QDialog):
    """The page, to be read and copied from; it stays open beside the window."""

    def __init__(self, port: int, addresses: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("oscHelp")
        self.setWindowTitle("What OSC can say")
        self.text = QPlainTextEdit(page(port, addresses), self)
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName("What OSC can say")
        family = font(12)
        family.setFamilies(["DejaVu Sans Mono", "Menlo", "Consolas", "monospace"])
        self.text.setFont(family)
        column = QVBoxLayout(self)
        column.addWidget(self.text)
        self.resize(860, 640)
