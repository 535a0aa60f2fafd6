"""Reads a recording of what was played: which loop, from which sample, and where it gave way to which other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from loopgen_app.sound.deck import FADE_SECONDS
from loopgen_app.sound.deck_loop import STEPS_PER_BEAT, DeckLoop

Frames = NDArray[np.float32]
PROOF = 2000
"""Frames in a row that must be a loop's own before it is said to play."""
CANDIDATES = 12


@dataclass(frozen=True)
class Cue:
    """A loop that was asked for, and the sixteenths on whose multiples it may begin."""

    loop: DeckLoop
    every: int


@dataclass(frozen=True)
class Swap:
    """A crossfade on the tape: frames `[start, end)` belong to neither loop; `boundary` is where the beat is."""

    start: int
    end: int
    boundary: int
    on_grid: bool
    jump: float
    own_jump: float

    @property
    def error(self) -> int:
        """Frames between the beat and the end of the crossfade that lies farther from it."""
        return max(abs(self.start - self.boundary), abs(self.end - self.boundary))


@dataclass
class Reading:
    """What a tape holds: frames that are exactly a loop's, swaps, passes over a loop's seam, and breaks."""

    exact: int = 0
    seams: int = 0
    swaps: list[Swap] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """`loop` plays its sample `position` at `frame`; its pass began at `beat` beats since the transport began."""

    cue: int
    frame: int
    position: int
    beat: int


def read_tape(tape: Frames, cues: Sequence[Cue], rate: int) -> Reading:
    """Follow `cues` through `tape` `[N, 2]`; a break is a frame at which what plays stops and no cue explains it."""
    half = round(FADE_SECONDS * rate / 2)
    reading, place = Reading(), _beginning(tape, cues[0].loop, half)
    while place is not None:
        loop = cues[place.cue].loop
        end = _differs(tape, loop, place)
        reading.exact += end - place.frame
        reading.seams += (place.position + end - place.frame) // loop.samples
        if end >= len(tape) - PROOF:
            break
        found = _swap(tape, cues, place, end, half)
        if found is None:
            reading.breaks.append(end)
            place = _again(tape, cues, place, end)
        else:
            swap, place = found
            reading.swaps.append(swap)
    return reading


def _beginning(tape: Frames, loop: DeckLoop, half: int) -> _Place | None:
    begin = 2 * half + 1
    for at in _places(tape, loop.audio[begin : begin + PROOF]):
        return _Place(0, at, begin, 0)
    return None


def _places(tape: Frames, piece: Frames) -> Iterator[int]:
    """Where `piece` stands on the tape."""
    sharp = int(np.abs(piece).sum(axis=1).argmax())
    found = np.flatnonzero((tape[:, 0] == piece[sharp, 0]) & (tape[:, 1] == piece[sharp, 1])) - sharp
    for at in found[(found >= 0) & (found <= len(tape) - len(piece))]:
        if np.array_equal(tape[at : at + len(piece)], piece):
            yield int(at)


def _differs(tape: Frames, loop: DeckLoop, place: _Place) -> int:
    """First frame from `place` on that is not the loop's own."""
    frame, position = place.frame, place.position
    while frame < len(tape):
        run = min(loop.samples - position, len(tape) - frame)
        other = np.flatnonzero((tape[frame : frame + run] != loop.audio[position : position + run]).any(axis=1))
        if len(other):
            return frame + int(other[0])
        frame, position = frame + run, 0
    return frame


def _swap(tape: Frames, cues: Sequence[Cue], place: _Place, end: int, half: int) -> tuple[Swap, _Place] | None:
    old = cues[place.cue].loop
    passes, within = divmod(place.position + end - place.frame, old.samples)
    began, beat = place.frame - place.position + passes * old.samples, place.beat + passes * old.beats
    nearest = round(within / old.samples * old.beats * STEPS_PER_BEAT)
    for step in (nearest, nearest + 1, nearest - 1):
        boundary = began + old.sample_of_step(step)
        if abs(end - boundary) > 4 * half:
            continue  # what ended there ended for another reason than this beat
        count = beat * STEPS_PER_BEAT + step
        for index in range(place.cue + 1, min(len(cues), place.cue + 1 + CANDIDATES)):
            cue = cues[index]
            rest = count % (cue.loop.beats * STEPS_PER_BEAT)
            position = cue.loop.sample_of_step(rest)
            after = boundary + half + 1
            if _is(tape, cue.loop, after, position + half + 1):
                first = _first_own(tape, cue.loop, boundary, position, half)
                jumps = np.abs(np.diff(tape[end - 2 : first + 2], axis=0)).max(initial=0.0)
                swap = Swap(
                    end, first, boundary, count % cue.every == 0, float(jumps), max(_jump(old), _jump(cue.loop))
                )
                return swap, _Place(
                    index, after, (position + half + 1) % cue.loop.samples, (count - rest) // STEPS_PER_BEAT
                )
    return None


def _is(tape: Frames, loop: DeckLoop, frame: int, position: int) -> bool:
    piece = tape[frame : frame + PROOF]
    own = np.take(loop.audio, np.arange(position, position + len(piece)), axis=0, mode="wrap")
    return bool(np.array_equal(piece, own))


def _first_own(tape: Frames, loop: DeckLoop, boundary: int, position: int, half: int) -> int:
    span = np.arange(-half - 1, half + 2)
    own = np.take(loop.audio, position + span, axis=0, mode="wrap")
    other = np.flatnonzero((tape[boundary + span] != own).any(axis=1))
    return boundary + int(span[other[-1]]) + 1 if len(other) else boundary - half


def _jump(loop: DeckLoop) -> float:
    """The largest step between neighbouring samples, also over the seam."""
    return float(np.abs(loop.audio - np.roll(loop.audio, 1, axis=0)).max())


def _again(tape: Frames, cues: Sequence[Cue], place: _Place, end: int) -> _Place | None:
    """Where the same loop, or one asked for later, is found again after a break: only its sound counts from there."""
    window = tape[end : end + 400_000]
    for index in range(place.cue, min(len(cues), place.cue + CANDIDATES)):
        loop = cues[index].loop
        for begin in range(0, loop.samples - PROOF, loop.samples // 8):
            for at in _places(window, loop.audio[begin : begin + PROOF]):
                return _Place(index, end + at, begin, 0)
    return None
