"""Every knob of the registry: request, command line and window agree on range, step, default and MIDI learn."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
from conftest import Stage
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QSpinBox
from typer.main import get_command

from engine import CURVES, KNOBS, PARTS, InvalidRequest, Knob, LoopRequest, NoisePad, Pattern
from engine.cli.app import build_app, run
from engine.knobs import GUIDANCE_CONDITIONS
from loopgen_app.panels.names import OBJECT_NAMES
from loopgen_app.state.parameters import PARAMETERS
from loopgen_app.widgets.knob import CurveKnob
from loopgen_app.widgets.prompt_edit import PromptEdit
from loopgen_app.widgets.seed_box import SeedBox
from loopgen_app.widgets.segmented import Segmented
from loopgen_app.widgets.value_widget import ValueWidget
from loopgen_app.widgets.xy_pad import XYPad

KNOB = pytest.mark.parametrize("knob", KNOBS.values(), ids=lambda knob: knob.id)
WITH_FLAG = pytest.mark.parametrize("knob", [k for k in KNOBS.values() if k.flag], ids=lambda knob: knob.id)
ARGUMENTS = {"vary": ["a.wav"], "invert": ["a.wav"], "transition": ["a.wav", "b.wav"]}
"""What verbs want besides options."""
ELSEWHERE = {"strength": "variationStrength", "keep": "variationKeepBox", "transition_bars": "transitionBars"}
"""Controls of knobs that are no parameters of the instrument."""


def _outside(knob: Knob) -> list[Any]:
    """Values just outside."""
    match knob.kind:
        case "number" | "curve":
            return [math.nextafter(knob.low, -math.inf), math.nextafter(knob.high, math.inf), math.nan]
        case "whole":
            return [int(knob.low) - 1, int(knob.high) + 1]
        case "text":
            return ["x" * (int(knob.high) + 1)]
        case "choice":
            return ["polka"]
        case _:
            return [3]


def _ends(knob: Knob) -> list[Any]:
    """The outermost values that are possible."""
    match knob.kind:
        case "number" | "curve":
            return [knob.low, knob.high]
        case "whole":
            return [int(knob.low), int(knob.high)]
        case "text":
            return ["x" * int(knob.high)]
        case "choice":
            return list(knob.choices)
        case _:
            return [True, False]


def _asked(knob: Knob, value: Any) -> LoopRequest:
    """A request with one knob turned."""
    group = knob.field.partition(".")[0]
    if not knob.leaf:
        return LoopRequest.from_dict({knob.field: value})
    if group == "noise":
        return LoopRequest(noise=NoisePad(**{"corners": (1, 2, 3, 4), knob.leaf: value}))
    if group == "pattern":
        return LoopRequest(pattern=Pattern(**{knob.leaf: value}))
    return LoopRequest.from_dict({group: {knob.leaf: value}})


def _in_request(knob: Knob, request: LoopRequest) -> Any:
    """What a request has at the place of a knob; its default where the request names none."""
    group = knob.field.partition(".")[0]
    home = getattr(request, group)
    if home is None and knob.leaf:
        home = NoisePad((0, 0, 0, 0))
    if isinstance(home, Mapping):
        return home.get(knob.leaf, knob.default)
    return getattr(home, knob.leaf) if knob.leaf else home


def _named(knob: Knob) -> str:
    """The range as a sentence names it."""
    return f"{int(knob.low)} to {int(knob.high)}" if knob.kind == "whole" else knob.span


@KNOB
def test_requests_keep_to_a_knob(knob: Knob) -> None:
    """Without a field, the knob itself is what the engine asks."""
    ask = (lambda value: _asked(knob, value)) if knob.field else knob.check
    for value in _outside(knob):
        with pytest.raises(InvalidRequest) as refused:
            ask(value)
        sentence = str(refused.value)
        assert _named(knob) in sentence and sentence.endswith(".") and "\n" not in sentence
    for value in _ends(knob):
        ask(value)
    assert knob.default is None or knob.check(knob.default) == knob.default
    if knob.field:
        assert _in_request(knob, LoopRequest()) == knob.default
        assert knob.id in PARAMETERS


def test_no_field_of_a_request_that_is_a_number_a_choice_or_a_text_is_without_a_knob() -> None:
    fields = {knob.field for knob in KNOBS.values()}
    single = {name for name, value in LoopRequest().to_dict().items() if isinstance(value, str | int | float)}
    assert single | {"key"} == {name for name in fields if name and "." not in name}
    assert {f"guidance.{name}" for name in GUIDANCE_CONDITIONS} | {f"curves.{name}" for name in CURVES} <= fields


@WITH_FLAG
def test_the_command_line_keeps_to_a_knob(knob: Knob, capsys: pytest.CaptureFixture[str]) -> None:
    verb = get_command(build_app()).commands[knob.verb]  # type: ignore[attr-defined]
    (option,) = [parameter for parameter in verb.params if knob.flag in parameter.opts]
    if not knob.leaf:
        assert option.default == (None if knob.drawn else knob.default)
    if knob.kind in ("number", "whole", "curve"):
        assert knob.span in option.help
    if knob.kind == "toggle":
        return  # a switch has nothing outside
    for value in _outside(knob):
        given = f"{knob.leaf}={value}" if knob.leaf else value
        code = run([knob.verb, *ARGUMENTS.get(knob.verb, []), knob.flag, str(given)], lambda: 0)
        told = capsys.readouterr()
        assert code == 2 and told.out == "" and told.err.count("\n") == 1
        assert _named(knob) in told.err


def test_the_window_keeps_to_every_knob(stage: Stage) -> None:
    walked = 0
    for knob in KNOBS.values():
        parameter = PARAMETERS.get(knob.id)
        learnable = _can_learn(stage, knob.id)
        assert learnable == knob.learnable, knob.id
        if parameter is not None:
            assert (parameter.low, parameter.high, parameter.step) == (knob.low, knob.high, knob.step)
            assert knob.drawn or parameter.default == knob.default
        name = OBJECT_NAMES.get(knob.id) if parameter is not None else ELSEWHERE.get(knob.id)
        if knob.field.startswith("noise."):
            name = "noisePad"
        if name:
            control = stage.find(name)
            _check_control(stage, knob, control)
            menu = control.contextMenuPolicy() == Qt.ContextMenuPolicy.CustomContextMenu
            assert menu == (knob.learnable and name != "noisePad"), knob.id  # the pad's corners have its menu
            walked += 1
    assert walked == sum(bool(knob.field) for knob in KNOBS.values()) + len(ELSEWHERE)


def _can_learn(stage: Stage, knob_id: str) -> bool:
    try:
        stage.studio.midi.learn(knob_id)
    except KeyError:
        return False
    stage.studio.midi.stop_learning()
    return True


def _check_control(stage: Stage, knob: Knob, control: Any) -> None:
    """Its keys reach both ends of the range and no further, and move it by one step."""
    if isinstance(control, ValueWidget):
        if not isinstance(control, CurveKnob):
            assert control.value() == knob.default, knob.id
        control.setEnabled(True)
        for key, expected in (
            (Qt.Key.Key_Home, knob.low), (Qt.Key.Key_Down, knob.low), (Qt.Key.Key_Up, knob.low + knob.step),
            (Qt.Key.Key_End, knob.high), (Qt.Key.Key_Up, knob.high), (Qt.Key.Key_Down, knob.high - knob.step),
        ):  # fmt: skip
            QTest.keyClick(control, key)
            assert control.value() == pytest.approx(expected, abs=1e-9), (knob.id, key)
    elif isinstance(control, QSpinBox):
        assert control.value() == knob.default
        assert (control.minimum(), control.maximum()) == (knob.low, knob.high)
        QTest.keyClick(control, Qt.Key.Key_Up)
        assert control.value() == knob.default + knob.step
    elif isinstance(control, SeedBox):
        control.setValue(int(knob.high) + 1)
        assert control.value() == stage.value(knob.id) == knob.high
        QTest.keyClick(control, Qt.Key.Key_Down)
        assert control.value() == int(knob.high) - int(knob.step)
        control.setValue(-1)
        assert control.value() == knob.low
    elif isinstance(control, XYPad):
        keys = (Qt.Key.Key_Left, Qt.Key.Key_Right) if knob.leaf == "x" else (Qt.Key.Key_Up, Qt.Key.Key_Down)
        assert stage.value(knob.id) == knob.default
        for _ in range(round((knob.default - knob.low) / knob.step) + 2):
            QTest.keyClick(control, keys[0])
        assert stage.value(knob.id) == knob.low
        QTest.keyClick(control, keys[1])
        assert stage.value(knob.id) == pytest.approx(knob.step)
    elif isinstance(control, QComboBox):
        values = [control.itemData(index) for index in range(control.count())]
        assert [value for value in values if value is not None] == list(knob.choices)
        assert control.currentData() == knob.default
    elif isinstance(control, Segmented):
        assert control.value() == knob.default
        chosen = []
        for button in control.buttons():
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            chosen.append(control.value())
        assert chosen == list(knob.choices)
    elif isinstance(control, QAbstractButton):
        assert control.isChecked() == knob.default
    else:
        assert knob.kind == "text" and isinstance(control, PromptEdit), knob.id
        assert control.text() == knob.default
        control.setPlainText("x" * int(knob.high) + "y")
        assert stage.value(knob.id) == "x" * int(knob.high)


def test_a_flag_that_a_knob_has_in_several_verbs_is_refused_in_each(capsys: pytest.CaptureFixture[str]) -> None:
    for line, named in (
        ("blend --bpm 240.01 --seed 1 --seed 2", "40 to 240 BPM"),
        ("blend --bars 17 --seed 1 --seed 2", "1 to 16"),
        ("blend --seed -1 --seed 2", "0 to 9223372036854775807"),
        ("vary a.wav --count 1001", "1 to 1000"),
        ("vary a.wav --from-bpm 39.9", "40 to 240 BPM"),
        ("transition a.wav b.wav --from-bpm 120 --from-bpm 241", "40 to 240 BPM"),
        ("stretch a.wav --bpm 39", "40 to 240 BPM"),
        ("stretch a.wav --bpm 120 --steps 257", "1 to 256"),
        ("evaluate loops --out out --temperature 1.6", "0 to 1.5"),
        ("evaluate voices --out out --repeat 1.1", "0 to 1"),
        ("evaluate transition --out out --bars 65", "3 to 64"),
    ):
        assert run(line.split(), lambda: 0) == 2
        told = capsys.readouterr()
        assert named in told.err and told.err.count("\n") == 1, line


def test_knobs_know_what_a_pattern_plays_at_most() -> None:
    late = {PARTS[0]: ((0.01, 1.0),)}
    assert Pattern.nearest(late, 1, swing=9.0).swing == KNOBS["swing"].high
    with pytest.raises(InvalidRequest, match=r"Swing 0\.51 is out of range: 0 to 0\.5"):
        Pattern(swing=0.51)
