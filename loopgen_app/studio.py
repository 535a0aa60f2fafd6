"""Everything the window shows and plays, in one place for the panels: state, sound, generation, files."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject

from engine import LoopGenError, ServiceEvents
from loopgen_app.audition import Audition
from loopgen_app.background import Background, Line, WindowBackground
from loopgen_app.keeping.exports import Exports
from loopgen_app.keeping.sessions import Sessions
from loopgen_app.learning.learner import Learner
from loopgen_app.making.composing import Composing
from loopgen_app.making.corner_pictures import CornerPictures
from loopgen_app.making.generation import Generation
from loopgen_app.making.likeness import Likeness
from loopgen_app.making.live_tempo import LiveTempo
from loopgen_app.making.mixing import Mixing
from loopgen_app.making.pictures import Pictures
from loopgen_app.making.references import References
from loopgen_app.making.reworking import Reworking
from loopgen_app.making.rows import Rows
from loopgen_app.making.scores import Scores
from loopgen_app.making.service import Service
from loopgen_app.making.voices import RowVoices
from loopgen_app.messages import Messages
from loopgen_app.midi import MidiMap
from loopgen_app.playback import Playback
from loopgen_app.settings import Folders, Settings
from loopgen_app.sound.supervisor import Supervisor
from loopgen_app.state.crates import Crates
from loopgen_app.state.instrument import Instrument
from loopgen_app.state.loop_bank import LoopBank
from loopgen_app.state.transport import Transport

DELETED_SECONDS = 30 * 24 * 3600
"""How long a deleted loop can still be brought back."""


@dataclass(eq=False)
class Studio:
    """The parts. Panels know the studio and not each other."""

    folders: Folders
    settings: Settings
    messages: Messages
    instrument: Instrument
    transport: Transport
    bank: LoopBank
    playback: Playback
    generation: Generation
    audition: Audition
    exports: Exports
    composing: Composing
    references: References
    voices: RowVoices
    reworking: Reworking
    sessions: Sessions
    pictures: Pictures
    scores: Scores
    rows: Rows
    mixing: Mixing
    midi: MidiMap
    live_tempo: LiveTempo
    crates: Crates
    likeness: Likeness
    learner: Learner
    corners: CornerPictures
    background: Background

    def close(self) -> None:
        """End sound, threads and files in the order in which they need each other."""
        self.bank.hurry()
        self.learner.close()
        self.live_tempo.close()
        self.corners.close()
        self.composing.close()
        self.sessions.save_settings()
        self.sessions.end()
        self.generation.close()
        self.playback.close()
        self.background.close()
        self.bank.close()
        # Signals hold what they are connected to, and that holds all the rest, the sound of loops too.
        for part in vars(self).values():
            if isinstance(part, QObject):
                part.deleteLater()


def build_studio(
    folders: Folders,
    make_service: Callable[[ServiceEvents], Service],
    *,
    sound_command: Sequence[str] | None = None,
    sound_environment: Mapping[str, str] | None = None,
    background: Background | None = None,
) -> Studio:
    """Put the parts together; nothing sounds or loads before `playback.start`."""
    background = background or WindowBackground()
    settings = Settings.load(folders.settings)
    messages, instrument, transport = Messages(), Instrument(), Transport()
    bank = LoopBank(folders.bank)
    supervisor = Supervisor(
        device=settings.device,
        buffer_frames=settings.buffer_frames,
        command=sound_command,
        environment=sound_environment,
    )
    playback = Playback(supervisor, transport)
    supervisor.on_change = playback.take_health
    generation = Generation(make_service, bank, background)
    audition = Audition(instrument, bank, transport, playback, messages)
    exports = Exports(folders, settings)
    composing = Composing(instrument, generation, audition, transport, messages)
    references = References(instrument, generation, messages)
    reworking = Reworking(instrument, generation, audition, bank, messages, background=background)
    sessions = Sessions(instrument, audition, folders, settings, messages)
    studio = Studio(
        folders, settings, messages, instrument, transport, bank, playback, generation, audition, exports, composing,
        references, RowVoices(instrument, generation, messages), reworking, sessions, Pictures(background),
        Scores(lambda: generation.composes, background),
        Rows(instrument, generation, messages, background),
        Mixing(instrument, generation, audition, messages, background),
        MidiMap(instrument, settings.midi), LiveTempo(instrument, generation, audition, playback),
        Crates(folders.crates), Likeness(bank, generation, messages), Learner(folders),
        CornerPictures(instrument, generation), background,
    )  # fmt: skip
    _wire(studio)
    with contextlib.suppress(LoopGenError):  # a full or closed disk: another time
        bank.purge(time.time() - DELETED_SECONDS)
        _tidy(bank, background.line("bank"))
    return studio


def _tidy(bank: LoopBank, line: Line) -> None:
    """Give the room of loops that were let go back to the disk, beside the window: a moment's work at a time, so that
    a window that is closed need not wait for the end; the next one goes on."""
    line.start(bank.tidy, lambda more: _tidy(bank, line) if more else None, lambda _error: None)


def _wire(studio: Studio) -> None:
    playback, messages, instrument = studio.playback, studio.messages, studio.instrument

    def follow(knob: str) -> None:
        """Knobs of the playback act at once."""
        value: Any = instrument.value(knob)
        if knob == "level_db":
            playback.set_level(value)
        elif knob == "metronome":
            playback.set_metronome(value)
        elif knob == "level_match":
            studio.audition.rematch()

    instrument.changed.connect(follow)
    studio.rows.proposed.connect(lambda made: studio.composing.hear(studio.rows.pattern(made)) if made else None)
    playback.troubled.connect(lambda text: messages.complain(text, "Retry now", playback.retry))
    playback.recovered.connect(messages.say)
    studio.generation.unavailable.connect(messages.complain)
