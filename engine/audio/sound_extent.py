"""Where the sound of a WAV or AIFF file begins and ends: as its header says, and as it is."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from engine.audio.aiff_chunks import AIFF_HEADER
from engine.audio.chunks import WAV_HEADER, chunk_places
from engine.audio.id3 import leading_tag_bytes

_ENDLESS: Final = 0x7FFF_0000
"""Programs that write into a pipe put a size that means "to the end": 2^31 or 2^32, less some header."""


_SOUNDS: Final = {
    (b"RIFF", b"WAVE"): (b"data", WAV_HEADER),
    (b"FORM", b"AIFF"): (b"SSND", AIFF_HEADER),
    (b"FORM", b"AIFC"): (b"SSND", AIFF_HEADER),
}


@dataclass(frozen=True)
class SoundExtent:
    """The `claimed` bytes of sound from `begins` on, and the bytes that are `there`.

    `is_open` is true where the size was never filled in: by a recorder that was not closed, or into a pipe.
    """

    begins: int
    claimed: int
    there: int
    is_open: bool

    @property
    def missing_share(self) -> float:
        """The bytes that were promised and are not there, for each that is."""
        return 0.0 if self.is_open or not self.there else max(0, self.claimed - self.there) / self.there

    @property
    def size_patch(self) -> tuple[int, bytes]:
        """Where the size stands in the file, and what it should be."""
        return self.begins - 4, struct.pack("<I", min(self.there, 0xFFFF_FFFE))


def read_extent(path: Path) -> SoundExtent | None:
    """The extent of the sound in `path`; None where it is neither WAV nor AIFF, or has no sound. Raises `OSError`."""
    with path.open("rb") as file:
        start = leading_tag_bytes(file)
        head = file.read(12)
        mark, header = _SOUNDS.get((head[:4], head[8:]), (None, WAV_HEADER))
        if mark is None:
            return None
        for name, place, size in chunk_places(file, start + 12, header):
            if name == mark:
                there = file.seek(0, 2) - place
                riff = int.from_bytes(head[4:8], "little")
                never_closed = size == 0 and there > 0 and start + 8 + riff <= place
                is_open = mark == b"data" and (never_closed or size >= _ENDLESS > there)
                return SoundExtent(place, size, there, is_open)
    return None


class Patched:
    """An open file that reads as if `new` stood at `place`; what soundfile needs of a file, and no more."""

    def __init__(self, file: BinaryIO, place: int, new: bytes) -> None:
        self._file, self._place, self._new = file, place, new

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of files."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of files."""
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        """As of files."""
        at = self._file.tell()
        data = bytearray(self._file.read(size))
        for offset, byte in enumerate(self._new, self._place - at):
            if 0 <= offset < len(data):
                data[offset] = byte
        return bytes(data)
