"""Which loops of the bank sound like one: by the embedding of each, heard once and kept."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from engine import AudioFile, LoopGenError
from loopgen_app.background import Work
from loopgen_app.making.generation import Generation
from loopgen_app.messages import Messages
from loopgen_app.state.loop_bank import LoopBank

MOST_HEARD = 300
"""Loops that are listened to for one question, the newest of them: a sixth of a second for each."""
TELL_EVERY = 10

Embedding = NDArray[np.float32]


class Likeness(QObject):
    """Answers one question at a time; a newer one takes the place of the one before."""

    def __init__(self, bank: LoopBank, generation: Generation, messages: Messages) -> None:
        super().__init__()
        self._bank, self._generation, self._messages = bank, generation, messages
        self._known: dict[int, Embedding] = {}
        self._pack = ""
        self._work: Work | None = None
        self._wanted: list[int] = []
        self._question = 0

    def find(self, loop_id: int, among: Iterable[int], done: Callable[[list[int]], object]) -> None:
        """Tell `done` the ids of `among`, `loop_id` first, the others the more alike the sooner."""
        state = self._generation.state
        if state.model != "ready" or state.words is None:
            self._messages.complain("The model pack that plays has no ear: it cannot tell which loops are alike.")
            return
        if state.pack != self._pack:
            self._pack = state.pack
            self._known.clear()
        ids = list(dict.fromkeys([loop_id, *among]))[: MOST_HEARD + 1]
        self._wanted = [each for each in ids if each not in self._known]
        self._question += 1
        self.cancel()
        self._hear_next(self._question, ids, done)

    def cancel(self) -> None:
        """Listen no more."""
        if self._work is not None:
            self._work.cancel()
            self._work = None

    def _hear_next(self, question: int, ids: Sequence[int], done: Callable[[list[int]], object]) -> None:
        if question != self._question:
            return
        if not self._wanted:
            done(self._sorted(ids))
            return
        if len(self._wanted) % TELL_EVERY == 0:
            self._messages.say(f"Listening to {len(self._wanted)} loops of the bank.")
        wanted = self._wanted.pop(0)

        def take(embedding: tuple[float, ...]) -> None:
            self._known[wanted] = np.asarray(embedding, np.float32)
            self._hear_next(question, ids, done)

        def pass_over(_error: Exception) -> None:  # a loop that cannot be heard is like no other
            self._hear_next(question, ids, done)

        self._work = self._generation.embed_sound(lambda: self._sound(wanted), take, pass_over)

    def _sound(self, loop_id: int) -> AudioFile:
        try:
            return AudioFile(*self._bank.audio(loop_id))
        except KeyError as error:
            raise LoopGenError("This loop is no longer in the bank.") from error

    def _sorted(self, ids: Sequence[int]) -> list[int]:
        first = self._known.get(ids[0])
        if first is None:
            return [ids[0]]
        near = {each: float(first @ self._known[each]) for each in ids if each in self._known}
        return sorted(near, key=lambda each: (each != ids[0], -near[each]))
