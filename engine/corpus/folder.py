"""A folder of the user's own loops as a corpus: tempo from name, file or sound, and a report of what was refused."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.io import AudioFile, read_audio
from engine.audio.resampling import resample_loop, resample_periodic
from engine.corpus.loop_tempo import guess_tempo
from engine.corpus.score import Annotation, Audio, CorpusLoop
from engine.errors import AudioFileError, CorpusError
from engine.requests import MAX_BARS, MAX_TEMPO_BPM, MIN_TEMPO_BPM
from engine.tempo import LoopGeometry
from engine.vocabulary import BEATS_PER_BAR, KEYS

SUFFIXES: Final = (".wav", ".flac", ".aif", ".aiff", ".ogg")
SAMPLE_RATE: Final = 44100
MAX_LOOP_SECONDS: Final = 120.0
WHOLE_BARS_TOLERANCE: Final = 0.02
"""How far, relative to its length, a loop may be from whole bars at the tempo its name or chunk gives."""
GUESSED_TEMPI_BPM: Final = (60.0, 200.0)
GUESSED_BARS: Final = (1, 2, 3, 4, 6, 8, 12, 16)
MIN_CONFIDENCE: Final = 0.1
"""A tempo guessed from sound alone with less than this is refused: training on wrong grids harms."""

_NAME_TEMPO = re.compile(r"(?<![\d.])(\d{2,3}(?:\.\d{1,3})?)[\s_-]*bpm", re.IGNORECASE)
_NAME_TEMPO_BEFORE = re.compile(r"bpm[\s_-]*(\d{2,3}(?:\.\d{1,3})?)(?!\d)", re.IGNORECASE)
_NAME_KEY = re.compile(r"(?:^|[\s_-])([A-G])(b|#)?(m|min|maj)?(?=$|[\s_-])")
_SHARPS = {"C#": "Db", "D#": "Eb", "F#": "Gb", "G#": "Ab", "A#": "Bb", "Cb": "B", "Fb": "E", "E#": "F", "B#": "C"}


@dataclass(frozen=True)
class Finding:
    """What a file's tempo and length were taken to be, `source` "name", "chunk" or "sound", with a confidence."""

    tempo_bpm: float
    bars: int
    source: str
    confidence: float


@dataclass(frozen=True)
class ImportReport:
    """What became of a folder: the usable files with their findings, and a sentence for each refused one."""

    accepted: tuple[tuple[Path, Finding], ...]
    refused: tuple[tuple[Path, str], ...]


def find_loops(folder: Path) -> list[Path]:
    """Audio files in `folder` and below, sorted. Raises `CorpusError` on a missing folder or one without any."""
    if not folder.is_dir():
        raise CorpusError(f"The folder {folder} does not exist.")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise CorpusError(f"No audio in {folder}: {', '.join(suffix[1:] for suffix in SUFFIXES)} files are read.")
    return found


def read_folder(folder: Path) -> tuple[list[CorpusLoop], ImportReport]:
    """Every loop of `folder` that can be used, and the report. Raises `CorpusError` when no file can."""
    loops: list[CorpusLoop] = []
    accepted: list[tuple[Path, Finding]] = []
    refused: list[tuple[Path, str]] = []
    for path in find_loops(folder):
        try:
            loop, finding = read_loop(path, seed=len(loops))
        except CorpusError as error:
            refused.append((path, str(error)))
            continue
        loops.append(loop)
        accepted.append((path, finding))
    if not loops:
        raise CorpusError(f"No usable loop among {len(refused)} files in {folder}. The first: {refused[0][1]}")
    return loops, ImportReport(tuple(accepted), tuple(refused))


def read_loop(path: Path, seed: int = 0) -> tuple[CorpusLoop, Finding]:
    """One of the user's loops: stereo 44.1 kHz, fitted to exactly whole bars, onsets unknown.

    The file is taken to be a loop from its first to its last sample; what it is off whole bars (up to 2 %) is
    taken up by its tempo. Raises `CorpusError` with a sentence that says what is wrong with this file.
    """
    try:
        file = read_audio(path, max_seconds=MAX_LOOP_SECONDS)
    except AudioFileError as error:
        raise CorpusError(str(error)) from error
    finding = find_tempo(path, file)
    geometry = LoopGeometry(finding.tempo_bpm, finding.bars)
    audio = _stereo(resample_loop(file.audio, file.sample_rate, SAMPLE_RATE))
    if audio.shape[-1] != geometry.samples:
        audio = resample_periodic(audio, geometry.samples)
    if np.abs(audio).max() < 1e-4:
        raise CorpusError(f"{path.name} is silent.")
    annotation = Annotation(
        seed=seed,
        tempo_bpm=finding.tempo_bpm,
        bars=finding.bars,
        style=None,
        key=file.metadata.key or key_in_name(path.stem),
        tags=(),
        onsets={},
        source="folder",
    )
    return CorpusLoop(audio, annotation), finding


