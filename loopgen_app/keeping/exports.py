"""Loops as files: dragged, exported one by one or as a batch, and read back when they are dropped."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine import (
    AUDIO_SUFFIXES,
    DEFAULT_FORMAT,
    FORMATS,
    KNOBS,
    AudioFile,
    AudioFileError,
    ExportError,
    Format,
    Origin,
    Pattern,
    Recipe,
    file_name,
    find_recipe,
    free_path,
    is_file,
    is_folder,
    read_audio,
    read_metadata,
    sweep_stale_files,
    write_midi,
    write_sound,
    write_stems,
)
from loopgen_app.audition import LoopAtHand
from loopgen_app.making.mixing import Mix
from loopgen_app.settings import Folders, Settings
from loopgen_app.state.loop_audio import Audio

log = logging.getLogger(__name__)


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
        self._files: dict[int, dict[str, Path]] = {}
        self._mixes: dict[Path, object] = {}
        self._stems: dict[tuple[int, str, str], Path] = {}
        self.last: Path | None = None

    @property
    def folder(self) -> Path:
        """Where files go when no other folder is chosen."""
        return Path(self._settings.export_folder) if self._settings.export_folder else self._folders.exports

    @property
    def format(self) -> Format:
        """The kind of file that is written."""
        return FORMATS.get(self._settings.export_format, DEFAULT_FORMAT)

    def sweep(self) -> int:
        """Remove what a killed process left half-written."""
        return sweep_stale_files(self.folder)

    def file_of(self, loop: LoopAtHand) -> Path | None:
        """The file that was written of a loop last, wherever and in whatever format; None when there is none."""
        files = self._files.get(loop.id, {})
        return next((path for path in reversed(files.values()) if is_file(path)), None)

    def file_for_drag(self, loop: LoopAtHand, mix: Mix | None = None) -> Path:
        """A complete file that stays: the one in the export folder in the format that is chosen and of the same
        `mix`, or a new one.

        Raises `ExportError`.
        """
        known = self._files.get(loop.id, {}).get(self.format.id)
        there = known is not None and known.parent == self.folder and is_file(known)
        same = known is not None and self._mixes.get(known) == (mix and mix.gains)
        return known if known is not None and there and same else self.export(loop, mix=mix)

    def midi_for_drag(self, pattern: Pattern, bars: int, tempo_bpm: float) -> Path:
        """A complete MIDI file of `pattern` that stays, in the export folder. Raises `ExportError`, or
        `MissingDependency` without mido."""
        self._make(self.folder)
        path = free_path(self.folder, f"pattern_{tempo_bpm:g}bpm_{bars}bars.mid")
        return write_midi(path, pattern, bars, tempo_bpm=tempo_bpm)

    def export(self, loop: LoopAtHand, folder: Path | None = None, mix: Mix | None = None) -> Path:
        """Write one loop under a free name, as it was made or as its `mix` sounds; returns its path. Raises
        `ExportError`."""
        folder = folder or self.folder
        self._make(folder)
        return self._write(loop, free_path(folder, file_name(loop.recipe, loop.name, self.format)), mix)

    def export_stems(self, loop: LoopAtHand, stems: Mapping[str, Audio]) -> list[Path]:
        """Write the parts of a loop, which add up to it, under free names; returns their paths. Raises
        `ExportError`."""
        self._make(self.folder)
        written = write_stems(self.folder, stems, loop.sample_rate, loop.recipe, words=loop.name, kind=self.format)
        return [*written.values()]

    def stems_for_drag(self, loop: LoopAtHand, stems: Mapping[str, Audio]) -> list[Path]:
        """Complete files of parts of a loop that stay, as they were made: those that were written of them before, or
        new ones. Raises `ExportError`."""
        self._make(self.folder)
        keys = {part: (loop.id, part, self.format.id) for part in stems}
        there = {
            part: path
            for part, key in keys.items()
            if (path := self._stems.get(key)) is not None and path.parent == self.folder and is_file(path)
        }
        missing = {part: stem for part, stem in stems.items() if part not in there}
        if missing:
            written = write_stems(
                self.folder, missing, loop.sample_rate, loop.recipe, words=loop.name, kind=self.format
            )
            self._stems.update({keys[part]: path for part, path in written.items()})
            there.update(written)
        return [there[part] for part in stems]

    def export_many(self, loops: Sequence[LoopAtHand], folder: Path) -> list[Path]:
        """Write many loops into one folder; stops at the first that cannot be written. Raises `ExportError`."""
        return [self.export(loop, folder) for loop in loops]

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ExportError(f"The export folder {folder} cannot be made: {reason}.") from error

    def _write(self, loop: LoopAtHand, path: Path, mix: Mix | None) -> Path:
        audio = np.nan_to_num(mix.audio if mix else loop.audio, nan=0.0, posinf=0.0, neginf=0.0)
        if mix is not None:  # parts that were turned up may be louder together than a file can hold
            audio = audio / max(1.0, float(np.abs(audio).max(initial=0.0)))
        origin = loop.recipe.origin or (Origin("mix") if mix is not None else None)
        recipe = replace(loop.recipe, origin=origin)
        write_sound(path, audio.clip(-1.0, 1.0), loop.sample_rate, recipe, self.format)
        self._mixes[path] = mix and mix.gains
        files = self._files.setdefault(loop.id, {})
        files.pop(self.format.id, None)  # the one written last is the last one
        files[self.format.id] = self.last = path
        return path


def look_at(path: Path) -> Dropped:
    """What a dropped file is; raises `AudioFileError` with one sentence on anything that is no usable audio."""
    _check_name(path)
    metadata = read_metadata(path)
    recipe = find_recipe(metadata.comment)
    if metadata.comment and recipe is None:
        log.info("%s has a comment but no recipe", path)
    tempo = metadata.tempo_bpm
    return Dropped(path, recipe, tempo if tempo and KNOBS["tempo_bpm"].holds(tempo) else None)


def read_drop(path: Path) -> AudioFile:
    """The sound of a dropped file; raises `AudioFileError` as `look_at` does."""
    _check_name(path)
    return read_audio(path)


def _check_name(path: Path) -> None:
    if is_folder(path):
        raise AudioFileError(f"{path.name or path.resolve()} is a folder; drop one audio file.")
    if path.suffix.lower() not in AUDIO_SUFFIXES:
        raise AudioFileError(f"{path.name} is no audio file; WAV, AIFF, FLAC, OGG, MP3 or CAF can be dropped.")
