"""The comments of Ogg Vorbis and Opus files: the second packet of the first stream (RFC 3533, RFC 7845)."""

from typing import BinaryIO

from engine.audio.chunks import MAX_CHUNKS, MAX_TEXT_BYTES, LoopMetadata
from engine.audio.flac_comments import metadata_of, parse_comments
from engine.errors import AudioFileError

_HEAD = 27
_MARKS = (b"\x03vorbis", b"OpusTags")


def read_ogg_comments(file: BinaryIO) -> LoopMetadata:
    """Tempo, key and comment of an open Ogg `file`; broken comments are passed over, at most 1 MB is read.

    Raises `AudioFileError` when it is no Ogg file.
    """
    start = file.tell()
    if file.read(4) != b"OggS":
        raise AudioFileError("This is not an Ogg file: it does not begin with 'OggS'.")
    file.seek(start)
    packets = _packets(file, 2)
    mark = next((mark for mark in _MARKS if len(packets) > 1 and packets[1].startswith(mark)), None)
    return metadata_of(parse_comments(packets[1][len(mark) :])) if mark else LoopMetadata()


def _packets(file: BinaryIO, count: int) -> list[bytes]:
    """The first `count` packets, as far as they can be read."""
    packets, packet, taken = [], b"", 0
    for _ in range(MAX_CHUNKS):
        head = file.read(_HEAD)
        if len(head) < _HEAD or head[:4] != b"OggS":
            break
        lacing = file.read(head[26])
        body = file.read(sum(lacing))
        taken += len(body)
        for size in lacing:
            packet, body = packet + body[:size], body[size:]
            if size < 255:
                packets.append(packet)
                packet = b""
        if len(packets) >= count or taken > MAX_TEXT_BYTES:
            break
    return [*packets, packet][:count]
