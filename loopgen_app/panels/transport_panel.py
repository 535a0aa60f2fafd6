"""Play, where we are, metronome, swap, level, and how the sound card is."""

from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from loopgen_app.icons import icon
from loopgen_app.panels.ab_button import AbButton
from loopgen_app.panels.binding import add_choice, bind_segments, bind_toggle, bind_value, popup_at
from loopgen_app.panels.frame import tool
from loopgen_app.panels.next_row import NextRow, in_short
from loopgen_app.state.transport import TransportState
from loopgen_app.studio import Studio
from loopgen_app.theme import font
from loopgen_app.widgets.elided_label import ElidedLabel
from loopgen_app.widgets.label import Label, set_tip
from loopgen_app.widgets.meter import Meter
from loopgen_app.widgets.segmented import Segmented
from loopgen_app.widgets.slider import Slider

BUFFERS = (256, 512, 1024, 2048)


class TransportPanel(QFrame):
    """The bar on top of the window."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setProperty("role", "panel")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 7, 12, 7)
        row.setSpacing(8)
        self._add_play(row)
        row.addWidget(AbButton(studio, self))
        self.next = NextRow(studio, self)
        row.addWidget(self.next, 3)
        self._add_playback(row)
        self._add_level(row)
        studio.transport.changed.connect(self._show)
        studio.playback.ticked.connect(self._tick)
        studio.playback.peaked.connect(self.meter.feed)
        studio.audition.changed.connect(lambda _loop: self._show(studio.transport.state))
        self._show(studio.transport.state)

    def _add_play(self, row: QHBoxLayout) -> None:
        self.play = QPushButton(self)
        self.play.setProperty("role", "play")
        self.play.setObjectName("playButton")
        self.play.setCheckable(True)
        self.play.setIconSize(QSize(26, 26))
        self.play.setToolTip("Play or stop (Space)")
        self.play.clicked.connect(self._toggle)
        row.addWidget(self.play)
        self.position = Label("–.–", self)
        self.position.setFont(font(28, QFont.Weight.DemiBold))
        self.position.setStyleSheet("font-size: 28px; font-weight: 600;")
        self.position.setMinimumWidth(66)
        self.position.setToolTip("Bar and beat")
        self.position.setAccessibleName("Position")
        row.addWidget(self.position)
        column = QVBoxLayout()
        column.setSpacing(0)
        self.title = ElidedLabel(self)
        self.title.setProperty("role", "title")
        self.title.setObjectName("playingTitle")
        self.detail = ElidedLabel(self)
        self.detail.setObjectName("playingDetail")
        self.detail.setProperty("role", "soft")
        column.addWidget(self.title)
        column.addWidget(self.detail)
        row.addLayout(column, 4)

    def _add_playback(self, row: QHBoxLayout) -> None:
        self.metronome = tool("metronome", "", self)
        bind_toggle(self.metronome, "metronome", self._studio)
        count_in = QCheckBox("Count-in", self)
        bind_toggle(count_in, "count_in", self._studio)
        swap = Segmented([("Beat", "beat"), ("Bar", "bar")], self)
        bind_segments(swap, "swap_at", self._studio)
        caption = Label("Swap at", self)
        caption.setProperty("role", "heading")
        for widget in (self.metronome, count_in, caption, swap):
            row.addWidget(widget)

    def _add_level(self, row: QHBoxLayout) -> None:
        self.meter = Meter(self)
        level = Slider("", "dB", self)
        bind_value(level, "level_db", self._studio)
        level.setFixedWidth(100)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(self.meter, 0, Qt.AlignmentFlag.AlignCenter)
        column.addWidget(level)
        row.addLayout(column)
        self.device = QToolButton(self)
        self.device.setProperty("role", "quiet")
        self.device.setObjectName("deviceButton")
        self.device.setIcon(icon("speaker"))
        self.device.setIconSize(QSize(20, 20))
        self.device.setAccessibleName("Sound device")
        self.device.clicked.connect(lambda: popup_at(self.device_menu(), self.device))
        row.addWidget(self.device)

    def _toggle(self) -> None:
        self._studio.audition.toggle_play()
        self._show(self._studio.transport.state)

    def _show(self, state: TransportState) -> None:
        current = self._studio.audition.current
        self.play.setEnabled(current is not None)
        self.play.setChecked(state.playing)
        self.play.setIcon(icon("stop" if state.playing else "play", "text", "on_accent"))
        self.play.setAccessibleName("Stop" if state.playing else "Play")
        if not state.playing:
            self.position.setText("1.1" if current else "–.–")
        if current is not None:
            self.title.setWhole(current.name)
            waiting = "   from the next " + self._studio.instrument.value("swap_at") if state.pending_id else ""
            request = current.recipe.request
            stretched = f"   stretched from {request.tempo_bpm:g}" if state.bent_bpm is not None else ""
            tempo = state.bent_bpm or request.tempo_bpm
            self.detail.setWhole(in_short(tempo, current.beats // 4, request.key) + stretched + waiting)
        else:
            self.title.setWhole("LoopGen")
            self.detail.setWhole("nothing to play yet")
        good = state.health in ("ok", "starting")
        self.device.setIcon(icon("speaker", "soft" if good else "bad"))
        drops = f", {state.dropouts} dropouts" if state.dropouts else ", no dropouts"
        name = state.device or ("starting" if good else state.message)
        set_tip(self.device, f"Sound: {name}{drops}")

    def _tick(self, beat: float) -> None:
        current = self._studio.audition.current
        if beat >= 0 and current is not None:
            inside = int(beat) % current.beats
            text = f"{inside // 4 + 1}.{inside % 4 + 1}"
            if text != self.position.text():
                self.position.setText(text)

    def device_menu(self) -> QMenu:
        """Devices and buffer sizes."""
        studio, menu = self._studio, QMenu(self)
        state = studio.transport.state
        if state.health in ("no_device", "no_portaudio", "retrying"):
            menu.addAction(state.message).setEnabled(False)
            menu.addAction("Retry now", studio.playback.retry)
            menu.addSeparator()
        for name in ["", *studio.playback.devices()]:
            use = partial(self._use, name, studio.settings.buffer_frames)
            add_choice(menu, name or "System default", use, chosen=name == studio.settings.device)
        buffers = menu.addMenu("Buffer")
        for frames in BUFFERS:
            words = f"{frames} frames ({frames / 44.1:.0f} ms)"
            use = partial(self._use, studio.settings.device, frames)
            add_choice(buffers, words, use, chosen=frames == studio.settings.buffer_frames)
        return menu

    def _use(self, name: str, frames: int) -> None:
        settings = self._studio.settings
        settings.device, settings.buffer_frames = name, frames
        self._studio.playback.use_device(name, frames)
        self._studio.sessions.save_settings()
