"""From notes to audio: single strikes, and the circular rendering of a whole part."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.corpus.score import Audio, Note, Sound
from engine.corpus.voices.registry import voice_of
from engine.corpus.voices.shaping import finish
from engine.corpus.voices.voice import SAMPLE_RATE, Glide, Settings, Strike, Voice
from engine.vocabulary import NOTE_RANGES, PARTS

DRUMS: Final = tuple(part for part in PARTS if part not in NOTE_RANGES)
SYNTH_HEADROOM: Final = 0.5
VELOCITY_STEPS: Final = 3
SETTLED_SECONDS: Final[Mapping[str, tuple[float, float]]] = {"kick": (0.05, 0.25), "bass": (0.01, 0.3)}
"""Parts whose oscillators begin in step, and from when to when it is heard where their lowest tone stands."""
_LONG_DECAY: Final = 0.8
_CHOKE_SECONDS: Final = 0.006
_VARIANTS: Final[Mapping[str, int]] = {"kick": 2, "snare": 3, "closed_hat": 3, "open_hat": 2, "percussion": 3}


@dataclass(frozen=True)
class _Placed:
    start: int
    level: float
    strike: Strike


def play(sound: Sound, note: Note, seconds: float, rng: np.random.Generator) -> Audio:
    """One note held for `seconds`, with its natural tail: mono `[T]` at 44.1 kHz, without DC, faded out at the end.

    Drums ignore `seconds`. The highest sample is `note.velocity` for drums and half of that for bass, lead and pad.
    """
    strike = Strike((note.pitch,), note.velocity, max(seconds, 0.01))
    return _sound_strike(sound, strike, note.velocity, rng)


def _sound_strike(sound: Sound, strike: Strike, level: float, rng: np.random.Generator) -> Audio:
    voice = voice_of(sound)
    peak = level if voice.part in DRUMS else SYNTH_HEADROOM * level
    if voice.part in SETTLED_SECONDS:
        strike = _in_step(voice, sound.settings, strike, rng)
    return finish(voice.sound(sound.settings, strike, rng), peak)


def _in_step(voice: Voice, settings: Settings, strike: Strike, rng: np.random.Generator) -> Strike:
    """`strike` with oscillators that begin so that its lowest tone, as it is heard, stands at a crest when it would
    have begun: where what is low stands is then told by its pitch alone, whatever the filters and falls of a voice.
    """
    tuned = settings.get("hz", 0.0) * strike.tune
    hertz = tuned if voice.part in DRUMS else 440.0 * 2.0 ** ((min(strike.pitches) - 69.0) / 12.0)
    until = min([strike.seconds, *(glide.seconds for glide in strike.glides)]) if voice.part not in DRUMS else 1.0
    begin, end = (round(seconds * SAMPLE_RATE) for seconds in SETTLED_SECONDS[voice.part])
    heard = voice.sound(settings, strike, copy.deepcopy(rng))[:end][: max(round(until * SAMPLE_RATE), 2 * begin)]
    if not hertz or len(heard) <= begin:
        return strike
    places = np.arange(begin, len(heard))
    turns = np.exp(-2j * np.pi * hertz / SAMPLE_RATE * places)
    lag = np.angle(np.sum(heard[begin:] * np.hanning(len(places)) * turns)) / (2 * np.pi)
    return replace(strike, start=float(-lag))


def render_part(  # noqa: PLR0917
    sound: Sound,
    notes: Sequence[Note],
    tempo_bpm: float,
    samples: int,
    rng: np.random.Generator,
    choke: Sequence[Note] = (),
) -> Audio:
    """All `notes` of one part as an exactly circular mono loop `[samples]`: what rings past the end wraps around.

    Notes at the same place and of the same length sound as one chord. A note with `slide` continues the note before
    it, around the loop end too. Each of the `choke` notes (closed hats) silences what sounds then (open hats).
    Hits are rendered once per pitch, length, velocity step and round-robin variant, then reused.
    """
    base = int(rng.integers(2**62))
    beat_samples = 60.0 / tempo_bpm * SAMPLE_RATE
    drum = voice_of(sound).part in DRUMS
    placed = _place_drums(notes, beat_samples) if drum else _place_phrases(notes, beat_samples, samples)
    chokes = np.unique([round(note.beat * beat_samples) % samples for note in choke]).astype(np.int64)
    variants = _variants(sound)
    rendered: dict[tuple[Strike, int], Audio] = {}
    out = np.zeros(samples, np.float64)
    for number, event in enumerate(placed):
        variant = _variant(base, number, variants)
        key = (event.strike, variant)
        if key not in rendered:
            hit = np.random.default_rng((base, variant, *_fingerprint(event.strike)))
            rendered[key] = _sound_strike(sound, event.strike, 1.0, hit)
        audio = _choked(rendered[key], event.start, chokes, samples)
        _add_circular(out, audio, event.start, event.level)
    return out.astype(np.float32)


def _variants(sound: Sound) -> int:
    """Round-robin variants: fewer of what rings long, where differences drown and rendering costs."""
    short = sound.settings.get("decay", 0.0) < _LONG_DECAY
    return _VARIANTS.get(voice_of(sound).part, 1) if short else 1


def _variant(base: int, number: int, variants: int) -> int:
    # Round robin that never repeats at once, starting anywhere.
    return (base + number) % variants


def _fingerprint(strike: Strike) -> tuple[int, ...]:
    pitches = [round(1000 * (pitch + 200)) for pitch in strike.pitches]
    return (*pitches, round(1000 * strike.velocity), round(SAMPLE_RATE * strike.seconds))


def _step(velocity: float) -> float:
    """Timbre follows velocity in a few steps, so that hits can be reused; level follows it exactly."""
    return max(1, round(velocity * VELOCITY_STEPS)) / VELOCITY_STEPS


def _place_drums(notes: Sequence[Note], beat_samples: float) -> list[_Placed]:
    ordered = sorted(notes, key=lambda note: note.beat)
    return [
        _Placed(round(n.beat * beat_samples), n.velocity, Strike((n.pitch,), _step(n.velocity), 0.1)) for n in ordered
    ]


def _place_phrases(notes: Sequence[Note], beat_samples: float, samples: int) -> list[_Placed]:
    phrases: list[list[list[Note]]] = []
    for chord in _chords(notes):
        if phrases and chord[0].slide:
            phrases[-1].append(chord)
        else:
            phrases.append([chord])
    if len(phrases) > 1 and phrases[0][0][0].slide:
        phrases[-1].extend(phrases.pop(0))
    return [_phrase(phrase, beat_samples, samples) for phrase in phrases]


def _chords(notes: Sequence[Note]) -> list[list[Note]]:
    chords: list[list[Note]] = []
    for note in sorted(notes, key=lambda note: (note.beat, note.beats, note.pitch)):
        if chords and abs(note.beat - chords[-1][0].beat) < 1e-6 and note.beats == chords[-1][0].beats:
            chords[-1].append(note)
        else:
            chords.append([note])
    return chords


def _phrase(phrase: list[list[Note]], beat_samples: float, samples: int) -> _Placed:
    first, last = phrase[0], phrase[-1][0]
    start = round(first[0].beat * beat_samples)
    beat_seconds = beat_samples / SAMPLE_RATE

    def since(beat: float) -> float:
        return ((beat - first[0].beat) * beat_seconds) % (samples / SAMPLE_RATE)

    glides = tuple(Glide(since(chord[0].beat), chord[0].pitch) for chord in phrase[1:])
    held = (since(last.beat) if glides else 0.0) + last.beats * beat_seconds
    velocity = max(note.velocity for note in first)
    # Lengths on a 10 ms grid: notes that differ by micro-timing alone share one rendering.
    strike = Strike(tuple(note.pitch for note in first), _step(velocity), max(round(100 * held), 1) / 100, glides)
    return _Placed(start, velocity, strike)


def _choked(audio: Audio, start: int, chokes: NDArray[np.int64], samples: int) -> Audio:
    if not len(chokes):
        return audio
    distance = int(np.min((chokes - start - 1) % samples)) + 1
    if distance >= len(audio):
        return audio
    fade = min(round(_CHOKE_SECONDS * SAMPLE_RATE), len(audio) - distance)
    cut = audio[: distance + fade].copy()
    cut[distance:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return cut


def _add_circular(out: NDArray[np.float64], audio: Audio, start: int, level: float) -> None:
    done = 0
    at = start % len(out)
    while done < len(audio):
        length = min(len(audio) - done, len(out) - at)
        out[at : at + length] += level * audio[done : done + length]
        done += length
        at = 0
