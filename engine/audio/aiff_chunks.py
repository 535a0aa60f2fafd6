"""What an AIFF file says about its loop: basc (Apple Loops: beats, key, meter, one-shot), MARK and INST (loop
points), ANNO (recipe) and ID3 chunks.

All numbers are big-endian; a chunk is its four-letter id, its size as u32, its data, and a pad byte when odd. Field
tables: "Audio Interchange File Format", Apple 1989; of basc, Apple's own chunk for loops, JUCE `AiffAudioFormat`.
What is read is not trusted: every size is checked against the file.
"""

import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from engine.audio.chunks import (
    MAX_BEATS,
    MAX_CHUNKS,
    MAX_TEXT_BYTES,
    LoopMetadata,
    believable_meter,
    chunk_places,
)
from engine.audio.id3 import read_texts
from engine.audio.tag_texts import tempo_and_key
from engine.errors import AudioFileError
from engine.vocabulary import BEATS_PER_BAR, KEYS, TONICS

AIFF_HEADER = struct.Struct(">4sI")
_COMMON = struct.Struct(">hIhH8s")  # channels, frames, bits, and the sample rate as an 80-bit float
_MARKER = struct.Struct(">HI")
_INST = struct.Struct(">6bh6H")
_BASC = struct.Struct(">II5H")
_BASC_SIZE = 84  # 66 bytes behind those that are known
_ROOT = 48  # root notes are MIDI 48 (C) to 59 (B), 0 where there is none
_MINOR, _MAJOR, _NO_MODE = 1, 2, 3
_LOOP, _ONE_SHOT = 1, 2
_ID3 = (b"ID3 ", b"id3 ")
_FORWARD = 1
_MAX_ANNO_BYTES = 8000  # libsndfile refuses a file with a longer one
_BEGIN, _END = 1, 2


def chunk(name: bytes, data: bytes) -> bytes:
    """One whole AIFF chunk, padded to an even length."""
    return AIFF_HEADER.pack(name, len(data)) + data + b"\0" * (len(data) % 2)


def basc_chunk(beats: int, key: str | None = None) -> bytes:
    """The `basc` chunk of a loop of `beats` beats in 4/4; its tempo follows from its length."""
    root = _ROOT + KEYS.index(key) % len(TONICS) if key else 0
    mode = _NO_MODE if key is None else _MINOR if key.endswith("m") else _MAJOR
    return chunk(
        b"basc", _BASC.pack(1, beats, root, mode, BEATS_PER_BAR, BEATS_PER_BAR, _LOOP).ljust(_BASC_SIZE, b"\0")
    )


def loop_chunks(samples: int) -> bytes:
    """The `MARK` and `INST` chunks of one endless forward loop over all `samples`, unity note C4.

    Markers lie between samples: the second one is behind the last.
    """
    markers = b"".join(
        _MARKER.pack(number, at) + bytes([len(name)]) + name + b"\0" * ((len(name) + 1) % 2)
        for number, at, name in ((_BEGIN, 0, b"begin"), (_END, samples, b"end"))
    )
    inst = _INST.pack(60, 0, 0, 127, 1, 127, 0, _FORWARD, _BEGIN, _END, 0, 0, 0)
    return chunk(b"MARK", struct.pack(">H", 2) + markers) + chunk(b"INST", inst)


def text_chunks(text: str) -> bytes:
    """The `ANNO` chunks of a comment, UTF-8; a long one is spread over several."""
    data = text.encode()
    return b"".join(
        chunk(b"ANNO", data[start : start + _MAX_ANNO_BYTES]) for start in range(0, len(data), _MAX_ANNO_BYTES)
    )


def with_chunks(aiff: bytes, extra: Iterable[bytes]) -> bytes:
    """An AIFF file as libsndfile writes it, reduced to its sound and followed by the `extra` chunks."""
    parts, position = [aiff[8:12]], 12
    while position + 8 <= len(aiff):
        name, size = AIFF_HEADER.unpack_from(aiff, position)
        end = position + 8 + size + size % 2
        if name in (b"COMM", b"SSND"):
            parts.append(aiff[position:end].ljust(end - position, b"\0"))
        position = end
    body = b"".join([*parts, *extra])
    return AIFF_HEADER.pack(b"FORM", len(body)) + body


