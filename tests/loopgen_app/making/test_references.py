"""A sound whose character is taken on: the newest wish counts, and what was there stays until that worked."""

from pathlib import Path

import numpy as np
from conftest import Desk

from engine import write_wav
from loopgen_app.making.references import MAX_NAME


def test_a_loop_of_the_bank_becomes_the_reference_by_name(desk: Desk) -> None:
    references, instrument = desk.studio.references, desk.studio.instrument
    heard = desk.generate(prompt="warm dub")
    references.take_loop(heard)
    assert references.listening_to == "warm dub" and instrument.value("reference") == ()
    desk.service.listen()
    assert references.listening_to == ""
    assert instrument.value("reference_name") == "warm dub"
    assert instrument.value("reference")[0] == np.float32(np.abs(heard.audio).max())
    instrument.undo()
    assert (instrument.value("reference"), instrument.value("reference_name")) == ((), "")


def test_of_two_sounds_the_newer_one_is_taken(desk: Desk) -> None:
    references = desk.studio.references
    references.take_loop(desk.generate(prompt="first"))
    references.take_loop(desk.generate(prompt="second"))
    desk.service.listen()
    assert desk.studio.instrument.value("reference_name") == "second"


def test_a_file_that_is_no_sound_is_one_sentence_and_the_reference_before_stays(desk: Desk, tmp_path: Path) -> None:
    references = desk.studio.references
    references.take_loop(desk.generate(prompt="first"))
    desk.service.listen()
    silent = tmp_path / "silent.wav"
    write_wav(silent, np.zeros((2, 4000), np.float32), 44_100)
    for path, words in ((tmp_path / "notes.txt", "no audio file"), (silent, "silent")):
        references.take_file(path)
        desk.service.listen()
        assert words in desk.said() and references.listening_to == ""
    assert desk.studio.instrument.value("reference_name") == "first"


def test_clearing_forgets_what_is_being_listened_to(desk: Desk) -> None:
    references = desk.studio.references
    references.take_loop(desk.generate(prompt="first"))
    references.clear()
    desk.service.listen()
    assert desk.studio.instrument.value("reference") == () and references.listening_to == ""


def test_a_name_without_end_is_cut_and_the_newest_loop_can_still_be_asked_for(desk: Desk) -> None:
    references = desk.studio.references
    references.take_file(Path("x" * 300 + ".wav"))
    assert references.listening_to == "x" * MAX_NAME
    references.take_loop(desk.generate(prompt="second"))
    desk.service.listen()
    assert desk.studio.instrument.value("reference_name") == "second"
