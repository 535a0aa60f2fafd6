"""The noise pad: a point between four noises, moved while the loop plays."""

from functools import partial

from PySide6.QtWidgets import QCheckBox, QMenu, QWidget

from engine import KNOBS
from loopgen_app.making.composing import along
from loopgen_app.panels import exits
from loopgen_app.panels.binding import bind_toggle, connect, learn_menu
from loopgen_app.panels.frame import Panel, tool
from loopgen_app.state.noise_names import noise_names
from loopgen_app.studio import Studio
from loopgen_app.widgets.label import set_tip
from loopgen_app.widgets.xy_pad import XYPad

PATH_BARS = (4, 8, 16, 32)
PATH_POINTS = 65
"""Points of a drawn path that are kept: evenly spaced, so that it is followed at one speed."""


class NoisePanel(Panel):
    """Pad, its switch, and the menu of its corners."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._studio = studio
        instrument = studio.instrument
        self.toggle = QCheckBox("Noise", self)
        self.toggle.setProperty("role", "heading")
        bind_toggle(self.toggle, "pad_on", studio)
        roll = tool("dice", "New noises in all corners that are not locked", self, object_name="rerollButton")
        roll.clicked.connect(instrument.reroll_corners)
        export = tool("export", "Export the drawn motion as one file", self, object_name="motionButton")
        export.setEnabled(False)
        export.clicked.connect(lambda: exits.export(studio, studio.composing.motion))
        studio.composing.motionReady.connect(lambda _loop: export.setEnabled(True))
        self.follow = tool("wave", "Make one passage that follows the drawn motion", self, object_name="pathButton")
        self.follow.clicked.connect(lambda: self.path_menu().popup(self.cursor().pos()))
        self.follow.setEnabled(False)
        studio.reworking.changed.connect(lambda: self.follow.setEnabled(bool(studio.reworking.drawn)))
        self.tools.setSpacing(2)  # on the narrowest stage its name still has room
        self.tools.addWidget(self.toggle)
        self.tools.addStretch(1)
        for widget in (self.follow, export, roll):
            self.tools.addWidget(widget)
        self.body.addLayout(self.tools)
        self.pad = XYPad(self)
        self.pad.setObjectName("noisePad")
        self.pad.setAccessibleName("Noise pad")
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
        studio.corners.changed.connect(self._show)

    def _show(self) -> None:
        value = self._studio.instrument.value
        self.pad.blockSignals(True)  # what is shown comes from the state and is no wish of the user's
        self.pad.setPosition(value("pad_x"), value("pad_y"))
        self.pad.blockSignals(False)
        seeds = value("pad_corners")
        names = noise_names(seeds)
        self.pad.setCorners(seeds, value("pad_locks"), names, self._studio.corners.pictures())
        told = ", ".join(f"{name} (seed {seed})" for name, seed in zip(names, seeds, strict=True))
        set_tip(
            self.pad,
            f"Drag to move between four noises, Shift-drag to draw a motion, click a corner for more.\n{told}",
        )
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
        locked = instrument.value("pad_locks")[corner]
        menu.addAction("New noise", lambda: instrument.set_corner(corner, instrument.random_seed())).setEnabled(
            not locked
        )
        menu.addAction("Unlock" if locked else "Lock", lambda: self._toggle_lock(corner))
        current = self._studio.audition.current
        take = menu.addAction("Take the noise of the loop that plays", lambda: self._take_loop(corner))
        take.setEnabled(not locked and current is not None and current.recipe.noise_seed is not None)
        menu.addSeparator()
        for knob, title in (("pad_x", "Left to right"), ("pad_y", "Top to bottom")):
            axis = learn_menu(knob, self._studio, menu)
            axis.setTitle(title)
            menu.addMenu(axis)
        return menu

    def _toggle_lock(self, corner: int) -> None:
        locks = list(self._studio.instrument.value("pad_locks"))
        locks[corner] = not locks[corner]
        self._studio.instrument.set("pad_locks", tuple(locks))

    def _take_loop(self, corner: int) -> None:
        current = self._studio.audition.current
        if current is not None and current.recipe.noise_seed is not None:
            self._studio.instrument.set_corner(corner, current.recipe.noise_seed)
