"""One of the user's own loops as a corpus takes it, or a sentence on why it cannot."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.io import AUDIO_SUFFIXES, AudioFile, read_audio
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

__all__ = ["ImportedLoop", "NoLoop", "find_loops", "import_loop", "read_loop", "tempo_in_name"]

SAMPLE_RATE: Final = 44100
_TOLD_PEAK = 1.01
"""Resampling alone may pass full scale by a little."""


class NoLoop(CorpusError):
    """A file that is no loop, and why; `is_one_shot` where it is a single sound instead."""

    is_one_shot = False


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


def read_loop(path: Path, seed: int = 0) -> tuple[CorpusLoop, Finding]:
    """The loop in `path` and what its tempo was taken to be; as `import_loop`."""
    imported = import_loop(path, seed)
    return imported.loop, imported.finding


def import_loop(path: Path, seed: int = 0, *, folders: tuple[str, ...] = (), fit: str | None = None) -> ImportedLoop:
    """One of the user's loops: stereo 44.1 kHz, fitted to exactly whole bars, onsets unknown.

    What it is off whole bars (up to 2 %) is taken up by its tempo, or cut off where it is silent; where it is off by
    more, `fit` says what is done ("trim", "stretch"). What is louder than full scale is turned down. The names of
    its `folders`, nearest first, may tell what its own does not. Raises `NoLoop`, a `CorpusError`, with a sentence
    that says what is wrong with this file.
    """
    found = _read(path, folders, fit)
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
        raise NoLoop(f"{shown_name(path)} is silent.")
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


def _read(path: Path, folders: tuple[str, ...], fit: str | None) -> FileLoop:
    try:
        file = read_audio(path, max_seconds=MAX_LOOP_SECONDS)
        try:
            loop = as_loop(path, file, folders=folders)
        except NotWholeBars as error:
            if fit is None:
                raise
            loop = _fitted(path, file, folders, fit, error)
        check_tempo(loop.finding.tempo_bpm)
    except TempoUnsure as error:
        raise NoLoop(f"{error.heard}: write it into the file name, e.g. groove_126bpm.wav.") from error
    except OneShot as error:
        found = NoLoop(f"{error.heard}.")
        found.is_one_shot = True
        raise found from error
    except NotWholeBars as error:
        raise NoLoop(f"{error.lasts}; {error.possible}.") from error
    except (AudioFileError, InvalidRequest) as error:
        raise NoLoop(str(error)) from error
    return loop


def _fitted(path: Path, file: AudioFile, folders: tuple[str, ...], fit: str, error: NotWholeBars) -> FileLoop:
    """The whole bars that are made of what is not, and a remark on that."""
    loop = as_loop(path, file, folders=folders, fit=fit)
    found = loop.finding
    done = "cut to" if fit == "trim" else "taken as"
    return replace(
        loop, remarks=(*loop.remarks, f"{error.lasts}: it is {done} {found.bars} bars at {found.tempo_bpm:.2f} BPM.")
    )


def _stereo(audio: Audio) -> Audio:
    return np.repeat(audio, 2, axis=0) if audio.shape[0] == 1 else audio
