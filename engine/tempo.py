"""Loop geometry: every conversion between bars, beats, seconds, samples and latent frames (4/4 time)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequest
from engine.knobs import BARS, TEMPO, TRANSITION_BARS
from engine.vocabulary import BEATS_PER_BAR, STEPS_PER_BAR

MAX_PASSAGE_BARS = int(TRANSITION_BARS.high)
"""Bars of the longest passage between loops."""

FRAME_RATE = 44_100 / 1024
"""Latent frames a second that beat-synchronous frames come nearest to."""


def frames_per_step(tempo_bpm: float) -> int:
    """The whole number k of latent frames in every sixteenth at `tempo_bpm` that is nearest to `FRAME_RATE`.

    3 at 240 BPM, 16 at 40 BPM: 37 to 50 frames a second.
    """
    return max(1, round(FRAME_RATE * 60 / tempo_bpm * BEATS_PER_BAR / STEPS_PER_BAR))


def check_tempo(tempo_bpm: float) -> float:
    """Return `tempo_bpm` as float, or raise `InvalidRequest` outside 40-240 BPM."""
    tempo: float = TEMPO.check(float(tempo_bpm))  # numpy's are taken too
    return tempo


def check_bars(bars: int) -> int:
    """Return `bars`, or raise `InvalidRequest` unless it is a whole number from 1 to 16."""
    whole: int = BARS.check(bars if isinstance(bars, bool) or int(bars) != bars else int(bars))
    return whole


@dataclass(frozen=True)
class LoopGeometry:
    """A loop of `bars` bars at `tempo_bpm`, in samples and in latent frames.

    The loop has exactly `samples` samples. It is generated in `frames` frames: `frames_per_step` in every sixteenth,
    or, for a codec with a `hop_length` of its own, as many as come nearest. Positions are counted in *loop
    coordinates*: frame `i` starts at beat `beats * i / frames`, whatever the rounding.
    """

    tempo_bpm: float
    bars: int
    sample_rate: int = 44100
    hop_length: int | None = None

    def __post_init__(self) -> None:
        check_tempo(self.tempo_bpm)
        check_bars(self.bars)

    @property
    def beats(self) -> int:
        """Number of beats in the loop."""
        return self.bars * BEATS_PER_BAR

    @property
    def steps(self) -> int:
        """Number of sixteenth steps in the loop."""
        return self.bars * STEPS_PER_BAR

    @property
    def seconds(self) -> float:
        """Musical length in seconds, before rounding to samples."""
        return self.beats * 60.0 / self.tempo_bpm

    @property
    def samples(self) -> int:
        """Exact length in samples, `round(beats * 60 / tempo_bpm * sample_rate)`."""
        return round(self.seconds * self.sample_rate)

    @property
    def frames(self) -> int:
        """Number of latent frames F, at least one."""
        if self.hop_length is None:
            return self.steps * frames_per_step(self.tempo_bpm)
        return max(1, round(self.samples / self.hop_length))

    @property
    def frame_rate(self) -> float:
        """Latent frames a second."""
        return self.frames / self.seconds

    def beat_to_seconds(self, beat: float) -> float:
        """Time of `beat` (0 = loop start) in seconds."""
        return beat * 60.0 / self.tempo_bpm

    def beat_to_sample(self, beat: float) -> int:
        """Nearest sample of `beat`, in [0, samples] for beats inside the loop."""
        return round(beat / self.beats * self.samples)

    def beat_to_frame(self, beat: float) -> float:
        """Fractional frame of `beat` in loop coordinates, in [0, frames]."""
        return beat / self.beats * self.frames

    def beat_phase(self) -> NDArray[np.float32]:
        """Saw-tooth 0 -> 1 per beat, `[F]`, `(beats * i / F) mod 1`."""
        return self._phase(self.beats)

    def bar_phase(self) -> NDArray[np.float32]:
        """Saw-tooth 0 -> 1 per bar, `[F]`."""
        return self._phase(self.bars)

    def _phase(self, cycles: int) -> NDArray[np.float32]:
        # Integer arithmetic: float rounding would turn a phase of 0 into 1 at some downbeats.
        return ((cycles * np.arange(self.frames, dtype=np.int64)) % self.frames / self.frames).astype(np.float32)


@dataclass(frozen=True)
class TempoRamp:
    """`bars` bars that begin at `from_bpm` and end at `to_bpm`: not a loop, but a way from one to another.

    The first and the last bar have one tempo each (with two bars there is nothing between); in between the tempo
    changes evenly from beat to beat. Frames follow the beat: every sixteenth of a bar has as many as it would have in
    a loop of the bar's slowest tempo. With a `hop_length` frames are even in time instead: frame `i` starts at the
    share `i / frames` of it, whatever the rounding.
    """

    from_bpm: float
    to_bpm: float
    bars: int
    sample_rate: int = 44100
    hop_length: int | None = None

    def __post_init__(self) -> None:
        check_tempo(self.from_bpm)
        check_tempo(self.to_bpm)
        if not 2 <= self.bars <= MAX_PASSAGE_BARS:
            raise InvalidRequest(f"{self.bars} bars are out of range here: 2 to {MAX_PASSAGE_BARS}.")

    @property
    def beats(self) -> int:
        """Number of beats."""
        return self.bars * BEATS_PER_BAR

    @property
    def seconds(self) -> float:
        """Musical length in seconds, before rounding to samples."""
        return float(self.beat_to_seconds(np.array(float(self.beats))))

    @property
    def samples(self) -> int:
        """Exact length in samples."""
        return round(self.seconds * self.sample_rate)

    @property
    def frames(self) -> int:
        """Number of latent frames."""
        if self.hop_length is None:
            return STEPS_PER_BAR * sum(self.frames_per_step)
        return max(1, round(self.samples / self.hop_length))

    @property
    def frames_per_step(self) -> tuple[int, ...]:
        """For each bar, the frames of each of its sixteenths, where frames follow the beat: as many as where the bar
        is slowest, or the windows of a codec would not meet there."""
        tempi = self.tempo_at(np.arange(self.bars + 1, dtype=np.float64) * BEATS_PER_BAR)
        return tuple(frames_per_step(tempo) for tempo in np.minimum(tempi[:-1], tempi[1:]).tolist())

    def tempo_at(self, beat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Tempo in BPM at each of `beat`."""
        share = np.clip((beat - BEATS_PER_BAR) / max(self._ramp_beats, 1e-9), 0, 1)
        return np.asarray(self.from_bpm + share * (self.to_bpm - self.from_bpm))

    def beat_to_seconds(self, beat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Time of each of `beat` in seconds: the integral of 60 / tempo."""
        first = np.minimum(beat, BEATS_PER_BAR) * 60 / self.from_bpm
        last = np.maximum(beat - BEATS_PER_BAR - self._ramp_beats, 0) * 60 / self.to_bpm
        between = np.clip(beat - BEATS_PER_BAR, 0, self._ramp_beats)
        if self._is_level:
            return np.asarray(first + between * 60 / self.from_bpm + last)
        slope = (self.to_bpm - self.from_bpm) / self._ramp_beats
        return np.asarray(first + 60 / slope * np.log1p(slope * between / self.from_bpm) + last)

    def frame_beats(self) -> NDArray[np.float64]:
        """The beat at which each frame starts, `[F]`."""
        if self.hop_length is None:
            bars = [
                BEATS_PER_BAR * (bar + np.arange(count * STEPS_PER_BAR) / (count * STEPS_PER_BAR))
                for bar, count in enumerate(self.frames_per_step)
            ]
            return np.concatenate(bars)
        grid = np.linspace(0, self.beats, self.beats * 256 + 1)  # the time of a beat is smooth: error below 1e-5
        times = np.arange(self.frames) / self.frames * self.seconds
        return np.interp(times, self.beat_to_seconds(grid), grid)

    def beat_to_frame(self, beat: float) -> float:
        """Fractional frame of `beat`, in [0, frames]."""
        if self.hop_length is None:
            begins = np.append(self.frame_beats(), self.beats)
            return float(np.interp(beat, begins, np.arange(len(begins))))
        return float(self.beat_to_seconds(np.array(beat))) / self.seconds * self.frames

    def edges(self) -> NDArray[np.float64]:
        """The samples, in fractions, at which frames begin and the last one ends, `[F + 1]`."""
        if self.hop_length is None:
            return self.beat_to_seconds(np.append(self.frame_beats(), self.beats)) * self.sample_rate
        return np.linspace(0, self.samples, self.frames + 1)

    @property
    def _ramp_beats(self) -> int:
        return (self.bars - 2) * BEATS_PER_BAR

    @property
    def _is_level(self) -> bool:
        return self._ramp_beats == 0 or abs(self.to_bpm - self.from_bpm) < 1e-6
