"""Loops as files: where they go, what they are called, and which of them is handed over."""

from pathlib import Path

import numpy as np
import pytest
from conftest import Desk

import loopgen_app.settings
from engine import AudioFileError, ExportError, read_audio
from loopgen_app.keeping.exports import look_at
from loopgen_app.settings import Folders


def test_loops_go_to_the_users_folder_of_music_unless_another_was_chosen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(loopgen_app.settings, "user_music", lambda: tmp_path / "Music" / "LoopGen")
    assert Folders.default().exports == tmp_path / "Music" / "LoopGen"
    assert Folders(tmp_path).exports == tmp_path / "exports"
    exports = desk.studio.exports
    assert exports.folder == desk.studio.folders.exports
    desk.studio.settings.export_folder = str(tmp_path / "sets")
    assert exports.export(desk.generate()).parent == tmp_path / "sets"


def test_a_second_export_takes_a_free_name_and_the_last_one_is_the_file_of_the_loop(desk: Desk) -> None:
    heard, exports = desk.generate(prompt="warm dub"), desk.studio.exports
    assert exports.file_of(heard) is None
    first, second = exports.export(heard), exports.export(heard)
    assert first != second and first.exists() and second.exists()
    assert exports.file_of(heard) == second == exports.last == exports.file_for_drag(heard)
    second.unlink()
    assert exports.file_of(heard) is None
    assert exports.file_for_drag(heard) == second


def test_a_drag_hands_over_a_file_of_the_chosen_format_and_folder(desk: Desk, tmp_path: Path) -> None:
    heard, exports = desk.generate(), desk.studio.exports
    wav = exports.file_for_drag(heard)
    desk.studio.settings.export_format = "flac"
    flac = exports.file_for_drag(heard)
    assert (wav.suffix, flac.suffix) == (".wav", ".flac")
    elsewhere = exports.export(heard, tmp_path / "elsewhere")
    assert exports.file_of(heard) == elsewhere
    assert exports.file_for_drag(heard).parent == exports.folder


def test_poisoned_sound_is_written_as_silence_and_full_scale(desk: Desk) -> None:
    heard = desk.generate(bars=1)
    heard.audio[:, :4] = [np.nan, np.inf, -np.inf, 2.0]
    desk.studio.settings.export_format = "wav32f"
    written = read_audio(desk.studio.exports.export(heard)).audio
    assert written[0, :4].tolist() == [0.0, 0.0, 0.0, 1.0] and np.array_equal(written[:, 4:], heard.audio[:, 4:])


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ExportError, match="file/sets cannot be made"):
        desk.studio.exports.export(desk.generate(), tmp_path / "file" / "sets")


def test_a_file_of_ours_is_known_by_its_recipe(desk: Desk, tmp_path: Path) -> None:
    heard = desk.generate(tempo_bpm=133.37)
    dropped = look_at(desk.studio.exports.export(heard))
    assert dropped.recipe == heard.recipe and dropped.tempo_bpm == pytest.approx(133.37)
    with pytest.raises(AudioFileError, match="is a folder"):
        look_at(tmp_path)
