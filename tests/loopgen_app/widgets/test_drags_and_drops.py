"""Files on their way out of the window and into it: the tile, the field for a source, the field for a reference."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hand import LEFT, drag, drop
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from loopgen_app.colours import DARK
from loopgen_app.widgets.drag_tile import DragTile, file_mime, files_of, paint_peaks
from loopgen_app.widgets.reference_drop import ReferenceDrop
from loopgen_app.widgets.source_drop import SourceDrop

FILES = [Path("/tmp/a loop.wav"), Path("/tmp/caf\u00e9 #2 100%.flac")]


class Tile:
    """A tile whose files and drags are noted."""

    def __init__(self, path: Path | None = FILES[0]) -> None:
        self.made, self.dragged = 0, []
        self.path = path
        self.tile = DragTile(self.make)
        self.tile.start_drag = lambda source, path, picture: self.dragged.append((source, path))
        self.tile.resize(220, 52)

    def make(self) -> Path | None:
        self.made += 1
        return self.path


def test_a_file_survives_its_way_through_mime_data() -> None:
    for path in FILES:
        assert files_of(file_mime(path)) == [path] and file_mime(path).text() == str(path)


def test_of_a_list_without_end_the_first_are_read() -> None:
    mime = QMimeData()
    lines = [b"# a comment", b"https://example.org/a.wav", *(b"file:///tmp/%d%%20a.wav" % n for n in range(200_000))]
    mime.setData("text/uri-list", QByteArray(b"\r\n".join(lines)))
    found = files_of(mime)
    assert 1000 < len(found) < 20_000 and found == [Path(f"/tmp/{n} a.wav") for n in range(len(found))]
    mime.setData("text/uri-list", QByteArray(b"file:///" + b"x" * 2_000_000))
    assert files_of(mime) == []


def test_a_drag_begins_once_the_pointer_has_moved_far_enough(qtbot: QtBot) -> None:
    told = Tile()
    qtbot.addWidget(told.tile)
    told.tile.setLoop("warm dub", bytes(range(200)))
    near, far = (QPoint(50 + QApplication.startDragDistance() + more, 20) for more in (-1, 0))
    drag(told.tile, QPoint(50, 20), near)
    assert told.made == 0
    drag(told.tile, QPoint(50, 20), near, far, far + QPoint(30, 0), far + QPoint(60, 0))
    assert (told.made, told.dragged) == (1, [(told.tile, FILES[0])])


def test_nothing_is_dragged_without_a_loop_or_a_file_or_the_left_button(qtbot: QtBot) -> None:
    told = Tile(path=None)
    qtbot.addWidget(told.tile)
    drag(told.tile, QPoint(50, 20), QPoint(150, 20))
    assert told.made == 0 and told.tile.cursor().shape() == Qt.CursorShape.ArrowCursor
    told.tile.setLoop("warm dub", b"")
    QTest.mousePress(told.tile, Qt.MouseButton.RightButton, pos=QPoint(50, 20))
    QTest.mouseMove(told.tile, QPoint(150, 20))
    assert told.made == 0 and told.tile.cursor().shape() == Qt.CursorShape.OpenHandCursor
    drag(told.tile, QPoint(50, 20), QPoint(150, 20))
    assert told.made == 1 and told.dragged == []


@pytest.mark.parametrize("count", [1, 5, 26, 27, 1000])
def test_a_thumbnail_shows_its_peaks_however_many_they_are(count: int) -> None:
    picture = QImage(81, 40, QImage.Format.Format_RGB32)
    picture.fill(QColor("black"))
    painter = QPainter(picture)
    half = count // 2
    paint_peaks(painter, QRectF(0, 0, 81, 40), bytes([255] * (count - half) + [0] * half), "accent")
    painter.end()
    accent = QColor(DARK.accent).rgb()
    heights = [
        max(sum(picture.pixel(x, y) == accent for y in range(40)) for x in range(at, at + 3)) for at in (0, 78)
    ]
    assert heights[0] >= 37 and (heights[1] <= 2 or count == 1)


@pytest.fixture
def source(qtbot: QtBot) -> SourceDrop:
    made = SourceDrop()
    qtbot.addWidget(made)
    made.resize(300, 120)
    return made


@pytest.fixture
def reference(qtbot: QtBot) -> Iterator[ReferenceDrop]:
    holder = QWidget()
    qtbot.addWidget(holder)
    made = ReferenceDrop(QToolButton(holder), holder)
    made.resize(200, 40)
    holder.show()
    yield made  # the holder lives until then


def test_files_that_are_dropped_are_handed_over_and_addresses_are_not(
    source: SourceDrop, reference: ReferenceDrop
) -> None:
    for field in (source, reference):
        dropped: list[list[Path]] = []
        field.dropped.connect(dropped.append)
        assert drop(field, [*FILES, "https://example.org/a.wav"])
        assert dropped == [FILES]


def test_a_source_takes_no_words(source: SourceDrop) -> None:
    dropped: list[object] = []
    source.dropped.connect(dropped.append)
    assert not drop(source, []) and dropped == []


def test_a_source_shows_its_wave_only_when_it_is_filled(source: SourceDrop) -> None:
    assert source.wave.isHidden()
    source.setWords("a loop.wav", "126 BPM, 4 bars", filled=True)
    source.wave.setOutline(np.ones((2, 10), np.float32), 16)
    assert not source.wave.isHidden() and source.title() == "a loop.wav"
    assert source.accessibleName() == "a loop.wav. 126 BPM, 4 bars"
    source.setWords("Drop a loop", "", filled=False)
    assert source.wave.isHidden()


def test_a_click_asks_for_a_reference_unless_it_ends_elsewhere(reference: ReferenceDrop) -> None:
    asked: list[bool] = []
    reference.asked.connect(lambda: asked.append(True))
    QTest.mouseClick(reference, LEFT, pos=QPoint(60, 20))
    assert len(asked) == 1
    QTest.mouseClick(reference, Qt.MouseButton.RightButton, pos=QPoint(60, 20))
    drag(reference, QPoint(60, 20), QPoint(60, 400))
    QTest.mouseRelease(reference, LEFT, pos=QPoint(60, 20))
    assert len(asked) == 1


def test_a_reference_can_be_cleared_once_it_has_a_name(reference: ReferenceDrop) -> None:
    cleared: list[bool] = []
    reference.cleared.connect(lambda: cleared.append(True))
    (button,) = reference.findChildren(QToolButton)
    assert button.isHidden()
    reference.setSound("vinyl.wav", listening=True)
    assert reference.listening() and not button.isHidden()
    reference.setSound("vinyl.wav")
    QTest.mouseClick(button, LEFT)
    assert len(cleared) == 1 and reference.sound() == "vinyl.wav" and not reference.listening()
