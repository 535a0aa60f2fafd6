"""Voices of rows from sounds: a file that is dropped on a row, or chosen for it, is what its part sounds like."""

from functools import partial
from pathlib import Path

from engine import NOTE_RANGES, LoopGenError
from loopgen_app.background import Work
from loopgen_app.keeping.exports import read_drop
from loopgen_app.making.generation import Generation
from loopgen_app.messages import Messages
from loopgen_app.state.instrument import Instrument

LONGEST_NAME = 80


class RowVoices:
    """Has sounds listened to and gives parts their voices; what a part had before stays until that worked."""

    def __init__(self, instrument: Instrument, generation: Generation, messages: Messages) -> None:
        self._instrument, self._generation, self._messages = instrument, generation, messages
        self._works: dict[str, Work] = {}

    def take_file(self, part: str, path: Path) -> None:
        """Let `part` sound as in a file, which is read on the worker; of two for one part the newer counts."""
        if (before := self._works.pop(part, None)) is not None:
            before.cancel()
        name = path.stem[:LONGEST_NAME]
        self._works[part] = self._generation.embed_sound(
            lambda: read_drop(path), partial(self._keep, part, name), partial(self._complain, part, path.name), part
        )

    def _keep(self, part: str, name: str, voice: tuple[float, ...]) -> None:
        self._works.pop(part, None)
        own, instrument = part.replace("_", " "), self._instrument
        instrument.begin_gesture(f"{own} from {name}")  # sounds for two rows are two steps, however soon they come
        instrument.set("voices", {**instrument.value("voices"), part: voice})
        instrument.end_gesture()
        like = "leans towards" if part in NOTE_RANGES else "sounds like"  # of notes it is numbers alone that are told
        self._messages.say(f"The {own} {like} {name} from the next loop on; the lock of its row lets it go.")

    def _complain(self, part: str, name: str, error: Exception) -> None:
        self._works.pop(part, None)
        unexpected = f"{name} could not be heard ({type(error).__name__}). The log has details."
        self._messages.complain(str(error) if isinstance(error, LoopGenError) else unexpected)