def find_tempo(path: Path, file: AudioFile) -> Finding:
    """Tempo and bars of `file`, by name, then chunk, then sound; raises `CorpusError` where it is not whole bars.

    The tempo returned makes the length whole bars exactly, e.g. 125.98 for a loop named 126 that is a little long.
    """
    seconds = file.audio.shape[-1] / file.sample_rate
    for source, tempo in (("name", tempo_in_name(path.stem)), ("chunk", file.metadata.tempo_bpm)):
        if tempo is None:
            continue
        bars = _whole_bars(seconds, tempo)
        if not bars:
            beats = seconds * tempo / 60
            raise CorpusError(
                f"{path.name} lasts {beats:.2f} beats at the {tempo:g} BPM of its {source}; "
                f"whole bars of {BEATS_PER_BAR} beats, 1 to {MAX_BARS} of them, can be used."
            )
        return Finding(_exact(seconds, bars), bars, source, 1.0)
    return _tempo_by_sound(path, file, seconds)


def tempo_in_name(name: str) -> float | None:
    """The tempo in a file name such as `groove_126bpm`, `126.5 BPM` or `bpm126`, if it is one (40-240)."""
    for pattern in (_NAME_TEMPO, _NAME_TEMPO_BEFORE):
        for match in pattern.finditer(name):
            tempo = float(match.group(1))
            if MIN_TEMPO_BPM <= tempo <= MAX_TEMPO_BPM:
                return tempo
    return None


def key_in_name(name: str) -> str | None:
    """The key in a file name such as `pad_Am_126bpm` or `bass F#min`, if there is one with its mode spelled out."""
    for match in _NAME_KEY.finditer(name):
        tonic, sign, mode = match.groups()
        if mode is None:
            continue  # a lone letter is more often a take than a key
        spelled = _SHARPS.get(tonic + (sign or ""), tonic + (sign or ""))
        key = spelled + ("" if mode == "maj" else "m")
        if key in KEYS:
            return key
    return None


def _tempo_by_sound(path: Path, file: AudioFile, seconds: float) -> Finding:
    low, high = GUESSED_TEMPI_BPM
    possible = {_exact(seconds, bars): bars for bars in GUESSED_BARS}
    candidates = [tempo for tempo in possible if low <= tempo <= high]
    if not candidates:
        raise CorpusError(
            f"{path.name} lasts {seconds:.2f} s, which is no 1 to {MAX_BARS} bars at {low:g}-{high:g} BPM."
        )
    try:
        guess = guess_tempo(file.audio, file.sample_rate, candidates)
    except AudioFileError as error:
        raise CorpusError(f"{path.name}: {error}") from error
    if guess.confidence < MIN_CONFIDENCE:
        raise CorpusError(
            f"The tempo of {path.name} cannot be told from its sound (best guess {guess.tempo_bpm:.1f} BPM): "
            "write it into the file name, e.g. groove_126bpm.wav."
        )
    return Finding(guess.tempo_bpm, possible[guess.tempo_bpm], "sound", guess.confidence)


def _whole_bars(seconds: float, tempo_bpm: float) -> int:
    bars = seconds * tempo_bpm / 60 / BEATS_PER_BAR
    whole = round(bars)
    fits = 1 <= whole <= MAX_BARS and abs(bars / whole - 1) <= WHOLE_BARS_TOLERANCE
    return whole if fits and MIN_TEMPO_BPM <= _exact(seconds, whole) <= MAX_TEMPO_BPM else 0


def _exact(seconds: float, bars: int) -> float:
    return bars * BEATS_PER_BAR * 60 / seconds


def _stereo(audio: Audio) -> Audio:
    return np.repeat(audio, 2, axis=0) if audio.shape[0] == 1 else audio
