"""A sound becomes the voice of a row: each part its own, undone in one step; what was there stays until it worked."""

from pathlib import Path

import numpy as np
import pytest
from conftest import Desk

from engine import write_wav


def sound(path: Path, level: float) -> Path:
    write_wav(path, np.full((2, 4000), level, np.float32), 44_100)
    return path


def test_parts_sound_like_files_and_undo_gives_the_voice_before_back(desk: Desk, tmp_path: Path) -> None:
    instrument, voices = desk.studio.instrument, desk.studio.voices
    instrument.set("voices", {"kick": 12, "bass": 3})
    voices.take_file("kick", sound(tmp_path / "deep.wav", 0.5))
    voices.take_file("snare", sound(tmp_path / "tight.wav", 0.25))
    assert instrument.value("voices") == {"kick": 12, "bass": 3}
    desk.service.listen()
    made = instrument.value("voices")
    assert made["bass"] == 3 and list(made) == ["kick", "bass", "snare"]
    assert [made[part][0] for part in ("kick", "snare")] == pytest.approx([0.5, 0.25], abs=1e-3)
    assert "snare sounds like tight" in desk.said()
    voices.take_file("bass", sound(tmp_path / "round.wav", 0.125))
    desk.service.listen()
    assert "bass leans towards round" in desk.said()
    instrument.undo()
    assert desk.studio.instrument.request().voices == made
    instrument.undo()
    assert list(instrument.value("voices")) == ["kick", "bass"]
    assert instrument.undo_label == "kick from deep"
    instrument.undo()
    assert instrument.value("voices") == {"kick": 12, "bass": 3}


def test_of_two_sounds_for_one_part_the_newer_is_taken(desk: Desk, tmp_path: Path) -> None:
    for name, level in (("first", 0.25), ("second", 0.5)):
        desk.studio.voices.take_file("kick", sound(tmp_path / f"{name}.wav", level))
    desk.service.listen()
    assert desk.studio.instrument.value("voices")["kick"][0] == pytest.approx(0.5, abs=1e-3)
    assert "sounds like second" in desk.said()


def test_what_is_no_sound_is_one_sentence_and_the_voice_before_stays(desk: Desk, tmp_path: Path) -> None:
    desk.studio.instrument.set("voices", {"kick": 12})
    for path in (tmp_path / "notes.txt", tmp_path / "missing.wav"):
        desk.studio.voices.take_file("kick", path)
        desk.service.listen()
        assert path.name in desk.said() or "no audio file" in desk.said()
    assert desk.studio.instrument.value("voices") == {"kick": 12}
