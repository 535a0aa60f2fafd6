"""Sounds as files: the formats there are, what a file is called, and what it says about its sound."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from engine.audio.io import write_aiff, write_flac, write_wav
from engine.errors import ExportError, InvalidRequest
from engine.recipe import Recipe

_SUBTYPES: Final = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}
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
    told: dict[str, Any] = {"subtype": kind.subtype, "recipe": recipe.to_json()}
    if is_loop:
        told |= {"tempo_bpm": recipe.request.tempo_bpm, "key": recipe.request.key}
    if kind.suffix == ".flac":
        return write_flac(path, audio, sample_rate, **told)
    write = write_aiff if kind.suffix == ".aiff" else write_wav
    return write(path, audio, sample_rate, beats=recipe.beats if is_loop else None, is_loop=is_loop, **told)
