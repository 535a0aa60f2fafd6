"""The menu of hands from outside: MIDI controllers and clocks, and programs that speak OSC."""

from functools import partial
from typing import Any, Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu

from loopgen_app.midi import MidiInput, midi_is_there, outputs
from loopgen_app.panels.bank_panel import BankPanel
from loopgen_app.panels.binding import add_choice
from loopgen_app.panels.osc_help import OscHelp
from loopgen_app.remote.ableton_link import HOW_TO_HAVE_LINK, AbletonLink, link_is_there
from loopgen_app.remote.midi_clock import MidiClock
from loopgen_app.remote.osc import Osc
from loopgen_app.studio import Studio
from loopgen_app.widgets.label import set_tip

WATCH_MILLISECONDS: Final = 2000


class ControlMenu:
    """Owns what listens outside; `close` ends it."""

    def __init__(self, window: QMainWindow, studio: Studio, bank: BankPanel) -> None:
        self._window, self._studio = window, studio
        self.midi = MidiInput(self._hear_midi)
        self.clock = MidiClock(studio)
        self.link = AbletonLink(studio)
        self.osc = Osc(studio, lambda: [loop.id for loop in bank.model.loops()])
        menu = window.menuBar().addMenu("&Control")
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._show_ticks)
        self.follow: QAction | None = None
        if midi_is_there():
            self._add_midi(menu)
        self.together = self._toggle(menu, "Ableton Link", self._switch_link)
        self.link.on_change = self._show_ticks
        menu.addSeparator()
        self.listen = self._toggle(menu, "Listen to OSC", self._switch_osc)
        self.others = self._toggle(menu, "OSC from other computers too", self._open_osc)
        menu.addAction("What OSC can say…", self._show_osc)
        studio.midi.on_learned = lambda knob, source: studio.messages.say(
            f"Controller {source} now turns {knob.replace('_', ' ')}."
        )
        self.osc.begin()
        self.link.begin()
        if self.clock.following and self.follow is not None:
            self._connect_midi()
        self._show_ticks()

    def _add_midi(self, menu: QMenu) -> None:
        menu.addAction("Connect MIDI controllers", self._connect_midi)
        learned = menu.addMenu("Learned controllers")
        learned.aboutToShow.connect(lambda: self._fill_learned(learned))
        self.follow = self._toggle(menu, "Follow MIDI clock", self._follow_clock)
        self._targets = menu.addMenu("Send MIDI clock to")
        self._targets.aboutToShow.connect(self._fill_targets)
        self._watch = QTimer(self._window)
        self._watch.setInterval(WATCH_MILLISECONDS)
        self._watch.timeout.connect(self._look_for_ports)

    def _hear_midi(self, port: str, message: Any) -> None:
        """On a thread of the MIDI library: clocks wait where they are, everything else is for the window's thread."""
        if not self.clock.hear(port, message):
            self._studio.background.tell(partial(self._studio.midi.feed, message))

    def _look_for_ports(self) -> None:
        gone = self.midi.vanished()
        if gone:
            self._watch.stop()
            self._studio.messages.complain(f"MIDI: {', '.join(gone)} is gone.", "Connect again", self._connect_midi)

    def _switch_link(self, on: bool) -> None:
        if on and self.clock.following:  # one clock at a time
            self.clock.follow(False)
        self.link.switch(on)
        self._show_ticks()

    def _follow_clock(self, on: bool) -> None:
        if on and self.link.on:
            self.link.switch(False)
        self.clock.follow(on)
        if on and not self.midi.names:
            self._connect_midi()
        self._show_ticks()

    def _fill_targets(self) -> None:
        self._targets.clear()
        for name in outputs():
            add_choice(self._targets, name, partial(self.clock.send_to, name), chosen=name == self.clock.out.port)
        if self._targets.isEmpty():
            self._targets.addAction("No MIDI output is connected").setEnabled(False)
        add_choice(self._targets, "Nobody", partial(self.clock.send_to, ""), chosen=not self.clock.out.port)

    def close(self) -> None:
        """Listen to nobody any more."""
        self.midi.close()
        self.clock.close()
        self.link.close()
        self.osc.close()

    def _toggle(self, menu: QMenu, words: str, act: object) -> QAction:
        action = menu.addAction(words)
        action.setCheckable(True)
        action.triggered.connect(act)
        return action

    def _show_ticks(self) -> None:
        self.listen.setChecked(self.osc.on)
        peers = self.link.peers
        self.together.setText(f"Ableton Link ({peers} other{'s' if peers > 1 else ''})" if peers else "Ableton Link")
        set_tip(self.together, "" if self.link.on or link_is_there() else HOW_TO_HAVE_LINK)
        self.together.setChecked(self.link.on)
        if self.follow is not None:
            self.follow.setChecked(self.clock.following)
        self.others.setChecked(self._studio.settings.osc_open)

    def _switch_osc(self, on: bool) -> None:
        self.osc.switch(on)
        self._show_ticks()

    def _open_osc(self, on: bool) -> None:
        self.osc.open_to_others(on)
        self._show_ticks()

    def _show_osc(self) -> None:
        for before in self._window.findChildren(OscHelp):
            before.close()
        OscHelp(self._studio.settings.osc_port, self.osc.commands.addresses(), self._window).show()

    def _connect_midi(self) -> None:
        self.midi.close()
        self._studio.messages.say(self.midi.open())
        self._watch.start()

    def _fill_learned(self, menu: QMenu) -> None:
        menu.clear()
        for source, knob in self._studio.midi.mapping.items():
            menu.addAction(f"Forget {source}: {knob}", partial(self._studio.midi.forget, knob))
        if menu.isEmpty():
            menu.addAction("Right-click a control to learn one").setEnabled(False)
