"""The parts together: knobs of the playback act at once, and all is put away in order."""

import time

import pytest
from conftest import Desk

from loopgen_app.studio import DELETED_SECONDS, build_studio


def test_knobs_of_the_playback_act_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(desk.studio.playback, "set_level", told.append)
    monkeypatch.setattr(desk.studio.playback, "set_metronome", told.append)
    monkeypatch.setattr(desk.studio.audition, "rematch", lambda: told.append("rematch"))
    desk.studio.instrument.set("level_db", -6.0)
    desk.studio.instrument.set("metronome", True)
    desk.studio.instrument.set("level_match", False)
    desk.studio.instrument.set("tempo_bpm", 90.0)
    assert told == [-6.0, True, "rematch"]


def test_trouble_with_the_sound_is_said_with_a_way_to_try_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bool] = []
    monkeypatch.setattr(desk.studio.playback._supervisor, "restart", lambda _why: tried.append(True))
    desk.studio.playback.troubled.emit("No sound device was found.")
    last = desk.studio.messages.last
    assert last is not None and (last.text, last.kind, last.label) == (
        "No sound device was found.", "error", "Retry now",
    )  # fmt: skip
    assert last.action is not None
    last.action()
    assert tried == [True]


def test_loops_that_were_deleted_a_month_ago_are_let_go_at_the_next_start(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank, first, second = desk.studio.bank, desk.generate(), desk.generate()
    bank.delete(first.id)
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: now + DELETED_SECONDS - 60)
        bank.delete(second.id)
    assert len(bank.loops("deleted")) == 2
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: now + DELETED_SECONDS + 1)
        again = build_studio(
            desk.studio.folders, desk._service, sound_command=["no-sound"], background=desk.studio.background
        )
    assert [loop.id for loop in again.bank.loops("deleted")] == [second.id]
    again.bank.close()


def test_all_is_put_away_once_the_window_is_closed(desk: Desk) -> None:
    desk.generate()
    desk.studio.sessions.begin()
    desk.studio.close()
    assert desk.service.closed and not desk.studio.folders.running.exists()
    assert desk.studio.folders.autosave.exists() and desk.studio.folders.settings.exists()
