"""Keeps what is heard on the beat of another clock: starts and stops with it, and leans until both agree."""

from collections.abc import Callable
from typing import Final, Protocol

from loopgen_app.remote.heard_beat import HeardBeat
from loopgen_app.sound.status import Status

PULL_SECONDS: Final = 0.5
"""How soon an error is made good: slower than the time in which a change is heard, or it would swing."""
MOST_LEAN: Final = 0.05
FAR_BEATS: Final = 0.2
"""Beyond this it is nearer to jump than to run."""
SETTLE_SECONDS: Final = 0.4
"""After a jump nothing is judged until it is heard."""
SURE_SECONDS: Final = 2.0
SWING_BPM: Final = 0.4
OTHER_BPM: Final = 0.15
EARLY_SECONDS: Final = 0.02
"""A start that is known beforehand is ordered by so much too early: an order too late cuts into the first hit."""


class LeadingClock(Protocol):
    """What another clock says."""

    @property
    def running(self) -> bool:
        """Whether its transport runs."""

    @property
    def tempo_bpm(self) -> float | None:
        """Beats per minute; None while it is not known."""

    def beat_at(self, time: float) -> float | None:
        """The beat of its song at `time`; None while it is not known."""

    def silent(self, now: float) -> bool:
        """Whether nothing was heard of it of late."""


class Led(Protocol):
    """The part of the playback that a clock leads."""

    def status(self) -> Status:
        """What the sound process says."""

    def play_from(self, beat: float) -> bool:
        """Start at a beat of the song; whether there is anything to play."""

    def seek(self, beat: float) -> None:
        """Jump to a beat of the loop."""

    def stop(self) -> None:
        """Stop."""

    def lead(self, tempo_bpm: float, shown_bpm: float) -> None:
        """Play at `tempo_bpm`."""


class ClockLock:
    """Tell it when the transport of `clock` begins and ends, and let it `step` every few milliseconds.

    `on_tempo(bpm)` is told a tempo that stays, `on_silence` a clock of which nothing is heard any more, once.
    """

    def __init__(
        self,
        clock: LeadingClock,
        playback: Led,
        on_tempo: Callable[[float], object],
        on_silence: Callable[[], object],
    ) -> None:
        self.heard = HeardBeat()
        self._clock, self._playback, self._on_tempo, self._on_silence = clock, playback, on_tempo, on_silence
        self._due = self._lost = False
        self._wait_until = 0.0
        self._since: float | None = None
        self._readings: list[float] = []
        self._told: float | None = None

    def begin(self) -> None:
        """Start as soon as it is known where, and the beat is no longer ahead of the song."""
        self._due = True

    def end(self) -> None:
        """Stop now."""
        self._due = False
        self._playback.stop()

    @property
    def led(self) -> bool:
        """Whether the clock has the tempo now."""
        return self._clock.running and not self._lost

    @property
    def waiting(self) -> bool:
        """Whether it begins soon."""
        return self._due

    def step(self, now: float) -> None:
        """Look where both are, and lean."""
        self.heard.note(self._playback.status())
        clock, tempo = self._clock, self._clock.tempo_bpm
        if self._is_lost(now) or tempo is None:
            return
        self._tell_tempo(tempo, now)
        if not clock.running:
            return
        if self._due:
            self._begin(now, tempo)
        elif now >= self._wait_until:
            self._lean(now, tempo)

    def _begin(self, now: float, tempo: float) -> None:
        beat = self._clock.beat_at(now + self.heard.lead)
        if beat is not None and beat >= -EARLY_SECONDS * tempo / 60 and self._playback.play_from(beat):
            self._playback.lead(tempo, tempo)
            self._due = False
            self._wait_until = now + SETTLE_SECONDS

    def _lean(self, now: float, tempo: float) -> None:
        heard, wanted = self.heard.beat_at(now), self._clock.beat_at(now)
        if heard is None or wanted is None:
            self._playback.lead(tempo, tempo)
            return
        beats = max(1, self.heard.beats)
        error = (wanted - heard + beats / 2) % beats - beats / 2
        if abs(error) > FAR_BEATS:
            self._playback.seek((wanted + self.heard.lead * tempo / 60) % beats)
            self._wait_until = now + SETTLE_SECONDS
            error = 0.0
        lean = max(-MOST_LEAN, min(MOST_LEAN, error * 60 / (tempo * PULL_SECONDS)))
        self._playback.lead(tempo * (1 + lean), tempo)

    def _is_lost(self, now: float) -> bool:
        lost = self._clock.silent(now)
        if lost and not self._lost and self._clock.running:
            self._on_silence()
        self._lost = lost
        return lost

    def _tell_tempo(self, tempo: float, now: float) -> None:
        """Tell a tempo that has stayed for two seconds, on the whole of them: single readings swing."""
        if self._since is None or abs(tempo - self._readings[0]) > SWING_BPM:
            self._since, self._readings = now, [tempo]
            return
        self._readings.append(tempo)
        if now - self._since < SURE_SECONDS:
            return
        steady = sum(self._readings) / len(self._readings)
        self._since = None
        if self._told is None or abs(steady - self._told) > OTHER_BPM:
            whole = round(steady)
            self._told = float(whole) if abs(steady - whole) < OTHER_BPM else round(steady, 1)
            self._on_tempo(self._told)
