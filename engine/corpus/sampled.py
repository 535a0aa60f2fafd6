"""Sampled instruments from a soundfont, in place of or beside the synthesised voices of a loop's parts.

The environment variable `LOOPGEN_SOUNDFONT` names a file, meant for `MuseScore_General.sf3` (Debian's
musescore-general-soundfont; MIT, parts of it CC0 and public domain); without it the corpus is made of its own voices.
It is read by the package tinysoundfont (MIT), which is needed only then.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from engine.corpus.effects.transfer import SAMPLE_RATE, Audio
from engine.corpus.score import Note
from engine.errors import CorpusError, MissingDependency

SOUNDFONT_VARIABLE: Final = "LOOPGEN_SOUNDFONT"
SHARE: Final[Mapping[str, float]] = {
    "kick": 0.06, "snare": 0.08, "closed_hat": 0.08, "open_hat": 0.08, "percussion": 0.2,
    "bass": 0.25, "lead": 0.3, "pad": 0.3,
}  # fmt: skip
"""How often a part has an instrument where a soundfont is there."""
LAYER_SHARE: Final = 0.25
"""Share of those in which it joins the synthesised voice rather than replacing it."""

PROGRAMS: Final[Mapping[str, tuple[int, ...]]] = {
    "bass": (32, 33, 34, 35, 36, 37, 38, 39, 38, 39, 87),
    "lead": (
        0,
        2,
        4,
        5,
        6,
        7,
        8,
        11,
        12,
        13,
        15,
        16,
        17,
        24,
        25,
        26,
        27,
        28,
        30,
        45,
        56,
        61,
        62,
        80,
        81,
        84,
        104,
        108,
    ),
    "pad": (4, 5, 16, 17, 18, 19, 48, 49, 50, 51, 52, 54, 61, 62, 63, 88, 89, 90, 91, 92, 94, 95),
}
"""Programs of General MIDI, from 0, that suit each pitched part: basses; pianos, mallets, guitars, brass, synthesised
leads; organs, strings, voices, synthesised pads."""
KITS: Final = (0, 8, 16, 24, 25, 32)
"""Drum kits: standard, room, power, electronic, TR-808, jazz."""
DRUM_KEYS: Final[Mapping[str, tuple[int, ...]]] = {
    "kick": (35, 36), "snare": (37, 38, 39, 40), "closed_hat": (42, 44), "open_hat": (46, 51, 49),
    "percussion": (41, 43, 45, 47, 54, 56, 60, 61, 62, 63, 64, 69, 70, 75, 76, 77),
}  # fmt: skip
DRUM_CHANNEL: Final = 9
DRUM_SECONDS: Final = 0.4


class Synth(Protocol):
    """What plays: `tinysoundfont.Synth`, or a fake in tests."""

    def noteon(self, chan: int, key: int, vel: int) -> Any:
        """Strike a key, `vel` 0 to 127."""

    def noteoff(self, chan: int, key: int) -> Any:
        """Let it go."""

    def sounds_off(self, chan: int) -> Any:
        """Silence at once."""

    def generate(self, samples: int) -> Any:
        """The next `samples` samples, stereo float32, interleaved."""


@dataclass(frozen=True)
class NoteEvent:
    """A key struck (`velocity` 1 to 127) or let go (0) at `sample`."""

    sample: int
    key: int
    velocity: int


@dataclass(frozen=True)
class Instruments:
    """An open soundfont and the number it has in its synth."""

    synth: Any
    number: int

    @classmethod
    def open(cls, path: Path) -> "Instruments":
        """Raises `MissingDependency` without tinysoundfont, `CorpusError` on a file that cannot be read."""
        try:
            import tinysoundfont  # noqa: PLC0415
        except ImportError as error:
            raise MissingDependency(
                f"{SOUNDFONT_VARIABLE} needs tinysoundfont: pip install --no-deps tinysoundfont."
            ) from error
        if not path.is_file():
            raise CorpusError(f"The soundfont {path} does not exist; {SOUNDFONT_VARIABLE} has to name a file.")
        synth = tinysoundfont.Synth(samplerate=SAMPLE_RATE)
        try:
            return cls(synth, synth.sfload(str(path)))
        except Exception as error:
            raise CorpusError(f"The soundfont {path} cannot be read: {error}.") from error

    def play(self, part: str, program: int, events: Sequence[NoteEvent], samples: int) -> Audio:
        """A circular loop `[samples]` of `events` on an instrument; silent where the soundfont has no such one."""
        drums = part not in PROGRAMS
        channel = DRUM_CHANNEL if drums else 0
        try:
            self.synth.program_select(channel, self.number, 128 if drums else 0, program, is_drums=drums)
        except Exception:  # noqa: BLE001  (as above: it has no such program)
            return np.zeros(samples, np.float32)
        return render_circular(self.synth, channel, events, samples)


def render_circular(synth: Synth, channel: int, events: Sequence[NoteEvent], samples: int) -> Audio:
    """`events` in a mono loop `[samples]`, played twice: the second time with what still rings from the first."""
    synth.sounds_off(channel)
    twice = sorted(
        (
            NoteEvent(event.sample + turn * samples, event.key, event.velocity)
            for turn in range(2)
            for event in events
        ),
        key=lambda event: (event.sample, event.velocity > 0),
    )
    pieces, now = [], 0
    for event in [*twice, None]:
        until = 2 * samples if event is None else min(event.sample, 2 * samples)
        if until > now:
            pieces.append(np.frombuffer(bytes(synth.generate(until - now)), dtype=np.float32).reshape(-1, 2).mean(1))
            now = until
        if event is not None and event.sample < 2 * samples:
            if event.velocity:
                synth.noteon(channel, event.key, event.velocity)
            else:
                synth.noteoff(channel, event.key)
    synth.sounds_off(channel)
    return np.concatenate(pieces)[samples : 2 * samples].astype(np.float32)


def events_of(
    part: str,
    notes: Sequence[Note],
    pitches: Sequence[tuple[float, float, float]],
    tempo_bpm: float,
    drum_key: int,
) -> list[NoteEvent]:
    """Keys struck and let go for what a part plays; `pitches` (beat, beats, MIDI pitch) are all that sounds of it."""

    def place(beat: float) -> int:
        return round(beat * 60 / tempo_bpm * SAMPLE_RATE)

    loud = {round(note.beat, 6): note.velocity for note in notes}
    if part not in PROGRAMS:
        struck = [(note.beat, DRUM_SECONDS * tempo_bpm / 60, drum_key) for note in notes]
    else:
        struck = [(beat, beats, round(pitch)) for beat, beats, pitch in pitches]
    events = []
    for beat, beats, key in struck:
        velocity = max(1, min(127, round(30 + 97 * loud.get(round(beat, 6), 0.8))))
        start = place(beat)
        events += [NoteEvent(start, key, velocity), NoteEvent(max(start + 64, place(beat + beats) - 32), key, 0)]
    return events


@lru_cache(maxsize=1)
def _open_once(path: str) -> Instruments:
    return Instruments.open(Path(path))


def soundfont() -> Path | None:
    """The file that `LOOPGEN_SOUNDFONT` names, if any."""
    named = os.environ.get(SOUNDFONT_VARIABLE, "")
    return Path(named) if named else None


def with_instrument(
    stem: Audio,
    part: str,
    notes: Sequence[Note],
    pitches: Sequence[tuple[float, float, float]],
    tempo_bpm: float,
    *,
    rng: np.random.Generator,
    instruments: Instruments | None = None,
) -> Audio:
    """The mono `stem` `[T]` of a part, now and then played by or with a sampled instrument.

    Takes `instruments`, else those of the soundfont that is named; returns `stem` itself when there are none. `rng`
    should be a stream of its own, so that the rest of the loop is the same with and without. Raises as
    `Instruments.open` does.
    """
    path = soundfont()
    if (instruments is None and path is None) or rng.random() >= SHARE.get(part, 0.0) or not notes:
        return stem
    choices = PROGRAMS.get(part, KITS)
    program = int(choices[int(rng.integers(len(choices)))])
    keys = DRUM_KEYS.get(part, (0,))
    key = int(keys[int(rng.integers(len(keys)))])
    layered, share = rng.random() < LAYER_SHARE, np.float32(rng.uniform(0.3, 0.7))
    open_ones = instruments or _open_once(str(path))
    played = open_ones.play(part, program, events_of(part, notes, pitches, tempo_bpm, key), len(stem))
    loudest, wanted = float(np.abs(played).max(initial=0.0)), float(np.abs(stem).max(initial=0.0))
    if loudest < 1e-4:
        return stem
    played = played * np.float32(wanted / loudest)
    return share * played + (1 - share) * stem if layered else played
