"""A loop planned from a seed: style, tempo, key, which parts play, their notes, sounds and mix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.corpus.affinities import leaning
from engine.corpus.characters import planned_characters
from engine.corpus.forms import PITCHED, draw_parts, shape
from engine.corpus.groove import MAX_SWING, Setting, perform
from engine.corpus.harmony import Harmony, draw_harmony
from engine.corpus.mix_settings import MasterMix, MixSettings, PartMix, draw_mix
from engine.corpus.patterns import MAKERS
from engine.corpus.patterns.grid import Canvas, Hit
from engine.corpus.score import Note, Sound
from engine.corpus.streams import Streams, chance, choose, pick
from engine.corpus.styles import STYLE_HABITS, Style
from engine.corpus.voices import CHORDS, draw_sound, voicing
from engine.errors import InvalidRequest
from engine.knobs import SEED
from engine.tempo import check_bars, check_tempo
from engine.vocabulary import KEYS, PARTS, STYLES

TEMPO_RANGE: Final = (60.0, 200.0)
"""Tempi the corpus covers."""

OUTSIDE_SHARE: Final = 0.24
"""Share of loops whose tempo ignores the style (and lies outside its comfort zone in four of five of them)."""

FREE_SHARE: Final = 0.1
"""Share of parts that play a pattern nobody would write, as users draw on a step grid."""

_DRY: Final = PartMix(0.0, high_pass_hz=5.0)
_DRY_MASTER: Final = MasterMix(high_pass_hz=5.0, loudness_db=-26.0)
"""How a part by itself sounds: at a level at which hardly a peak needs limiting."""


@dataclass(frozen=True)
class LoopPlan:
    """Everything that decides how a corpus loop sounds, before any sound is made.

    `notes` and `sounds` hold the parts that play, in the order of `vocabulary.PARTS`. `key` and `mode` are None
    without a pitched part. `swing` is the delay of every second sixteenth in steps. `tags` are style, parts and the
    characters that follow from the notes; rendering adds those that are measured on the audio.
    """

    seed: int
    tempo_bpm: float
    bars: int
    style: str
    key: str | None
    mode: str | None
    notes: Mapping[str, tuple[Note, ...]]
    sounds: Mapping[str, Sound]
    mix: MixSettings
    swing: float
    tags: tuple[str, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that play."""
        return tuple(self.notes)

    def alone(self, part: str) -> "LoopPlan":
        """The same with nothing but `part`, which plays, and dry: what a voice is by itself, in no space and without
        limiting."""
        pitched = part in PITCHED
        return replace(
            self,
            notes={part: self.notes[part]},
            sounds={part: self.sounds[part]},
            mix=MixSettings({part: _DRY}, master=_DRY_MASTER),
            key=self.key if pitched else None,
            mode=self.mode if pitched else None,
            tags=(self.style, part),
        )

    def onsets(self) -> dict[str, tuple[tuple[float, float], ...]]:
        """For all eight parts the sounding (beat, velocity) pairs in time order; empty when silent.

        Notes of a chord are one onset, as loud as the loudest of them.
        """
        found: dict[str, tuple[tuple[float, float], ...]] = {}
        for part in PARTS:
            loudest: dict[float, float] = {}
            for note in self.notes.get(part, ()):
                loudest[note.beat] = max(note.velocity, loudest.get(note.beat, 0.0))
            found[part] = tuple(sorted(loudest.items()))
        return found

    def pitches(self) -> dict[str, tuple[tuple[float, float, float], ...]]:
        """For the three pitched parts (beat, length in beats, MIDI pitch) of all that sounds, in time order.

        Where a sound stacks a chord of its own on a note, that is all the notes of the chord.
        """
        found: dict[str, tuple[tuple[float, float, float], ...]] = {}
        for part in PITCHED:
            stacked = voicing(self.sounds[part].settings) if _stacks(self.sounds.get(part)) else (0.0,)
            heard = {
                (note.beat, note.beats, note.pitch + interval)
                for note in self.notes.get(part, ())
                for interval in stacked
            }
            found[part] = tuple(sorted(heard))
        return found


def plan_loop(
    seed: int,
    *,
    style: str | None = None,
    tempo_bpm: float | None = None,
    bars: int | None = None,
    key: str | None = None,
    parts: Sequence[str] = PARTS,
) -> LoopPlan:
    """The plan of loop `seed`; what is given replaces what the seed would draw, everything else stays.

    It has no other parts than `parts`, whose order decides with the seed; with a `key`, at least one pitched part
    plays. Raises `InvalidRequest` on a seed, style, tempo, bars or key that is not possible.
    """
    _check(seed, style, key)
    streams = Streams(seed)
    style = style or pick(streams("style"), STYLES)
    habits = STYLE_HABITS[style].of(parts)
    tempo_bpm = draw_tempo(habits, streams("tempo")) if tempo_bpm is None else check_tempo(tempo_bpm)
    bars = draw_bars(tempo_bpm, streams("bars")) if bars is None else check_bars(bars)
    swing = draw_swing(habits, streams("swing"))
    form, playing = _playing(habits, key, streams)
    harmony = _harmony(playing, habits, key, bars, streams)
    energy = streams("energy").uniform(*habits.energy) * (0.5 if form == "sparse" else 1.0)
    sounds = {part: draw_sound(part, style, streams(part, "sound")) for part in playing}
    setting = Setting(bars, tempo_bpm, swing, harmony)
    notes = _performed(draw_hits(sounds, habits, bars, energy, streams), setting, streams)
    return LoopPlan(
        seed=seed,
        tempo_bpm=tempo_bpm,
        bars=bars,
        style=style,
        key=harmony.key if harmony else None,
        mode=harmony.mode if harmony else None,
        notes=notes,
        sounds=_in_harmony(sounds, notes, harmony, streams),
        mix=draw_mix(style, playing, streams("mix")),
        swing=swing,
        tags=(style, *playing, *planned_characters(notes, bars, swing)),
    )


