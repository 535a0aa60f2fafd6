"""Listeners are called in their order, and may come and go while they are."""

import pytest

from loopgen_app.state.events import Event


def test_listeners_are_called_in_the_order_they_came_with_what_is_told() -> None:
    told: list[object] = []
    event: Event[[int, str]] = Event()
    event.connect(lambda number, word: told.append(("first", number, word)))
    event.connect(lambda number, word: told.append(("second", number, word)))
    event.emit(3, word="three")
    assert told == [("first", 3, "three"), ("second", 3, "three")]


def test_one_that_leaves_is_not_called_again_and_leaving_twice_is_no_harm() -> None:
    told: list[int] = []
    event: Event[[int]] = Event()
    event.connect(told.append)
    event.emit(1)
    event.disconnect(told.append)
    event.disconnect(told.append)
    event.emit(2)
    assert told == [1]


def test_listeners_may_leave_and_join_while_it_is_told() -> None:
    told: list[str] = []
    event: Event[[]] = Event()

    def once() -> None:
        told.append("once")
        event.disconnect(once)
        event.connect(lambda: told.append("late"))

    event.connect(once)
    event.connect(lambda: told.append("always"))
    event.emit()
    assert told == ["once", "always"]  # nobody is skipped, and who joins is called from the next time on
    event.emit()
    assert told == ["once", "always", "always", "late"]


def test_what_a_listener_raises_reaches_who_told() -> None:
    event: Event[[]] = Event()
    event.connect(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        event.emit()