def read_chunks(file: BinaryIO) -> LoopMetadata:
    """Everything the chunks of an open AIFF `file` say; broken or absurd chunks are passed over.

    Reads at most about 1 MB whatever the file claims. Raises `AudioFileError` when it is no AIFF file.
    """
    start = file.tell()
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"FORM" or head[8:] not in (b"AIFF", b"AIFC"):
        raise AudioFileError("This is not an AIFF file: it does not begin with a FORM/AIFF header.")
    found: dict[bytes, bytes] = {}
    texts: list[bytes] = []
    tags: dict[str, str] = {}
    for name, data in _relevant(file, start + 12):
        if name == b"ANNO":
            texts.append(data.rstrip(b"\0"))
        elif name in _ID3:
            tags |= read_texts(data)
        else:
            found.setdefault(name, data)
    comment = b"".join(texts).decode("utf-8", "replace") or None
    if comment is not None:
        tags["ANNO"] = comment
    told = _parse_basc(found.get(b"basc", b""))
    seconds = _seconds(found.get(b"COMM", b""))
    # Finer than hundredths is how the length was rounded to samples.
    tempo = round(told.beats * 60 / seconds, 2) if told.beats and seconds else None
    written, key = tempo_and_key({name: text for name, text in tags.items() if name != "ANNO"})
    return replace(
        told,
        tempo_bpm=tempo if tempo is not None and 1 <= tempo <= 1000 else written,
        key=told.key or key,
        loops=_parse_loop(found.get(b"MARK", b""), found.get(b"INST", b"")),
        comment=comment,
        tags=tags,
    )


def _relevant(file: BinaryIO, position: int) -> Iterator[tuple[bytes, bytes]]:
    """(id, data) of the chunks that are known here, as far as the file really goes."""
    budget = MAX_TEXT_BYTES
    for name, place, size in chunk_places(file, position, AIFF_HEADER):
        if name in (b"COMM", b"MARK", b"INST", b"basc", b"ANNO", *_ID3) and size <= budget:
            budget -= size
            file.seek(place)
            yield name, file.read(size)


def _seconds(common: bytes) -> float | None:
    """Length of the sound; None where the chunk does not tell."""
    if len(common) < _COMMON.size:
        return None
    _, frames, _, exponent, mantissa = _COMMON.unpack_from(common)
    rate = math.ldexp(int.from_bytes(mantissa, "big"), (exponent & 0x7FFF) - 16383 - 63) if exponent < 17000 else 0.0
    return frames / rate if rate >= 1 and frames else None


def _parse_basc(data: bytes) -> LoopMetadata:
    if len(data) < _BASC.size:
        return LoopMetadata()
    _, beats, root, mode, over, under, kind = _BASC.unpack_from(data)
    tonic = TONICS[root % len(TONICS)] if 0 < root < 128 else None
    key = f"{tonic}m" if mode == _MINOR else tonic if mode == _MAJOR else None
    return LoopMetadata(
        beats=beats if 1 <= beats <= MAX_BEATS else None,
        tonic=tonic,
        key=key if key in KEYS else None,
        meter=believable_meter(over, under),
        # Writers do not agree on the mark alone; what has beats is a loop.
        one_shot=kind == _ONE_SHOT and not beats,
    )


def _parse_loop(marks: bytes, inst: bytes) -> tuple[tuple[int, int], ...]:
    if len(marks) < 2 or len(inst) < _INST.size:
        return ()
    places: dict[int, int] = {}
    position = 2
    for _ in range(min(int.from_bytes(marks[:2], "big"), MAX_CHUNKS)):
        if position + _MARKER.size >= len(marks):
            break
        number, at = _MARKER.unpack_from(marks, position)
        places[number] = at
        label = 1 + marks[position + _MARKER.size]
        position += _MARKER.size + label + label % 2
    mode, begin, end = _INST.unpack_from(inst)[7:10]
    if not mode or begin not in places or end not in places or places[begin] >= places[end]:
        return ()
    return ((places[begin], places[end] - 1),)
