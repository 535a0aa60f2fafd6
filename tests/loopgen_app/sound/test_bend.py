"""Loops at another tempo: exact in time, true in pitch, without a click, however often the hand turns."""

import numpy as np
import pytest

from loopgen_app.sound.bend import Bend
from loopgen_app.sound.deck import Deck
from loopgen_app.sound.deck_loop import DeckLoop
from loopgen_app.sound.grains import HOP, SIZE

RATE = 44100
BLOCK = 512
BEATS = 8
TEMPO = 120.0
SAMPLES = round(BEATS * 60 / TEMPO * RATE)


def tone(hz: float = 440.0) -> DeckLoop:
    """Whole cycles: no seam of its own."""
    cycles = round(hz * SAMPLES / RATE)
    wave = 0.4 * np.sin(2 * np.pi * cycles * np.arange(SAMPLES) / SAMPLES)
    return DeckLoop(1, np.stack([wave, 0.5 * wave], axis=1).astype(np.float32), BEATS)


def hits() -> DeckLoop:
    """A short decaying burst on every beat."""
    audio = np.zeros((SAMPLES, 2), np.float32)
    burst = np.random.default_rng(3).uniform(-0.8, 0.8, 2000) * np.exp(-np.arange(2000) / 300)
    for beat in range(BEATS):
        at = round(beat * SAMPLES / BEATS)
        audio[at : at + 2000] = burst[:, None]
    return DeckLoop(2, audio, BEATS)


def music() -> DeckLoop:
    mixed = tone(110.0).audio + hits().audio
    return DeckLoop(3, np.ascontiguousarray(mixed.astype(np.float32)), BEATS)


