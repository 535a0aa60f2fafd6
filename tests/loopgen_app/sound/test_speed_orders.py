"""The sound process is told a speed: a loop is bent once, then led, and plays as it is at speed 1."""

from pathlib import Path

import numpy as np
import pytest

from loopgen_app.sound.child import Player
from loopgen_app.sound.deck import Deck
from loopgen_app.sound.deck_loop import DeckLoop
from loopgen_app.sound.status import StatusBlock

RATE, BLOCK = 44100, 512


@pytest.fixture
def player(tmp_path: Path) -> Player:
    made = Player(StatusBlock(tmp_path / "status", create=True))
    made.deck = Deck(RATE, BLOCK)
    for loop_id in (1, 2):
        audio = np.random.default_rng(loop_id).uniform(-0.3, 0.3, (RATE * 2, 2)).astype(np.float32)
        made.loops[loop_id] = DeckLoop(loop_id, audio, 4)
    made.obey({"do": "cue", "id": 1, "every": 4})
    made.obey({"do": "play", "beat": 0.0, "count_in_bpm": None})
    return made


def run(player: Player, blocks: int) -> Deck:
    deck, out = player.deck, np.zeros((BLOCK, 2), np.float32)
    assert deck is not None
    for _ in range(blocks):
        player._callback(out, BLOCK, None, None)
    return deck


def speed(player: Player, loop_id: int, value: float) -> None:
    player.obey({"do": "speed", "id": loop_id, "speed": value})


def test_a_loop_is_bent_once_and_led_from_then_on(player: Player) -> None:
    run(player, 20)
    speed(player, 1, 1.1)
    deck = run(player, 4)
    bend = deck._bend
    assert deck.rate == 1.1
    speed(player, 1, 1.2)
    run(player, 1)
    assert deck._bend is bend
    assert deck.rate == 1.2
    speed(player, 1, 1.0)
    run(player, 8)
    assert deck._bend is None
    assert deck.rate == 1.0


def test_what_was_told_is_in_the_block_that_the_window_reads(player: Player, tmp_path: Path) -> None:
    speed(player, 1, 1.25)
    run(player, 8)
    told = StatusBlock(tmp_path / "status", create=False).read()
    assert (told.speed, told.beats, told.block, told.frames) == (1.25, 4, BLOCK, 8 * BLOCK)


def test_a_loop_that_waits_comes_in_at_its_speed_and_one_cued_again_at_its_own(player: Player) -> None:
    run(player, 20)
    player.obey({"do": "cue", "id": 2, "every": 4})
    speed(player, 2, 0.9)
    deck = run(player, 100)
    assert deck.loop is player.loops[2]
    assert deck.rate == 0.9
    player.obey({"do": "cue", "id": 1, "every": 4})
    run(player, 100)
    assert deck.rate == 1.0
    player.obey({"do": "forget", "keep": [1]})
    assert player._bends == {}
    speed(player, 2, 1.1)  # loops are swapped while the window still turns the one before: no error, and no bend
    assert player._bends == {} and run(player, 4).rate == 1.0
