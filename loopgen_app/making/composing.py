"""What a press on Generate means, how the loop follows the hand, and how a path on the pad becomes motion."""

import math
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QObject, QTimer, Signal

from engine import (
    JOIN_SECONDS,
    LIVE_STEPS,
    PROGRESSIVE,
    LoopGenError,
    LoopRequest,
    NoisePad,
    Pattern,
    Recipe,
    join_loops,
)
from loopgen_app.audition import Audition, LoopAtHand
from loopgen_app.making.generation import Generation, Made
from loopgen_app.messages import Messages
from loopgen_app.state.instrument import Instrument
from loopgen_app.state.parameter import to_json
from loopgen_app.state.parameters import PARAMETERS
from loopgen_app.state.transport import Transport

FOLLOW_MILLISECONDS = {"pad": 0, "knob": 250}
"""How long a change waits for the next one. The pad does not wait: while a loop is made, the newest place is kept."""

REST_MILLISECONDS = 500
"""A knob that has not moved for this long is at rest; one that moves again before is being turned."""

QUICKEST = {"num_steps": LIVE_STEPS}
"""The knobs of a loop that is made under a hand, on the pad or while another knob is turned. It is the sampler that
is chosen, in fewer steps: what is heard is to be near what settles. From the loop of 16 steps four are 0.30 away, two
evaluations 0.56, another seed 1.19 (deviations of log-mel statistics, 12 loops)."""

NEARLY_DONE = 0.5
"""Share of the work from which a run is left to finish though the knobs have moved on."""

PAD_KNOBS = frozenset({"pad_x", "pad_y", "pad_corners", "pad_on"})
MOTION_LOOPS = 8
Point = tuple[float, float]


def along(path: Sequence[Point], count: int) -> list[Point]:
    """`count` points evenly spaced along a drawn path, from its first to its last."""
    lengths = [0.0]
    for before, after in pairwise(path):
        lengths.append(lengths[-1] + math.dist(before, after))
    points = []
    for index in range(count):
        wanted = lengths[-1] * index / max(1, count - 1)
        leg = max(1, next((i for i, reached in enumerate(lengths) if reached >= wanted), len(path) - 1))
        share = (wanted - lengths[leg - 1]) / ((lengths[leg] - lengths[leg - 1]) or 1.0)
        (x0, y0), (x1, y1) = path[leg - 1], path[leg]
        points.append((round(x0 + (x1 - x0) * share, 4), round(y0 + (y1 - y0) * share, 4)))
    return points


