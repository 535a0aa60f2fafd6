"""What a voice is: a function with declared setting ranges, and the strike it is asked to sound."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.recursion import recursive

SAMPLE_RATE: Final = 44100
Signal = NDArray[np.floating]
"""Mono sound `[n]` at 44.1 kHz, of any level until a voice has finished it."""
Settings = Mapping[str, float]

AXES: Final = ("bright", "dirt", "length")
"""Directions in which a style leans: the settings declared on an axis follow it."""

GLIDE_SECONDS: Final = 0.035
DEFAULT_WEIGHT: Final = 0.25
"""A voice is rare, never impossible, in styles it was not made for."""


@dataclass(frozen=True)
class Range:
    """Values a setting takes, drawn anew per loop: `low` to `high`, geometric if `log`, whole numbers if `whole`.

    `axis` names one of `AXES` (prefix "-" reverses it): a dark style then draws dull values more often.
    """

    low: float
    high: float
    log: bool = False
    axis: str = ""
    whole: bool = False

    def draw(self, rng: np.random.Generator, lean: Mapping[str, float]) -> float:
        """One value; `lean` maps axes to -1 (low values) .. 1 (high values)."""
        sign = -1.0 if self.axis.startswith("-") else 1.0
        tilt = 2.0 ** (1.3 * sign * lean.get(self.axis.lstrip("-"), 0.0))
        u = float(rng.beta(1.1 * tilt, 1.1 / tilt))
        return self.at(u)

    def at(self, u: float) -> float:
        """The value at position `u` in [0, 1] of the range."""
        if self.whole:
            return float(min(int(self.low) + int(u * (self.high - self.low + 1)), int(self.high)))
        if self.log:
            return float(self.low * (self.high / self.low) ** u)
        return float(self.low + (self.high - self.low) * u)


@dataclass(frozen=True)
class Glide:
    """A slide inside a strike: `seconds` after its start the pitch moves to `pitch` (MIDI number)."""

    seconds: float
    pitch: float


@dataclass(frozen=True)
class Strike:
    """What a voice sounds at once: `pitches` (MIDI; a chord if several) held for `seconds`, `velocity` in (0, 1].
    Oscillators begin at the phase `start`, in cycles."""

    pitches: tuple[float, ...]
    velocity: float
    seconds: float
    glides: tuple[Glide, ...] = ()
    start: float = 0.0

    def samples(self, tail_seconds: float) -> int:
        """Length in samples of the held note and a tail."""
        return max(64, round((self.seconds + tail_seconds) * SAMPLE_RATE))

    @property
    def tune(self) -> float:
        """Frequency ratio of the first pitch to MIDI 60, the neutral pitch of drums."""
        return float(2.0 ** ((self.pitches[0] - 60.0) / 12.0))

    def voiced(self, intervals: tuple[float, ...]) -> tuple[float, ...]:
        """The pitches; `intervals` (semitones) are stacked on a single one, a chord stays as played."""
        if len(self.pitches) > 1:
            return self.pitches
        return tuple(self.pitches[0] + interval for interval in intervals)

    def phases(self, n: int, intervals: tuple[float, ...] = (0.0,), cents: float = 0.0) -> NDArray[np.float64]:
        """Running phase in cycles, `[pitches, n]`, glides included; multiply by a ratio to detune."""
        pitches = np.array(self.voiced(intervals)) + cents / 100.0
        steps = 440.0 / SAMPLE_RATE * 2.0 ** ((pitches - 69.0) / 12.0)
        if not self.glides:
            return steps[:, None] * np.arange(n) + self.start
        target = np.zeros(n)
        for glide in self.glides:
            target[round(glide.seconds * SAMPLE_RATE) :] = glide.pitch - self.pitches[0]
        coefficient = float(np.exp(-1.0 / (GLIDE_SECONDS * SAMPLE_RATE)))
        offset = recursive([1.0 - coefficient], [1.0, -coefficient], target)
        return np.asarray(steps[:, None] * np.cumsum(2.0 ** (offset / 12.0)) + self.start)


def hit_samples(seconds: float) -> int:
    """Length in samples of a hit that dies by 60 dB in `seconds`, with room for its fade."""
    return round((seconds * 1.05 + 0.03) * SAMPLE_RATE)


def struck_hz(settings: Settings, strike: Strike, rng: np.random.Generator, spread: float = 0.005) -> float:
    """The setting `hz` at the pitch played, a little different at every stroke (`spread` is a standard deviation)."""
    return settings["hz"] * strike.tune * float(1.0 + spread * rng.standard_normal())


VoiceFunction = Callable[[Settings, Strike, np.random.Generator], Signal]
"""Sounds one strike: mono `[n]` at 44.1 kHz, as long as it rings. All functions of `engine.corpus.voices` that make a
sound are such; what stands in their docstrings is the sound alone."""


@dataclass(frozen=True)
class Voice:
    """One instrument, declared once: part, function, setting ranges, and the styles it is at home in."""

    name: str
    part: str
    sound: VoiceFunction
    ranges: Mapping[str, Range]
    styles: Mapping[str, float] = field(default_factory=dict)
    weight: float = 1.0

    def likelihood(self, style: str) -> float:
        """Relative weight of this voice among those of its part."""
        return self.weight * self.styles.get(style, DEFAULT_WEIGHT)

    def draw(self, rng: np.random.Generator, lean: Mapping[str, float]) -> dict[str, float]:
        """Settings for one loop."""
        return {name: setting.draw(rng, lean) for name, setting in self.ranges.items()}


def likes(**weights: float) -> dict[str, float]:
    """Style weights by name, `likes(house=3, techno=1)`; styles left out get `DEFAULT_WEIGHT`."""
    return dict(weights)
