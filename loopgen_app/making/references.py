"""The reference: a sound whose character loops take on, from a file or from the bank."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine import AudioFile, LoopGenError
from loopgen_app.audition import LoopAtHand
from loopgen_app.background import Work
from loopgen_app.keeping.exports import read_drop
from loopgen_app.making.generation import Generation
from loopgen_app.messages import Messages
from loopgen_app.state.instrument import Instrument

MAX_NAME = 200


class References(QObject):
    """Has sounds listened to and keeps what came of it in the instrument; what was there stays until that worked.

    `changed()` when another sound is being listened to, or none.
    """

    changed = Signal()

    def __init__(self, instrument: Instrument, generation: Generation, messages: Messages) -> None:
        super().__init__()
        self._instrument, self._generation, self._messages = instrument, generation, messages
        self.listening_to = ""
        self._work: Work | None = None

    def take_file(self, path: Path) -> None:
        """Listen to a file, on the worker; complains when it is no sound that can be read."""
        self._listen(path.stem, lambda: read_drop(path))

    def take_loop(self, loop: LoopAtHand) -> None:
        """Listen to a loop."""
        self._listen(loop.name, lambda: AudioFile(loop.audio, loop.sample_rate))

    def clear(self) -> None:
        """Have no reference."""
        self._forget_work()
        self._set_listening("")
        self._instrument.set_many({"reference": (), "reference_name": ""}, "Clear the reference")

    def _listen(self, name: str, sound: Callable[[], AudioFile]) -> None:
        self._set_listening(name[:MAX_NAME] or "A sound")
        self._forget_work()
        self._work = self._generation.embed_sound(sound, self._take_embedding, self._complain)

    def _forget_work(self) -> None:
        """Cancel the sound that is being listened to: another one is wanted by now, or none."""
        if self._work is not None:
            self._work.cancel()

    def _take_embedding(self, embedding: tuple[float, ...]) -> None:
        name = self.listening_to
        self._set_listening("")
        self._instrument.set_many({"reference": embedding, "reference_name": name}, f"Reference {name}")

    def _complain(self, error: Exception) -> None:
        name = self.listening_to
        self._set_listening("")
        unexpected = f"{name} could not be heard ({type(error).__name__}). The log has details."
        self._messages.complain(str(error) if isinstance(error, LoopGenError) else unexpected)

    def _set_listening(self, name: str) -> None:
        self.listening_to = name
        self.changed.emit()
