"""Rows that are written by the pack: proposed dimmed, taken or dropped, by mouse and by keys; MIDI in and out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mido
import pytest
from conftest import Stage
from fakes import FakeRenderer
from hand import SHIFT, drag, drop
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from engine import PARTS, Pattern, PatternRequest, Written, midi_bytes

KICK, HAT = PARTS.index("kick"), PARTS.index("closed_hat")
DRAWN = Pattern({"kick": (1.0, 0, 0, 0) * 4, "closed_hat": (0, 0, 0.5, 0) * 4})


class FakeWriter:
    """Strikes the first steps of what it is asked for: as many as the strength says of sixteen."""

    def __init__(self) -> None:
        self.asked: list[PatternRequest] = []

    def __call__(self, asked: PatternRequest) -> Written:
        self.asked.append(asked)
        count = round(16 * asked.strength)
        row = ((0.6,) * count + (0.0,) * (16 - count)) * asked.bars
        changed = tuple(part for part in asked.written if part not in asked.locked and count)
        rows = {**asked.pattern.rows, **dict.fromkeys(changed, row)}
        return Written(Pattern(rows, asked.pattern.swing), changed)


@pytest.fixture
def writer() -> FakeWriter:
    return FakeWriter()


@pytest.fixture
def stage(make_stage: Callable[..., Stage], writer: FakeWriter) -> Stage:
    renderer = FakeRenderer()
    renderer.info = replace(renderer.info, writes=writer)
    made = make_stage(renderer=renderer)
    made.wait(lambda: made.studio.generation.state.model == "ready")
    made.studio.instrument.set_many({"pattern": DRAWN, "swing": 0.1, "bars": 2, "compose": False}, "Draw")
    return made


def _choose(menu: QMenu, *words: str) -> None:
    for word in words[:-1]:
        menu = next(action.menu() for action in menu.actions() if action.text().startswith(word))
    next(action for action in menu.actions() if action.text().startswith(words[-1])).trigger()


def _proposed(stage: Stage, row: int = HAT) -> Any:
    return stage.find("stepGrid").proposed()[row]


def test_a_row_is_made_anew_by_key_shown_dimmed_taken_and_undone(stage: Stage, writer: FakeWriter) -> None:
    grid = stage.find("stepGrid")
    grid.setFocus()
    grid.look.cursor = (HAT, 0)
    QTest.keyClick(grid, Qt.Key.Key_N)
    stage.wait(lambda: _proposed(stage) is not None)
    assert _proposed(stage) == (0.6,) * 8 + (0.0,) * 8 and _proposed(stage, KICK) is None
    assert stage.value("pattern") == DRAWN  # shown, not taken
    assert (writer.asked[-1].operation, writer.asked[-1].part, writer.asked[-1].bars) == ("new", "closed_hat", 2)
    assert writer.asked[-1].pattern.swing == 0.1
    QTest.keyClick(grid, Qt.Key.Key_Return)
    assert stage.value("pattern").rows["closed_hat"][:16] == (0.6,) * 8 + (0.0,) * 8
    assert stage.value("pattern").rows["kick"] == DRAWN.rows["kick"] and _proposed(stage) is None
    assert stage.studio.instrument.undo_label == "New closed hat"
    stage.window.actions_.undo.trigger()
    assert stage.value("pattern") == DRAWN


def test_escape_drops_what_is_proposed_and_so_does_a_hand_on_the_grid(stage: Stage) -> None:
    grid = stage.find("stepGrid")
    grid.look.cursor = (HAT, 0)
    for away in (
        lambda: QTest.keyClick(grid, Qt.Key.Key_Escape),
        lambda: QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.cell_center(0, 1).toPoint()),
    ):
        QTest.keyClick(grid, Qt.Key.Key_Y)
        stage.wait(lambda: _proposed(stage) is not None)
        away()
        assert _proposed(stage) is None


def test_a_row_is_varied_by_a_drag_along_its_name(stage: Stage, writer: FakeWriter) -> None:
    grid = stage.find("stepGrid")
    y = grid.cell_center(HAT, 0).toPoint().y()
    drag(grid, QPoint(5, y), QPoint(30, y), QPoint(55, y), QPoint(105, y))
    stage.wait(lambda: bool(writer.asked) and writer.asked[-1].strength == 0.5)
    seeds = {asked.seed for asked in writer.asked}
    assert len(seeds) == 1 and {asked.operation for asked in writer.asked} == {"vary"}
    stage.wait(lambda: _proposed(stage) is not None)
    assert "closed_hat" in stage.value("pattern").rows  # a drag is no click: the row was not freed


def test_locked_rows_are_told_to_the_writer_and_shown(stage: Stage, writer: FakeWriter) -> None:
    grid = stage.find("stepGrid")
    grid.look.cursor = (KICK, 0)
    QTest.keyClick(grid, Qt.Key.Key_L)
    assert stage.value("row_locks") == ("kick",) and grid.look.locked[KICK]
    QTest.keyClick(grid, Qt.Key.Key_N)
    assert "kick is locked" in stage.said()
    grid.look.cursor = (HAT, 0)
    QTest.keyClick(grid, Qt.Key.Key_N)
    stage.wait(lambda: _proposed(stage) is not None)
    assert writer.asked[-1].locked == ("kick",)
    stage.window.actions_.undo.trigger()
    assert stage.value("row_locks") == ()


def test_the_menu_of_a_row_offers_every_operation(stage: Stage, writer: FakeWriter) -> None:
    grid = stage.find("stepGrid")
    stage.generate()  # a loop in the bank to go towards
    place = grid.cell_center(HAT, 3).toPoint()
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, grid.mapToGlobal(place))
    QApplication.sendEvent(grid, asked)
    panel = grid.parent()
    menu = panel.row_menu.menu
    assert menu is not None
    menu.close()
    stage.studio.instrument.set("bars", 2)
    for words, operation in (
        (("New Closed hat",), "new"),
        (("Vary", "a lot"), "vary"),
        (("Answer with all",), "answer"),
        (("Fill with",), "fill"),
    ):
        _choose(panel.row_menu.fill_menu(HAT), *words)
        stage.wait(lambda operation=operation: bool(writer.asked) and writer.asked[-1].operation == operation)
    target = panel.row_menu.targets()[0][1]
    assert target.pattern.rows["closed_hat"] == DRAWN.rows["closed_hat"]
    menu = panel.row_menu.fill_menu(HAT)
    towards = next(action.menu() for action in menu.actions() if action.text().startswith("Half way"))
    towards.actions()[0].trigger()
    stage.wait(lambda: writer.asked[-1].operation == "towards")
    assert writer.asked[-1].target.rows["closed_hat"] == DRAWN.rows["closed_hat"]
    _choose(panel.row_menu.fill_menu(HAT), "Lock row")
    assert stage.value("row_locks") == ("closed_hat",)


def test_shift_drags_towards_the_newest_loop(stage: Stage, writer: FakeWriter) -> None:
    grid = stage.find("stepGrid")
    stage.generate()
    y = grid.cell_center(KICK, 0).toPoint().y()
    drag(grid, QPoint(5, y), QPoint(60, y), QPoint(205, y), keys=SHIFT)
    stage.wait(lambda: bool(writer.asked) and writer.asked[-1].strength == 1.0)
    assert writer.asked[-1].operation == "towards"


def test_what_is_proposed_is_heard_where_loops_follow(stage: Stage) -> None:
    grid = stage.find("stepGrid")
    stage.generate()
    stage.studio.instrument.set("follow", True)
    stage.studio.transport.update(playing=True)
    heard = len(stage.renderer.rendered)
    grid.look.cursor = (HAT, 0)
    QTest.keyClick(grid, Qt.Key.Key_N)
    stage.wait(lambda: len(stage.renderer.rendered) > heard and not stage.studio.generation.state.busy)
    assert stage.renderer.rendered[-1].pattern.rows["closed_hat"][:8] == (0.6,) * 8
    assert stage.value("pattern") == DRAWN


def test_a_pack_without_an_autoencoder_says_so(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    stage.wait(lambda: stage.studio.generation.state.model == "ready")
    QTest.keyClick(stage.find("stepGrid"), Qt.Key.Key_N)
    assert stage.said() == "This model pack writes no patterns; another one may."


def test_a_pattern_goes_out_as_midi_by_drag_and_by_click(stage: Stage) -> None:
    button, dragged = stage.find("midiButton"), []
    stage.wait(lambda: stage.find("stepGrid").suggested() == [None] * 8)  # nothing is composed beside what is drawn
    button.start_drag = lambda _source, path, _picture: dragged.append(path)
    drag(button, QPoint(5, 5), QPoint(30, 5), QPoint(60, 5))
    [path] = dragged
    notes = [m for track in mido.MidiFile(path).tracks for m in track if m.type == "note_on"]
    assert len(notes) == 2 * (4 + 4) and {m.note for m in notes} == {36, 42}
    button.click()
    assert stage.said().startswith("Wrote pattern_")


def test_a_midi_file_is_drawn_where_it_is_dropped_and_undone(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "beat.mid"
    path.write_bytes(midi_bytes(Pattern({"snare": (0, 0, 0, 0, 0.9, 0, 0, 0) * 2}, 0.25), 4, tempo_bpm=141))
    assert drop(stage.window, [path])
    stage.wait(lambda: stage.value("bars") == 4)
    assert stage.value("tempo_bpm") == pytest.approx(141, abs=1e-3) and stage.value("swing") == 0.25
    assert set(stage.value("pattern").rows) == {"snare"}
    stage.window.actions_.undo.trigger()
    assert (stage.value("pattern"), stage.value("bars")) == (DRAWN, 2)
    (tmp_path / "bad.mid").write_bytes(b"MThd\x00\x00")
    drop(stage.window, [tmp_path / "bad.mid"])
    stage.wait(lambda: "damaged or cut off" in stage.said())


def test_a_row_goes_towards_that_of_a_preset(stage: Stage, writer: FakeWriter) -> None:
    menu = stage.find("stepGrid").parent().row_menu.fill_menu(KICK)
    towards = next(action.menu() for action in menu.actions() if action.text().startswith("Half way"))
    assert towards.isEnabled()  # without any loop in the bank
    next(action for action in towards.actions() if action.text() == "Broken beat").trigger()
    stage.wait(lambda: bool(writer.asked))
    assert writer.asked[-1].operation == "towards" and writer.asked[-1].part == "kick"
    assert writer.asked[-1].target is not None
    assert [step for step, loud in enumerate(writer.asked[-1].target.rows["kick"]) if loud] == [0, 6, 9]


def test_what_is_heard_in_a_loop_is_drawn_and_varied(stage: Stage, writer: FakeWriter) -> None:
    row_menu = stage.find("stepGrid").parent().row_menu
    snare = PARTS.index("snare")
    drawn = next(a for a in row_menu.fill_menu(snare).actions() if a.text() == "Draw what is heard")
    assert not drawn.isEnabled()  # nothing plays yet
    row_menu.heard = (0.0, 1.02, 2.5, 4.27, 7.99)
    _choose(row_menu.fill_menu(snare), "Draw what is heard")
    row = stage.value("pattern").rows["snare"]
    assert [step for step, loud in enumerate(row) if loud] == [0, 4, 10, 17]
    _choose(row_menu.fill_menu(snare), "Vary", "half")
    stage.wait(lambda: bool(writer.asked) and writer.asked[-1].operation == "vary")
    assert writer.asked[-1].pattern.rows["snare"] == row
    stage.window.actions_.undo.trigger()
    assert stage.value("pattern") == DRAWN
