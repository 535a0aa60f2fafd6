"""Vorbis comments of FLAC files (RFC 9639, section 8.6): soundfile writes COMMENT, but neither BPM nor INITIALKEY."""

import struct
from collections.abc import Mapping
from typing import BinaryIO

from engine.audio.chunks import MAX_CHUNKS, MAX_TEXT_BYTES, LoopMetadata
from engine.audio.tag_texts import tempo_and_key
from engine.errors import AudioFileError

_MAGIC = b"fLaC"
_VORBIS_COMMENT = 4
_LAST_BLOCK = 0x80
_VENDOR = b"LoopGen"


def with_comments(flac: bytes, comments: Mapping[str, str]) -> bytes:
    """The FLAC file `flac` with exactly these comments; names are upper-case ASCII, values UTF-8."""
    entries = [f"{name}={value}".encode() for name, value in comments.items()]
    body = struct.pack("<I", len(_VENDOR)) + _VENDOR + struct.pack("<I", len(entries))
    body += b"".join(struct.pack("<I", len(entry)) + entry for entry in entries)
    blocks, position, last = [], len(_MAGIC), False
    while not last:
        kind, size = flac[position], int.from_bytes(flac[position + 1 : position + 4], "big")
        last = bool(kind & _LAST_BLOCK)
        if kind & 0x7F != _VORBIS_COMMENT:
            blocks.append((kind & 0x7F, flac[position + 4 : position + 4 + size]))
        position += 4 + size
    # STREAMINFO has to stay first; ours comes last, with the mark of the last block.
    header = b"".join(bytes([kind]) + len(data).to_bytes(3, "big") + data for kind, data in blocks)
    ours = bytes([_VORBIS_COMMENT | _LAST_BLOCK]) + len(body).to_bytes(3, "big") + body
    return _MAGIC + header + ours + flac[position:]


def read_comments(file: BinaryIO) -> LoopMetadata:
    """Tempo, key and comment of an open FLAC `file`; broken comments are passed over, at most 1 MB is read.

    Raises `AudioFileError` when it is no FLAC file.
    """
    if file.read(4) != _MAGIC:
        raise AudioFileError("This is not a FLAC file: it does not begin with 'fLaC'.")
    for _ in range(MAX_CHUNKS):
        head = file.read(4)
        if len(head) < 4:
            break
        size = int.from_bytes(head[1:], "big")
        if head[0] & 0x7F == _VORBIS_COMMENT and size <= MAX_TEXT_BYTES:
            return metadata_of(parse_comments(file.read(size)))
        if head[0] & _LAST_BLOCK:
            break
        file.seek(size, 1)
    return LoopMetadata()


def metadata_of(tags: Mapping[str, str]) -> LoopMetadata:
    """What Vorbis comments, by their upper-case names, say about a loop."""
    tempo, key = tempo_and_key(tags)
    tonic = key.removesuffix("m") if key else None
    return LoopMetadata(tempo_bpm=tempo, key=key, tonic=tonic, comment=tags.get("COMMENT"), tags=tags)


def parse_comments(data: bytes) -> dict[str, str]:
    """The Vorbis comments in `data` by upper-case name, as far as they are whole."""
    tags: dict[str, str] = {}
    try:
        position = 4 + struct.unpack_from("<I", data)[0]
        (count,) = struct.unpack_from("<I", data, position)
        position += 4
        for _ in range(min(count, MAX_CHUNKS)):
            (size,) = struct.unpack_from("<I", data, position)
            name, _, value = data[position + 4 : position + 4 + size].decode("utf-8", "replace").partition("=")
            tags[name.upper()] = value
            position += 4 + size
    except struct.error:  # the block ends before it says it does: keep what was whole
        pass
    return tags
