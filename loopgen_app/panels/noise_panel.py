"""The noise pad: a point between four noises, moved while the loop plays."""

from functools import partial

from PySide6.QtWidgets import QCheckBox, QMenu, QWidget

from engine import KNOBS, LoopGenError
from loopgen_app.making.composing import along
from loopgen_app.panels.binding import bind_toggle, connect, learn_menu
from loopgen_app.panels.frame import Panel, tool
from loopgen_app.studio import Studio
from loopgen_app.widgets.xy_pad import XYPad

PATH_BARS = (4, 8, 16, 32)
PATH_POINTS = 65
"""Points of a drawn path that are kept: evenly spaced, so that it is followed at one speed."""


class NoisePanel(Panel):
    """Pad, its switch, and the menu of its corners."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("Noise pad", parent)
        self._studio = studio
        instrument = studio.instrument
        self.toggle = QCheckBox("On", self)
        bind_toggle(self.toggle, "pad_on", studio)
        roll = tool("dice", "New noises in all corners that are not locked", self, object_name="rerollButton")
        roll.clicked.connect(instrument.reroll_corners)
        export = tool("export", "Export the drawn motion as one file", self, object_name="motionButton")
        export.setEnabled(False)
        export.clicked.connect(self._export_motion)
        studio.composing.motionReady.connect(lambda _loop: export.setEnabled(True))
        self.follow = tool("wave", "Make one passage that follows the drawn motion", self, object_name="pathButton")
        self.follow.clicked.connect(lambda: self.path_menu().popup(self.cursor().pos()))
        self.follow.setEnabled(False)
        studio.reworking.changed.connect(lambda: self.follow.setEnabled(bool(studio.reworking.drawn)))
        for widget in (self.follow, export, roll, self.toggle):
            self.tools.addWidget(widget)
        self.pad = XYPad(self)
        self.pad.setObjectName("noisePad")
        self.pad.setAccessibleName("Noise pad")
        self.pad.setToolTip("Drag to move between four noises, Shift-drag to draw a motion, click a corner for more")
        self.pad.setSingleStep(KNOBS["pad_x"].step, KNOBS["pad_y"].step)
        self.body.addWidget(self.pad, 1)
        self.pad.positionChanged.connect(self._moved)
        self.pad.gestureBegan.connect(self._grab)
        self.pad.gestureEnded.connect(self._release)
        self.pad.cornerAsked.connect(lambda corner: self.corner_menu(corner).popup(self.cursor().pos()))
        self.pad.pathDrawn.connect(studio.composing.play_motion)
        self.pad.pathDrawn.connect(lambda path: studio.reworking.draw(along(path, PATH_POINTS)))
        for knob in ("pad_x", "pad_y", "pad_corners", "pad_locks", "pad_on"):
            connect(studio, knob, lambda _value: self._show())

    def _show(self) -> None:
        value = self._studio.instrument.value
        self.pad.blockSignals(True)  # what is shown comes from the state and is no wish of the user's
        self.pad.setPosition(value("pad_x"), value("pad_y"))
        self.pad.blockSignals(False)
        self.pad.setCorners(value("pad_corners"), value("pad_locks"))
        self.pad.setActive(value("pad_on"))

    def _grab(self) -> None:
        self._studio.instrument.begin_gesture("Noise pad")
        self._studio.composing.hand(down=True)

    def _release(self) -> None:
        self._studio.instrument.end_gesture()
        self._studio.composing.hand(down=False)

    def _moved(self, x: float, y: float) -> None:
        self._studio.instrument.set_many({"pad_on": True, "pad_x": x, "pad_y": y}, "Noise pad")

    def path_menu(self) -> QMenu:
        """How long the passage along the drawn path is to be."""
        menu = QMenu(self)
        for bars in PATH_BARS:
            menu.addAction(f"{bars} bars", partial(self._studio.reworking.follow, bars))
        return menu

    def corner_menu(self, corner: int) -> QMenu:
        """What can be done with a corner."""
        instrument, menu = self._studio.instrument, QMenu(self)
        menu.addAction("New noise", lambda: self._set_corner(corner, instrument.random_seed()))
        locked = instrument.value("pad_locks")[corner]
        menu.addAction("Unlock" if locked else "Lock", lambda: self._toggle_lock(corner))
        current = self._studio.audition.current
        take = menu.addAction("Take the noise of the loop that plays", lambda: self._take_loop(corner))
        take.setEnabled(current is not None and current.recipe.noise_seed is not None)
        menu.addSeparator()
        for knob, title in (("pad_x", "Left to right"), ("pad_y", "Top to bottom")):
            axis = learn_menu(knob, self._studio, menu)
            axis.setTitle(title)
            menu.addMenu(axis)
        return menu

    def _set_corner(self, corner: int, seed: int) -> None:
        corners = list(self._studio.instrument.value("pad_corners"))
        corners[corner] = seed
        self._studio.instrument.set("pad_corners", tuple(corners))

    def _toggle_lock(self, corner: int) -> None:
        locks = list(self._studio.instrument.value("pad_locks"))
        locks[corner] = not locks[corner]
        self._studio.instrument.set("pad_locks", tuple(locks))

    def _take_loop(self, corner: int) -> None:
        current = self._studio.audition.current
        if current is not None and current.recipe.noise_seed is not None:
            self._set_corner(corner, current.recipe.noise_seed)

    def _export_motion(self) -> None:
        motion = self._studio.composing.motion
        if motion is None:
            return
        try:
            path = self._studio.exports.export(motion)
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
        else:
            self._studio.messages.say(f"Exported {path.name}.")
