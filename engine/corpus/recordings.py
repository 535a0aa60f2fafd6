"""Real recordings for training: BSD-licensed loop tracks of Debian games, cut into loops of whole bars.

The tracks of torus-trooper, titanion, gunroar, mu-cade and a7xpg (BSD-2-Clause) have an integer tempo, begin on a
beat and last a whole number of bars. A loop cut out of a track is not a loop yet: what follows its end is not its
beginning. So its last milliseconds are cross-faded into what came before its beginning, which leads into it.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from engine.audio.io import AUDIO_SUFFIXES
from engine.corpus.effects import equaliser
from engine.corpus.effects.transfer import SAMPLE_RATE, Audio, apply
from engine.corpus.score import Annotation, CorpusLoop
from engine.errors import CorpusError
from engine.files import is_file
from engine.listening.bars import whole_bars
from engine.listening.loop_tempo import guess_tempo
from engine.tempo import LoopGeometry
from engine.vocabulary import BEATS_PER_BAR

GAMES: Final = Path("/usr/share/games")
CANDIDATES: Final = tuple(
    GAMES / folder
    for folder in (
        "torus-trooper/sounds/musics",
        "titanion/sounds/musics",
        "gunroar/sounds/musics",
        "mu-cade/sounds/musics",
        "a7xpg/sounds",
    )
)
"""Where Debian's packages put the tracks."""

TEMPI_BPM: Final = range(60, 201)
WHOLE_BEATS_TOLERANCE: Final = 0.03
"""How far from whole a track may be, in beats: files are cut to a few milliseconds."""
LOOP_BARS: Final = (1, 2, 4, 8)
SEAM_SECONDS: Final = 0.012
MAX_LOOP_SECONDS: Final = 20.0
MOST_SECONDS: Final = 1200.0
_SHORTEST_TRACK_SECONDS = 20.0  # the same folders hold effects
_SPEED_RANGE = 0.06
_MONO_SIDE = 1e-3


@dataclass(frozen=True)
class Recording:
    """A whole track `[C, T]` at 44.1 kHz that repeats: `bars` bars at an integer tempo, beat 0 at sample 0."""

    name: str
    audio: Audio
    tempo_bpm: float
    bars: int
    confidence: float


@dataclass(frozen=True)
class Variation:
    """An augmentation: playback `speed` (pitch and tempo follow), gain, and side signal for mono tracks."""

    speed: float = 1.0
    gain_db: float = 0.0
    side: float = 0.0


def find_tracks(folders: Sequence[Path] = CANDIDATES) -> list[Path]:
    """The tracks found in those of `folders` that exist, in order; effects shorter than 20 s are left out."""
    found = []
    for folder in folders:
        if not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in AUDIO_SUFFIXES and _seconds(path) >= _SHORTEST_TRACK_SECONDS:
                found.append(path)
    return found


def _seconds(path: Path) -> float:
    """Length of a track; nothing of one that cannot be read."""
    try:
        return float(soundfile.info(path).duration) if is_file(path) else 0.0  # a pipe would be waited for
    except (soundfile.LibsndfileError, OSError):
        return 0.0


def read_recording(path: Path) -> Recording:
    """Read a looping track and find its tempo: the integer BPM that fits the length and the onsets best.

    Raises `CorpusError` where the file cannot be read, or no tempo of 60-200 BPM makes it a whole number of bars.
    """
    if not 0 < _seconds(path) <= MOST_SECONDS:
        raise CorpusError(f"The track {path} cannot be read, or is longer than {MOST_SECONDS:g} s.")
    try:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError, ValueError, MemoryError) as error:
        raise CorpusError(f"The track {path} cannot be read: {error}.") from error
    if rate != SAMPLE_RATE:
        audio = soxr.resample(audio, rate, SAMPLE_RATE)
    audio = np.ascontiguousarray(audio.T, dtype=np.float32)
    seconds = audio.shape[1] / SAMPLE_RATE
    candidates = [tempo for tempo in TEMPI_BPM if _bars(seconds, tempo)]
    if not candidates:
        raise CorpusError(
            f"The track {path} of {seconds:.3f} s is no whole number of bars at any tempo of 60-200 BPM."
        )
    guess = guess_tempo(audio, SAMPLE_RATE, candidates)
    return Recording(path.stem, audio, guess.tempo_bpm, _bars(seconds, guess.tempo_bpm), guess.confidence)


