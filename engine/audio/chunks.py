"""What a WAV file says about its loop: acid (tempo), smpl and cue (loop points), LIST/INFO (recipe), ID3 chunks.

All numbers are little-endian; a chunk is its four-letter id, its size as u32, its data, and a pad byte when odd.
Field tables: libsndfile `wav.c`, JUCE `WavAudioFormat`. What is read is not
trusted: every size is checked against the file.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from engine.audio.cue_regions import loop_regions
from engine.audio.id3 import read_texts
from engine.audio.tag_texts import tempo_and_key
from engine.errors import AudioFileError
from engine.vocabulary import BEATS_PER_BAR, KEYS, TONICS

MAX_CHUNKS = 1000
MAX_TEXT_BYTES = 1_000_000
MAX_LOOPS = 64
MAX_BEATS = 100_000

_ACID = struct.Struct("<IHHfIHHf")
_SMPL = struct.Struct("<9I")
_SMPL_LOOP = struct.Struct("<6I")
WAV_HEADER = struct.Struct("<4sI")
_ID3_CHUNKS = (b"id3 ", b"ID3 ")
_ACID_ONE_SHOT, _ACID_ROOT_SET, _ACID_STRETCH = 0x01, 0x02, 0x04
_ACID_OCTAVE = 48  # root notes are MIDI 48 (C) to 59 (B)


@dataclass(frozen=True)
class LoopMetadata:
    """What an audio file says about itself; None where it says nothing (or nothing believable).

    `tonic` is a note name without mode (an acid chunk knows no minor), `key` one of `vocabulary.KEYS`; `loops` are
    (first, last) samples, both inclusive; `comment` holds the recipe of files that LoopGen wrote; `tags` is all text.
    `meter` is beats a bar and their note value, `one_shot` true where the file says that it is no loop.
    """

    tempo_bpm: float | None = None
    beats: int | None = None
    tonic: str | None = None
    key: str | None = None
    loops: tuple[tuple[int, int], ...] = ()
    comment: str | None = None
    meter: tuple[int, int] | None = None
    one_shot: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


def chunk(name: bytes, data: bytes) -> bytes:
    """One whole RIFF chunk, padded to an even length."""
    return WAV_HEADER.pack(name, len(data)) + data + b"\0" * (len(data) % 2)


def acid_chunk(tempo_bpm: float, beats: int, key: str | None = None) -> bytes:
    """The `acid` chunk of a loop of `beats` beats in 4/4; its root note is the tonic of `key`."""
    flags = _ACID_STRETCH | (_ACID_ROOT_SET if key else 0)
    root = _ACID_OCTAVE + (KEYS.index(key) % len(TONICS) if key else 0)
    return chunk(b"acid", _ACID.pack(flags, root, 0x8000, 0.0, beats, BEATS_PER_BAR, BEATS_PER_BAR, tempo_bpm))


def smpl_chunk(samples: int, sample_rate: int) -> bytes:
    """The `smpl` chunk with one endless forward loop over all `samples` (its end is inclusive), unity note C4."""
    head = _SMPL.pack(0, 0, round(1e9 / sample_rate), 60, 0, 0, 0, 1, 0)
    return chunk(b"smpl", head + _SMPL_LOOP.pack(0, 0, 0, samples - 1, 0, 0))


def info_chunk(texts: Mapping[str, str]) -> bytes:
    """The `LIST/INFO` chunk of `texts` by four-letter id (ICMT comment, ISFT software, INAM name), UTF-8."""
    entries = b"".join(chunk(name.encode("ascii"), text.encode() + b"\0") for name, text in texts.items())
    return chunk(b"LIST", b"INFO" + entries)


def with_chunks(wav: bytes, extra: Iterable[bytes]) -> bytes:
    """A WAV file as libsndfile writes it, reduced to its sound and followed by the `extra` chunks.

    The PEAK chunk goes: it holds the time of writing, and equal loops should be equal files.
    """
    view = memoryview(wav)
    parts = [wav[8:12]]
    position = 12
    while position + 8 <= len(wav):
        name, size = WAV_HEADER.unpack_from(view, position)
        end = position + 8 + size + size % 2
        if name in (b"fmt ", b"fact", b"data"):
            parts.append(wav[position:end].ljust(end - position, b"\0"))
        position = end
    body = b"".join([*parts, *extra])
    return WAV_HEADER.pack(b"RIFF", len(body)) + body


def read_chunks(file: BinaryIO) -> LoopMetadata:
    """Everything the chunks of an open WAV `file` say; broken or absurd chunks are passed over.

    Reads at most about 1 MB whatever the file claims. Raises `AudioFileError` when it is no WAV file.
    """
    start = file.tell()
    file.seek(0, 2)
    end = file.tell()
    file.seek(start)
    head = file.read(12)
    if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
        raise AudioFileError("This is not a WAV file: it does not begin with a RIFF/WAVE header.")
    found: dict[str, object] = {}
    tags: dict[str, str] = {}
    cues, labels = b"", b""
    for name, data in _relevant(file, start + 12, end):
        if name == b"acid":
            found.update(_parse_acid(data))
        elif name == b"smpl":
            found["loops"] = _parse_smpl(data)
        elif name == b"cue ":
            cues = data
        elif data[:4] == b"adtl":
            labels = data
        elif data[:4] == b"INFO":
            tags.update(_parse_info(data))
        elif name in _ID3_CHUNKS:
            tags.update(read_texts(data))
    found["loops"] = found.get("loops") or loop_regions(cues, labels)
    tempo, key = tempo_and_key(tags)
    found["tempo_bpm"] = found.get("tempo_bpm") or tempo
    return LoopMetadata(**found, key=key, comment=tags.get("ICMT"), tags=tags)  # type: ignore[arg-type]


def chunk_places(
    file: BinaryIO, position: int, header: struct.Struct = WAV_HEADER
) -> Iterator[tuple[bytes, int, int]]:
    """(id, place, claimed size) of the data of every chunk from `position` on; `file` is left somewhere."""
    for _ in range(MAX_CHUNKS):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return
        name, size = header.unpack(head)
        yield name, position + 8, size
        position += 8 + size
        if size % 2:
            file.seek(position)
            position += file.read(1) == b"\0"  # some writers forget the pad byte


def _relevant(file: BinaryIO, position: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """(id, data) of the chunks that tell something, as far as the file really goes."""
    budget = MAX_TEXT_BYTES
    for name, place, size in chunk_places(file, position):
        if name in (b"acid", b"smpl", b"cue ", b"LIST", *_ID3_CHUNKS) and size <= min(budget, end):
            budget -= size
            file.seek(place)
            yield name, file.read(size)


def believable_meter(over: int, under: int) -> tuple[int, int] | None:
    """The meter `over`/`under`, or None for numbers that make no meter."""
    return (over, under) if 1 <= over <= 32 and under in (1, 2, 4, 8, 16, 32) else None


def _parse_acid(data: bytes) -> dict[str, object]:
    if len(data) < _ACID.size:
        return {}
    flags, root, _, _, beats, under, over, tempo = _ACID.unpack_from(data)
    return {
        "tempo_bpm": round(tempo, 4) if math.isfinite(tempo) and 1 <= tempo <= 1000 else None,
        "beats": beats if 1 <= beats <= MAX_BEATS else None,
        "tonic": TONICS[root % len(TONICS)] if flags & _ACID_ROOT_SET else None,
        "meter": believable_meter(over, under),
        "one_shot": bool(flags & _ACID_ONE_SHOT),
    }


def _parse_smpl(data: bytes) -> tuple[tuple[int, int], ...]:
    if len(data) < _SMPL.size:
        return ()
    count = min(_SMPL.unpack_from(data)[7], MAX_LOOPS, (len(data) - _SMPL.size) // _SMPL_LOOP.size)
    loops = (_SMPL_LOOP.unpack_from(data, _SMPL.size + i * _SMPL_LOOP.size) for i in range(count))
    return tuple((start, last) for _, _, start, last, _, _ in loops if start <= last)


def _parse_info(data: bytes) -> dict[str, str]:
    texts: dict[str, str] = {}
    position = 4
    while position + 8 <= len(data) and len(texts) < MAX_CHUNKS:
        name, size = WAV_HEADER.unpack_from(data, position)
        text = data[position + 8 : position + 8 + size]
        texts[name.decode("ascii", "replace")] = text.split(b"\0", 1)[0].decode("utf-8", "replace")
        position += 8 + size + size % 2
    return texts
