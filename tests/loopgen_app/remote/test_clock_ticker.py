"""The clock that is sent: 24 ticks a beat where it is heard, and a song pointer where it goes on from elsewhere."""

import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from test_clock_lock import BEATS, LATENCY, TEMPO, Card

from loopgen_app.remote.clock_child import send_clock
from loopgen_app.remote.clock_follower import ClockFollower
from loopgen_app.remote.clock_out import ClockOut
from loopgen_app.remote.clock_ticker import CLOCK, CONTINUE, SONG, START, STOP, ClockTicker
from loopgen_app.sound.status import StatusBlock

LOOK = 0.002


class Wire:
    """What is sent, with the time at which it is."""

    def __init__(self, card: Card) -> None:
        self.card, self.ticker, self.now = card, ClockTicker(), 0.0
        self.sent: list[tuple[float, tuple[int, ...]]] = []

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.card.run(self.now)
            found = (*self.ticker.look(self.card.status(), self.now), *self.ticker.due(self.now))
            self.sent += [(self.now, message) for message in found]
            due = self.ticker.next_time()
            self.now = min(self.now + LOOK, due) if due is not None and due > self.now else self.now + LOOK

    def kinds(self) -> list[tuple[int, ...]]:
        return [message for _, message in self.sent if message != CLOCK]


def test_ticks_come_where_the_beat_is_heard() -> None:
    wire = Wire(Card())
    wire.card.play_from(0.0)
    wire.run(20.0)
    assert wire.kinds() == [START]
    times = np.array([time for time, message in wire.sent if message == CLOCK])
    ideal = np.arange(len(times)) / 24 * 60 / TEMPO + LATENCY
    late = times - ideal
    assert len(times) == pytest.approx((20 - LATENCY) * TEMPO / 60 * 24, abs=2)
    settled = late[48:]
    spread = np.quantile(np.abs(settled - settled.mean()), 0.95)
    assert spread < 0.002
    assert abs(settled.mean()) < 0.003
    follower = ClockFollower()
    for time, message in wire.sent:
        follower.feed("start" if message == START else "clock", time)
    assert follower.tempo_bpm == pytest.approx(TEMPO, rel=2e-3)


def test_stop_and_a_start_in_the_middle_and_a_jump_are_told_by_song_pointers() -> None:
    wire = Wire(Card())
    wire.card.play_from(0.0)
    wire.run(3.0)
    wire.card.stop()
    wire.run(1.0)
    assert wire.kinds() == [START, STOP]
    wire.card.play_from(8.0)
    wire.run(2.0)
    assert wire.kinds()[2:] == [(SONG, 32, 0), CONTINUE]
    wire.card.seek(1.0)
    wire.run(2.0)
    assert wire.kinds()[4] == STOP
    assert wire.kinds()[5][0] == SONG
    assert wire.kinds()[6:] == [CONTINUE]
    place = wire.kinds()[5][1] / 4
    last = max(index for index, (_, message) in enumerate(wire.sent) if message == CONTINUE)
    ticks = sum(message == CLOCK for _, message in wire.sent[last:])
    assert place + ticks / 24 == pytest.approx(wire.card.deck.beat % BEATS, abs=0.2)


def test_another_tempo_is_sent_as_it_is_heard() -> None:
    wire = Wire(Card())
    wire.card.play_from(0.0)
    wire.run(4.0)
    wire.card.lead(140.0, 140.0)
    wire.run(6.0)
    times = [time for time, message in wire.sent if message == CLOCK and time > 6.0]
    assert 60 / (np.diff(times).mean() * 24) == pytest.approx(140.0, rel=3e-3)
    assert wire.kinds() == [START]


def test_the_process_ends_with_a_stop(tmp_path: Path) -> None:
    block = StatusBlock(tmp_path / "status", create=True)
    card = Card()
    card.play_from(0.0)
    card.run(1.0)
    told, sent, ended = card.status(), [], threading.Event()
    values = {
        "callbacks": told.callbacks, "frames": told.frames, "playing": 1, "samples": told.samples, "beat": told.beat,
        "time": told.time, "latency": told.latency, "rate": told.rate, "speed": 1, "beats": told.beats,
        "block": told.block,
    }  # fmt: skip
    from loopgen_app.sound.status import slot

    for name, value in values.items():
        block.slots[slot(name)] = value

    def send(message: tuple[int, ...]) -> None:
        sent.append(message)
        if len(sent) > 30:
            ended.set()

    times = iter(np.arange(1.0, 100.0, 0.005))
    send_clock(block, send, ended, clock=lambda: float(next(times)))
    assert sent[-1] == STOP
    assert sent.count(STOP) == 1
    assert CLOCK in sent


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("print('no such port')", "MIDI clock cannot be sent to Synth: no such port."),
        ("print('ready')", "MIDI clock cannot be sent to Synth: it is gone."),
    ],
)
def test_a_port_that_is_gone_is_one_sentence(tmp_path: Path, code: str, told: str) -> None:
    out = ClockOut([sys.executable, "-c", code])
    assert out.lost() == ""
    out.start(tmp_path / "status", "Synth")
    assert out._process is not None
    out._process.wait()
    assert out.lost() == told
    assert out.lost() == ""


def test_a_clock_that_is_sent_ends_when_it_is_closed(tmp_path: Path) -> None:
    out = ClockOut([sys.executable, "-c", "import sys; print('ready', flush=True); sys.stdin.read()"])
    out.start(tmp_path / "status", "Synth")
    process = out._process
    assert process is not None
    assert out.lost() == ""
    out.close()
    assert process.returncode == 0
    out.close()
