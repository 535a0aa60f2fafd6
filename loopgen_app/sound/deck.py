"""The deck: loops one buffer without a seam and swaps in another on the beat. Plain numpy, no device, no clock."""

from collections import deque
from collections.abc import Callable

import numpy as np

from loopgen_app.sound.deck_loop import STEPS_PER_BEAT, DeckLoop, Stereo, Swap
from loopgen_app.sound.metronome import Metronome

FADE_SECONDS = 0.002
"""Crossfade of a swap, centred on the beat: the whole of it lies within one millisecond of where it was asked."""


class Deck:
    """Mixes what is heard, block by block.

    `render` runs in the audio callback: no locks, no logging, no audio memory allocated, nothing raised. The other
    methods run in the control thread; they leave an order in a queue that `render` empties at its next block.
    """

    def __init__(self, sample_rate: int, max_block: int = 4096) -> None:
        self.sample_rate = sample_rate
        self._half = max(1, round(FADE_SECONDS * sample_rate / 2))
        angle = (np.arange(2 * self._half, dtype=np.float64) + 0.5) / (2 * self._half) * np.pi / 2
        self._rise = np.repeat(np.sin(angle).astype(np.float32)[:, None], 2, axis=1)
        self._fall = np.ascontiguousarray(self._rise[::-1])
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
        self._fading: DeckLoop | None = None
        self._fading_position = 0
        self._fade_at = 2 * self._half
        self._gain = self._wanted_gain = 1.0
        self._metronome = Metronome(sample_rate)

    # ---- orders of the control thread -------------------------------------------------------------------------

    def cue(self, loop: DeckLoop, every: int = STEPS_PER_BEAT) -> None:
        """Play `loop` from the next sixteenth whose count is a multiple of `every`; at once with 0 or in silence.

        Whenever it is, the loop comes in at the same musical position.
        """
        self._orders.append(lambda: self._take_cue(Swap(loop, every)))

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
        return self.origin + self.position / self.loop.samples * self.loop.beats

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
            while self._orders and self._fade_at >= 2 * self._half:
                self._orders.popleft()()
            at += self._render_run(out, at, total - at)
        self._apply_gain(out)

    def _render_run(self, out: Stereo, at: int, room: int) -> int:
        if self._metronome.counting:
            run = self._metronome.count(out[at : at + room])
            if not self._metronome.counting:
                self._fading, self._fade_at = None, 0
            return run
        loop = self.loop if self.playing else None
        if loop is not None and self._pending is not None and self.position == self._swap_start:
            self._begin_swap(self.frames + at)
            loop = self.loop
        fading = self._fade_at < 2 * self._half
        run = min(room, 2 * self._half - self._fade_at) if fading else room
        if loop is not None:
            run = min(run, self._until_event(loop))
            out[at : at + run] = loop.audio[self.position : self.position + run]
        else:
            out[at : at + run] = 0.0
        if fading:
            self._mix_fade(out[at : at + run], run)
        if loop is not None:
            self._advance(loop, run)
        self._metronome.mix(out[at : at + run])
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

    def _advance(self, loop: DeckLoop, run: int) -> None:
        self.position += run
        if self.position >= loop.samples:
            self.position = 0
            self.origin += loop.beats
            if self._pending is not None and self._swap_start >= loop.samples:
                self._swap_start -= loop.samples

    def _mix_fade(self, out: Stereo, run: int) -> None:
        start = self._fade_at
        out *= self._rise[start : start + run]
        fading, at = self._fading, 0
        while fading is not None and at < run:
            step = min(run - at, fading.samples - self._fading_position)
            old = self._old[:step]
            begin = self._fading_position
            np.multiply(fading.audio[begin : begin + step], self._fall[start + at : start + at + step], out=old)
            out[at : at + step] += old
            self._fading_position = (begin + step) % fading.samples
            at += step
        self._fade_at += run
        if self._fade_at >= 2 * self._half:
            self._fading = None

    def _begin_fade(self) -> None:
        self._fading = self.loop if self.playing else None
        self._fading_position = self.position
        self._fade_at = 0

    def _begin_swap(self, frame: int) -> None:
        assert self._pending is not None
        new, beat = self._pending.loop, self._swap_beat
        self._begin_fade()
        self._pending = None
        self.loop = new
        self._place(new, beat)
        self.position -= self._half
        if self.position < 0:
            self.position += new.samples
            self.origin -= new.beats
        self.swaps += 1
        self.swap_frame = frame + self._half

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
            self._swap_beat = self.origin + (self.position + self._half) / loop.samples * loop.beats
            return
        step = int(self.position * loop.beats * STEPS_PER_BEAT / loop.samples)
        origin = self.origin * STEPS_PER_BEAT
        while (origin + step) % swap.every or loop.sample_of_step(step) - self._half < self.position:
            step += 1
        self._swap_start = loop.sample_of_step(step) - self._half
        self._swap_beat = (origin + step) / STEPS_PER_BEAT

    def _take_cue(self, swap: Swap) -> None:
        if self.loop is None or not self.playing:
            self.loop = swap.loop
            self._place(swap.loop, 0.0)
            self._pending = None
        elif swap.loop is self.loop:
            self._pending = None
        else:
            self._pending = swap
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

    def _take_stop(self) -> None:
        if self.playing and not self._metronome.counting:
            self._begin_fade()
        if self._pending is not None:
            self.loop, self._pending = self._pending.loop, None
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
