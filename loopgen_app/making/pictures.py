"""Draws pictures of loops beside the window; only the newest wish is drawn."""

from collections.abc import Hashable
from functools import partial

from PySide6.QtCore import QObject, Signal

from loopgen_app.background import Background
from loopgen_app.state.loop_audio import Audio
from loopgen_app.state.picture import Picture, draw

KEPT = 12


class Pictures(QObject):
    """`ask` returns at once; `drawn(key, picture)` follows in the window's thread, of the newest alone."""

    drawn = Signal(object, object)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: dict[Hashable, Picture] = {}
        self._drawing: Hashable | None = None
        self._painter = background.line("pictures", newest=True)

    def ask(self, key: Hashable, audio: Audio, sample_rate: int, beats: int) -> Picture | None:
        """The picture of `key` if it is known; else None, and it will be drawn."""
        if key in self._kept:
            return self._kept[key]
        if key != self._drawing:
            self._drawing = key
            self._painter.start(
                lambda: draw(audio, sample_rate, beats), partial(self._keep, key), lambda _error: self._forget()
            )
        return None

    def _forget(self) -> None:
        """Forget a picture that failed: whoever asks next has it drawn again."""
        self._drawing = None

    def _keep(self, key: Hashable, picture: Picture) -> None:
        self._drawing = None
        self._kept[key] = picture
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        self.drawn.emit(key, picture)
