"""The sound process without a sound card: orders, loops, one channel and two, and what it says of itself."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from loopgen_app.sound import child
from loopgen_app.sound.child import Player
from loopgen_app.sound.deck import Deck
from loopgen_app.sound.loop_files import write_loop
from loopgen_app.sound.status import StatusBlock

RATE, FRAMES = 8000, 400


@pytest.fixture
def block(tmp_path: Path) -> StatusBlock:
    return StatusBlock(tmp_path / "status", create=True)


@pytest.fixture
def player(block: StatusBlock, tmp_path: Path) -> Player:
    """A player with a deck and the loop 7, an even .5 left and .25 right."""
    made = Player(block)
    made.deck = Deck(RATE, child.MAX_BLOCK)
    write_loop(tmp_path / "loop", np.repeat(np.float32([[0.5], [0.25]]), 4 * RATE, axis=1))
    order = {"do": "load", "id": 7, "path": str(tmp_path / "loop"), "frames": 4 * RATE, "beats": 8}
    assert made.obey(order) == {"event": "loaded", "id": 7, "path": str(tmp_path / "loop")}
    return made


def start(player: Player) -> None:
    player.obey({"do": "cue", "id": 7, "every": 0})
    player.obey({"do": "play", "beat": 0.0, "count_in_bpm": None})


def called(player: Player, channels: int, blocks: int = 8) -> np.ndarray:
    """The last of so many blocks, when every fade is over."""
    out = np.zeros((FRAMES, channels), np.float32)
    player._channels = channels
    for _ in range(blocks):
        player._callback(out, FRAMES, None, None)
    return out


def test_two_channels_are_played_as_they_are_and_one_is_their_mean(player: Player) -> None:
    start(player)
    assert np.allclose(called(player, 2), [0.5, 0.25], atol=1e-4)
    assert np.allclose(called(player, 1), 0.375, atol=1e-4)


def test_what_is_played_can_be_read_by_another_process(player: Player, block: StatusBlock, tmp_path: Path) -> None:
    start(player)
    called(player, 2, blocks=5)
    told = StatusBlock(tmp_path / "status", create=False).read()
    assert (told.callbacks, told.loop_id, told.samples, told.playing) == (5, 7, 4 * RATE, True)
    assert told.position == 5 * FRAMES and told.beat == pytest.approx(8 * 5 * FRAMES / (4 * RATE))
    assert told.peak_left == pytest.approx(0.5, abs=1e-3) and told.peak_right == pytest.approx(0.25, abs=1e-3)
    assert block.slots[0] % 2 == 0


def test_a_block_that_comes_late_and_one_that_was_dropped_are_counted(
    player: Player, block: StatusBlock, monkeypatch: pytest.MonkeyPatch
) -> None:
    length = FRAMES / RATE
    moments = iter([10.0, 10.0 + length, 10.0 + 2 * length, 10.0 + 4 * length])
    monkeypatch.setattr(child.time, "monotonic", lambda: next(moments))
    start(player)
    out = np.zeros((FRAMES, 2), np.float32)
    for flags in (None, None, "output underflow", None):
        player._callback(out, FRAMES, None, flags)
    assert (block.read().late, block.read().dropouts) == (1, 1)


def test_loops_that_are_not_to_be_kept_are_forgotten(player: Player) -> None:
    player.obey({"do": "forget", "keep": [3]})
    assert player.loops == {}
    with pytest.raises(KeyError):
        player.obey({"do": "cue", "id": 7, "every": 0})


def test_before_a_device_is_open_orders_to_play_are_passed_over(block: StatusBlock) -> None:
    assert Player(block).obey({"do": "seek", "beat": 1.0}) is None


@pytest.mark.parametrize("line", ["", "nonsense", "[1]", "{", '"open"'])
def test_a_line_that_is_no_order_is_an_empty_one(line: str) -> None:
    assert child._read_order(line) == {}


def test_an_output_is_found_by_its_name_and_inputs_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [{"name": "Mic", "max_output_channels": 0}, {"name": "Mic", "max_output_channels": 2}]
    cards: Any = SimpleNamespace(query_devices=lambda: there)
    monkeypatch.setitem(sys.modules, "sounddevice", cards)
    assert child._find_device(cards, "Mic") == 1
    assert child._find_device(cards, "Gone") is None and child._find_device(cards, "") is None
    assert child._device_names() == ["Mic"]