def draw_tempo(habits: Style, rng: np.random.Generator) -> float:
    """Mostly the style's comfort zone, else uniform in log tempo over 60-200 BPM; a third with decimals."""
    if chance(rng, OUTSIDE_SHARE):
        tempo = float(np.exp(rng.uniform(*np.log(TEMPO_RANGE))))
    else:
        tempo = float(rng.uniform(*habits.tempo))
    return round(tempo, choose(rng, {0: 4.0, 1: 1.0, 2: 1.0}))


def draw_bars(tempo_bpm: float, rng: np.random.Generator) -> int:
    """1, 2, 4 or 8 bars, mostly so that the loop lasts 3 to 16 seconds."""
    shares = {}
    for bars, share in {1: 0.14, 2: 0.36, 4: 0.42, 8: 0.08}.items():
        seconds = bars * 240.0 / tempo_bpm
        if seconds <= 20:
            shares[bars] = share * (1.0 if 2.9 <= seconds <= 16.1 else 0.3 if seconds < 2.9 else 0.06)
    return choose(rng, shares)


def draw_swing(habits: Style, rng: np.random.Generator) -> float:
    """Straight, or a swing from the style's range; a few loops swing as far as it goes in any style."""
    if chance(rng, 0.05):
        return round(rng.uniform(0.0, MAX_SWING), 3)
    return round(rng.uniform(*habits.swing), 3) if chance(rng, habits.swing_chance) else 0.0


def draw_hits(
    sounds: Mapping[str, Sound], habits: Style, bars: int, energy: float, streams: Streams
) -> dict[str, list[Hit]]:
    """The hits of every part, drums before the parts that answer them, then the shape of the whole loop.

    `sounds` are those of the parts that play, in the order of `PARTS`.
    """
    hits: dict[str, list[Hit]] = {}
    for part, sound in sounds.items():
        rng = streams(part, "pattern")
        free = _is_free(rng)
        name = "free" if free else choose(rng, leaning(habits.makers[part], sound.voice))
        taken = {p: frozenset(int(h.step) for h in hits.get(p, ())) for p in ("kick", "bass")}
        canvas = Canvas(rng, bars, energy, taken["kick"], taken["bass"])
        hits[part] = MAKERS[part][name](canvas) or [Hit(0.0, 0.8)]
    return shape(hits, bars, energy, streams("shape"))


def free_parts(seed: int) -> tuple[str, ...]:
    """The parts whose row in loop `seed`, where they play, nobody would write."""
    streams = Streams(seed)
    return tuple(part for part in PARTS if _is_free(streams(part, "pattern")))


def in_key(sound: Sound, notes: tuple[Note, ...], harmony: Harmony, rng: np.random.Generator) -> Sound:
    """`sound`; when it stacks a chord of its own on single notes, with one that stays in the key."""
    if not _stacks(sound):
        return sound
    pitches = {round(note.pitch) for note in notes}
    fitting = [
        index
        for index, intervals in enumerate(CHORDS)
        if all((pitch + interval) % 12 in harmony.pitch_classes for pitch in pitches for interval in intervals)
    ]
    if int(sound.settings["chord"]) in fitting:
        return sound
    # Octaves are few and always fit: anything richer that fits is preferred.
    index = pick(rng, [i for i in fitting if i > 1] or fitting)
    return replace(sound, settings={**sound.settings, "chord": float(index)})


def _is_free(rng: np.random.Generator) -> bool:
    """Whether the row that is begun with `rng` is one that nobody would write."""
    return chance(rng, FREE_SHARE)


def _playing(habits: Style, key: str | None, streams: Streams) -> tuple[str, tuple[str, ...]]:
    """The form and the parts that play; with a `key`, one of them is pitched."""
    form, playing = draw_parts(habits, streams("parts"))
    if key is not None and not set(playing) & set(PITCHED):
        playing = tuple(part for part in habits.parts if part in (*playing, "bass"))
    return form, playing


def _harmony(playing: Sequence[str], habits: Style, key: str | None, bars: int, streams: Streams) -> Harmony | None:
    """The harmony of the pitched parts; None where all that plays is drums."""
    if not set(playing) & set(PITCHED):
        return None
    return draw_harmony(key, habits.modes, habits.chords, bars, streams("harmony"))


def _performed(hits: Mapping[str, list[Hit]], setting: Setting, streams: Streams) -> dict[str, tuple[Note, ...]]:
    return {part: perform(part, found, setting, streams(part, "performance")) for part, found in hits.items()}


def _in_harmony(
    sounds: Mapping[str, Sound], notes: Mapping[str, tuple[Note, ...]], harmony: Harmony | None, streams: Streams
) -> Mapping[str, Sound]:
    if harmony is None:
        return sounds
    return {part: in_key(sound, notes[part], harmony, streams(part, "chord")) for part, sound in sounds.items()}


def _stacks(sound: Sound | None) -> bool:
    """True for a sound that plays a chord of its own on every note."""
    return sound is not None and "chord" in sound.settings


def _check(seed: int, style: str | None, key: str | None) -> None:
    SEED.check(seed)
    if style is not None and style not in STYLES:
        raise InvalidRequest(f"Unknown style {style!r}; possible: {', '.join(STYLES)}.")
    if key is not None and key not in KEYS:
        raise InvalidRequest(f"Unknown key {key!r}; possible: {', '.join(KEYS)}.")
