"""Hours of looping and swapping in accelerated time, every sample compared (LOOPGEN_SOAK_HOURS, default 0.05)."""

import os

import numpy as np

from loopgen_app.sound.deck import FADE_SECONDS, Deck
from loopgen_app.sound.deck_loop import DeckLoop

RATE = 44100
HALF = round(FADE_SECONDS * RATE / 2)
HOURS = float(os.environ.get("LOOPGEN_SOAK_HOURS", "0.05"))
BLOCKS = (1024, 1024, 512, 417, 104)
TEMPI = ((16, 126.0), (8, 174.5), (4, 84.25), (32, 133.37))


class Soak:
    """A deck that is played in blocks of any size, and what was wrong with what came out."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.loops = [
            DeckLoop(number, rng.uniform(-1, 1, (round(b * 60 / tempo * RATE), 2)).astype(np.float32), b)
            for number, (b, tempo) in enumerate(TEMPI)
        ]
        self.deck = Deck(RATE, 1024)
        self.out = np.empty((64 * 1024, 2), np.float32)
        self.wrong = self.off_beat = self.compared = 0
        self.deck.cue(self.loops[0])
        self.deck.play()
        self.deck.render(self.out[: 4 * HALF])  # the fade in

    def render(self, blocks: int) -> np.ndarray:
        sizes, at = self.rng.choice(BLOCKS, blocks), 0
        for size in sizes:
            self.deck.render(self.out[at : at + size])
            at += int(size)
        return self.out[:at]

    def loop_on(self) -> None:
        """Some blocks in which nothing but the loop may be heard."""
        loop, position = self.deck.loop, self.deck.position
        assert loop is not None
        heard, at = self.render(64), 0
        while at < len(heard):
            run = min(loop.samples - position, len(heard) - at)
            self.wrong += not np.array_equal(heard[at : at + run], loop.audio[position : position + run])
            at, position = at + run, 0
        self.compared += len(heard)

    def swap(self) -> None:
        """Another loop takes over; its beat is where the clock says."""
        deck, every = self.deck, int(self.rng.choice([1, 4, 16]))
        new = self.loops[int(self.rng.integers(4))]
        if new is deck.loop:
            return
        swaps = deck.swaps
        deck.cue(new, every)
        while deck.swaps == swaps:
            self.render(1)
        since = deck.frames - deck.swap_frame
        step = (deck.beat - since / new.samples * new.beats) * 4
        frames = abs(step - every * round(step / every)) * new.samples / new.beats / 4
        self.off_beat += frames > RATE / 1000
        deck.render(self.out[: max(0, HALF - since) + 1])


def test_every_sample_between_swaps_is_the_loops_own_and_every_swap_is_on_its_beat() -> None:
    soak = Soak(np.random.default_rng(7))
    frames, wait = int(HOURS * 3600 * RATE), 0
    while soak.deck.frames < frames:
        if soak.deck.frames >= wait:
            soak.swap()
            wait = soak.deck.frames + int(soak.rng.integers(2, 40)) * RATE
        soak.loop_on()
    print(f"\n{soak.deck.frames / RATE / 3600:.2f} h, {soak.deck.swaps} swaps")  # noqa: T201
    assert soak.wrong == 0
    assert soak.off_beat == 0
    assert soak.compared > 0.95 * frames
    assert soak.deck.swaps > HOURS * 100 > 0
