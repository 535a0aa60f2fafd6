"""Ties a control to its knob: name, tooltip, both directions of change, undo gestures, MIDI learn."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QComboBox, QMenu, QSpinBox, QWidget

from engine import InvalidRequest, Knob
from loopgen_app.panels.names import OBJECT_NAMES
from loopgen_app.state.instrument import Instrument
from loopgen_app.state.parameter import Parameter
from loopgen_app.state.parameters import PARAMETERS
from loopgen_app.studio import Studio
from loopgen_app.widgets.knob import CurveKnob
from loopgen_app.widgets.label import set_tip
from loopgen_app.widgets.segmented import Segmented
from loopgen_app.widgets.value_widget import ValueWidget


def describe(widget: QWidget, knob_id: str, studio: Studio) -> None:
    """Object name, accessible name, tooltip and context menu of a knob's control."""
    knob = PARAMETERS[knob_id]
    if knob_id in OBJECT_NAMES:
        widget.setObjectName(OBJECT_NAMES[knob_id])
    widget.setAccessibleName(knob.label)
    widget.setAccessibleDescription(knob.tooltip)
    set_tip(widget, knob.tooltip)
    if knob.midi:
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(
            lambda point: learn_menu(knob_id, studio, widget).exec(widget.mapToGlobal(point))
        )


def learn_menu(knob_id: str, studio: Studio, parent: QWidget) -> QMenu:
    """Reset, learn a controller, forget it."""
    knob = PARAMETERS[knob_id]
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction(f"Reset {knob.label}", lambda: studio.instrument.reset(knob_id))
    if isinstance(parent, CurveKnob):
        menu.addAction("Draw a curve…", parent.drawAsked.emit)
        menu.addAction("Set free", lambda: parent.setCurve(None))
    menu.addSeparator()
    menu.addAction("MIDI learn", lambda: start_learning(knob_id, studio))
    source = studio.midi.source_of(knob_id)
    if source is not None:
        menu.addAction(f"Forget controller {source}", lambda: studio.midi.forget(knob_id))
    return menu


def start_learning(knob_id: str, studio: Studio) -> None:
    """Wait for the next controller that moves."""
    studio.midi.learn(knob_id)
    studio.messages.say(
        f"Move a MIDI controller to turn {PARAMETERS[knob_id].label}.", "Cancel", studio.midi.stop_learning
    )


def connect(studio: Studio, knob_id: str, show: Callable[[Any], object]) -> Callable[[Any], None]:
    """Show the knob's value now and after every change; returns the function that sets it."""
    instrument = studio.instrument

    def set_value(value: Any) -> None:
        try:
            instrument.set(knob_id, value)
        except InvalidRequest as error:
            studio.messages.complain(str(error))
            show(instrument.value(knob_id))

    instrument.changed.connect(lambda changed: show(instrument.value(knob_id)) if changed == knob_id else None)
    show(instrument.value(knob_id))
    return set_value


def set_range(widget: ValueWidget | QSpinBox, knob: Knob | Parameter) -> None:
    """Give a control the range and the step of its knob, and the default where it can return to one."""
    if isinstance(widget, QSpinBox):
        widget.setRange(int(knob.low), int(knob.high))
        widget.setSingleStep(int(knob.step))
        return
    widget.setRange(knob.low, knob.high)
    widget.setSingleStep(knob.step, knob.decimals)
    if knob.default is not None:
        widget.setDefault(knob.default)


def bind_value(widget: ValueWidget, knob_id: str, studio: Studio) -> None:
    """A dial or slider."""
    knob = PARAMETERS[knob_id]
    describe(widget, knob_id, studio)
    set_range(widget, knob)
    widget.valueChanged.connect(connect(studio, knob_id, widget.setValue))
    widget.gestureBegan.connect(lambda: studio.instrument.begin_gesture(knob.label))
    widget.gestureEnded.connect(studio.instrument.end_gesture)


def bind_curve(widget: CurveKnob, knob_id: str, studio: Studio) -> None:
    """A knob that can be free or a curve."""
    describe(widget, knob_id, studio)
    set_range(widget, PARAMETERS[knob_id])
    widget.curveChanged.connect(connect(studio, knob_id, widget.setCurve))
    widget.gestureBegan.connect(lambda: studio.instrument.begin_gesture(PARAMETERS[knob_id].label))
    widget.gestureEnded.connect(studio.instrument.end_gesture)


def bind_spin(widget: QSpinBox, knob_id: str, studio: Studio) -> None:
    """A box of whole numbers."""
    knob = PARAMETERS[knob_id]
    describe(widget, knob_id, studio)
    set_range(widget, knob)
    widget.setKeyboardTracking(False)
    widget.valueChanged.connect(connect(studio, knob_id, widget.setValue))


def bind_combo(widget: QComboBox, knob_id: str, studio: Studio, labels: Callable[[Any], str] = str) -> None:
    """A box of choices."""
    knob = PARAMETERS[knob_id]
    describe(widget, knob_id, studio)
    for choice in knob.choices:
        widget.addItem(labels(choice), choice)

    def show(value: Any) -> None:
        with QSignalBlocker(widget):
            widget.setCurrentIndex(knob.choices.index(value))

    set_value = connect(studio, knob_id, show)
    widget.currentIndexChanged.connect(lambda index: set_value(knob.choices[index]) if index >= 0 else None)


def bind_toggle(widget: QAbstractButton, knob_id: str, studio: Studio) -> None:
    """A button that is up or down."""
    describe(widget, knob_id, studio)
    widget.setCheckable(True)
    widget.toggled.connect(connect(studio, knob_id, widget.setChecked))


def bind_segments(widget: Segmented, knob_id: str, studio: Studio) -> None:
    """A row of buttons."""
    describe(widget, knob_id, studio)
    widget.chosen.connect(connect(studio, knob_id, widget.setValue))


def add_choice(menu: QMenu, words: str, act: Callable[[], object], *, chosen: bool) -> None:
    """An entry with a tick."""
    action = menu.addAction(words)
    action.setCheckable(True)
    action.setChecked(chosen)
    action.triggered.connect(lambda _checked=False: act())


def add_tick(action: QAction, knob: str, instrument: Instrument) -> None:
    """Let a command that flips `knob` show with a tick how it stands."""

    def show(changed: str) -> None:
        if changed == knob:
            action.setChecked(instrument.value(knob))

    action.setCheckable(True)
    instrument.changed.connect(show)
    action.triggered.connect(lambda: show(knob))
    show(knob)


def popup_at(menu: QMenu, widget: QWidget) -> None:
    """Open a menu below a button."""
    menu.popup(widget.mapToGlobal(QPoint(0, widget.height() + 2)))
