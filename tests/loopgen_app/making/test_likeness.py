"""More like this: each loop is heard once, the most alike come first, a newer question displaces an older one."""

import dataclasses
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest
from conftest import Desk

from engine import LoopGenError


class Ear:
    """Hears what it is told to, when it is told to."""

    def __init__(self, desk: Desk, embeddings: dict[int, tuple[float, ...]]) -> None:
        self.asked: list[Any] = []
        self.desk, self.embeddings = desk, embeddings
        desk.studio.generation.embed_sound = self._embed  # type: ignore[method-assign]

    def _embed(self, sound: Any, done: Any, failed: Any) -> Any:
        future: Future[Any] = Future()
        self.asked.append((sound, future))
        return self.desk.studio.background.follow(future, done, failed)

    def hear(self) -> None:
        """Hear the oldest that waits."""
        sound, future = self.asked.pop(0)
        try:
            audio = sound().audio
        except LoopGenError as error:
            future.set_exception(error)
            return
        key = min(self.embeddings, key=lambda each: abs(self.level(each) - float(np.abs(audio).sum())))
        future.set_result(self.embeddings[key])

    def level(self, loop_id: int) -> float:
        return float(np.abs(self.desk.studio.bank.audio(loop_id)[0]).sum())


@pytest.fixture
def loops(desk: Desk) -> list[int]:
    return [desk.generate(seed=seed, seed_locked=True, bars=bars).id for bars, seed in enumerate((1, 2, 3), 1)]


@pytest.fixture
def ear(desk: Desk, loops: list[int]) -> Ear:
    return Ear(desk, dict(zip(loops, ((1.0, 0.0), (0.0, 1.0), (0.8, 0.6)), strict=True)))


def test_the_most_alike_come_first_and_each_is_heard_once(desk: Desk, ear: Ear, loops: list[int]) -> None:
    found: list[list[int]] = []
    desk.studio.likeness.find(loops[0], loops, found.append)
    for _ in range(3):
        assert found == []
        ear.hear()
    assert found == [[loops[0], loops[2], loops[1]]]
    desk.studio.likeness.find(loops[1], loops, found.append)
    assert ear.asked == []
    assert found[1] == [loops[1], loops[2], loops[0]]


def test_a_newer_question_takes_the_place_of_an_older(desk: Desk, ear: Ear, loops: list[int]) -> None:
    found: list[list[int]] = []
    desk.studio.likeness.find(loops[0], loops, found.append)
    desk.studio.likeness.find(loops[1], loops[:2], found.append)
    while ear.asked:
        ear.hear()
    assert found == [[loops[1], loops[0]]]


def test_a_loop_that_cannot_be_heard_is_passed_over(desk: Desk, ear: Ear, loops: list[int]) -> None:
    found: list[list[int]] = []
    desk.studio.likeness.find(loops[0], [*loops, 999], found.append)
    while ear.asked:
        ear.hear()
    assert found == [[loops[0], loops[2], loops[1]]]


def test_a_pack_without_an_ear_says_so(desk: Desk, ear: Ear, loops: list[int]) -> None:
    generation = desk.studio.generation
    generation._state = dataclasses.replace(generation.state, words=None)
    desk.studio.likeness.find(loops[0], loops, lambda _ids: None)
    assert desk.said() == "The model pack that plays has no ear: it cannot tell which loops are alike."
    assert ear.asked == []
