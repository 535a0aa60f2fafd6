"""The mixer: the loop at hand as its parts, at the levels that the user gives them."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from engine import PARTS
from loopgen_app.audition import Audition, LoopAtHand
from loopgen_app.background import Background
from loopgen_app.making.generation import Generation
from loopgen_app.messages import Messages
from loopgen_app.playback import gain_of
from loopgen_app.state.instrument import Instrument
from loopgen_app.state.loop_audio import Audio

Stems = Mapping[str, Audio]

KEPT_LOOPS = 3
"""Loops whose stems stay in memory; eight times as much sound as the loops themselves."""
SETTLE_MILLISECONDS = 30
"""Moves of a fader within this time are heard together."""


@dataclass(frozen=True, eq=False)
class Mix:
    """A loop as it is heard: its sound, and the gain of each part, by which one mix is told from another."""

    audio: Audio
    gains: tuple[tuple[str, float], ...]


class Mixing(QObject):
    """Takes loops apart beside the window when a level asks for it, and has the loop at hand heard as it is mixed.

    `taken(loop_id)` follows when the parts of a loop are there; until then it is heard whole.
    """

    taken = Signal(int)

    def __init__(
        self,
        instrument: Instrument,
        generation: Generation,
        audition: Audition,
        messages: Messages,
        background: Background,
    ) -> None:
        super().__init__()
        self._instrument, self._generation = instrument, generation
        self._audition, self._messages = audition, messages
        self._line = background.line("stems", newest=True)
        self._kept: OrderedDict[int, Stems] = OrderedDict()
        self._asked: int | None = None
        self._told: set[object] = set()
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MILLISECONDS)
        self._settling.timeout.connect(self._hear)
        instrument.changed.connect(self._changed)
        audition.mixed = self.mixed

    def gains(self) -> dict[str, float]:
        """The linear gain of each part: its level, and silence where it is muted or others are soloed."""
        value = self._instrument.value
        muted, soloed = value("mix_muted"), value("mix_soloed")
        heard = {part: part not in muted and (not soloed or part in soloed) for part in PARTS}
        return {part: gain_of(value(f"mix_{part}")) if heard[part] else 0.0 for part in PARTS}

    def mixed(self, loop: LoopAtHand) -> Audio:
        """What is heard of `loop`: itself where all levels are at 0 dB, and until its parts are there."""
        gains = self.gains()
        if all(gain == 1.0 for gain in gains.values()):
            return loop.audio
        stems = self._kept.get(loop.id)
        if stems is None:
            self.take_apart(loop)
            return loop.audio
        audio = np.zeros_like(loop.audio)
        for part, stem in stems.items():
            if gains[part]:
                audio += np.float32(gains[part]) * stem
        return audio

    def mix(self, loop: LoopAtHand) -> Mix | None:
        """The loop at hand as it is heard; None where that is as it was made, and for every other loop."""
        current = self._audition.current
        gains = self.gains()
        flat = all(gain == 1.0 for gain in gains.values())
        if flat or current is None or loop.id != current.id or loop.id not in self._kept:
            return None
        return Mix(self.mixed(loop), tuple(gains.items()))

    def stems(self, loop: LoopAtHand) -> Stems | None:
        """The parts of `loop` where they are there already."""
        return self._kept.get(loop.id)

    @property
    def possible(self) -> bool:
        """Whether the pack takes loops apart, as far as is known."""
        info = self._generation.state.info
        return info is None or info.takes_apart is not None

    def prepare(self, loop: LoopAtHand) -> None:
        """Take a loop apart before anybody asks, where that can be done; without a word where it cannot."""
        if self.possible and self._generation.state.info is not None and loop.recipe.kind == "loop":
            self.take_apart(loop)

    def take_apart(self, loop: LoopAtHand, then: Callable[[Stems], object] | None = None) -> None:
        """Have the parts of `loop`, and `then` do something with them; says so, once, where that is not possible."""
        if loop.id in self._kept:
            self._kept.move_to_end(loop.id)
            if then is not None:
                then(self._kept[loop.id])
            return
        info = self._generation.state.info
        if loop.recipe.kind != "loop":
            self._refuse(loop.id, "Only loops can be taken apart, not motions or transitions.", then)
        elif info is None:
            self._refuse("loading", "The model is still loading; its loops can be taken apart then.", then)
        elif info.takes_apart is None:
            self._refuse(info.hash, "This model pack takes no loops apart; another one may.", then)
        elif then is not None or self._asked != loop.id:
            self._asked = loop.id
            takes_apart, request = info.takes_apart, loop.recipe.request
            self._line.start(lambda: takes_apart(loop.audio, request), partial(self._take, loop, then), self._fail)

    def _refuse(self, why: object, words: str, then: object) -> None:
        """Moving a fader asks again and again: what stands in its way is told once, an export is answered always."""
        if then is not None or why not in self._told:
            self._told.add(why)
            self._messages.complain(words)

    def _take(self, loop: LoopAtHand, then: Callable[[Stems], object] | None, stems: Stems) -> None:
        self._asked = None
        if not stems:
            self._messages.complain("Nothing plays in this loop: there is nothing to take apart.")
            return
        self._kept[loop.id] = stems
        while len(self._kept) > KEPT_LOOPS:
            self._kept.popitem(last=False)
        self.taken.emit(loop.id)
        current = self._audition.current
        if current is not None and current.id == loop.id:
            self._settling.start()
        if then is not None:
            then(stems)

    def _fail(self, error: Exception) -> None:
        self._asked = None
        self._messages.complain(str(error))

    def _changed(self, knob: str) -> None:
        if knob.startswith("mix_"):
            self._settling.start()

    def _hear(self) -> None:
        self._audition.rematch("now")