def _bars(seconds: float, tempo_bpm: float) -> int:
    return whole_bars(seconds, tempo_bpm, off_beats=WHOLE_BEATS_TOLERANCE)


def cut_loop(recording: Recording, first_bar: int, bars: int, variation: Variation, seed: int = 0) -> CorpusLoop:
    """`bars` bars of `recording` from `first_bar` (wrapping round the track) as a stereo loop.

    Its tempo is the recording's times the speed. The last 12 ms fade into what precedes the first bar.
    """
    tempo_bpm = recording.tempo_bpm * variation.speed
    geometry = LoopGeometry(tempo_bpm, bars)
    period = recording.audio.shape[1]
    margin = round((SEAM_SECONDS + 0.05) * SAMPLE_RATE)
    start = round(first_bar * period / recording.bars)
    wanted = round(bars * period / recording.bars)
    source = np.take(recording.audio, np.arange(start - margin, start + wanted + margin) % period, axis=1)
    if variation.speed != 1:
        source = soxr.resample(source.T, variation.speed * SAMPLE_RATE, SAMPLE_RATE, quality="VHQ").T
    place = round(margin / variation.speed)
    audio = _closed(source.astype(np.float32), place, geometry.samples)
    stereo = _stereo(audio, variation.side) * np.float32(10 ** (variation.gain_db / 20))
    peak = float(np.abs(stereo).max(initial=0.0))
    if peak > 0.98:
        stereo = stereo * np.float32(0.98 / peak)
    annotation = Annotation(
        seed=seed, tempo_bpm=tempo_bpm, bars=bars, style=None, key=None, tags=(), onsets={}, source="recording"
    )
    return CorpusLoop(np.ascontiguousarray(stereo, dtype=np.float32), annotation)


def recorded_loops(seed: int, folders: Sequence[Path] = CANDIDATES) -> Iterator[CorpusLoop]:
    """Every track found, cut into loops of 1 to 8 bars throughout, each varied in speed, gain and width.

    Another `seed` gives other cuts and variations of the same tracks. Yields nothing where no track is installed.
    """
    for path in find_tracks(folders):
        recording = read_recording(path)
        rng = np.random.default_rng([seed, zlib.crc32(recording.name.encode())])
        bar_seconds = 60 * BEATS_PER_BAR / recording.tempo_bpm
        possible = [bars for bars in LOOP_BARS if bars * bar_seconds <= MAX_LOOP_SECONDS]
        first_bar = 0
        while first_bar < recording.bars:
            bars = possible[int(rng.integers(len(possible)))]
            variation = Variation(
                speed=float(np.exp(rng.uniform(-_SPEED_RANGE, _SPEED_RANGE))),
                gain_db=float(rng.uniform(-4, 2)),
                side=float(rng.uniform(0, 0.5)),
            )
            yield cut_loop(recording, first_bar, bars, variation, seed)
            first_bar += bars


def _closed(source: Audio, place: int, samples: int) -> Audio:
    """`samples` from `place`, the end cross-faded (equal gain) into what lies before `place`."""
    seam = round(SEAM_SECONDS * SAMPLE_RATE)
    loop = source[:, place : place + samples].copy()
    rise = np.linspace(0, 1, seam, dtype=np.float32)
    loop[:, -seam:] = loop[:, -seam:] * (1 - rise) + source[:, place - seam : place] * rise
    return loop


def _stereo(audio: Audio, side: float) -> Audio:
    """Two channels; what is mono gets an 11 ms echo as its side signal (Lauridsen), none below 250 Hz."""
    if audio.shape[0] == 1:
        audio = np.repeat(audio, 2, axis=0)
    audio = audio[:2]
    if side <= 0 or np.abs(audio[0] - audio[1]).max() > _MONO_SIDE:
        return audio
    middle = audio[0]
    difference = np.float32(side) * np.roll(apply(middle, equaliser.high_pass(250.0)), round(0.011 * SAMPLE_RATE))
    return np.stack([middle + difference, middle - difference])
