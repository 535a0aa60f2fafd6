"""A stream is given up exactly when the limits say so, and never before."""

from loopgen_app.sound.pulse import (
    DOUBT_SECONDS,
    GRACE_SECONDS,
    HEART_SECONDS,
    MOST_TRIES,
    OPEN_SECONDS,
    PAUSES,
    REMEMBERED_SECONDS,
    Pulse,
)

LOOK = 1 / 64


def watch(pulse: Pulse, begin: float, end: float, *, answers: bool = True) -> float | None:
    """Look at a quiet stream from `begin` to `end`, its process answering or not; when it was given up."""
    now = begin
    while now <= end:
        pulse.look(now)
        if pulse.doubts(now) and answers:
            pulse.answered(now + LOOK / 2)
        if pulse.trouble(now, opened=True):
            return now
        now += LOOK
    return None


def settled(at: float = 100.0) -> Pulse:
    """An open stream that was called at `at`, long after it was opened."""
    pulse = Pulse()
    pulse.start(at - 60.0)
    pulse.open(at - 59.0)
    pulse.look(at - LOOK)
    pulse.moved(1, at - LOOK)
    pulse.look(at)
    pulse.moved(2, at)
    return pulse


def test_an_open_stream_may_stall_for_the_grace_and_then_for_half_a_second() -> None:
    pulse = Pulse()
    pulse.start(100.0)
    pulse.open(101.0)
    assert watch(pulse, 101.0, 101.0 + GRACE_SECONDS) is None
    assert "stopped answering" in pulse.trouble(101.01 + GRACE_SECONDS, opened=True)
    assert watch(settled(), 100.0, 100.0 + HEART_SECONDS) is None
    given_up = watch(settled(), 100.0, 110.0)
    assert given_up is not None and 0 < given_up - 100.0 - HEART_SECONDS <= 2 * LOOK


def test_a_process_that_is_starved_has_longer_than_one_whose_stream_is_dead() -> None:
    assert watch(settled(), 100.0, 100.0 + GRACE_SECONDS, answers=False) is None
    assert watch(settled(), 100.0, 101.0 + GRACE_SECONDS, answers=False) is not None


def test_one_that_answers_late_has_its_turn_to_be_called_first() -> None:
    pulse = settled()
    assert watch(pulse, 100.0, 102.0, answers=False) is None
    pulse.answered(102.0)
    assert watch(pulse, 102.0, 102.0 + DOUBT_SECONDS) is None
    assert pulse.trouble(102.01 + DOUBT_SECONDS, opened=True)


def test_it_is_asked_once_in_each_pause() -> None:
    pulse = settled()
    assert [pulse.doubts(100.0 + at * DOUBT_SECONDS) for at in (0.9, 1.1, 1.2)] == [False, True, False]
    assert pulse.moved(3, 100.5) and not pulse.doubts(100.6)
    assert pulse.doubts(100.6 + DOUBT_SECONDS)


def test_time_in_which_the_window_did_not_look_is_no_pause_of_the_stream() -> None:
    for away in (0.6, 5.0, 3600.0):
        pulse = settled()
        assert watch(pulse, 100.0 + away, 100.05 + away) is None
        assert pulse.moved(3, 100.05 + away)
        given_up = watch(pulse, 100.05 + away, 110.0 + away)
        assert given_up is not None and given_up - 100.05 - away <= HEART_SECONDS + 2 * LOOK


def test_after_pauses_that_ended_by_themselves_longer_ones_are_waited_for() -> None:
    pulse = settled()
    assert watch(pulse, 100.0, 100.4) is None
    assert pulse.moved(3, 100.4)
    given_up = watch(pulse, 100.4, 120.0)
    assert given_up is not None and 0 < given_up - 100.4 - PAUSES * 0.4 <= 2 * LOOK
    steady = [100.4 + 0.05 * number for number in range(1, round((REMEMBERED_SECONDS + 1) / 0.05))]
    for number, now in enumerate(steady):
        pulse.look(now)
        assert pulse.moved(number, now)
    given_up = watch(pulse, steady[-1], 200.0)
    assert given_up is not None and given_up - steady[-1] <= HEART_SECONDS + 2 * LOOK


def test_the_same_count_is_no_sign_of_life_and_a_new_process_counts_anew() -> None:
    pulse = Pulse()
    assert pulse.moved(7, 50.0) and not pulse.moved(7, 51.0)
    assert "stopped" in pulse.trouble(50.01 + GRACE_SECONDS, opened=True)
    pulse.start(60.0)
    assert pulse.moved(7, 60.1)


def test_a_device_that_is_asked_for_again_has_its_time_again() -> None:
    pulse = Pulse()
    pulse.start(10.0)
    assert not pulse.trouble(10.0 + OPEN_SECONDS, opened=False)
    assert "did not open" in pulse.trouble(10.01 + OPEN_SECONDS, opened=False)
    pulse.ask(20.0)
    assert not pulse.trouble(20.0 + OPEN_SECONDS, opened=False)


def test_what_did_not_open_in_time_has_longer_the_next_time_until_something_opens() -> None:
    pulse, allowed = Pulse(), []
    for number in range(MOST_TRIES + 2):
        begin = 1000.0 * number
        pulse.start(begin)
        allowed.append(next(at for at in range(1, 999) if pulse.trouble(begin + at + 0.01, opened=False)))
    assert allowed == [12, 24, 36, 48, 60, 60, 60]
    pulse.open(9000.0)
    pulse.start(9001.0)
    assert pulse.trouble(9001.01 + OPEN_SECONDS, opened=False)
