"""Regions that editors mark in WAV files: a `cue ` chunk says where they begin, `LIST/adtl` how long they are.

Field tables: "Multimedia Programming Interface and Data Specifications 1.0", IBM and Microsoft 1991. Markers without
a length say nothing of a loop. What is read is not trusted: every size is checked against its chunk.
"""

import struct
from collections.abc import Iterator
from typing import Final

_HEAD: Final = struct.Struct("<4sI")
_POINT: Final = struct.Struct("<II4sIII")
_LENGTH: Final = struct.Struct("<II4s")
_MAX_REGIONS: Final = 1000
_LOOP: Final = b"loop"


def loop_regions(cues: bytes, labels: bytes) -> tuple[tuple[int, int], ...]:
    """(first, last) samples, both inclusive, of the regions in the data of a `cue ` and a `LIST/adtl` chunk that may
    be loops: the one region that there is, or those that are named so."""
    starts = {number: at for number, _, _, _, _, at in _points(cues)}
    lengths: dict[int, int] = {}
    named: set[int] = set()
    for name, data in _entries(labels):
        number = int.from_bytes(data[:4], "little")
        if name == b"ltxt" and len(data) >= _LENGTH.size:
            lengths[number] = _LENGTH.unpack_from(data)[1]
        elif name == b"labl" and _LOOP in data[4:].lower():
            named.add(number)
    regions = {
        number: (starts[number], starts[number] + n - 1) for number, n in lengths.items() if n and number in starts
    }
    if len(regions) == 1:
        return tuple(regions.values())
    return tuple(region for number, region in regions.items() if number in named)


def _points(cues: bytes) -> Iterator[tuple[int, int, bytes, int, int, int]]:
    count = min(int.from_bytes(cues[:4], "little"), _MAX_REGIONS, (len(cues) - 4) // _POINT.size)
    for place in range(max(0, count)):
        yield _POINT.unpack_from(cues, 4 + place * _POINT.size)


def _entries(labels: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 4
    for _ in range(_MAX_REGIONS):
        if position + _HEAD.size > len(labels):
            return
        name, size = _HEAD.unpack_from(labels, position)
        yield name, labels[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
