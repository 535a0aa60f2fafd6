"""Garbage of the window is collected in the window's thread alone.

Python collects cycles wherever something is allocated, so the thread that renders may be the one that ends a QObject.
That waits for Python while it holds a lock of Qt, for which the window waits while it holds Python: both stand still.
"""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

LOOK_MILLISECONDS: Final = 500
_collecting: "set[GarbageCollector]" = set()
"""Those of windows that are open: a process may have several."""


class GarbageCollector(QObject):
    """Does what Python's own collector does by itself, as often as it is due, but in the thread that made this."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        _collecting.add(self)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK_MILLISECONDS)

    def look(self) -> None:
        """Collect the oldest generation that is due. What has lived through the first whole collection, most of it
        code, is not looked at again: that would hold the window up for a tenth of a second."""
        due = [number for number, (count, most) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
               if count > most]  # fmt: skip
        if due:
            gc.collect(due[-1])
            if due[-1] == len(gc.get_threshold()) - 1 and not gc.get_freeze_count():
                gc.freeze()

    def close(self) -> None:
        """Leave it to Python again, where no other window is open; after all threads of the window have ended."""
        self._timer.stop()
        _collecting.discard(self)
        if not _collecting:
            gc.unfreeze()
            gc.enable()
        self.deleteLater()
