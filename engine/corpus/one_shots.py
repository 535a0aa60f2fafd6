"""Drum one-shots from folders of samples, layered over the corpus voices or put in their place where they are found.

Meant for CC0 collections: the npm package `supersonic-scsynth-samples` (its `samples` folder) and the hydrogen kit
Audiophob. The environment variable `LOOPGEN_ONE_SHOTS` names their folders, separated as in PATH; without it the
corpus is made of its own voices alone. For rendering, one call a part is enough:

    stem = with_one_shots(stem, part, notes, tempo_bpm, rng, choke=closed_hat_notes)
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

import numpy as np
import scipy.signal
import soundfile
from numpy.typing import NDArray

from engine.audio.io import AUDIO_SUFFIXES
from engine.audio.resampling import resample
from engine.corpus.drumkits import plain_tag, read_drumkit
from engine.corpus.effects.transfer import SAMPLE_RATE, Audio
from engine.corpus.score import Note
from engine.errors import CorpusError
from engine.files import is_file, is_folder

FOLDERS_VARIABLE: Final = "LOOPGEN_ONE_SHOTS"
EXCLUDED: Final = re.compile(r"^(loop_|arovane_|tbd_fxbed_)")
"""Whole loops, not single hits; they are kept apart for judging the instrument and are never opened."""

ONE_SHOT_SHARE: Final = 0.45
"""Share of drum parts that use a sample where samples are there."""
LAYER_SHARE: Final = 0.4
"""Share of those in which it joins the synthesised voice rather than replacing it."""

_PARTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("kick", re.compile(r"^(bd_|drum_bass_|drum_heavy_kick|elec_(hollow|soft)_kick)|\bkick\b")),
    ("snare", re.compile(r"^(sn_|drum_snare_|elec_(\w+_)?snare|perc_snap)|\b(snare|clap|stick)\b")),
    ("open_hat", re.compile(r"^(hat_(cats|gump|len|metal|noiz)|drum_cymbal_(open|hard|soft)|elec_cymbal|ride_)")),
    ("open_hat", re.compile(r"^drum_splash|\b(open hh|ride|crash)\b")),
    ("closed_hat", re.compile(r"^(hat_|drum_cymbal_|tbd_perc_hat)|\b(closed|pedal) hh\b")),
    (
        "percussion",
        re.compile(
            r"^(drum_tom|drum_cowbell|elec_(?!chime|twang)|tabla_|glitch_perc|tbd_perc_|perc_(bell|impact|swash))"
            r"|\b(tom|cowbell)\b"
        ),
    ),
)
_LONGEST_SECONDS: Final = {"kick": 0.9, "snare": 0.8, "closed_hat": 0.3, "open_hat": 1.6, "percussion": 1.0}
_MAX_FILE_SECONDS = 12.0
_ONSET = 0.02  # of the peak
_FADE_SECONDS = 0.008


def part_of(name: str) -> str | None:
    """The part a sample belongs to by its name, or None for what is no drum hit or is excluded."""
    low = name.lower()
    if EXCLUDED.match(low):
        return None
    return next((part for part, pattern in _PARTS if pattern.search(low)), None)


@dataclass(frozen=True)
class Sample:
    """One sample: mono, 44.1 kHz, beginning at its onset, peak 1."""

    name: str
    audio: Audio


@dataclass(frozen=True)
class OneShotSound:
    """A sample as one part plays it through one loop: `semitones` of tuning and an exponential decay in seconds."""

    part: str
    hit: Sample
    semitones: float = 0.0
    decay_seconds: float = 10.0

    def play(self, semitones: float = 0.0) -> Audio:
        """One hit at full velocity, `semitones` above its own tuning: mono `[T]`, cut where its part ends it."""
        ratio = 2 ** ((self.semitones + semitones) / 12)
        audio = self.hit.audio
        if abs(ratio - 1) > 1e-3:
            up, down = _small_ratio(1 / ratio)
            audio = scipy.signal.resample_poly(audio, up, down).astype(np.float32)
        audio = audio[: round(_LONGEST_SECONDS[self.part] * SAMPLE_RATE)]
        time = np.arange(len(audio), dtype=np.float32) / np.float32(SAMPLE_RATE)
        return _faded(audio * np.exp(-time / np.float32(self.decay_seconds)))

    def render(self, notes: Sequence[Note], tempo_bpm: float, samples: int, choke: Sequence[Note] = ()) -> Audio:
        """All `notes` on a loop `[samples]`; tails wrap around, and a note of `choke` cuts what still rings."""
        out = np.zeros(samples, dtype=np.float32)
        played: dict[float, Audio] = {}
        cuts = sorted(_sample(note.beat, tempo_bpm) % samples for note in choke)
        for note in notes:
            offset = note.pitch - 60.0
            if offset not in played:
                played[offset] = self.play(offset)
            start = _sample(note.beat, tempo_bpm) % samples
            audio = _cut(played[offset], start, cuts, samples)
            np.add.at(out, (start + np.arange(len(audio))) % samples, audio * np.float32(note.velocity))
        return out


@dataclass(frozen=True)
class OneShots:
    """Samples by part."""

    hits: Mapping[str, tuple[Sample, ...]] = field(default_factory=dict)

    @classmethod
    def load(cls, *folders: str | os.PathLike[str]) -> Self:
        """Read the drum hits of `folders`: by file name, or by the instruments of a hydrogen `drumkit.xml`.

        Raises `CorpusError` on a folder that is missing, unreadable or holds no usable sample. A name that comes
        twice (two formats of one sample) counts once.
        """
        hits: dict[str, list[Sample]] = {}
        for folder in folders:
            found = _files(Path(folder))
            for name, part, path in found:
                hits.setdefault(part, []).append(Sample(name, _read(path)))
            if not found:
                raise CorpusError(f"No drum samples in {folder}: expected files such as bd_*.flac, hat_*.wav.")
        return cls({part: tuple(listed) for part, listed in hits.items()})

    def hit(self, part: str, rng: np.random.Generator) -> Sample | None:
        """One sample for `part`, or None where there is none: first a family (`tabla`, `elec`, ...), then one of it.

        So that the thirty tablas of one collection are not half of all percussion.
        """
        families: dict[str, list[Sample]] = {}
        for hit in self.hits.get(part, ()):
            family = hit.name.partition("_")[0]
            families.setdefault(family if family.isalpha() else "", []).append(hit)
        if not families:
            return None
        family_hits = list(families.values())[int(rng.integers(len(families)))]
        return family_hits[int(rng.integers(len(family_hits)))]

    def sound(self, part: str, rng: np.random.Generator) -> OneShotSound | None:
        """A sample for `part` with a drawn tuning and decay, or None where there is none."""
        hit = self.hit(part, rng)
        if hit is None:
            return None
        semitones = float(np.clip(rng.normal(0, 2.0), -5, 5)) if rng.random() < 0.6 else 0.0
        decay = float(np.exp(rng.uniform(np.log(0.08), np.log(1.0)))) if rng.random() < 0.4 else 10.0
        return OneShotSound(part, hit, semitones, decay)


@lru_cache(maxsize=1)
def _load_once(folders: tuple[str, ...]) -> OneShots:
    return OneShots.load(*folders)


def one_shot_folders() -> tuple[Path, ...]:
    """The folders that `LOOPGEN_ONE_SHOTS` names."""
    return tuple(Path(folder) for folder in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if folder)


def available_one_shots() -> OneShots | None:
    """The samples of the folders in `LOOPGEN_ONE_SHOTS`, read once per process; None when it is not set."""
    named = tuple(map(str, one_shot_folders()))
    return _load_once(named) if named else None


def with_one_shots(
    stem: Audio,
    part: str,
    notes: Sequence[Note],
    tempo_bpm: float,
    rng: np.random.Generator,
    *,
    choke: Sequence[Note] = (),
    library: OneShots | None = None,
) -> Audio:
    """The mono `stem` `[T]` of a part, now and then replaced by or layered with a sample playing the same notes.

    Takes the samples of `library`, else the available ones; returns `stem` itself when there are none. `rng` should
    be a stream of its own, so that the rest of the loop is the same with and without samples.
    """
    library = library or available_one_shots()
    if library is None or rng.random() >= ONE_SHOT_SHARE:
        return stem
    sound = library.sound(part, rng)
    if sound is None:
        return stem
    sampled = sound.render(notes, tempo_bpm, len(stem), choke)
    if rng.random() >= LAYER_SHARE:
        return sampled
    share = np.float32(rng.uniform(0.3, 0.7))
    return share * sampled + (1 - share) * stem


def _files(folder: Path) -> list[tuple[str, str, Path]]:
    """(name, part, path) of every usable sample, in the order of names."""
    if not is_folder(folder):
        raise CorpusError(f"The folder of one-shots {folder} does not exist.")
    named = _drumkit_names(folder)
    found: dict[str, tuple[str, str, Path]] = {}
    for path in sorted(folder.iterdir()):
        part = part_of(named.get(path.name, path.stem))
        if path.suffix.lower() in AUDIO_SUFFIXES and part and not EXCLUDED.match(path.name.lower()):
            found.setdefault(path.stem, (path.stem, part, path))
    return list(found.values())


def _drumkit_names(folder: Path) -> dict[str, str]:
    """File name -> instrument name, from a hydrogen kit."""
    root = read_drumkit(folder)
    names = {}
    for instrument in () if root is None else root.iter():
        if plain_tag(instrument) != "instrument":
            continue
        texts = {plain_tag(node): node.text or "" for node in instrument.iter()}
        names[texts.get("filename", "")] = next((n.text or "" for n in instrument if plain_tag(n) == "name"), "")
    return names


def _read(path: Path) -> Audio:
    if not is_file(path):  # pipes and devices, which block or never end
        raise CorpusError(f"The one-shot {path} is no file.")
    try:
        with soundfile.SoundFile(path) as file:
            rate = file.samplerate
            audio = file.read(round(_MAX_FILE_SECONDS * rate), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError, ValueError, MemoryError) as error:
        raise CorpusError(f"The one-shot {path} cannot be read: {error}.") from error
    mono = resample(_mono(audio.T)[None], rate, SAMPLE_RATE)[0]
    peak = float(np.abs(mono).max(initial=0.0))
    if not np.isfinite(peak) or peak < 1e-4:
        raise CorpusError(f"The one-shot {path} is silent.")
    onset = max(0, int(np.argmax(np.abs(mono) > _ONSET * peak)) - 16)
    return _faded(mono[onset:] / np.float32(peak))


def _mono(audio: NDArray[np.float32]) -> Audio:
    """Mean of the channels, or the louder one where they cancel."""
    mean: Audio = audio.mean(axis=0)
    loudest: Audio = audio[int(np.argmax(np.sum(audio**2, axis=1)))]
    return mean if np.sum(mean**2) > 0.25 * np.sum(loudest**2) else loudest


def _faded(audio: Audio) -> Audio:
    fade = min(len(audio), round(_FADE_SECONDS * SAMPLE_RATE))
    out = audio.copy()
    out[len(out) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return out


def _cut(audio: Audio, start: int, cuts: Sequence[int], samples: int) -> Audio:
    waits = [(cut - start) % samples for cut in cuts if (cut - start) % samples > 0]
    return _faded(audio[: min(waits)]) if waits and min(waits) < len(audio) else audio


def _sample(beat: float, tempo_bpm: float) -> int:
    return round(beat * 60 / tempo_bpm * SAMPLE_RATE)


def _small_ratio(ratio: float) -> tuple[int, int]:
    return round(ratio * 100), 100
