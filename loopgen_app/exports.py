"""Loops as files: dragged, exported one by one or as a batch, and read back when they are dropped."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine import (
    AudioFile,
    AudioFileError,
    ExportError,
    InvalidRequest,
    export_name,
    free_path,
    read_audio,
    read_metadata,
    sweep_stale_files,
    write_flac,
    write_wav,
)
from loopgen_app.audition import HeardLoop
from loopgen_app.settings import Folders, Settings
from loopgen_app.state.loop_audio import Audio
from loopgen_app.state.recipe import Recipe

log = logging.getLogger(__name__)

FORMATS = {
    "wav16": ("WAV, 16 bit", ".wav", "PCM_16"),
    "wav24": ("WAV, 24 bit", ".wav", "PCM_24"),
    "wav32f": ("WAV, 32 bit float", ".wav", "FLOAT"),
    "flac": ("FLAC, 24 bit", ".flac", "PCM_24"),
}
AUDIO_SUFFIXES = (".wav", ".flac", ".aif", ".aiff", ".ogg")
JOIN_SECONDS = 0.004


@dataclass(frozen=True)
class Dropped:
    """An audio file that was dropped, before its sound is read: its recipe if it has one, and its tempo."""

    path: Path
    recipe: Recipe | None
    tempo_bpm: float | None = None


class Exports:
    """Writes into the user's export folder, or one that was chosen. Nothing partial ever has a final name."""

    def __init__(self, folders: Folders, settings: Settings) -> None:
        self._folders, self._settings = folders, settings
        self._dragged: dict[tuple[int, str], Path] = {}
        self.last: Path | None = None

    @property
    def folder(self) -> Path:
        """Where files go when no other folder is chosen."""
        return Path(self._settings.export_folder) if self._settings.export_folder else self._folders.exports

    def sweep(self) -> int:
        """Remove what a killed process left half-written."""
        return sweep_stale_files(self.folder)

    def file_for_drag(self, heard: HeardLoop) -> Path:
        """A complete file that stays: the same one when the same loop is dragged again. Raises `ExportError`."""
        key = (heard.id, self._settings.export_format)
        known = self._dragged.get(key)
        if known is None or not known.exists():
            self._dragged[key] = known = self.export(heard)
        return known

    def export(self, heard: HeardLoop, folder: Path | None = None) -> Path:
        """Write one loop under a free name; returns its path. Raises `ExportError`."""
        request = heard.recipe.request
        _, suffix, _ = FORMATS[self._settings.export_format]
        name = export_name(
            heard.name if heard.recipe.origin else request.prompt or heard.name,
            request.tempo_bpm,
            request.key,
            heard.recipe.bars,
            request.seed,
            extension=suffix,
        )
        return self._write(heard, self._free(folder or self.folder, name))

    def export_many(self, loops: Sequence[HeardLoop], folder: Path) -> list[Path]:
        """Write many loops into one folder; stops at the first that cannot be written. Raises `ExportError`."""
        return [self.export(loop, folder) for loop in loops]

    def export_motion(self, loops: Sequence[HeardLoop]) -> Path:
        """Write the loops of a path on the pad one after the other as one evolving file. Raises `ExportError`."""
        first = loops[0]
        joined = join([loop.audio for loop in loops], round(JOIN_SECONDS * first.sample_rate))
        request = first.recipe.request
        name = export_name(f"{request.prompt or first.name} motion", request.tempo_bpm, request.key,
                           request.bars * len(loops), request.seed)  # fmt: skip
        path = self._free(self.folder, name)
        write_wav(
            path, joined, first.sample_rate, subtype="PCM_24", tempo_bpm=request.tempo_bpm,
            beats=first.beats * len(loops), key=request.key, recipe=first.recipe.to_json(),
        )  # fmt: skip
        self.last = path
        return path

    def _free(self, folder: Path, name: str) -> Path:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExportError(f"The export folder {folder} cannot be made: {error.strerror or error}.") from error
        return free_path(folder, name)

    def _write(self, heard: HeardLoop, path: Path) -> Path:
        request = heard.recipe.request
        _, _, subtype = FORMATS[self._settings.export_format]
        is_loop = not heard.recipe.is_passage
        audio = np.nan_to_num(heard.audio, nan=0.0, posinf=0.0, neginf=0.0).clip(-1.0, 1.0)
        recipe = heard.recipe.to_json()
        if path.suffix == ".flac":
            write_flac(
                path, audio, heard.sample_rate, subtype=subtype, recipe=recipe,
                tempo_bpm=request.tempo_bpm if is_loop else None, key=request.key if is_loop else None,
            )  # fmt: skip
        else:
            write_wav(
                path, audio, heard.sample_rate, subtype=subtype, recipe=recipe, is_loop=is_loop,
                tempo_bpm=request.tempo_bpm if is_loop else None, beats=heard.beats if is_loop else None,
                key=request.key if is_loop else None,
            )  # fmt: skip
        self.last = path
        return path


def look_at(path: Path) -> Dropped:
    """What a dropped file is; raises `AudioFileError` with one sentence on anything that is no usable audio."""
    _check_name(path)
    metadata = read_metadata(path)
    recipe: Recipe | None = None
    if metadata.comment:
        try:
            recipe = Recipe.from_json(metadata.comment)
        except InvalidRequest as error:
            log.info("%s has a comment but no recipe: %s", path, error)
    tempo = metadata.tempo_bpm
    return Dropped(path, recipe, tempo if tempo and 40 <= tempo <= 240 else None)


def read_drop(path: Path) -> AudioFile:
    """The sound of a dropped file; raises `AudioFileError` as `look_at` does."""
    _check_name(path)
    return read_audio(path)


def _check_name(path: Path) -> None:
    if path.is_dir():
        raise AudioFileError(f"{path.name} is a folder; drop one audio file (WAV, FLAC, AIFF or OGG).")
    if path.suffix.lower() not in AUDIO_SUFFIXES:
        raise AudioFileError(f"{path.name} is no audio file; WAV, FLAC, AIFF or OGG can be dropped.")


def join(parts: Sequence[Audio], fade: int) -> Audio:
    """Loops `[2, T]` of one length one after the other, crossfaded with equal power around each joint.

    Loops have no ends, so what a loop plays before its first sample is what it plays before its last joint: the
    result is exactly as long as its parts together, and is a loop again.
    """
    rise = np.sin((np.arange(2 * fade) + 0.5) / (2 * fade) * np.pi / 2).astype(np.float32)
    joined = np.concatenate(parts, axis=1)
    starts = np.cumsum([0, *(part.shape[1] for part in parts[:-1])])
    for index, start in enumerate(starts):
        before, after = parts[index - 1], parts[index]
        if before is after:
            continue
        span = np.arange(-fade, fade)
        mixed = after[:, span % after.shape[1]] * rise + before[:, span % before.shape[1]] * rise[::-1]
        joined[:, (start + span) % joined.shape[1]] = mixed
    return joined
