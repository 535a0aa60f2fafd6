"""Sessions, presets, settings and recipes on disk."""

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from engine import RESOURCES, ExportError, write_atomically
from loopgen_app.settings import MAX_PROMPTS, Folders, Settings
from loopgen_app.state.instrument import Instrument
from loopgen_app.state.session import (
    Session,
    SessionError,
    list_presets,
    open_session,
    preset_knobs,
    save_session,
)


def test_a_session_round_trip_restores_every_knob(tmp_path: Path) -> None:
    source, target = Instrument(), Instrument()
    source.set_many({"prompt": "déjà vu 🎛", "tempo_bpm": 133.33, "pad_on": True, "curve_loudness": (0.2, 0.8)}, "x")
    path = tmp_path / "set.loopgen"
    save_session(path, Session(source.to_json(), 12, 11))
    session = open_session(path)
    assert (session.loop_id, session.other_id) == (12, 11)
    assert target.restore_json(session.knobs) == ()
    assert target.values() == source.values()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a LoopGen session"),
        (b"\xff\xfe\x00", "not a LoopGen session"),
        (b"[1, 2]", "not a LoopGen session"),
        (b'{"loopgen_session": 99, "knobs": {}}', "newer LoopGen"),
        (b'{"loopgen_session": 1, "knobs": 4}', "damaged"),
    ],
)
def test_foreign_sessions_are_named_in_one_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "strange.loopgen"
    path.write_bytes(content)
    with pytest.raises(SessionError, match=message) as caught:
        open_session(path)
    assert "strange.loopgen" in str(caught.value)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_session_reader_stumble(data: bytes) -> None:
    try:
        Session.from_bytes(data, "x")
    except SessionError:
        return


def test_an_unwritable_place_keeps_the_old_file(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("I am no folder")
    with pytest.raises(ExportError, match="Cannot write"):
        save_session(blocker / "x.loopgen", Session())
    assert blocker.read_text() == "I am no folder"


def test_presets_keep_the_sound_and_leave_seed_and_volume(tmp_path: Path) -> None:
    knobs = preset_knobs(Instrument().to_json())
    assert {"prompt", "tempo_bpm", "pattern", "curve_density"} <= set(knobs)
    assert not {"seed", "level_db", "metronome"} & set(knobs)
    (tmp_path / "mine.json").write_text("{}")
    assert list_presets(tmp_path) == {"mine": tmp_path / "mine.json"}


def test_no_list_of_the_settings_is_without_end(tmp_path: Path) -> None:
    many = [f"{number}.loopgen" for number in range(100_000)]
    (tmp_path / "s.json").write_text(json.dumps({"recent": many, "prompts": many, "window": [1] * 100_000}))
    found = Settings.load(tmp_path / "s.json")
    assert found.recent == found.prompts == many[:MAX_PROMPTS] and len(found.window) == MAX_PROMPTS


def test_settings_survive_damage_and_other_versions(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    kept = Settings(device="Scarlett", midi={"1/7": "level_db"})
    for number in range(10):
        kept.remember(tmp_path / f"{number}.loopgen")
    write_atomically(folders.settings, kept.to_json())
    assert Settings.load(folders.settings) == kept
    assert len(kept.recent) == 8
    folders.settings.write_text('{"device": 4, "buffer_frames": 256, "colour": "pink"}')
    assert Settings.load(folders.settings) == Settings(buffer_frames=256)
    folders.settings.write_text("{")
    assert Settings.load(folders.settings) == Settings()


@pytest.mark.parametrize("path", sorted((RESOURCES / "presets").glob("*.json")), ids=lambda path: path.stem)
def test_every_shipped_preset_is_known_to_the_last_knob(path: Path) -> None:
    instrument = Instrument()
    knobs = open_session(path).knobs
    assert instrument.restore_json(knobs) == ()
    assert set(knobs) <= set(preset_knobs(instrument.to_json()))
    assert instrument.request().prompt
