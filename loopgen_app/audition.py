"""Which loop is heard: newly made ones, those of the bank, and the other side of A/B, all equally loud."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from engine import LoopGenError, Recipe
from loopgen_app.making.generation import Made
from loopgen_app.messages import Messages
from loopgen_app.playback import Playback
from loopgen_app.sound.loop_files import Playable
from loopgen_app.state.events import Event
from loopgen_app.state.instrument import Instrument
from loopgen_app.state.loop_audio import Audio, thumbnail
from loopgen_app.state.loop_bank import BankedLoop, LoopBank, loop_name
from loopgen_app.state.transport import Transport

log = logging.getLogger(__name__)

TARGET_LUFS = -14.0
MAX_MATCH_DB = 12.0
KEPT_BYTES = 32_000_000
"""Sound kept in memory beside the loop at hand; the rest is read from the bank when it is wanted."""


@dataclass(frozen=True, eq=False)
class LoopAtHand:
    """The loop at hand. Ids below zero belong to loops that the bank could not keep."""

    id: int
    name: str
    audio: Audio
    sample_rate: int
    recipe: Recipe
    loudness_lufs: float | None
    beats: int
    thumbnail: bytes = b""


def matched(audio: Audio, loudness_lufs: float | None) -> Audio:
    """`audio` at -14 LUFS as far as 12 dB and full scale allow; untouched when its loudness is unknown or right."""
    if loudness_lufs is None or not np.isfinite(loudness_lufs) or abs(TARGET_LUFS - loudness_lufs) < 0.05:
        return audio
    gain_db = float(np.clip(TARGET_LUFS - loudness_lufs, -MAX_MATCH_DB, MAX_MATCH_DB))
    peak = float(np.abs(audio).max(initial=1e-9))
    return (audio * np.float32(min(10 ** (gain_db / 20), 1.0 / peak))).astype(np.float32)


class Audition:
    """Plays loops by id and remembers the last two for A/B. `changed(loop)` tells which one is at hand; what is heard
    of it is as it was `mixed`."""

    def __init__(
        self, instrument: Instrument, bank: LoopBank, transport: Transport, playback: Playback, messages: Messages
    ) -> None:
        self.changed: Event[LoopAtHand | None] = Event()
        self.banked: Event[[]] = Event()
        self.current: LoopAtHand | None = None
        self.other_id: int | None = None
        self.mixed: Callable[[LoopAtHand], Audio] = lambda loop: loop.audio
        self._instrument, self._bank, self._messages = instrument, bank, messages
        self._transport, self._playback = transport, playback
        self._kept: OrderedDict[int, LoopAtHand] = OrderedDict()
        self._unbanked = count(-2, -1)

    def take(self, made: Made, *, play: bool = True) -> LoopAtHand:
        """Play a loop that was made from the next beat on; when nothing plays yet, start with it."""
        banked = made.banked
        name = banked.name if banked is not None else made.name or loop_name(made.recipe.request)
        loop_id = banked.id if banked is not None else next(self._unbanked)
        thumb = banked.thumbnail if banked is not None else b""
        loop = LoopAtHand(
            loop_id, name, made.audio, made.sample_rate, made.recipe, made.loudness_lufs,
            made.recipe.beats, thumb,
        )  # fmt: skip
        self._keep(loop)
        if play:  # sound first: what the window shows can wait
            self._play(loop, start=True, swap_at="now" if made.live and not self._bent else "")
        self.banked.emit()
        if made.trouble:
            self._messages.complain(made.trouble)
        if play:
            self.changed.emit(loop)
        return loop

    def play_unbanked(self, name: str, audio: Audio, sample_rate: int, recipe: Recipe) -> LoopAtHand:
        """Hear sound that is no loop of the bank: a motion."""
        loop_id = next(self._unbanked)
        loop = LoopAtHand(loop_id, name, audio, sample_rate, recipe, None, recipe.beats, thumbnail(audio))
        self._keep(loop)
        self._hear(loop, start=True)
        return loop

    def play_id(self, loop_id: int, *, start: bool = True, restore: bool = False) -> None:
        """Hear a loop of the bank; with `restore` all knobs go to where they were when it was made."""
        loop = self.fetch(loop_id)
        if loop is None:
            return
        if restore and loop.recipe.kind != "passage":
            self._instrument.restore_recipe(loop.recipe)
        self._hear(loop, start=start)

    def fetch(self, loop_id: int) -> LoopAtHand | None:
        """A loop with its sound, from memory or the bank; complains and returns None when it cannot be had."""
        if loop_id in self._kept:
            return self._kept[loop_id]
        try:
            row: BankedLoop = self._bank.loop(loop_id)
            audio, rate = self._bank.audio(loop_id)
        except KeyError:
            self._messages.complain("This loop is no longer in the bank.")
            return None
        except LoopGenError as error:
            self._messages.complain(str(error))
            return None
        loop = LoopAtHand(row.id, row.name, audio, rate, row.recipe, row.loudness_lufs, row.bars * 4, row.thumbnail)
        self._keep(loop)
        return loop

    def rename(self, loop_id: int, name: str) -> None:
        """Give a loop of the bank another name, which its files get too. Raises `ExportError`."""
        self._bank.rename(loop_id, name)
        if loop_id in self._kept:
            self._kept[loop_id] = replace(self._kept[loop_id], name=self._bank.loop(loop_id).name)
        if self.current is not None and self.current.id == loop_id:
            self.current = self.fetch(loop_id) or self.current
            self.changed.emit(self.current)

    def toggle_play(self) -> None:
        """Play or stop."""
        if self._transport.state.playing:
            self._playback.stop()
        elif self.current is not None:
            self._playback.play(count_in=self._instrument.value("count_in"))

    def toggle_ab(self) -> None:
        """Swap with the loop heard before."""
        if self.other_id is not None:
            self.play_id(self.other_id, start=False)

    def rematch(self, swap_at: str = "") -> None:
        """Send the loop at hand again, after the level matching was switched or it was mixed anew."""
        if self.current is not None:
            self._cue(self.current, swap_at)

    @property
    def _bent(self) -> bool:
        """Whether what plays is at another tempo than its own: what takes over is then awaited on the beat."""
        return self._transport.state.bent_bpm is not None

    def _hear(self, loop: LoopAtHand, *, start: bool) -> None:
        self._play(loop, start=start)
        self.changed.emit(loop)

    def _play(self, loop: LoopAtHand, *, start: bool, swap_at: str = "") -> None:
        if self.current is not None and self.current.id != loop.id:
            self.other_id = self.current.id
        self.current = loop
        self._cue(loop, swap_at)
        if start and not self._transport.state.playing:
            self._playback.play(count_in=self._instrument.value("count_in"))

    def _cue(self, loop: LoopAtHand, swap_at: str = "") -> None:
        match = self._instrument.value("level_match")
        mixed = self.mixed(loop)
        audio = matched(mixed, loop.loudness_lufs) if match else mixed
        clean = np.nan_to_num(audio, nan=0.0, posinf=0.0, neginf=0.0)
        tempo = loop.recipe.request.tempo_bpm
        if loop.recipe.kind == "passage":  # its mean tempo: the deck counts beats evenly
            tempo = loop.beats * 60 * loop.sample_rate / clean.shape[-1]
        playable = Playable(loop.id, clean, loop.sample_rate, loop.beats, tempo)
        self._playback.cue(playable, swap_at or self._instrument.value("swap_at"))

    def _keep(self, loop: LoopAtHand) -> None:
        self._kept[loop.id] = loop
        while len(self._kept) > 1 and sum(loop.audio.nbytes for loop in self._kept.values()) > KEPT_BYTES:
            self._kept.popitem(last=False)
