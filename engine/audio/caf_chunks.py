"""What a CAF file says about its loop: the texts of its `info` chunk, and those of Apple Loops.

All numbers are big-endian; a chunk is its four-letter id, its size as i64, and its data (Apple, "Core Audio Format
Specification"). What is read is not trusted: every size is checked against the file.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

from engine.audio.chunks import MAX_BEATS, MAX_CHUNKS, MAX_TEXT_BYTES, LoopMetadata, believable_meter
from engine.audio.tag_texts import key_of_text, tempo_of_text
from engine.errors import AudioFileError

_CHUNK: Final = struct.Struct(">4sq")
_APPLE_LOOP: Final = bytes.fromhex("29819273b5bf4aefb78d62d1ef90bb2c")
"""The id of the chunk in which Apple Loops keep beats, meter and key as texts."""
_METER: Final = re.compile(r"(\d{1,2})/(\d{1,2})")


def read_caf_chunks(file: BinaryIO) -> LoopMetadata:
    """Everything the chunks of an open CAF `file` say; broken or absurd ones are passed over, at most 1 MB is read.

    Raises `AudioFileError` when it is no CAF file.
    """
    start = file.tell()
    if file.read(4) != b"caff":
        raise AudioFileError("This is not a CAF file: it does not begin with 'caff'.")
    texts: dict[str, str] = {}
    for name, data in _relevant(file, start + 8):
        own = data[16:] if name == b"uuid" else data
        if name == b"info" or data.startswith(_APPLE_LOOP):
            texts |= _texts(own)
    return _told(texts)


def _relevant(file: BinaryIO, position: int) -> Iterator[tuple[bytes, bytes]]:
    budget = MAX_TEXT_BYTES
    for _ in range(MAX_CHUNKS):
        file.seek(position)
        head = file.read(_CHUNK.size)
        if len(head) < _CHUNK.size:
            return
        name, size = _CHUNK.unpack(head)
        if size < 0:  # sound that goes on to the end
            return
        if name in (b"info", b"uuid") and size <= budget:
            budget -= size
            yield name, file.read(size)
        position = min(position + _CHUNK.size + size, 2**62)


def _texts(data: bytes) -> dict[str, str]:
    """Pairs of texts that end with a zero, behind their number."""
    count = int.from_bytes(data[:4], "big")
    words = [word.decode("utf-8", "replace") for word in data[4:].split(b"\0")]
    pairs = zip(words[0::2], words[1::2], strict=False)
    return {name.lower(): text for name, text in list(pairs)[: min(count, MAX_CHUNKS)]}


def _told(texts: Mapping[str, str]) -> LoopMetadata:
    meter = _METER.fullmatch(texts.get("time signature", "").strip())
    beats = texts.get("beat count", "").strip()
    key = key_of_text(f"{texts.get('key signature', '')} {texts.get('key type', '')}".strip())
    number = int(beats) if beats.isascii() and beats.isdecimal() and len(beats) < 7 else 0
    return LoopMetadata(
        tempo_bpm=tempo_of_text(texts.get("tempo", "")),
        beats=number if 1 <= number <= MAX_BEATS else None,
        tonic=key.removesuffix("m") if key else None,
        key=key,
        comment=texts.get("comments"),
        meter=believable_meter(int(meter[1]), int(meter[2])) if meter else None,
        tags=dict(texts),
    )
