"""A stream is given up exactly when the limits say so, and never before."""

from loopgen_app.sound.pulse import GRACE_SECONDS, HEART_SECONDS, OPEN_SECONDS, Pulse


def test_an_open_stream_may_stall_for_the_grace_and_then_for_half_a_second() -> None:
    pulse = Pulse()
    pulse.start(100.0)
    pulse.open(101.0)
    assert not pulse.trouble(101.0 + GRACE_SECONDS, opened=True)
    assert "stopped answering" in pulse.trouble(101.01 + GRACE_SECONDS, opened=True)
    assert pulse.moved(1, 110.0)
    assert not pulse.trouble(110.0 + HEART_SECONDS, opened=True)
    assert "stopped answering" in pulse.trouble(110.01 + HEART_SECONDS, opened=True)


def test_the_same_count_is_no_sign_of_life_and_a_new_process_counts_anew() -> None:
    pulse = Pulse()
    assert pulse.moved(7, 50.0) and not pulse.moved(7, 51.0)
    assert "stopped" in pulse.trouble(50.01 + HEART_SECONDS, opened=True)
    pulse.start(60.0)
    assert pulse.moved(7, 60.1)


def test_a_device_that_is_asked_for_again_has_its_time_again() -> None:
    pulse = Pulse()
    pulse.start(10.0)
    assert not pulse.trouble(10.0 + OPEN_SECONDS, opened=False)
    assert "did not open" in pulse.trouble(10.01 + OPEN_SECONDS, opened=False)
    pulse.ask(20.0)
    assert not pulse.trouble(20.0 + OPEN_SECONDS, opened=False)
