"""What a session of Ableton Link says, and a deck that is kept to it: time is simulated, the session plain sums."""

import json
import random
from collections.abc import Callable

import numpy as np
import pytest
from plain_link import PlainLink
from test_clock_lock import BEATS, STEP, TEMPO, Card

from loopgen_app.remote.clock_lock import ClockLock
from loopgen_app.remote.link_child import LATE_SECONDS, Peer
from loopgen_app.remote.link_follower import LinkFollower
from loopgen_app.remote.link_reading import LinkReading


def reading(time: float, beat: float, tempo: float = 120.0, *, playing: bool = True) -> LinkReading:
    return LinkReading(time, beat, tempo, 1, playing)


class Room:
    """A deck, LoopGen's peer and others in one session; `run` lets time pass."""

    def __init__(self, tempo: float = TEMPO, others: int = 1) -> None:
        self.now, self.card, self.chance = 0.0, Card(), random.Random(3)
        self.link = PlainLink(tempo, lambda: self.now)
        self.link.num_peers = others
        self.peer, self.follower = Peer(self.link, lambda: self.now), LinkFollower()
        self.told: list[float] = []
        self.silences = 0
        self.lock = ClockLock(self.follower, self.card, self.told.append, self._silent)
        self.truth: list[tuple[float, float, float]] = []
        self._read_at = 0.0

    def _silent(self) -> None:
        self.silences += 1

    def run(self, seconds: float, each: Callable[[float], object] = lambda _now: None, *, deaf: bool = False) -> None:
        end = self.now + seconds
        while self.now < end:
            each(self.now)
            self.card.run(self.now)
            if self.now >= self._read_at and not deaf:
                self._read_at = self.now + 0.02
                ran, seen = self.follower.running, self.peer.look()
                assert seen is not None
                self.follower.take(seen)
                if seen.playing and not ran:
                    self.lock.begin()
                elif ran and not seen.playing:
                    self.lock.end()
            self.lock.step(self.now)
            self.truth.append((self.now, self.link.beat, self.link.tempo))
            self.now += STEP + self.chance.uniform(0, 0.006)

    def errors(self, since: float) -> np.ndarray:
        """Milliseconds between what is heard and the session from `since` on."""
        times, beats, tempi = np.array(self.truth).T
        heard = np.array([(time, beat) for time, beat in self.card.beats if beat > 0 and since < time < times[-1]])
        wanted, tempo = (np.interp(heard[:, 0], times, values) for values in (beats, tempi))
        apart = (wanted - heard[:, 1] + BEATS / 2) % BEATS - BEATS / 2
        return apart / tempo * 60_000


@pytest.mark.parametrize("tempo", [120.37, 90.0])
def test_the_song_begins_on_the_bar_of_the_others_and_stays_there(tempo: float) -> None:
    room = Room(tempo)
    room.run(1.0)
    assert not room.card.deck.playing
    phase = room.link.beat % 4
    room.peer.obey({"do": "start"})
    room.run(12.0)
    assert len(room.card.orders) == 1
    assert room.card.orders[0].startswith("play ")
    assert abs(float(room.card.orders[0].split()[1])) < 0.06  # of a beat: the first hit is whole
    begun = next(time for time, beat in room.card.beats if beat > 0)
    assert begun == pytest.approx(1.0 + (4 - phase) * 60 / tempo, abs=0.08)
    off = np.abs(room.errors(begun + 2 * 4 * 60 / tempo))
    assert np.quantile(off, 0.95) < 2.0
    assert off.max() < 3.0
    assert room.told == [pytest.approx(tempo, abs=0.1)]


def test_alone_it_begins_at_once() -> None:
    room = Room(others=0)
    room.run(0.5)
    room.peer.obey({"do": "start"})
    room.run(0.3)
    assert room.card.deck.playing
    assert room.link.beat < 1.0


def test_another_tempo_is_followed_within_two_bars_and_their_stop_is_ours() -> None:
    room = Room(126.0)
    room.link.playing = True  # somebody else starts
    room.run(5.0)
    room.link.tempo = 132.0
    room.run(7.0)
    assert np.abs(room.errors(5.0 + 2 * 4 * 60 / 132)).max() < 3.0
    assert room.told == [126.0, 132.0]
    room.link.playing = False
    room.run(0.1)
    assert not room.card.deck.playing


