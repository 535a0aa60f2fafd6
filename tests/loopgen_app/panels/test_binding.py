"""Controls and knobs: both directions of change, one step of undo a drag, and wishes that are not possible."""

import pytest
from conftest import Desk
from hand import LEFT, drag
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QMenu, QPushButton, QSpinBox, QWidget

from loopgen_app.panels.binding import (
    add_choice,
    bind_combo,
    bind_segments,
    bind_spin,
    bind_toggle,
    bind_value,
    connect,
    learn_menu,
    start_learning,
)
from loopgen_app.panels.frame import Panel, tool
from loopgen_app.widgets.dial import Dial
from loopgen_app.widgets.segmented import Segmented


def test_a_dial_turns_its_knob_and_the_knob_its_dial(desk: Desk) -> None:
    instrument, dial = desk.studio.instrument, Dial("BPM")
    bind_value(dial, "tempo_bpm", desk.studio)
    desk.show(dial)
    assert (dial.value(), dial.minimum(), dial.maximum(), dial.objectName()) == (126.0, 40.0, 240.0, "bpmDial")
    center = dial.rect().center()
    drag(dial, center, *(center - QPoint(0, up) for up in range(5, 41, 5)))
    assert instrument.value("tempo_bpm") == 166.0  # 40 of 200 pixels are a fifth of the range
    instrument.undo()
    assert (dial.value(), instrument.undo_label) == (126.0, None)


def test_boxes_choices_and_switches_are_bound_both_ways(desk: Desk) -> None:
    studio, value = desk.studio, desk.studio.instrument.value
    bars, key, follow = QSpinBox(), QComboBox(), QPushButton()
    swap = Segmented([("Beat", "beat"), ("Bar", "bar")])
    for widget in (bars, key, follow, swap):
        desk.qtbot.addWidget(widget)
    bind_spin(bars, "bars", studio)
    bind_combo(key, "key", studio, lambda name: name or "Any")
    bind_toggle(follow, "follow", studio)
    bind_segments(swap, "swap_at", studio)
    bars.setValue(8)
    key.setCurrentText("Am")
    QTest.mouseClick(follow, LEFT)
    QTest.mouseClick(swap.buttons()[1], LEFT)
    assert [value(knob) for knob in ("bars", "key", "follow", "swap_at")] == [8, "Am", True, "bar"]
    studio.instrument.set_many({"bars": 1, "key": None, "follow": False, "swap_at": "beat"}, "x")
    assert (bars.value(), key.currentText(), follow.isChecked(), swap.value()) == (1, "Any", False, "beat")
    assert (bars.minimum(), bars.maximum(), key.count()) == (1, 16, 25)


def test_a_wish_that_is_not_possible_is_said_and_the_control_goes_back(desk: Desk) -> None:
    shown: list[float] = []
    wish = connect(desk.studio, "tempo_bpm", shown.append)
    wish(1000.0)
    assert "Tempo" in desk.said() and shown == [126.0, 126.0]
    assert desk.studio.instrument.value("tempo_bpm") == 126.0


def test_a_controller_is_learned_and_forgotten_by_the_menu_of_a_knob(desk: Desk) -> None:
    owner = desk.show(QWidget())
    start_learning("tempo_bpm", desk.studio)
    assert desk.said() == "Move a MIDI controller to turn Tempo."
    desk.studio.midi.mapping["0/7"] = "tempo_bpm"
    menu = learn_menu("tempo_bpm", desk.studio, owner)
    actions = {action.text(): action for action in menu.actions()}
    assert list(actions) == ["Reset Tempo", "", "MIDI learn", "Forget controller 0/7"]
    desk.studio.instrument.set("tempo_bpm", 90.0)
    actions["Reset Tempo"].trigger()
    actions["Forget controller 0/7"].trigger()
    assert desk.studio.instrument.value("tempo_bpm") == 126.0 and desk.studio.midi.mapping == {}


@pytest.mark.parametrize("chosen", [True, False])
def test_a_choice_has_a_tick_and_acts(desk: Desk, chosen: bool) -> None:
    menu, acted = desk.show(QMenu()), list[bool]()
    add_choice(menu, "WAV", lambda: acted.append(True), chosen=chosen)
    (action,) = menu.actions()
    assert action.isChecked() == chosen
    action.trigger()
    assert acted == [True]


def test_a_panel_has_a_heading_only_when_it_is_named_and_tools_tell_what_they_do(desk: Desk) -> None:
    named, plain = Panel("Pattern"), Panel()
    for panel in (named, plain):
        desk.show(panel)
    assert (named.body.count(), named.tools.itemAt(0).widget().text(), plain.body.count()) == (1, "Pattern", 0)
    button = tool("dice", "Draw a new seed", named, object_name="seedDice", checkable=True)
    assert (button.toolTip(), button.accessibleName()) == ("Draw a new seed",) * 2
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.isChecked() and not button.icon().isNull()
