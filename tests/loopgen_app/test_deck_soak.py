"""Hours of looping and swapping in accelerated time, every sample compared (LOOPGEN_SOAK_HOURS, default 0.05)."""

import os

import numpy as np

from loopgen_app.sound.deck import FADE_SECONDS, Deck
from loopgen_app.sound.deck_loop import DeckLoop

RATE = 44100
HALF = round(FADE_SECONDS * RATE / 2)
HOURS = float(os.environ.get("LOOPGEN_SOAK_HOURS", "0.05"))


def test_every_sample_between_swaps_is_the_loops_own_and_every_swap_is_on_its_beat() -> None:
    rng = np.random.default_rng(7)
    loops = []
    for number, (beats, tempo) in enumerate(((16, 126.0), (8, 174.5), (4, 84.25), (32, 133.37))):
        samples = round(beats * 60 / tempo * RATE)
        loops.append(DeckLoop(number, rng.uniform(-1, 1, (samples, 2)).astype(np.float32), beats))
    deck = Deck(RATE, 1024)
    deck.cue(loops[0])
    deck.play()
    out = np.empty((1024, 2), np.float32)
    deck.render(out)
    wrong = off_beat = swaps = 0
    frames = int(HOURS * 3600 * RATE)
    wait = 0
    while deck.frames < frames:
        if deck.frames >= wait:
            deck.cue(loops[int(rng.integers(4))], int(rng.choice([1, 4, 16])))
            wait = deck.frames + int(rng.integers(2, 40)) * RATE
        before, position, count = deck.loop, deck.position, deck.swaps
        size = int(rng.choice([1024, 512, 417, 104]))
        block = out[:size]
        deck.render(block)
        assert before is not None
        if deck.swaps != count:
            swaps += 1
            loop = deck.loop
            assert loop is not None
            since = deck.frames - deck.swap_frame
            beat = deck.beat - since / loop.samples * loop.beats
            off_beat += abs(beat * 4 - round(beat * 4)) * loop.samples / loop.beats / 4 > RATE / 1000
            fade_left = max(0, HALF - since)
            deck.render(out[:fade_left])
            continue
        expected = np.take(before.audio, np.arange(position, position + size), axis=0, mode="wrap")
        wrong += deck._fading is None and position >= 0 and not np.array_equal(block, expected) and deck.frames > 2048
    assert wrong == 0
    assert off_beat == 0
    assert swaps > HOURS * 100 > 0
