"""The samples of nothing that an encoder puts in front of an MP3: taken off by its decoder where they are told.

Encoders of LAME's kind note their delay in a first frame without sound (Xing or Info, revision 1 of the tag), and
libsndfile's decoder takes it off, with its own. Files without that note begin with both.
"""

from typing import BinaryIO, Final

from engine.audio.id3 import leading_tag_bytes

USUAL_DELAY: Final = 529 + 576
"""Samples: what every decoder of layer III adds, and what LAME and those after it add, as most encoders do."""
_FRAME_BYTES: Final = 2048
_TAGS: Final = (b"Xing", b"Info")
_FLAGS = {1: 4, 2: 4, 4: 100, 8: 4}
"""What follows the flags of such a tag: numbers of frames and bytes, a table of contents, a quality."""
_ENCODER_BYTES: Final = 9
_NEAR_BYTES: Final = 65_536
_MOST_BYTES: Final = 32_000_000
"""Ten minutes at the highest rate are 24 MB."""
_FIRST: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_SECOND: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
"""Kilobits a second by index, of MPEG 1 and of MPEG 2 and 2.5, layer III."""
_RATES: Final = {3: (44_100, 48_000, 32_000, 0), 2: (22_050, 24_000, 16_000, 0), 0: (11_025, 12_000, 8_000, 0)}
_LAYER_III: Final = 1
_DELAY_AT: Final = 21
"""From the name of the encoder on."""


def untold_delay(file: BinaryIO) -> int:
    """Samples at the start of an open MP3 `file` that its decoder leaves there; 0 where the file tells its delay."""
    leading_tag_bytes(file)
    frame = file.read(_FRAME_BYTES)
    at = min((place for place in map(frame.find, _TAGS) if 4 <= place <= 40), default=-1)
    if at < 0:
        return USUAL_DELAY
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    encoder = at + 8 + sum(size for flag, size in _FLAGS.items() if flags & flag)
    told = frame[encoder : encoder + _ENCODER_BYTES]
    delay = int.from_bytes(frame[encoder + _DELAY_AT : encoder + _DELAY_AT + 3], "big") >> 12
    return 0 if told[:4].isalnum() and delay else USUAL_DELAY


def holds_frames(file: BinaryIO) -> bool:
    """Whether frames begin near the start of an open `file`: where none do, a decoder complains on the terminal."""
    leading_tag_bytes(file)
    data = file.read(_NEAR_BYTES)
    return any(_frame(data[place : place + 4])[0] for place in range(len(data) - 4) if data[place] == 0xFF)


def samples_in_frames(file: BinaryIO) -> int:
    """The samples that the frames of an open MP3 `file` hold: its decoder guesses them where it has no table."""
    leading_tag_bytes(file)
    data = file.read(_MOST_BYTES)
    place, samples = 0, 0
    while 0 <= place < len(data) - 4:
        size, own = _frame(data[place : place + 4])
        samples += own
        place = place + size if size else data.find(b"\xff", place + 1)
    return samples


def _frame(head: bytes) -> tuple[int, int]:
    """Bytes and samples of the frame that begins with `head`; 0 where none does."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    if head[0] != 0xFF or head[1] < 0xE0 or layer != _LAYER_III or version not in _RATES:
        return 0, 0
    kilobits = (_FIRST if version == 3 else _SECOND)[head[2] >> 4]
    rate = _RATES[version][head[2] >> 2 & 3]
    if not kilobits or not rate:
        return 0, 0
    samples = 1152 if version == 3 else 576
    return samples * 125 * kilobits // rate + (head[2] >> 1 & 1), samples
