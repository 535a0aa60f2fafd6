"""Sessions: what was open last comes back, and what cannot be read is kept and said."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Desk, Stage

from loopgen_app.keeping.sessions import AUTOSAVE_MILLISECONDS, Sessions
from loopgen_app.settings import Settings
from loopgen_app.state.session import open_session


def test_a_damaged_autosave_is_kept_beside_and_said(desk: Desk) -> None:
    folders, sessions = desk.studio.folders, desk.studio.sessions
    folders.root.mkdir(exist_ok=True)
    folders.autosave.write_bytes(b'{"loopgen_session": 1, "kn')
    assert not sessions.restore_last()
    (aside,) = folders.root.glob("autosave.damaged*.json")
    assert aside.read_bytes() == b'{"loopgen_session": 1, "kn'
    assert "could not be read" in sessions.notice and aside.name in sessions.notice
    sessions.autosave()
    assert open_session(folders.autosave).knobs["tempo_bpm"] == 126.0
    assert aside.exists()


def test_a_window_with_a_damaged_autosave_says_so(make_stage: Callable[..., Stage], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "autosave.json").write_text("nonsense")
    stage = make_stage(tmp_path / "data")
    assert stage.window.message_bar.isVisible() and "kept as autosave.damaged" in stage.window.message_bar.text()


def test_settings_that_cannot_be_read_are_not_written_over(
    make_stage: Callable[..., Stage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "settings.json").write_text('{"midi": {"1/7": "tempo_bpm"}}')

    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("loopgen_app.settings.read_document_file", refuse)
    stage = make_stage(folder)
    assert "stay as they are; changes are not kept: too many open files" in stage.window.message_bar.text()
    stage.studio.sessions.save_settings()
    assert (folder / "settings.json").read_text() == '{"midi": {"1/7": "tempo_bpm"}}'


def test_what_was_open_last_comes_back_with_its_loop_and_the_next_is_another(desk: Desk) -> None:
    heard = desk.generate(tempo_bpm=133.37)
    saved = desk.studio.sessions.session()
    assert (saved.loop_id, saved.other_id, saved.knobs["tempo_bpm"]) == (heard.id, None, 133.37)
    desk.studio.sessions.autosave()
    desk.studio.instrument.set("tempo_bpm", 90.0)
    assert desk.studio.sessions.restore_last()
    assert desk.studio.instrument.value("tempo_bpm") == 133.37
    assert desk.studio.instrument.next_request().seed != heard.recipe.request.seed


def test_saving_remembers_the_file_and_a_disk_that_will_not_have_it_is_said(desk: Desk, tmp_path: Path) -> None:
    sessions = desk.studio.sessions
    assert sessions.save(tmp_path / "set.loopgen") and sessions.path == tmp_path / "set.loopgen"
    assert Settings.load(desk.studio.folders.settings).recent == [str(tmp_path / "set.loopgen")]
    (tmp_path / "file").write_text("no folder")
    assert not sessions.save(tmp_path / "file" / "set.loopgen")
    assert "Cannot write" in desk.said() and sessions.path == tmp_path / "set.loopgen"


def test_a_preset_has_a_name_that_every_system_takes(desk: Desk) -> None:
    names = {"NUL": "NUL_.json", "a/b": "ab.json", "x" * 59 + " y": "x" * 59 + ".json"}
    for name, called in names.items():
        path = desk.studio.sessions.preset_file(name)
        assert path is not None and path.name == called and path.parent == desk.studio.folders.presets


@pytest.mark.parametrize("name", ["", "///", "..", "\t"])
def test_a_preset_needs_a_name(desk: Desk, name: str) -> None:
    before = set(desk.studio.sessions.presets())
    desk.studio.sessions.save_preset(name)
    assert desk.said() == "A preset needs a name of letters or digits."
    assert set(desk.studio.sessions.presets()) == before


def test_a_preset_turns_the_sound_and_neither_seed_nor_level(desk: Desk) -> None:
    instrument, sessions = desk.studio.instrument, desk.studio.sessions
    instrument.set_many({"tempo_bpm": 140.0, "seed": 5, "level_db": -6.0}, "x")
    sessions.save_preset("fast")
    instrument.set_many({"tempo_bpm": 90.0, "seed": 6, "level_db": -3.0}, "x")
    sessions.apply_preset("fast")
    assert [instrument.value(knob) for knob in ("tempo_bpm", "seed", "level_db")] == [140.0, 6, -3.0]
    sessions.apply_preset("gone")
    assert desk.said() == "The preset 'gone' cannot be read."


def test_the_mark_of_a_running_window_tells_of_an_unexpected_end(desk: Desk) -> None:
    sessions, running = desk.studio.sessions, desk.studio.folders.running
    assert running.exists()  # the desk has begun
    assert sessions.begin()
    sessions.end()
    assert not running.exists()


def test_a_second_window_keeps_nothing_of_its_own_and_says_so(desk: Desk) -> None:
    studio = desk.studio
    studio.folders.root.mkdir(exist_ok=True)
    assert studio.sessions.notice == "" and studio.folders.running.exists()
    second = Sessions(studio.instrument, studio.audition, studio.folders, studio.settings, studio.messages)
    assert not second.begin() and second.notice.startswith("Another LoopGen window is open")
    second.autosave()
    second.save_settings()
    second.end()
    assert studio.folders.running.exists()
    assert not studio.folders.autosave.exists() and not studio.folders.settings.exists()
    studio.sessions.end()
    assert studio.folders.autosave.exists() and not studio.folders.running.exists()


def test_many_changes_are_one_autosave_shortly_after_the_last(desk: Desk) -> None:
    timer = desk.studio.sessions._timer
    timer.stop()
    for tempo in (90.0, 91.0, 92.0):
        desk.studio.instrument.set("tempo_bpm", tempo)
    assert timer.isActive() and timer.isSingleShot() and timer.interval() == AUTOSAVE_MILLISECONDS <= 1000
