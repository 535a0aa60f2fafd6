"""The text frames of an ID3v2 tag (2.2, 2.3, 2.4): in front of a file, or in a chunk of a WAV or AIFF file."""

from typing import BinaryIO, Final

MAX_TAG_BYTES: Final = 16_000_000
"""Pictures make tags large; more than this is skipped unread."""
MAX_FRAMES: Final = 1000
HEAD: Final = 10
_ENCODINGS: Final = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_EXTENDED = 0x40


def leading_tag_bytes(file: BinaryIO) -> int:
    """How many bytes at the start of an open `file` are ID3 tags; leaves the file at their end."""
    position = 0
    for _ in range(4):
        file.seek(position)
        head = file.read(HEAD)
        if len(head) < HEAD or head[:3] != b"ID3":
            break
        position += HEAD + _synchsafe(head[6:10])
    file.seek(position)
    return position


def read_texts(tag: bytes) -> dict[str, str]:
    """The texts of the tag in `tag`, by the name of their frame (TBPM, TKEY, ...); broken ones end it."""
    if len(tag) < HEAD or tag[:3] != b"ID3":
        return {}
    version, flags, end = tag[3], tag[5], min(len(tag), HEAD + _synchsafe(tag[6:10]))
    name_bytes, head_bytes = (3, 6) if version == 2 else (4, 10)
    position, texts = HEAD, {}
    if flags & _EXTENDED and version > 2:
        size = _synchsafe(tag[10:14]) if version == 4 else 4 + int.from_bytes(tag[10:14], "big")
        position += size
    for _ in range(MAX_FRAMES):
        name, field = tag[position : position + name_bytes], tag[position + name_bytes : position + name_bytes * 2]
        if position + head_bytes > end or not name.strip(b"\0"):
            break
        size = _synchsafe(field) if version == 4 else int.from_bytes(field, "big")
        body = tag[position + head_bytes : min(end, position + head_bytes + size)]
        if name[:1] == b"T" and body and body[0] < len(_ENCODINGS):
            text = body[1:].decode(_ENCODINGS[body[0]], "replace")
            texts[name.decode("latin-1")] = text.split("\0", 1)[0].lstrip("\ufeff")
        position += head_bytes + size
    return texts


def _synchsafe(field: bytes) -> int:
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(field)))