def play(deck: Deck, frames: int) -> np.ndarray:
    out = np.zeros((frames // BLOCK * BLOCK, 2), np.float32)
    for at in range(0, len(out), BLOCK):
        deck.render(out[at : at + BLOCK])
    return out


def playing(loop: DeckLoop, rate: float | None = None) -> tuple[Deck, Bend | None]:
    deck = Deck(RATE)
    deck.cue(loop)
    deck.play()
    play(deck, 20 * BLOCK)
    bend = None
    if rate is not None:
        bend = Bend(loop, rate)
        deck.bend(loop, bend)
    return deck, bend


def step(audio: np.ndarray) -> float:
    return float(np.abs(np.diff(audio, axis=0)).max())


def own_step(loop: DeckLoop) -> float:
    return step(np.concatenate([loop.audio, loop.audio[:1]]))


def _at(loop: DeckLoop, deck: Deck, frames_ago: int) -> np.ndarray:
    return np.take(loop.audio, np.arange(BLOCK) + deck.position - frames_ago, axis=0, mode="wrap")


@pytest.mark.parametrize("rate", [0.5, 0.8, 1.001, 1.25, 2.0])
def test_beats_pass_at_the_new_tempo_to_the_sample(rate: float) -> None:
    deck, _ = playing(hits(), rate)
    before = deck.beat
    play(deck, 3 * SAMPLES)
    passed = 3 * SAMPLES // BLOCK * BLOCK
    assert (deck.beat - before) * SAMPLES / BEATS == pytest.approx(passed * rate, abs=1.0)


@pytest.mark.parametrize("rate", [0.7, 0.9, 1.1, 1.4])
def test_attacks_stay_where_the_beat_is(rate: float) -> None:
    loop = hits()
    deck, _ = playing(loop, rate)
    began = deck.beat
    out = play(deck, 2 * SAMPLES)
    level = np.abs(out[:, 0])
    spacing = SAMPLES / BEATS / rate
    first = (np.ceil(began) - began) * spacing
    late = []
    for beat in range(1, int((len(out) - first) / spacing) - 1):
        at = round(first + beat * spacing)
        window = level[at - round(spacing / 3) : at + round(spacing / 3)]
        late.append(int(np.argmax(window > 0.5 * window.max())) - round(spacing / 3))
    assert np.abs(late).max() / RATE < 0.012
    assert abs(np.median(late)) / RATE < 0.004


@pytest.mark.parametrize("rate", [0.75, 1.02, 1.5])
def test_pitch_and_level_stay(rate: float) -> None:
    deck, _ = playing(tone(440.0), rate)
    out = play(deck, 2 * SAMPLES)[RATE // 2 :]
    spectrum = np.abs(np.fft.rfft(out[:, 0] * np.hanning(len(out))))
    hz = np.argmax(spectrum) * RATE / len(out)
    assert hz == pytest.approx(440.0, abs=0.5)
    assert np.sqrt(np.mean(out[:, 0] ** 2)) == pytest.approx(0.4 / np.sqrt(2), rel=0.02)
    assert np.allclose(out[:, 1], 0.5 * out[:, 0], atol=1e-4)  # both channels turn alike


@pytest.mark.parametrize("loop", [tone(), tone(61.0), music()], ids=["tone", "bass", "music"])
def test_nothing_clicks_when_the_hand_turns_and_turns_back(loop: DeckLoop) -> None:
    deck, bend = playing(loop, 1.2)
    assert bend is not None
    heard = [play(deck, 8 * BLOCK)]
    for rate in np.concatenate([np.linspace(1.2, 0.7, 40), np.linspace(0.7, 1.6, 60)]):
        bend.rate = float(rate)
        heard.append(play(deck, BLOCK))
    assert step(np.concatenate(heard)) <= 1.1 * own_step(loop)
    deck.bend(loop, None)
    back = play(deck, SAMPLES)
    assert step(np.concatenate([heard[-1][-1:], back])) <= 2**0.5 * own_step(loop)  # both at once, at equal power
    assert np.array_equal(back[SAMPLES // 2 :][:BLOCK], _at(loop, deck, len(back) - SAMPLES // 2))


def test_the_first_block_after_the_order_is_at_the_new_tempo() -> None:
    deck, _ = playing(hits())
    before = deck.beat
    deck.bend(deck.loop, Bend(deck.loop, 1.5))  # type: ignore[arg-type]
    play(deck, BLOCK)
    assert (deck.beat - before) * SAMPLES / BEATS == pytest.approx(1.5 * BLOCK, rel=0.01)


def test_another_rate_is_heard_within_half_a_grain_and_a_hop() -> None:
    deck, bend = playing(hits(), 0.5)
    assert bend is not None
    play(deck, 10 * BLOCK)
    bend.rate = 2.0
    frames = -(-(SIZE // 2 + HOP) // BLOCK) * BLOCK
    play(deck, frames)
    before = deck.beat
    play(deck, BLOCK)
    assert (deck.beat - before) * SAMPLES / BEATS == pytest.approx(2.0 * BLOCK)
    assert (SIZE // 2 + HOP) / RATE < 0.05


def test_a_true_render_takes_over_on_the_beat_without_a_click() -> None:
    loop, rate = music(), 1.25
    deck, _ = playing(loop, rate)
    samples = round(SAMPLES / rate)
    render = DeckLoop(9, np.full((samples, 2), 0.25, np.float32), BEATS)
    deck.cue(render, 4)
    wanted = int(deck.beat) + 1
    left = (wanted - deck.beat) * SAMPLES / BEATS / rate
    began = deck.frames
    out = play(deck, SAMPLES)
    assert deck.swap_frame - began == pytest.approx(left, abs=2)
    assert np.all(out[deck.swap_frame - began + 100 :] == 0.25)
    assert deck.beat == pytest.approx(wanted + (deck.frames - deck.swap_frame) / samples * BEATS, abs=2e-4)
    assert step(out) <= own_step(loop)


def test_a_loop_that_waits_comes_in_bent_and_stop_and_seek_keep_the_tempo() -> None:
    loop, other = tone(), tone(220.0)
    deck, _ = playing(loop)
    deck.cue(other, 4)
    deck.bend(other, Bend(other, 1.3))
    play(deck, SAMPLES)
    assert deck.loop is other
    assert deck.rate == 1.3
    deck.seek(3.0)
    play(deck, BLOCK)
    assert deck.beat % BEATS == pytest.approx(3.0 + BLOCK * 1.3 / SAMPLES * BEATS, abs=0.01)
    deck.stop()
    play(deck, BLOCK)
    assert not play(deck, BLOCK).any()
    deck.play()
    play(deck, 10 * BLOCK)
    assert deck.beat == pytest.approx(10 * BLOCK * 1.3 / SAMPLES * BEATS, abs=0.01)


def test_the_metronome_keeps_to_the_bent_beat() -> None:
    silent = DeckLoop(4, np.zeros((SAMPLES, 2), np.float32), BEATS)
    deck, _ = playing(silent, 1.5)
    deck.set_metronome(True)
    out = play(deck, 2 * SAMPLES)
    loud = np.flatnonzero(np.abs(out[:, 0]) > 0.01)
    begins = loud[np.flatnonzero(np.diff(loud, prepend=-10_000) > 3000)]
    assert np.abs(np.diff(begins) - SAMPLES / BEATS / 1.5).max() <= 3
    assert len(begins) == int(2 * 1.5 * BEATS) - 1 or len(begins) == int(2 * 1.5 * BEATS)


@pytest.mark.parametrize("samples", [200, HOP, 5000])
def test_loops_shorter_than_a_grain_are_bent_too(samples: int) -> None:
    audio = np.random.default_rng(1).uniform(-0.5, 0.5, (samples, 2)).astype(np.float32)
    deck, _ = playing(DeckLoop(5, audio, 1), 1.7)
    out = play(deck, 10 * SIZE)
    assert np.isfinite(out).all()
    assert 0.05 < np.abs(out).max() < 2.0