def test_a_session_that_meets_another_one_jumps_once() -> None:
    room = Room()
    room.link.playing = True
    room.run(4.0)
    count = len(room.card.orders)
    room.link.jump(1.4)
    room.run(6.0)
    assert [order.split()[0] for order in room.card.orders[count:]] == ["seek"]
    assert np.abs(room.errors(7.0)).max() < 3.0


def test_peers_that_pull_the_tempo_to_and_fro_are_noticed_and_followed_and_one_that_glides_is_no_quarrel() -> None:
    room = Room()
    room.link.playing = True
    room.run(4.0)
    assert not room.follower.quarrel

    def glide(now: float) -> None:
        room.link.tempo = TEMPO + min(10.0, 2 * (now - 4.0))

    room.run(6.0, glide)
    assert not room.follower.quarrel

    def pull(now: float) -> None:
        room.link.tempo = 120.0 if int(now * 4) % 2 else 140.0

    told = list(room.told)
    room.run(5.0, pull)
    assert room.follower.quarrel
    assert room.told == told  # none of the two stays
    assert room.card.deck.playing
    assert np.abs(room.errors(12.0)).max() < 40.0
    room.link.tempo = 128.0
    room.run(6.0)
    assert not room.follower.quarrel
    assert room.told[-1] == 128.0
    assert np.abs(room.errors(room.now - 2.0)).max() < 3.0


def test_a_session_that_is_read_no_more_is_told_once() -> None:
    room = Room()
    room.link.playing = True
    room.run(4.0)
    room.run(3.0, deaf=True)
    assert room.silences == 1
    assert room.card.deck.playing
    assert not room.lock.led
    room.run(0.1)
    assert room.lock.led


def test_one_reading_that_came_late_says_nothing() -> None:
    follower = LinkFollower()
    for count in range(20):
        follower.take(reading(count * 0.02, count * 0.04))
    follower.take(reading(0.4, 1.5))
    assert follower.beat_at(0.4) == pytest.approx(0.8)
    for count in range(21, 30):
        follower.take(reading(count * 0.02, count * 0.04 + 2.0))
    assert follower.beat_at(0.6) == pytest.approx(3.2)


def test_tempi_beyond_trust_lead_nobody() -> None:
    follower = LinkFollower()
    assert follower.tempo_bpm is None
    assert follower.beat_at(0.0) is None
    assert follower.silent(0.0)
    assert follower.peers == 0
    follower.take(reading(0.0, 0.0, tempo=800.0))
    assert follower.tempo_bpm is None
    assert follower.running


def test_a_reading_that_was_interrupted_is_none() -> None:
    times = iter([1.0, 1.0 + LATE_SECONDS / 2, 2.0, 2.0 + 2 * LATE_SECONDS])
    peer = Peer(PlainLink(120.0, lambda: 1.0), lambda: next(times))
    seen = peer.look()
    assert seen is not None
    assert seen.time == pytest.approx(1.0 + LATE_SECONDS / 4)
    assert peer.look() is None


def test_orders_that_are_none_are_passed_over() -> None:
    link = PlainLink(120.0, lambda: 0.0)
    peer = Peer(link)
    for order in (None, [], {}, {"do": "tempo"}, {"do": "tempo", "bpm": 5000}, {"do": "tempo", "bpm": "x"}):
        peer.obey(order)
    assert (link.tempo, link.playing) == (120.0, False)
    peer.obey({"do": "tempo", "bpm": 131})
    peer.obey({"do": "join"})
    assert (link.tempo, link.playing, link.quantum) == (131.0, True, 4.0)
    assert link.enabled
    assert link.start_stop_sync_enabled


def test_readings_go_through_a_line_and_nothing_else_is_one() -> None:
    told = reading(12.5, 3.25, 126.0)
    assert LinkReading.read(json.loads(told.line())) == told
    good = json.loads(told.line())
    for bad in (
        None, [], 3, {}, good | {"beat": "x"}, good | {"time": None}, good | {"playing": 1}, good | {"peers": 1.5},
        good | {"tempo_bpm": 0}, good | {"tempo_bpm": True}, good | {"more": 1},
    ):  # fmt: skip
        assert LinkReading.read(bad) is None
