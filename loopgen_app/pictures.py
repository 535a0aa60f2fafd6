"""Draws pictures of loops beside the window; only the newest wish is drawn."""

from collections.abc import Hashable

from PySide6.QtCore import QObject, Qt, Signal

from loopgen_app.newest import Newest
from loopgen_app.state.loop_audio import Audio
from loopgen_app.state.picture import Picture, draw

KEPT = 12
Wish = tuple[Hashable, Audio, int, int]


class Pictures(QObject):
    """`ask` returns at once; `drawn(key, picture)` follows in the window's thread."""

    drawn = Signal(object, object)
    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: dict[Hashable, Picture] = {}
        self._done.connect(self._keep, Qt.ConnectionType.QueuedConnection)
        self._painter: Newest[Wish] = Newest("pictures", self._draw)

    def ask(self, key: Hashable, audio: Audio, sample_rate: int, beats: int) -> Picture | None:
        """The picture of `key` if it is known; else None, and it will be drawn."""
        if key in self._kept:
            return self._kept[key]
        self._painter.wish((key, audio, sample_rate, beats))
        return None

    def close(self) -> None:
        """End the thread."""
        self._painter.close()

    def _draw(self, wish: Wish) -> None:
        key, audio, sample_rate, beats = wish
        self._done.emit(key, draw(audio, sample_rate, beats))

    def _keep(self, key: Hashable, picture: Picture) -> None:
        self._kept[key] = picture
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        self.drawn.emit(key, picture)
