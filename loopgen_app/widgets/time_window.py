"""Which beats of a loop are in sight: all of them, or a part that is zoomed into."""

from typing import Final

NARROWEST: Final = 0.25
"""Beats at most that can be looked at closely: a sixteenth."""


class TimeWindow:
    """From beat `first` to beat `last` of `beats`; without beats there is nothing in sight."""

    def __init__(self) -> None:
        self.beats = 0
        self.first, self.last = 0.0, 0.0

    def show(self, beats: int) -> None:
        """Another loop: all of it, where it is of another length."""
        if beats != self.beats:
            self.beats = beats
            self.first, self.last = 0.0, float(beats)

    @property
    def span(self) -> float:
        """Beats in sight."""
        return self.last - self.first

    @property
    def zoomed(self) -> bool:
        """Whether only a part is in sight."""
        return self.span < self.beats

    def share_of(self, beat: float) -> float:
        """Where a beat is: 0 at the left edge, 1 at the right; outside of both where it is out of sight."""
        return (beat - self.first) / self.span if self.span else -1.0

    def beat_at(self, share: float) -> float:
        """The beat at a place between both edges, never the end of the loop itself."""
        return self.first + min(1 - 1e-6, max(0.0, share)) * self.span

    def zoom(self, share: float, factor: float) -> bool:
        """Look `factor` times as closely; what is at `share` stays there. Whether anything changed."""
        before, beat = (self.first, self.last), self.first + share * self.span
        span = min(float(self.beats), max(NARROWEST, self.span / factor))
        self._place(beat - share * span, span)
        return before != (self.first, self.last)

    def move(self, beats: float) -> bool:
        """Look further on, or back; whether anything changed."""
        before = self.first
        self._place(self.first + beats, self.span)
        return before != self.first

    def follow(self, beat: float) -> bool:
        """Turn the page to where `beat` is; whether that was needed."""
        if not self.zoomed or self.first <= beat < self.last:
            return False
        return self.move(beat // self.span * self.span - self.first)

    def _place(self, first: float, span: float) -> None:
        self.first = min(self.beats - span, max(0.0, first))
        self.last = self.first + span
