"""A folder of the user's own loops as a corpus, and a report of what was refused."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.io import AUDIO_SUFFIXES, read_audio
from engine.audio.resampling import resample_loop, resample_periodic
from engine.corpus.score import Annotation, Audio, CorpusLoop
from engine.errors import AudioFileError, CorpusError, InvalidRequest
from engine.files import is_file, is_folder, shown_name
from engine.listening.errors import NotWholeBars, OneShot, TempoUnsure
from engine.listening.names import tempo_in_name
from engine.listening.reading import FileLoop, as_loop
from engine.listening.tempo import MAX_LOOP_SECONDS, SILENT_PEAK
from engine.listening.told_tempo import Finding
from engine.tempo import LoopGeometry, check_tempo

__all__ = ["ImportReport", "ImportedLoop", "find_loops", "import_loop", "read_folder", "read_loop", "tempo_in_name"]

SAMPLE_RATE: Final = 44100
_TOLD_PEAK = 1.01
"""Resampling alone may pass full scale by a little."""


@dataclass(frozen=True)
class ImportReport:
    """What became of a folder: the usable files with their findings, and a sentence for each refused one.

    `remarks` are sentences on what was done to files, and on tempi that were heard; `known` are files whose loop the
    corpus has already.
    """

    accepted: tuple[tuple[Path, Finding], ...]
    refused: tuple[tuple[Path, str], ...]
    remarks: tuple[str, ...] = ()
    known: tuple[Path, ...] = ()


@dataclass(frozen=True, eq=False)
class ImportedLoop:
    """One of the user's loops as the corpus takes it, what its tempo was taken to be, and sentences on that."""

    path: Path
    loop: CorpusLoop
    finding: Finding
    remarks: tuple[str, ...]


def find_loops(folder: Path) -> list[Path]:
    """Audio files in `folder` and below, sorted. Raises `CorpusError` on a missing folder or one without any."""
    if not is_folder(folder):
        raise CorpusError(f"The folder {folder} does not exist.")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES and is_file(path))
    if not found:
        raise CorpusError(
            f"No audio in {folder}: {', '.join(suffix[1:] for suffix in AUDIO_SUFFIXES)} files are read."
        )
    return found


def read_folder(folder: Path) -> tuple[list[ImportedLoop], ImportReport]:
    """Every loop of `folder` that can be used, and the report. Raises `CorpusError` when no file can."""
    loops: list[ImportedLoop] = []
    refused: list[tuple[Path, str]] = []
    for path in find_loops(folder):
        try:
            loops.append(import_loop(path))
        except CorpusError as error:
            refused.append((path, str(error)))
    if not loops:
        raise CorpusError(f"No usable loop among {len(refused)} files in {folder}. The first: {refused[0][1]}")
    remarks = tuple(remark for loop in loops for remark in loop.remarks)
    return loops, ImportReport(tuple((loop.path, loop.finding) for loop in loops), tuple(refused), remarks)


def read_loop(path: Path, seed: int = 0) -> tuple[CorpusLoop, Finding]:
    """The loop in `path` and what its tempo was taken to be; as `import_loop`."""
    imported = import_loop(path, seed)
    return imported.loop, imported.finding


def import_loop(path: Path, seed: int = 0) -> ImportedLoop:
    """One of the user's loops: stereo 44.1 kHz, fitted to exactly whole bars, onsets unknown.

    What it is off whole bars (up to 2 %) is taken up by its tempo, or cut off where it is silent; what is louder than
    full scale is turned down. Raises `CorpusError` with a sentence that says what is wrong with this file.
    """
    found = _read(path)
    finding, remarks = found.finding, list(found.remarks)
    if finding.source == "sound":
        remarks.insert(
            0,
            f"{shown_name(path)}: {finding.bars} bars at {finding.tempo_bpm:.2f} BPM by ear "
            f"(confidence {finding.confidence:.2f}); write the tempo into the file name if that is wrong.",
        )
    audio = _stereo(resample_loop(found.file.audio, found.file.sample_rate, SAMPLE_RATE))
    audio = resample_periodic(audio, LoopGeometry(finding.tempo_bpm, finding.bars).samples)
    peak = float(np.abs(audio).max())
    if peak < SILENT_PEAK:
        raise CorpusError(f"{shown_name(path)} is silent.")
    if peak > 1:  # 16 bits hold no more, and cutting off what is above would distort it
        audio = audio / np.float32(peak)
        if peak > _TOLD_PEAK:
            remarks.append(f"{shown_name(path)} reaches {peak:.2f} times full scale: it is turned down.")
    annotation = Annotation(
        seed=seed,
        tempo_bpm=finding.tempo_bpm,
        bars=finding.bars,
        style=None,
        key=found.key,
        tags=(),
        onsets={},
        source="folder",
    )
    return ImportedLoop(path, CorpusLoop(audio, annotation), finding, tuple(remarks))


def _read(path: Path) -> FileLoop:
    try:
        loop = as_loop(path, read_audio(path, max_seconds=MAX_LOOP_SECONDS))
        check_tempo(loop.finding.tempo_bpm)
    except TempoUnsure as error:
        raise CorpusError(f"{error.heard}: write it into the file name, e.g. groove_126bpm.wav.") from error
    except OneShot as error:
        raise CorpusError(f"{error.heard}.") from error
    except NotWholeBars as error:
        raise CorpusError(f"{error.lasts}; {error.possible}.") from error
    except (AudioFileError, InvalidRequest) as error:
        raise CorpusError(str(error)) from error
    return loop


def _stereo(audio: Audio) -> Audio:
    return np.repeat(audio, 2, axis=0) if audio.shape[0] == 1 else audio
