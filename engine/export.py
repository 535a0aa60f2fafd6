"""Sounds as files: the formats there are, what a file is called, and what it says about its sound."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from engine.audio.io import LoopWriter, write_aiff, write_flac, write_wav
from engine.errors import ExportError, InvalidRequest
from engine.files import free_path
from engine.recipe import Origin, Recipe

_SUBTYPES: Final = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}
_WRITERS: Final[Mapping[str, LoopWriter]] = {".wav": write_wav, ".flac": write_flac, ".aiff": write_aiff}
_MAX_PROMPT_CHARACTERS: Final = 48


@dataclass(frozen=True)
class Format:
    """A kind of file of `bits` bits a sample (32 are floats), with its `label` for the user; the first of `suffixes`
    is the one that new files get."""

    id: str
    label: str
    suffixes: tuple[str, ...]
    bits: int

    @property
    def suffix(self) -> str:
        """How the name of a new file ends."""
        return self.suffixes[0]

    @property
    def subtype(self) -> str:
        """Its samples, as the writers of `engine.audio.io` call them."""
        return _SUBTYPES[self.bits]


FORMATS: Final[Mapping[str, Format]] = {
    kind.id: kind
    for kind in (
        Format("wav16", "WAV, 16 bit", (".wav",), 16),
        Format("wav24", "WAV, 24 bit", (".wav",), 24),
        Format("wav32f", "WAV, 32 bit float", (".wav",), 32),
        Format("flac16", "FLAC, 16 bit", (".flac",), 16),
        Format("flac", "FLAC, 24 bit", (".flac",), 24),
        Format("aiff16", "AIFF, 16 bit", (".aiff", ".aif"), 16),
        Format("aiff24", "AIFF, 24 bit", (".aiff", ".aif"), 24),
    )
}
DEFAULT_FORMAT: Final = FORMATS["wav24"]


def check_bits(bits: int) -> int:
    """Return `bits` a sample, or raise `InvalidRequest` when no format has so many."""
    if bits not in _SUBTYPES:
        raise InvalidRequest(f"Bit depth {bits} is not possible: 16, 24 or 32.")
    return bits


def find_format(suffix: str, bits: int) -> Format:
    """The format of files that end in `suffix` with `bits` bits; raises `ExportError` when there is none."""
    alike = [kind for kind in FORMATS.values() if suffix.lower() in kind.suffixes]
    if not alike:
        raise ExportError(f"No file is written that ends in {suffix!r}; possible: .wav, .flac, .aiff.")
    for kind in alike:
        if kind.bits == bits:
            return kind
    name, depths = alike[0].label.partition(",")[0], " or ".join(str(kind.bits) for kind in alike)
    raise ExportError(f"{name} holds {depths} bits; for {bits} bits write a .wav.")


def export_name(
    prompt: str, tempo_bpm: float, key: str | None, bars: int, seed: int, *, extension: str = ".wav"
) -> str:
    """File name of a loop, e.g. `warm-house_126bpm_Am_4bars_seed7.wav`: ASCII, valid on every system, no folders."""
    plain = unicodedata.normalize("NFKD", prompt).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))
    if len(words) > _MAX_PROMPT_CHARACTERS:
        whole_words = words[: _MAX_PROMPT_CHARACTERS + 1].rpartition("-")[0]
        words = whole_words or words[:_MAX_PROMPT_CHARACTERS]
    parts = [words or "loop", f"{round(tempo_bpm, 2):g}bpm", key or "", f"{bars}bars", f"seed{seed}"]
    return "_".join(part for part in parts if part) + extension


def file_name(recipe: Recipe, words: str, kind: Format) -> str:
    """What a file of the sound of `recipe` is called: after its name in `words`, or its prompt where it has none."""
    request = recipe.request
    return export_name(
        words or request.prompt, request.tempo_bpm, request.key, recipe.bars, request.seed, extension=kind.suffix
    )


def write_sound(path: Path, audio: NDArray[Any], sample_rate: int, recipe: Recipe, kind: Format) -> Path:
    """Write `audio [C, T]` in [-1, 1] with its recipe as a file of `kind`, whole or not at all; returns the path.

    Loops and motions are told to be loops, with their tempo, beats and key, as far as the format has room for that; a
    passage is no loop and has no one tempo. Raises `ExportError`.
    """
    is_loop = recipe.kind != "passage"
    return _WRITERS[kind.suffix](
        path,
        audio,
        sample_rate,
        subtype=kind.subtype,
        tempo_bpm=recipe.request.tempo_bpm if is_loop else None,
        beats=recipe.beats if is_loop else None,
        key=recipe.request.key if is_loop else None,
        recipe=recipe.to_json(),
        is_loop=is_loop,
    )


def write_stems(
    folder: Path,
    stems: Mapping[str, NDArray[Any]],
    sample_rate: int,
    recipe: Recipe,
    *,
    words: str = "",
    kind: Format = DEFAULT_FORMAT,
) -> dict[str, Path]:
    """Write the `stems` `[C, T]` of the sound of `recipe`, each as a file of `kind` named after its part, behind
    `words` or the prompt; nothing in `folder` is replaced. Returns the path of each part's. Raises `ExportError`.

    A stem carries the recipe of its loop, and that it is one part of it.
    """
    written = {}
    for part, audio in stems.items():
        own = replace(recipe, origin=Origin("stems", source=words or None, keep=part))
        stem, dot, suffix = file_name(own, words, kind).rpartition(".")
        path = free_path(folder, f"{stem}_{part}{dot}{suffix}")
        written[part] = write_sound(path, audio, sample_rate, own, kind)
    return written