class Composing(QObject):
    """Turns wishes into requests. `motionReady(loop)` when a path has become one evolving loop,
    `asked(request)` after a press on Generate."""

    motionReady = Signal(object)
    asked = Signal(object)

    def __init__(
        self,
        instrument: Instrument,
        generation: Generation,
        audition: Audition,
        transport: Transport,
        messages: Messages,
    ) -> None:
        super().__init__()
        self._instrument, self._generation, self._audition = instrument, generation, audition
        self._transport, self._messages = transport, messages
        self._collected: list[LoopAtHand] | None = None
        self._batch_started = False
        self._hand_down = False
        self._stale = False
        self.motion: LoopAtHand | None = None
        self._live = False
        self._cut_short = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._follow)
        self._turned = self._made_quickly = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MILLISECONDS)
        self._rest.timeout.connect(self._come_to_rest)
        self._move = QTimer(self)
        """Runs until the event that changed a knob is over: what changes till then, as by a preset, is one move."""
        self._move.setSingleShot(True)
        instrument.changed.connect(self._changed)
        instrument.restored.connect(self._stay)
        generation.made.connect(self._made)
        generation.taskStarted.connect(self._displaced)
        generation.finished.connect(self._finished)
        generation.failed.connect(messages.complain)

    def generate(self) -> None:
        """Make as many loops as wished; the first is heard as soon as it is there."""
        instrument = self._instrument
        try:
            first = instrument.next_request()
            more = [self._variation(first) for _ in range(instrument.value("variations") - 1)]
        except LoopGenError as error:
            self._messages.complain(str(error))
            return
        self._stop_following()
        self._submit([first, *more])
        self.asked.emit(first)

    def hear(self, pattern: Pattern) -> None:
        """Play the loop with another pattern than the instrument's, where loops follow the hand: a pattern that is
        proposed is heard before it is taken."""
        if self._collected is not None or not self._follows("pattern"):
            return
        try:
            request = self._instrument.request(pattern=pattern)
        except LoopGenError as error:
            self._messages.complain(str(error))
            return
        knobs = {**self._instrument.to_json(), "pattern": to_json(pattern)}
        self._made_quickly = False
        self._generation.generate([request], knobs, live=True)

    def cancel(self) -> None:
        """Stop making; what plays goes on."""
        self._stop_following()
        self._collected = None
        self._generation.cancel()

    def close(self) -> None:
        """Follow nothing any more."""
        self._stop_following()
        self._instrument.changed.disconnect(self._changed)

    def hand(self, *, down: bool) -> None:
        """The hand is on the pad, or has left it: then the loop is made once more in full quality."""
        self._hand_down = down
        if not down and self._follows("pad_x") and not self._is_quick():
            self._stale = self._turned = False
            self._rest.stop()
            self._timer.start(FOLLOW_MILLISECONDS["pad"])

    def play_motion(self, path: Sequence[Point]) -> None:
        """Make loops along a path on the pad and join them into one evolving loop."""
        corners = self._instrument.value("pad_corners")
        try:
            requests = [
                self._instrument.request(pad_on=True).with_(noise=NoisePad(corners, x, y))
                for x, y in along(path, MOTION_LOOPS)
            ]
        except LoopGenError as error:
            self._messages.complain(str(error))
            return
        self._submit(requests, takes=True)
        self._collected = []

    def _submit(self, requests: Sequence[LoopRequest], *, live: bool = False, takes: bool = False) -> None:
        self._collected, self._batch_started, self._live = None, False, live
        self._cut_short, self._made_quickly = self._cut_short and live, self._made_quickly and live
        self._generation.generate(requests, self._instrument.to_json(), live=live, takes=takes)

    def _variation(self, request: LoopRequest) -> LoopRequest:
        seed = self._instrument.random_seed()
        if request.noise is None:
            return request.with_(seed=seed)
        corners = tuple(self._instrument.random_seed() for _ in range(4))
        return request.with_(noise=NoisePad((corners[0], corners[1], corners[2], corners[3]), 0.5, 0.5))

    def _displaced(self) -> None:
        self._collected, self._stale, self._live, self._made_quickly = None, False, False, False

    def _stay(self) -> None:
        """The knobs were turned back to those of a sound that is there: it is played, and not made again."""
        self._stop_following()
        if self._live and self._generation.state.busy:
            self._generation.cancel()

    def _follows(self, knob: str) -> bool:
        if PARAMETERS[knob].scope != "sound" or not self._transport.state.playing:
            return False
        pad = knob in PAD_KNOBS and self._instrument.value("pad_on")
        quiet = knob in ("seed_locked", "pad_locks", "reference_name")
        return bool(pad or (self._instrument.value("follow") and not quiet))

    def _stop_following(self) -> None:
        self._timer.stop()
        self._rest.stop()
        self._stale = self._turned = False

    def _changed(self, knob: str) -> None:
        if self._collected is None and self._follows(knob):
            self._stale = True
            if self._rest.isActive() and not self._move.isActive():
                self._turned = True
            self._rest.start()
            self._move.start(0)
            if not self._timer.isActive():
                self._timer.start(FOLLOW_MILLISECONDS["pad" if knob in PAD_KNOBS else "knob"])

    def _come_to_rest(self) -> None:
        """What was made quickly while a knob was turned is made once more in full quality."""
        self._turned = False
        if self._made_quickly and not self._hand_down and self._transport.state.playing:
            self._stale = True
            self._timer.start(0)

    def _follow(self) -> None:
        if self._generation.state.busy and self._stale and self._may_finish():
            return  # one loop is on its way; the newest wish follows when it has arrived
        self._stale, self._cut_short = False, self._generation.state.busy
        quickly = (self._hand_down or self._turned) and not self._is_quick()
        try:
            request = self._instrument.request(**QUICKEST if quickly else {})
        except LoopGenError as error:
            self._messages.complain(str(error))
            return
        self._made_quickly = quickly
        self._instrument.note_asked(request)
        self._submit([request], live=True)

    def _is_quick(self) -> bool:
        """Whether the loop is made as quickly as under a hand, whoever asks."""
        value = self._instrument.value
        return bool(value("num_steps") <= LIVE_STEPS or value("sampler") == PROGRESSIVE)

    def _may_finish(self) -> bool:
        """Whether what is being made is heard before the next: were every run cut short, none would ever arrive."""
        quick = self._hand_down or self._made_quickly
        return quick or self._cut_short or self._generation.state.fraction >= NEARLY_DONE

    def _made(self, made: Made) -> None:
        heard = self._audition.take(made, play=made.live or not self._batch_started)
        self._batch_started, self._cut_short = True, False
        if self._collected is not None:
            self._collected.append(heard)

    def _finished(self) -> None:
        if self._collected:
            loops, self._collected = self._collected, None
            first = loops[0]
            audio = join_loops([loop.audio for loop in loops], round(JOIN_SECONDS * first.sample_rate))
            recipe = Recipe.of_motion([loop.recipe for loop in loops])
            self.motion = self._audition.play_unbanked(f"{first.name} motion", audio, first.sample_rate, recipe)
            self.motionReady.emit(self.motion)
        if self._stale:
            self._timer.start(0)
