"""The deck by itself: bit-exact loops, swaps on the beat, no jumps."""

import itertools

import numpy as np
import pytest

from loopgen_app.sound.deck import FADE_SECONDS, Deck
from loopgen_app.sound.deck_loop import DeckLoop

RATE = 44100
HALF = round(FADE_SECONDS * RATE / 2)


def loop(loop_id: int, beats: int, tempo: float, *, value: float | None = None, seed: int = 0) -> DeckLoop:
    samples = round(beats * 60 / tempo * RATE)
    if value is not None:
        audio = np.full((samples, 2), value, np.float32)
    else:
        audio = np.random.default_rng(seed).uniform(-1, 1, (samples, 2)).astype(np.float32)
    return DeckLoop(loop_id, audio, beats)


def render(deck: Deck, frames: int, block: int | list[int] = 512) -> np.ndarray:
    sizes = itertools.cycle([block] if isinstance(block, int) else block)
    out = np.full((frames, 2), np.nan, np.float32)
    at = 0
    while at < frames:
        size = min(next(sizes), frames - at)
        deck.render(out[at : at + size])
        at += size
    return out


@pytest.mark.parametrize("block", [1, 104, 512, 1024, 5000, [104, 417, 240, 1]])
def test_looping_is_bit_exact_for_any_block_size(block: int | list[int]) -> None:
    playing = loop(1, 4, 240, seed=1)
    deck = Deck(RATE, 1024)
    deck.cue(playing)
    deck.play()
    frames = playing.samples * (2 if block == 1 else 7)
    out = render(deck, frames, block)
    expected = np.tile(playing.audio, (8, 1))[:frames]
    assert np.array_equal(out[2 * HALF :], expected[2 * HALF :])
    assert np.abs(out[: 2 * HALF]).max() <= 1.0


@pytest.mark.parametrize("every", [1, 4])  # beats
@pytest.mark.parametrize("asked_at", [0.0, 0.4, 0.97, 1.0, 3.999, 6.02, 15.99])
def test_a_swap_lands_on_the_next_beat_or_bar_at_the_same_musical_position(every: int, asked_at: float) -> None:
    old, new = loop(1, 16, 126, value=0.25), loop(2, 8, 126, seed=5)
    deck = Deck(RATE)
    deck.cue(old)
    deck.play()
    asked = int(asked_at / 16 * old.samples)
    first = render(deck, max(asked, 512), 256)
    deck.cue(new, 4 * every)
    out = np.concatenate([first, render(deck, old.samples * 2, 256)])
    beat = int(max(asked, 512) / old.samples * 16) + 1
    boundary = old.sample_of_beat(beat)
    if boundary - HALF < max(asked, 512):
        beat += 1
    beat += -beat % every
    boundary = old.sample_of_beat(beat)
    assert deck.swap_frame == boundary
    assert np.array_equal(out[1000 : boundary - HALF], np.full((boundary - HALF - 1000, 2), 0.25, np.float32))
    start = new.sample_of_beat(beat % 8)
    heard = out[boundary + HALF : boundary + HALF + 4000]
    turned = np.roll(new.audio, -start, axis=0)
    assert np.array_equal(heard, turned[HALF : HALF + 4000])


@pytest.mark.parametrize("at", [5, 10_000, 88_100, 88_150])
def test_a_loop_that_follows_a_hand_swaps_at_once_at_the_same_musical_position(at: int) -> None:
    old, new = loop(1, 4, 120, seed=1), loop(2, 8, 150, seed=2)
    deck = Deck(RATE)
    deck.cue(old)
    deck.play()
    render(deck, at + 100)
    deck.cue(new, 0)
    out = render(deck, 5000)
    assert 0 < deck.swap_frame - (at + 100) <= 2 * HALF + 1
    begin = round((deck.swap_frame % (2 * old.samples)) / old.samples * 4 * new.samples / 8)
    after = deck.swap_frame - (at + 100) + HALF + 1
    expected = np.take(new.audio, np.arange(begin + HALF + 1, begin + HALF + 1001), axis=0, mode="wrap")
    assert np.array_equal(out[after : after + 1000], expected)


