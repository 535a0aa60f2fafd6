"""Audio files in and out: capped and checked when reading, atomic and reproducible when writing."""

import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio import aiff_chunks
from engine.audio.caf_chunks import read_caf_chunks
from engine.audio.chunks import LoopMetadata, acid_chunk, info_chunk, read_chunks, smpl_chunk, with_chunks
from engine.audio.flac_comments import read_comments, with_comments
from engine.audio.id3 import MAX_TAG_BYTES, leading_tag_bytes, read_texts
from engine.audio.mpeg_delay import holds_frames, samples_in_frames, untold_delay
from engine.audio.ogg_comments import read_ogg_comments
from engine.audio.sound_extent import Patched, read_extent
from engine.audio.tag_texts import tempo_and_key
from engine.errors import AudioFileError, ExportError
from engine.files import write_atomically

AUDIO_SUFFIXES: Final = (
    ".wav", ".wave", ".bwf", ".rf64", ".flac", ".aif", ".aiff", ".aifc", ".ogg", ".oga", ".opus", ".mp3", ".caf",
)  # fmt: skip
"""File names of what is looked for in folders and can be dropped, in lower case."""

MAX_SECONDS: Final = 600.0
MAX_CHANNELS: Final = 2
SAMPLE_RATES: Final = (8_000, 192_000)
MAX_AMPLITUDE: Final = 64.0
"""Float files may pass full scale; 36 dB above it is no music."""

READABLE: Final = "WAV, FLAC, AIFF, Ogg, MP3 and CAF files are possible"
# libsndfile knows many more; its rarer decoders are where its security bugs were.
_READABLE_FORMATS = ("WAV", "WAVEX", "RF64", "FLAC", "AIFF", "OGG", "MP3", "CAF")
_READABLE_SUBTYPES = (
    "PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAW", "ULAW", "VORBIS", "OPUS",
    "MPEG_LAYER_III",
)  # fmt: skip
_METADATA: Final[Mapping[str, tuple[Callable[[BinaryIO], LoopMetadata], bytes]]] = {
    "WAV": (read_chunks, b"RIFF"),
    "WAVEX": (read_chunks, b"RIFF"),
    "FLAC": (read_comments, b"fLaC"),
    "AIFF": (aiff_chunks.read_chunks, b"FORM"),
    "OGG": (read_ogg_comments, b"OggS"),
    "RF64": (read_chunks, b"RF64"),
    "CAF": (read_caf_chunks, b"caff"),
}
"""By container: what reads what a file says of itself, and the mark it begins with."""
_UNKNOWN_FRAMES = 1 << 60  # a FLAC file that was written into a pipe does not know its length
_BLOCK_FRAMES = 1 << 20
_GUESSED_SECONDS = 0.1


@dataclass(frozen=True, eq=False)
class AudioFile:
    """A file that was read: `audio [C, T]` float32 with 1 or 2 channels, and what the file says about itself.

    `missing_seconds` of it are promised by its header and not there: it was cut off.
    """

    audio: NDArray[np.float32]
    sample_rate: int
    metadata: LoopMetadata = field(default_factory=LoopMetadata)
    missing_seconds: float = 0.0


def read_audio(path: Path | str, *, max_seconds: float = MAX_SECONDS) -> AudioFile:
    """Read a WAV, FLAC, AIFF, Ogg, MP3 or CAF file of 1 or 2 channels and at most `max_seconds`.

    What the encoder of an MP3 put in front of it is taken off.

    Memory use follows what the file holds, never what it claims. Raises `AudioFileError` on anything else: a missing,
    foreign, damaged, empty, too long or too wide file, or samples that are not numbers.
    """
    path = Path(path)
    with _readable(path, max_seconds) as file:
        audio = _read_capped(path, file, max_seconds)
        sample_rate = int(file.samplerate)
        container, promised = file.format, file.frames / sample_rate if file.frames < _UNKNOWN_FRAMES else 0.0
        seconds, extent = audio.shape[-1] / sample_rate, read_extent(path)
        missing = max(promised - seconds, extent.missing_share * seconds if extent is not None else 0.0)
        if container == "MP3":  # without a table of contents its decoder guesses the length to a few frames
            audio, missing = _without_delay(path, audio, sample_rate), missing if missing > _GUESSED_SECONDS else 0.0
        metadata = _read_metadata(path, container)
    return AudioFile(audio, sample_rate, metadata, missing)


