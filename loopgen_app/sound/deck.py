"""The deck: loops one buffer without a seam and swaps in another on the beat. Plain numpy, no device, no clock."""

from collections import deque
from collections.abc import Callable

import numpy as np

from loopgen_app.sound.bend import Bend
from loopgen_app.sound.crossfade import Crossfade
from loopgen_app.sound.deck_loop import STEPS_PER_BEAT, DeckLoop, Stereo
from loopgen_app.sound.metronome import Metronome
from loopgen_app.sound.swap import Swap

FADE_SECONDS = 0.002
"""Crossfade of a swap, centred on the beat: the whole of it lies within one millisecond of where it was asked."""
SLOWER = 15
"""A loop goes back to its own tempo in so many times longer: its phases are others by then, and no beat hides it."""


class Deck:
    """Mixes what is heard, block by block.

    `render` runs in the audio callback: no locks, no logging, nothing raised, and no memory allocated but for the
    grains of a loop that is bent to another tempo. The other methods run in the control thread; they leave an order
    in a queue that `render` empties at its next block.
    """

    def __init__(self, sample_rate: int, max_block: int = 4096) -> None:
        self.sample_rate = sample_rate
        half = self._half = max(1, round(FADE_SECONDS * sample_rate / 2))
        self._usual, self._alike, self._slow = Crossfade(half), Crossfade(half, alike=True), Crossfade(SLOWER * half)
        self._fade = self._usual
        self._ramp = np.repeat(np.linspace(0, 1, max_block, dtype=np.float32)[:, None], 2, axis=1)
        self._old = np.zeros((max(max_block, 2 * self._half), 2), np.float32)
        self._max_block = max_block
        self._orders: deque[Callable[[], None]] = deque()
        self.playing = False
        self.loop: DeckLoop | None = None
        self.position = 0
        self.origin = 0
        self.frames = 0
        self.swaps = 0
        self.swap_frame = -1
        self.peak = np.zeros(2, np.float32)
        self._block_peak = np.zeros(2, np.float32)
        self._pending: Swap | None = None
        self._swap_start = -1
        self._swap_beat = 0.0
        self._bend: Bend | None = None
        self._gain = self._wanted_gain = 1.0
        self._metronome = Metronome(sample_rate)

    # ---- orders of the control thread -------------------------------------------------------------------------

    def cue(self, loop: DeckLoop, every: int = STEPS_PER_BEAT, bend: Bend | None = None) -> None:
        """Play `loop` from the next sixteenth whose count is a multiple of `every`; at once with 0 or in silence.

        Whenever it is, the loop comes in at the same musical position; at the tempo of `bend`, where that is given.
        """
        self._orders.append(lambda: self._take_cue(Swap(loop, every, bend)))

    def bend(self, loop: DeckLoop, bend: Bend | None) -> None:
        """Play `loop` on, if it is what plays or waits, as `bend` does from here; with None at its own tempo."""
        self._orders.append(lambda: self._take_bend(loop, bend))

    def play(self, beat: float = 0.0, *, count_in_bpm: float | None = None) -> None:
        """Start at `beat` (counted since the transport began), after four clicks at `count_in_bpm` if given."""
        self._orders.append(lambda: self._take_play(beat, count_in_bpm))

    def stop(self) -> None:
        """Fade out at once."""
        self._orders.append(self._take_stop)

    def seek(self, beat: float) -> None:
        """Jump to `beat` of the loop with a crossfade."""
        self._orders.append(lambda: self._take_seek(beat))

    def set_gain(self, gain: float) -> None:
        """Glide to `gain` (1 = bit-exact) over the next block."""
        self._wanted_gain = gain

    def set_metronome(self, on: bool) -> None:
        """Click on every beat, or not."""
        self._metronome.on = on

    @property
    def beat(self) -> float:
        """Beats since the transport began, fractional."""
        if self.loop is None:
            return 0.0
        position = self._bend.position if self._bend is not None and self.playing else self.position
        return self.origin + position / self.loop.samples * self.loop.beats

    @property
    def rate(self) -> float:
        """Samples of the loop in each frame that is heard: 1 at its own tempo."""
        return self._bend.rate if self._bend is not None else 1.0

    # ---- the audio thread -------------------------------------------------------------------------------------

    def render(self, out: Stereo) -> None:
        """Fill `out` `[n, 2]` with the next n frames. Allocation-free, lock-free, never raises."""
        at, total = 0, len(out)
        while at < total:
            block = out[at : at + min(self._max_block, total - at)]
            self._render_block(block)
            at += len(block)
        self.frames += total

    def _render_block(self, out: Stereo) -> None:
        at, total = 0, len(out)
        while at < total:
            while self._orders and not self._fade.left:
                self._orders.popleft()()
            at += self._render_run(out, at, total - at)
        self._apply_gain(out)

    def _render_run(self, out: Stereo, at: int, room: int) -> int:
        if self._metronome.counting:
            run = self._metronome.count(out[at : at + room])
            if not self._metronome.counting:
                self._fade = self._usual
                self._fade.from_silence()
            return run
        loop = self.loop if self.playing else None
        if loop is not None and self._pending is not None and self.position >= self._swap_start:
            self._begin_swap(self.frames + at)
            loop = self.loop
        fading = self._fade.left
        run = min(room, fading) if fading else room
        if loop is not None:
            run = self._play_run(loop, out[at : at + run])
        else:
            out[at : at + run] = 0.0
        if fading:
            self._fade.mix(out[at : at + run])
        self._metronome.mix(out[at : at + run])
        return run

    def _play_run(self, loop: DeckLoop, out: Stereo) -> int:
        """Play on to the end of `out`, or to the next event if that comes before; returns how many frames."""
        event, bend = self.position + self._until_event(loop), self._bend
        if bend is None:
            run = min(len(out), event - self.position)
            out[:run] = loop.audio[self.position : self.position + run]
            self.position += run
        else:
            run = min(len(out), bend.frames_until(event))
            bend.read(out[:run])
            self.position = min(event, int(bend.position + 1e-6))
        if self.position >= loop.samples:
            self._end_pass(loop)
        return run

    def _until_event(self, loop: DeckLoop) -> int:
        until = loop.samples - self.position
        if self._pending is not None and self._swap_start > self.position:
            until = min(until, self._swap_start - self.position)
        if self._metronome.on:
            until = min(until, self._until_beat(loop))
        return until

    def _until_beat(self, loop: DeckLoop) -> int:
        beat = int(self.position * loop.beats / loop.samples)
        while loop.sample_of_beat(beat) <= self.position:
            if loop.sample_of_beat(beat) == self.position:
                self._metronome.strike(self.origin + beat)
            beat += 1
        return loop.sample_of_beat(beat) - self.position

    def _end_pass(self, loop: DeckLoop) -> None:
        self.position = 0
        self.origin += loop.beats
        if self._bend is not None:
            self._bend.wrap()
        if self._pending is not None and self._swap_start >= loop.samples:
            self._swap_start -= loop.samples

    def _begin_fade(self, fade: Crossfade | None = None) -> None:
        """Keep what would be heard next, to fade out from it."""
        self._fade = fade or self._usual
        if self.loop is None or not self.playing:
            self._fade.from_silence()
        elif self._bend is not None:
            self._fade.from_bend(self._bend)
        else:
            self._fade.from_loop(self.loop, self.position)

    def _begin_swap(self, frame: int) -> None:
        assert self._pending is not None
        new, beat = self._pending.loop, self._swap_beat
        self._begin_fade()
        self.loop, self._bend, self._pending = new, self._pending.bend, None
        self._place(new, beat)
        self.position -= self._lead()
        if self.position < 0:
            self.position += new.samples
            self.origin -= new.beats
        self._start_bend()
        self.swaps += 1
        self.swap_frame = frame + self._half

    def _lead(self) -> int:
        return round(self._half * self.rate)

    def _start_bend(self) -> None:
        if self._bend is not None:
            self._bend.start(self.position)

    def _place(self, loop: DeckLoop, beat: float) -> None:
        """Put the play position at `beat` since the transport began."""
        passes, rest = divmod(beat, loop.beats)
        self.position = round(rest * loop.samples / loop.beats)
        self.origin = int(passes) * loop.beats
        if self.position >= loop.samples:
            self.position, self.origin = 0, self.origin + loop.beats

    def _plan_swap(self) -> None:
        """Find the next sixteenth of its kind whose crossfade has not begun."""
        loop, swap = self.loop, self._pending
        if loop is None or swap is None:
            return
        if swap.every == 0:
            self._swap_start = self.position
            self._swap_beat = self.origin + (self.position + self._lead()) / loop.samples * loop.beats
            return
        step = int(self.position * loop.beats * STEPS_PER_BEAT / loop.samples)
        origin = self.origin * STEPS_PER_BEAT
        while (origin + step) % swap.every or loop.sample_of_step(step) - self._lead() < self.position:
            step += 1
        self._swap_start = loop.sample_of_step(step) - self._lead()
        self._swap_beat = (origin + step) / STEPS_PER_BEAT

    def _take_cue(self, swap: Swap) -> None:
        if self.loop is None or not self.playing:
            self.loop, self._bend = swap.loop, swap.bend
            self._place(swap.loop, 0.0)
            self._pending = None
        elif swap.loop is self.loop:
            self._pending = None
        else:
            self._pending = swap
            self._plan_swap()

    def _take_bend(self, loop: DeckLoop, bend: Bend | None) -> None:
        if self._pending is not None and self._pending.loop is loop:
            self._pending = Swap(loop, self._pending.every, bend)
        elif loop is self.loop and (bend is not None or self._bend is not None):
            if bend is None and self._pending is not None and self._swap_start - self.position < 4 * self._slow.half:
                return  # another one takes over before the fade is done
            if self.playing and not self._metronome.counting:
                self._begin_fade(self._slow if bend is None else self._alike if self._bend is None else None)
            self._bend = bend
            self._start_bend()
            self._plan_swap()

    def _take_play(self, beat: float, count_in_bpm: float | None) -> None:
        if self.loop is None or self.playing:
            return
        if count_in_bpm is not None:
            self._metronome.count_in(count_in_bpm)
        else:
            self._begin_fade()
        self.playing = True
        self._place(self.loop, beat)
        self._start_bend()

    def _take_stop(self) -> None:
        if self.playing and not self._metronome.counting:
            self._begin_fade()
        if self._pending is not None:
            self.loop, self._bend, self._pending = self._pending.loop, self._pending.bend, None
        self._metronome.hush()
        self.playing = False
        if self.loop is not None:
            self._place(self.loop, 0.0)

    def _take_seek(self, beat: float) -> None:
        if self.loop is None:
            return
        if self.playing:
            self._begin_fade()
        self._place(self.loop, self.origin + beat % self.loop.beats)
        self._start_bend()
        self._plan_swap()

    def _apply_gain(self, out: Stereo) -> None:
        wanted, size = self._wanted_gain, len(out)
        if wanted != self._gain:
            ramp = self._old[:size]
            np.multiply(self._ramp[:size], (wanted - self._gain) * (self._max_block - 1) / max(1, size - 1), out=ramp)
            ramp += self._gain
            out *= ramp
            self._gain = wanted
        elif wanted != 1.0:
            out *= np.float32(wanted)
        np.abs(out, out=self._old[:size])
        np.maximum.reduce(self._old[:size], axis=0, out=self._block_peak)
        np.maximum(self.peak, self._block_peak, out=self.peak)
