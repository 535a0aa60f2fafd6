"""Keeping sessions: autosave after every change, restore after a crash, open, save, recent, presets."""

import contextlib
import logging
import os
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer

from engine import (
    RESERVED_NAMES,
    RESOURCES,
    FolderLock,
    LoopGenError,
    LoopRequest,
    is_file,
    set_aside,
    sweep_stale_files,
    write_atomically,
)
from loopgen_app.audition import Audition
from loopgen_app.messages import Messages
from loopgen_app.settings import Folders, Settings
from loopgen_app.state.instrument import Instrument
from loopgen_app.state.session import Session, SessionError, list_presets, open_session, preset_knobs, save_session

log = logging.getLogger(__name__)
AUTOSAVE_MILLISECONDS = 400


class Sessions(QObject):
    """Knows the file the session belongs to, if any, and writes the autosave shortly after each change."""

    def __init__(
        self, instrument: Instrument, audition: Audition, folders: Folders, settings: Settings, messages: Messages
    ) -> None:
        super().__init__()
        self._instrument, self._audition, self._messages = instrument, audition, messages
        self._folders, self._settings = folders, settings
        self.path: Path | None = None
        self.notice = ""
        self._lock = FolderLock(folders.lock)
        self._owner = self._settings_unread = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AUTOSAVE_MILLISECONDS)
        self._timer.timeout.connect(self.autosave)
        instrument.changed.connect(lambda _knob: self._timer.start())
        audition.changed.connect(lambda _loop: self._timer.start())

    def session(self) -> Session:
        """The session as it stands."""
        current = self._audition.current
        loop_id = current.id if current is not None and current.id >= 0 else None
        return Session(self._instrument.to_json(), loop_id, self._audition.other_id)

    def begin(self) -> bool:
        """Take the folder and mark this run as running; returns whether the last one ended unexpectedly.

        `notice` then says what stands in the way: another window that has the folder, or a disk that takes nothing.
        """
        self._owner = self._lock.take()
        if not self._owner:
            self.notice = (
                "Another LoopGen window is open: loops of both go into one bank, but knobs and settings of this one "
                "are not kept."
            )
            return False
        crashed = is_file(self._folders.running)
        for folder in (self._folders.root, self._folders.presets):
            sweep_stale_files(folder)
        try:
            if Settings.damaged(self._folders.settings):
                self.notice = f"The settings could not be read; they were kept as {self._aside('settings')}."
            elif why := Settings.unread(self._folders.settings):
                self._settings_unread = True
                self.notice = f"The settings could not be read and stay as they are; changes are not kept: {why}."
            write_atomically(self._folders.running, str(os.getpid()).encode(), private=True)
        except (OSError, LoopGenError) as error:
            self.notice = f"Nothing can be kept in {self._folders.root}: {str(error).rstrip('.')}."
        return crashed

    def _aside(self, name: Literal["settings", "autosave"]) -> str:
        return set_aside(getattr(self._folders, name)).name

    def restore_last(self) -> bool:
        """Bring back the session of the last run, if there is one."""
        if not is_file(self._folders.autosave):
            return False
        try:
            self._restore(open_session(self._folders.autosave), "Restore session")
        except SessionError as error:
            log.warning("autosave: %s", error)
            self._give_up_last()
            return False
        return True

    def _give_up_last(self) -> None:
        """Keep an autosave that cannot be read: the next one would take its place."""
        if not self._owner:
            return
        words = "What was open last could not be read, so the knobs are where they are at first start."
        try:
            self.notice = f"{words} It was kept as {self._aside('autosave')}; your loops are all in the bank."
        except OSError as error:
            self.notice = f"{words} It could not be kept: {error.strerror or error}."

    def end(self) -> None:
        """Save once more and mark this run as ended well."""
        self._timer.stop()
        self.autosave()
        if self._owner:
            with contextlib.suppress(OSError):
                self._folders.running.unlink(missing_ok=True)
        self._lock.release()

    def autosave(self) -> None:
        """Write the autosave now, if the folder is this window's."""
        if not self._owner:
            return
        try:
            save_session(self._folders.autosave, self.session())
        except LoopGenError as error:
            log.warning("autosave: %s", error)

    def save(self, path: Path) -> bool:
        """Save under a name and remember it; complains and returns False when that fails."""
        try:
            save_session(path, self.session())
        except LoopGenError as error:
            self._messages.complain(str(error))
            return False
        self._remember(path)
        self._messages.say(f"Saved {path.name}.")
        return True

    def open(self, path: Path) -> bool:
        """Open a session; complains and returns False when the file cannot be read as one."""
        try:
            session = open_session(path)
        except SessionError as error:
            self._messages.complain(str(error))
            return False
        self._restore(session, "Open session")
        self._remember(path)
        return True

    def _restore(self, session: Session, label: str) -> None:
        strange = self._instrument.restore_json(session.knobs, label)
        if strange:
            self._messages.say(f"Not known to this version and left out: {', '.join(strange)}.")
        if session.loop_id is not None:
            self._audition.play_id(session.loop_id, start=False)
            self._note_at_hand()

    def _note_at_hand(self) -> None:
        """Tell the instrument that the loop of its knobs is there: the next press on Generate makes another one."""
        current = self._audition.current
        if current is not None:
            self._instrument.note_asked(current.recipe.request)

    def _remember(self, path: Path) -> None:
        self.path = path
        self._settings.remember(path)
        self.save_settings()

    def save_settings(self) -> None:
        """Write the settings file, if the folder is this window's and nothing unread is in its place."""
        if not self._owner or self._settings_unread:
            return
        try:
            write_atomically(self._folders.settings, self._settings.to_json(), private=True)
        except LoopGenError as error:
            log.warning("settings: %s", error)

    def presets(self) -> dict[str, Path]:
        """Name -> file of shipped and own presets."""
        return list_presets(RESOURCES / "presets", self._folders.presets)

    def apply_preset(self, name: str) -> None:
        """Turn the knobs to a preset."""
        try:
            session = open_session(self.presets()[name])
        except (KeyError, SessionError):
            self._messages.complain(f"The preset {name!r} cannot be read.")
            return
        self._instrument.restore_json(session.knobs, f"Preset {name}")
        self._messages.say(f"Preset {name}.")

    def preset_request(self, name: str) -> LoopRequest | None:
        """What a preset asks for; None, and the user is told, where it cannot be read."""
        there = Instrument()
        try:
            there.restore_json(open_session(self.presets()[name]).knobs, name)
            return there.request()
        except (KeyError, LoopGenError):
            self._messages.complain(f"The preset {name!r} cannot be read.")
            return None

    def save_preset(self, name: str) -> None:
        """Keep the sound of the knobs as a preset of the user's."""
        path = self.preset_file(name)
        if path is None:
            self._messages.complain("A preset needs a name of letters or digits.")
            return
        try:
            save_session(path, Session(preset_knobs(self._instrument.to_json())))
        except LoopGenError as error:
            self._messages.complain(str(error))
            return
        self._messages.say(f"Preset {path.stem} kept.")

    def preset_file(self, name: str) -> Path | None:
        """Where a preset of the user's is kept that is called `name`; None where nothing can be called so."""
        safe = "".join(c for c in name if c.isalnum() or c in " -_").strip()[:60].strip()
        if not safe:
            return None
        return self._folders.presets / f"{f'{safe}_' if safe.lower() in RESERVED_NAMES else safe}.json"