def test_a_swap_can_land_on_the_next_sixteenth() -> None:
    old, new = loop(1, 16, 120, value=0.1), loop(2, 16, 120, value=0.4)
    deck = Deck(RATE)
    deck.cue(old)
    deck.play()
    render(deck, old.sample_of_step(21) + 10)
    deck.cue(new, 1)
    render(deck, 8000)
    assert deck.swap_frame == old.sample_of_step(22)
    assert deck.loop is new
    assert deck.position == deck.frames


def test_a_tempo_change_keeps_the_beat() -> None:
    slow, fast = loop(1, 16, 120, value=0.1), loop(2, 16, 150, seed=2)
    deck = Deck(RATE)
    deck.cue(slow)
    deck.play()
    render(deck, slow.sample_of_beat(5) + 300)
    deck.cue(fast)
    render(deck, slow.sample_of_beat(6) + 2000 - deck.frames, 64)
    assert deck.swap_frame == slow.sample_of_beat(6)
    assert deck.beat == pytest.approx(6 + 2000 / RATE * 150 / 60, abs=1e-4)
    assert deck.position == fast.sample_of_beat(6) + 2000


def test_the_count_of_beats_survives_shorter_and_longer_loops() -> None:
    four, eight = loop(1, 4, 240, value=0.1), loop(2, 8, 240, value=0.2)
    deck = Deck(RATE)
    deck.cue(four)
    deck.play()
    render(deck, four.samples + four.sample_of_beat(1))
    deck.cue(eight, 16)
    render(deck, four.samples * 2 - deck.frames + 1000)
    assert deck.loop is eight
    assert deck.position == 1000
    assert deck.origin == 8


def test_crossfades_have_equal_power_and_no_jump_above_the_material() -> None:
    rng = np.random.default_rng(0)
    deck = Deck(RATE)
    seconds = np.arange(round(4 * 60 / 240 * RATE)) / RATE
    loops = [
        DeckLoop(i, np.repeat((0.5 * np.sin(2 * np.pi * f * seconds))[:, None], 2, 1).astype(np.float32), 4)
        for i, f in enumerate((55.0, 110.0, 220.0))
    ]
    deck.cue(loops[0])
    deck.play()
    parts = []
    for number in range(200):
        deck.cue(loops[number % 3])
        parts.append(render(deck, int(rng.integers(9000, 40000)), 256))
    out = np.concatenate(parts)
    assert deck.swaps > 150
    steepest_fade = 0.5 * np.pi / 2 / (2 * HALF) * 2
    assert np.abs(np.diff(out[500:, 0])).max() <= 0.5 * 2 * np.pi * 220 / RATE + steepest_fade
    assert np.allclose(deck._fade.rise**2 + deck._fade.fall**2, 1.0, atol=1e-6)


def test_newest_cue_wins_and_asking_for_what_plays_withdraws_it() -> None:
    first, second, third = (loop(i, 4, 240, value=0.1 * i) for i in (1, 2, 3))
    deck = Deck(RATE)
    deck.cue(first)
    deck.play()
    render(deck, 600)
    deck.cue(second)
    deck.cue(third)
    render(deck, first.samples)
    assert deck.loop is third
    assert deck.swaps == 1
    deck.cue(first)
    deck.cue(third)
    render(deck, first.samples)
    assert deck.swaps == 1


def test_stop_is_silent_after_the_fade_and_play_starts_at_the_top() -> None:
    playing = loop(1, 4, 240, seed=3)
    deck = Deck(RATE)
    deck.cue(playing)
    deck.play()
    render(deck, 5000)
    deck.stop()
    out = render(deck, 5000)
    assert not out[2 * HALF :].any()
    assert out[: 2 * HALF].any()
    deck.play()
    out = render(deck, 5000)
    assert np.array_equal(out[2 * HALF :], playing.audio[2 * HALF : 5000])


