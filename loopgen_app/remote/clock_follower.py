"""A MIDI clock as it is heard: where its beat is, and how fast, through the jitter of its ticks."""

from collections import deque
from itertools import pairwise
from typing import Final, Literal

Kind = Literal["clock", "start", "continue", "stop", "songpos"]
TICKS_PER_BEAT: Final = 24
TICKS_PER_SONG_STEP: Final = 6
WINDOW: Final = 48
"""Ticks that a line is laid through: two beats. A jitter of 1 ms moves it by 0.3 ms."""
LEAST: Final = 6
KEPT: Final = 0.8
EARLY: Final = 0.25
"""Shares of the ticks: the rest is late by what a busy machine adds, and says nothing of tempo or beat."""
TRUSTED_BPM: Final = (20.0, 400.0)
SILENT_SECONDS: Final = 1.0
ODD_SECONDS: Final = 0.002
ODD_SPREADS: Final = 3.0
ODD_TICKS: Final = 4
"""So many ticks in a row on one side of the line, and that far from it, are another tempo and no jitter."""
PAUSE_TICKS: Final = 8.0


class ClockFollower:
    """Give it every message with the time at which it came; `beat_at` and `tempo_bpm` tell what it says."""

    def __init__(self) -> None:
        self.running = False
        self._ticks: deque[tuple[int, float]] = deque(maxlen=WINDOW)
        self._next = self._zero = self._resume = 0
        self._odd = 0
        self._line: tuple[float, float] | None = None
        self._spread = 0.0

    def feed(self, kind: Kind, time: float, position: int = 0) -> None:
        """Take in a message; `position` of a song pointer counts sixteenths."""
        match kind:
            case "clock":
                self._tick(time)
            case "start":
                self.running, self._zero, self._resume = True, self._next, 0
            case "continue":
                self.running, self._zero = True, self._next - self._resume
            case "stop":
                self._resume = self._next - self._zero if self.running else self._resume
                self.running = False
            case "songpos":
                self._resume = position * TICKS_PER_SONG_STEP
                if self.running:
                    self._zero = self._next - self._resume

    @property
    def tempo_bpm(self) -> float | None:
        """Beats per minute; None while it is not known."""
        if self._line is None or self._line[1] <= 0.0:
            return None
        tempo = 60.0 / (self._line[1] * TICKS_PER_BEAT)
        return tempo if TRUSTED_BPM[0] <= tempo <= TRUSTED_BPM[1] else None

    def beat_at(self, time: float) -> float | None:
        """The beat of the song at `time`, which may be a little ahead; None while it is not known."""
        if self.tempo_bpm is None or self._line is None:
            return None
        last, period = self._line
        return (self._next - 1 + (time - last) / period - self._zero) / TICKS_PER_BEAT

    def silent(self, now: float) -> bool:
        """Whether no tick came for a second."""
        return not self._ticks or now - self._ticks[-1][1] > SILENT_SECONDS

    def _tick(self, time: float) -> None:
        if self._line is not None:
            self._judge(time - self._line[0] - self._line[1])
        self._ticks.append((self._next, time))
        self._next += 1
        self._lay_line()

    def _judge(self, late: float) -> None:
        """Forget what was before another tempo, and before a pause: the line would be of neither."""
        assert self._line is not None
        if late > PAUSE_TICKS * self._line[1]:
            self._ticks.clear()
            self._odd = 0
            return
        far = abs(late) > max(ODD_SECONDS, ODD_SPREADS * self._spread)
        side = 1 if late > 0 else -1
        self._odd = (self._odd + side if self._odd * side > 0 else side) if far else 0
        if abs(self._odd) >= ODD_TICKS:
            while len(self._ticks) > LEAST:
                self._ticks.popleft()
            self._odd = 0

    def _lay_line(self) -> None:
        """`_line` is when the last tick should have come, and the time between two: least squares through those that
        were not the latest, at the height of the early ones, since a tick comes late and never before its time."""
        count = len(self._ticks)
        if count < LEAST:
            self._line = None
            return
        last = self._ticks[-1][1]
        points = [(place, time - last) for place, (_, time) in enumerate(self._ticks)]
        slope = _slope(points)
        most = sorted(time - slope * place for place, time in points)[round(KEPT * (count - 1))]
        slope = _slope([(place, time) for place, time in points if time - slope * place <= most])
        rest = sorted(time - slope * place for place, time in points)
        self._line = last + rest[round(EARLY * (count - 1))] + slope * (count - 1), slope
        gaps = sorted(abs(after[1] - before[1] - slope) for before, after in pairwise(self._ticks))
        self._spread = gaps[len(gaps) // 2]


def _slope(points: list[tuple[int, float]]) -> float:
    """Least squares through (place, time)."""
    middle = sum(place for place, _ in points) / len(points)
    spread = sum((place - middle) ** 2 for place, _ in points)
    return sum((place - middle) * time for place, time in points) / spread