def read_metadata(path: Path | str, *, max_seconds: float = MAX_SECONDS) -> LoopMetadata:
    """What a file says about itself, without its sound: a moment, however long it is.

    Raises `AudioFileError` on every file that `read_audio` would refuse by its header.
    """
    path = Path(path)
    with _readable(path, max_seconds) as file:
        return _read_metadata(path, file.format)


@contextmanager
def _readable(path: Path, max_seconds: float) -> Iterator[soundfile.SoundFile]:
    try:
        if not path.is_file():  # also keeps pipes and devices out, which would block or never end
            raise AudioFileError(f"There is no audio file {str(path)!r}.")
        with _opened(path) as file:
            _check_format(path, file, max_seconds)
            yield file
    except MemoryError as error:
        raise AudioFileError(f"There is too little memory to read {path.name!r}.") from error
    except (soundfile.LibsndfileError, OSError, ValueError) as error:  # a name with a zero in it is a ValueError
        reason = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
        raise AudioFileError(
            f"Cannot read {path.name!r} as audio ({str(reason).rstrip('.').lower()}); {READABLE}."
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[soundfile.SoundFile]:
    extent = read_extent(path)
    if extent is not None and extent.is_open:  # libsndfile takes an open size for no sound
        with path.open("rb") as raw, soundfile.SoundFile(Patched(raw, *extent.size_patch)) as file:
            yield file
    else:
        if path.suffix.lower() == ".mp3":
            with path.open("rb") as raw:
                other = raw.read(4) in {mark for _, mark in _METADATA.values()}  # renamed
                if not other and not holds_frames(raw):
                    raise AudioFileError(f"Cannot read {path.name!r} as audio (it holds no MP3); {READABLE}.")
        # As bytes, because a name need not be UTF-8; Windows has no such names.
        with soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else str(path)) as file:
            yield file


@dataclass(frozen=True)
class LoopTags:
    """What a file that is written says of its sound; None where it says nothing."""

    tempo_bpm: float | None
    beats: int | None
    key: str | None
    recipe: str | None
    is_loop: bool