def test_stop_during_a_pending_swap_keeps_the_new_loop_cued() -> None:
    old, new = loop(1, 4, 240, value=0.5), loop(2, 4, 240, value=0.2)
    deck = Deck(RATE)
    deck.cue(old)
    deck.play()
    render(deck, 700)
    deck.cue(new)
    deck.stop()
    out = render(deck, 2000)
    assert deck.loop is new
    assert out[:HALF, 0].max() > 0.2
    assert not out[2 * HALF :].any()


def test_seek_jumps_within_the_loop_with_a_fade() -> None:
    playing = loop(1, 16, 128, seed=4)
    deck = Deck(RATE)
    deck.cue(playing)
    deck.play()
    render(deck, 5000)
    deck.seek(9.5)
    out = render(deck, 3000)
    at = round(9.5 * playing.samples / 16)
    assert np.array_equal(out[2 * HALF :], playing.audio[at + 2 * HALF : at + 3000])


def test_level_glides_to_the_exact_gain() -> None:
    playing = loop(1, 4, 240, value=0.8)
    deck = Deck(RATE)
    deck.cue(playing)
    deck.play()
    render(deck, 1000)
    deck.set_gain(0.5)
    out = render(deck, 512)[:, 0]
    assert out[0] == pytest.approx(0.8, abs=1e-3)
    assert out[-1] == pytest.approx(0.4, abs=1e-3)
    assert np.all(np.diff(out) < 0)
    assert np.array_equal(render(deck, 512), np.full((512, 2), np.float32(0.8) * np.float32(0.5)))
    deck.set_gain(1.0)
    render(deck, 512)
    assert np.array_equal(render(deck, 512), np.full((512, 2), np.float32(0.8)))


def test_metronome_clicks_exactly_on_beats_and_accents_the_bar() -> None:
    playing = loop(1, 8, 150, value=0.0)
    deck = Deck(RATE)
    deck.cue(playing)
    deck.set_metronome(True)
    deck.play()
    out = render(deck, playing.samples * 2, [104, 417, 240])[:, 0]
    for beat in range(1, 16):
        at = playing.sample_of_beat(beat)
        assert not out[at - 500 : at].any()
        peak = np.abs(out[at : at + 1300]).max()
        assert peak == pytest.approx(0.33 if beat % 4 == 0 else 0.21, abs=0.03)


def test_count_in_is_one_bar_and_can_be_stopped() -> None:
    playing = loop(1, 4, 120, value=0.5)
    deck = Deck(RATE)
    deck.cue(playing)
    deck.play(count_in_bpm=120)
    out = render(deck, 2 * RATE + 5000)
    assert [bool(out[beat * RATE // 2 : beat * RATE // 2 + 300].any()) for beat in range(4)] == [True] * 4
    assert not out[2 * RATE - 3000 : 2 * RATE].any()
    assert np.all(out[2 * RATE + 2 * HALF :] == 0.5)
    deck.stop()
    render(deck, 1000)
    deck.play(count_in_bpm=120)
    render(deck, 3000)
    deck.stop()
    render(deck, 3000)
    assert not render(deck, 3 * RATE).any()


def test_peaks_are_those_of_the_output() -> None:
    playing = loop(1, 4, 240, value=0.3)
    playing.audio[3000, 1] = -0.9
    deck = Deck(RATE)
    deck.cue(playing)
    deck.play()
    render(deck, 4000)
    assert deck.peak.tolist() == pytest.approx([0.3, 0.9])


def test_without_a_loop_there_is_silence() -> None:
    deck = Deck(RATE)
    deck.play()
    deck.seek(3)
    deck.stop()
    assert not render(deck, 3000).any()
    assert deck.beat == 0.0
