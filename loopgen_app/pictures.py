"""Draws pictures of loops on a thread of its own; only the newest wish is drawn."""

import logging
import threading
from collections.abc import Hashable

from PySide6.QtCore import QObject, Qt, Signal

from loopgen_app.state.loop_audio import Audio
from loopgen_app.state.picture import Picture, draw

log = logging.getLogger(__name__)
KEPT = 12


class Pictures(QObject):
    """`ask` returns at once; `drawn(key, picture)` follows in the window's thread."""

    drawn = Signal(object, object)
    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: dict[Hashable, Picture] = {}
        self._wish: tuple[Hashable, Audio, int, int] | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._done.connect(self._keep, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="pictures", daemon=True)
        self._thread.start()

    def ask(self, key: Hashable, audio: Audio, sample_rate: int, beats: int) -> Picture | None:
        """The picture of `key` if it is known; else None, and it will be drawn."""
        if key in self._kept:
            return self._kept[key]
        with self._changed:
            self._wish = (key, audio, sample_rate, beats)
            self._changed.notify()
        return None

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._wish is not None)
                if self._closing:
                    return
                wish, self._wish = self._wish, None
            if wish is not None:
                key, audio, sample_rate, beats = wish
                self._done.emit(key, draw(audio, sample_rate, beats))

    def _keep(self, key: Hashable, picture: Picture) -> None:
        self._kept[key] = picture
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        self.drawn.emit(key, picture)