@dataclass(frozen=True)
class LoopWriter:
    """Writes sounds as files of one `container`; `tagged` puts what they say of themselves into their bytes."""

    container: str
    subtypes: tuple[str, ...]
    tagged: Callable[[bytes, LoopTags, int, int], bytes]

    def __call__(
        self,
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
        """Write loop `audio [C, T]` in [-1, 1], whole or not at all; returns the path.

        `subtype` is one of `subtypes` (PCM clips at full scale). Tempo, beats, key, `recipe` and whether it is a loop
        are told as far as the container has room for that. Equal arguments give equal bytes. Raises `ExportError` on
        impossible audio and on a missing, read-only or full folder.
        """
        audio = _check_writable(path, audio, subtype, self.subtypes)
        tags = LoopTags(tempo_bpm, beats, key, recipe, is_loop)
        content = _encode(audio, sample_rate, self.container, subtype)
        return write_atomically(path, self.tagged(content, tags, audio.shape[-1], sample_rate))


def _tagged_wav(wav: bytes, tags: LoopTags, samples: int, sample_rate: int) -> bytes:
    """A smpl chunk marks the loop, an acid chunk tells tempo and beats, the recipe is the ICMT text."""
    chunks = [smpl_chunk(samples, sample_rate)] if tags.is_loop else []
    if tags.tempo_bpm is not None and tags.beats is not None:
        chunks.append(acid_chunk(tags.tempo_bpm, tags.beats, tags.key))
    texts = {"ISFT": "LoopGen"} | ({"ICMT": tags.recipe} if tags.recipe else {})
    return with_chunks(wav, [*chunks, info_chunk(texts)])


def _tagged_flac(flac: bytes, tags: LoopTags, _samples: int, _sample_rate: int) -> bytes:
    """Tempo, key and recipe are the Vorbis comments BPM, INITIALKEY and COMMENT."""
    tempo = f"{tags.tempo_bpm:g}" if tags.tempo_bpm is not None else None
    texts = {"BPM": tempo, "INITIALKEY": tags.key, "COMMENT": tags.recipe}
    return with_comments(flac, {"ENCODER": "LoopGen"} | {name: text for name, text in texts.items() if text})


def _tagged_aiff(aiff: bytes, tags: LoopTags, samples: int, _sample_rate: int) -> bytes:
    """MARK and INST chunks mark the loop, the recipe is the ANNO text. AIFF has no room for a tempo: a basc chunk
    tells the beats, from which programs take it."""
    chunks = [aiff_chunks.loop_chunks(samples)] if tags.is_loop else []
    if tags.tempo_bpm is not None and tags.beats is not None:
        chunks.append(aiff_chunks.basc_chunk(tags.beats, tags.key))
    if tags.recipe:
        chunks.append(aiff_chunks.text_chunks(tags.recipe))
    return aiff_chunks.with_chunks(aiff, chunks)


write_wav: Final = LoopWriter("WAV", ("PCM_16", "PCM_24", "FLOAT"), _tagged_wav)
write_flac: Final = LoopWriter("FLAC", ("PCM_16", "PCM_24"), _tagged_flac)
write_aiff: Final = LoopWriter("AIFF", ("PCM_16", "PCM_24"), _tagged_aiff)


def _check_format(path: Path, file: soundfile.SoundFile, max_seconds: float) -> None:
    if file.format not in _READABLE_FORMATS or file.subtype not in _READABLE_SUBTYPES:
        raise AudioFileError(f"{path.name!r} is {file.format} with {file.subtype} samples; {READABLE}.")
    if not 1 <= file.channels <= MAX_CHANNELS:
        raise AudioFileError(f"{path.name!r} has {file.channels} channels; mono and stereo are possible.")
    low, high = SAMPLE_RATES
    if not low <= file.samplerate <= high:
        raise AudioFileError(f"{path.name!r} has {file.samplerate} samples a second; possible: {low} to {high}.")
    if max_seconds * file.samplerate < file.frames < _UNKNOWN_FRAMES:
        raise AudioFileError(
            f"{path.name!r} says it is {file.frames / file.samplerate:.0f} s long; "
            f"at most {max_seconds:g} s are possible."
        )


def _read_capped(path: Path, file: soundfile.SoundFile, max_seconds: float) -> NDArray[np.float32]:
    most = int(max_seconds * file.samplerate) + 1
    # A header may claim minutes that are not there: systems give memory when it is written, not when it is asked for.
    audio = np.empty((file.channels, min(file.frames, most)), np.float32)
    there = 0
    while there < audio.shape[1]:
        block = file.read(min(_BLOCK_FRAMES, audio.shape[1] - there), dtype="float32", always_2d=True)
        if not len(block):
            break
        peak = float(np.abs(block).max())
        if not peak <= MAX_AMPLITUDE:  # also catches NaN
            raise AudioFileError(f"{path.name!r} holds samples of {peak:g}; at most {MAX_AMPLITUDE:g} is possible.")
        audio[:, there : there + len(block)] = block.T
        there += len(block)
    if there == most:
        raise AudioFileError(f"{path.name!r} is longer than the {max_seconds:g} s that are possible.")
    if not there:
        raise AudioFileError(f"{path.name!r} holds no sound.")
    return audio if there == audio.shape[1] else audio[:, :there].copy()


def _without_delay(path: Path, audio: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    with path.open("rb") as file:
        delay = untold_delay(file)
        if delay and abs(samples_in_frames(file) - audio.shape[1]) > _GUESSED_SECONDS * sample_rate:
            raise AudioFileError(
                f"{path.name!r} is an MP3 of varying rate without a table of its length; convert it to FLAC or WAV."
            )
    return audio[:, delay:] if delay < audio.shape[1] else audio


def _read_metadata(path: Path, container: str) -> LoopMetadata:
    with path.open("rb") as file:
        start = leading_tag_bytes(file)
        reader, mark = _METADATA.get(container, (None, b""))
        found = LoopMetadata()
        if reader is not None and file.read(4) == mark:
            file.seek(start)
            found = reader(file)
        file.seek(0)
        texts = read_texts(file.read(start)) if 0 < start <= MAX_TAG_BYTES else {}
    tempo, key = tempo_and_key(texts)
    return replace(found, tempo_bpm=found.tempo_bpm or tempo, key=found.key or key, tags=texts | dict(found.tags))


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
