"""Audio files in and out: capped and checked when reading, atomic and reproducible when writing."""

import io
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio.chunks import LoopMetadata, acid_chunk, info_chunk, read_chunks, smpl_chunk, with_chunks
from engine.audio.flac_comments import read_comments, with_comments
from engine.errors import AudioFileError, ExportError
from engine.files import write_atomically

MAX_SECONDS: Final = 600.0
MAX_CHANNELS: Final = 2
SAMPLE_RATES: Final = (8_000, 192_000)
MAX_AMPLITUDE: Final = 64.0
"""Float files may pass full scale; 36 dB above it is no music."""

# libsndfile knows many more; its rarer decoders are where its security bugs were.
_READABLE_FORMATS = ("WAV", "WAVEX", "FLAC", "AIFF", "OGG")
_READABLE_SUBTYPES = ("PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "VORBIS", "OPUS")
WAV_SUBTYPES: Final = ("PCM_16", "PCM_24", "FLOAT")
FLAC_SUBTYPES: Final = ("PCM_16", "PCM_24")
_BLOCK_FRAMES = 1 << 20
_MAX_PROMPT_CHARACTERS = 48


@dataclass(frozen=True, eq=False)
class AudioFile:
    """A file that was read: `audio [C, T]` float32 with 1 or 2 channels, and what the file says about itself."""

    audio: NDArray[np.float32]
    sample_rate: int
    metadata: LoopMetadata = field(default_factory=LoopMetadata)


def read_audio(path: Path | str, *, max_seconds: float = MAX_SECONDS) -> AudioFile:
    """Read a WAV, FLAC, AIFF or Ogg file of 1 or 2 channels and at most `max_seconds`.

    Memory use follows what the file holds, never what it claims. Raises `AudioFileError` on anything else: a missing,
    foreign, damaged, empty, too long or too wide file, or samples that are not numbers.
    """
    path = Path(path)
    with _readable(path, max_seconds) as file:
        audio = _read_capped(path, file, max_seconds)
        sample_rate = int(file.samplerate)
        container = file.format
    return AudioFile(audio, sample_rate, _read_metadata(path, container))


def read_metadata(path: Path | str, *, max_seconds: float = MAX_SECONDS) -> LoopMetadata:
    """What a file says about itself, without its sound: a moment, however long it is.

    Raises `AudioFileError` on every file that `read_audio` would refuse by its header.
    """
    path = Path(path)
    with _readable(path, max_seconds) as file:
        container = file.format
    return _read_metadata(path, container)


@contextmanager
def _readable(path: Path, max_seconds: float) -> Iterator[soundfile.SoundFile]:
    if not path.is_file():  # also keeps pipes and devices out, which would block or never end
        raise AudioFileError(f"There is no audio file {str(path)!r}.")
    try:
        with soundfile.SoundFile(str(path)) as file:
            _check_format(path, file, max_seconds)
            yield file
    except (soundfile.LibsndfileError, OSError) as error:
        reason = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
        raise AudioFileError(
            f"Cannot read {path.name!r} as audio ({str(reason).rstrip('.').lower()}); "
            "WAV, FLAC, AIFF and Ogg files are possible."
        ) from error


def write_wav(
    path: Path | str,
    audio: NDArray[Any],
    sample_rate: int,
    *,
    subtype: str = "PCM_24",
    tempo_bpm: float | None = None,
    beats: int | None = None,
    key: str | None = None,
    recipe: str | None = None,
    is_loop: bool = True,
) -> Path:
    """Write loop `audio [C, T]` in [-1, 1] as WAV, whole or not at all; returns the path.

    `subtype` is PCM_16, PCM_24 or FLOAT (PCM clips at full scale). A smpl chunk marks the loop, unless `is_loop` is
    false; with `tempo_bpm` and `beats` an acid chunk tells the tempo, `recipe` goes into the ICMT text. Equal
    arguments give equal bytes. Raises `ExportError` on impossible audio and on a missing, read-only or full folder.
    """
    audio = _check_writable(path, audio, subtype, WAV_SUBTYPES)
    chunks = [smpl_chunk(audio.shape[-1], sample_rate)] if is_loop else []
    if tempo_bpm is not None and beats is not None:
        chunks.append(acid_chunk(tempo_bpm, beats, key))
    texts = {"ISFT": "LoopGen"} | ({"ICMT": recipe} if recipe else {})
    return write_atomically(
        path, with_chunks(_encode(audio, sample_rate, "WAV", subtype), [*chunks, info_chunk(texts)])
    )


def write_flac(
    path: Path | str,
    audio: NDArray[Any],
    sample_rate: int,
    *,
    subtype: str = "PCM_24",
    tempo_bpm: float | None = None,
    key: str | None = None,
    recipe: str | None = None,
) -> Path:
    """Write loop `audio [C, T]` in [-1, 1] as FLAC (PCM_16 or PCM_24), as `write_wav` does.

    Tempo, key and recipe become the Vorbis comments BPM, INITIALKEY and COMMENT.
    """
    audio = _check_writable(path, audio, subtype, FLAC_SUBTYPES)
    texts = {"BPM": f"{tempo_bpm:g}" if tempo_bpm is not None else None, "INITIALKEY": key, "COMMENT": recipe}
    comments = {"ENCODER": "LoopGen"} | {name: text for name, text in texts.items() if text}
    return write_atomically(path, with_comments(_encode(audio, sample_rate, "FLAC", subtype), comments))


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


def _check_format(path: Path, file: soundfile.SoundFile, max_seconds: float) -> None:
    if file.format not in _READABLE_FORMATS or file.subtype not in _READABLE_SUBTYPES:
        raise AudioFileError(
            f"{path.name!r} is {file.format} with {file.subtype} samples; WAV, FLAC, AIFF and Ogg files are possible."
        )
    if not 1 <= file.channels <= MAX_CHANNELS:
        raise AudioFileError(f"{path.name!r} has {file.channels} channels; mono and stereo are possible.")
    low, high = SAMPLE_RATES
    if not low <= file.samplerate <= high:
        raise AudioFileError(f"{path.name!r} has {file.samplerate} samples a second; possible: {low} to {high}.")
    if file.frames > max_seconds * file.samplerate:
        raise AudioFileError(
            f"{path.name!r} says it is {file.frames / file.samplerate:.0f} s long; "
            f"at most {max_seconds:g} s are possible."
        )


def _read_capped(path: Path, file: soundfile.SoundFile, max_seconds: float) -> NDArray[np.float32]:
    # By blocks, because a header may claim minutes that are not there.
    left = int(max_seconds * file.samplerate) + 1
    blocks: list[NDArray[np.float32]] = []
    while left > 0 and len(block := file.read(min(_BLOCK_FRAMES, left), dtype="float32", always_2d=True)):
        blocks.append(block)
        left -= len(block)
    if left <= 0:
        raise AudioFileError(f"{path.name!r} is longer than the {max_seconds:g} s that are possible.")
    if not blocks:
        raise AudioFileError(f"{path.name!r} holds no sound.")
    audio = np.ascontiguousarray(np.concatenate(blocks).T)
    peak = float(np.abs(audio).max())
    if not peak <= MAX_AMPLITUDE:  # also catches NaN
        raise AudioFileError(f"{path.name!r} holds samples of {peak:g}; at most {MAX_AMPLITUDE:g} is possible.")
    return audio


def _read_metadata(path: Path, container: str) -> LoopMetadata:
    with path.open("rb") as file:
        start = file.read(4)
        if container in ("WAV", "WAVEX") and start == b"RIFF":
            return read_chunks(file)
        if container == "FLAC" and start == b"fLaC":
            return read_comments(file)
    return LoopMetadata()


def _check_writable(
    path: Path | str, audio: NDArray[Any], subtype: str, possible: tuple[str, ...]
) -> NDArray[np.float32]:
    name = Path(path).name
    if subtype not in possible:
        raise ExportError(f"Cannot write {name!r} with {subtype} samples; possible: {', '.join(possible)}.")
    if audio.ndim != 2 or not 1 <= len(audio) <= MAX_CHANNELS or not audio.shape[-1]:
        raise ExportError(f"Cannot write {name!r}: audio of shape {audio.shape} is not [1 or 2 channels, samples].")
    if not np.isfinite(audio).all():  # libsndfile would write a NaN as a full-scale click
        raise ExportError(f"Cannot write {name!r}: the loop holds values that are not numbers (NaN or infinite).")
    return np.asarray(audio, dtype=np.float32)


def _encode(audio: NDArray[np.float32], sample_rate: int, container: str, subtype: str) -> bytes:
    if subtype != "FLOAT":
        audio = np.clip(audio, -1.0, 1.0)
    buffer = io.BytesIO()
    soundfile.write(buffer, audio.T, sample_rate, format=container, subtype=subtype)
    return buffer.getvalue()
