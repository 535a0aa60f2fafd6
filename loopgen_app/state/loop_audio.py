"""How the bank keeps sound: 24-bit FLAC bytes, and a thumbnail of peaks."""

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine import AudioFileError

THUMBNAIL_COLUMNS = 96
BLOCK_FRAMES = 1 << 18
Audio = NDArray[np.float32]


def encode_flac(audio: Audio, sample_rate: int) -> bytes:
    """`audio` [C, T] in [-1, 1] as 24-bit FLAC; what is not finite becomes silence, what is louder is clipped."""
    clean = np.nan_to_num(audio, nan=0.0, posinf=0.0, neginf=0.0).clip(-1.0, 1.0)
    target = io.BytesIO()
    soundfile.write(target, clean.T, sample_rate, format="FLAC", subtype="PCM_24", compression_level=0.1)
    return target.getvalue()


def decode_flac(data: bytes) -> tuple[Audio, int]:
    """(audio [2, T], sample rate) of bytes from `encode_flac`; raises `AudioFileError` when they are damaged."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            promised, sample_rate = int(file.frames), int(file.samplerate)
            blocks = _blocks(file) if file.channels == 2 else []
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        raise AudioFileError("This loop's sound is damaged in the bank.") from error
    if not blocks or sum(map(len, blocks)) != promised:
        raise AudioFileError("This loop's sound is damaged in the bank.")
    return np.ascontiguousarray(np.concatenate(blocks).T), sample_rate


def _blocks(file: soundfile.SoundFile) -> list[Audio]:
    """What is there `[T, C]`, in pieces: what the header promises may be more, and more than memory holds."""
    blocks: list[Audio] = []
    while len(block := file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
        blocks.append(block)
    return blocks


def thumbnail(audio: Audio) -> bytes:
    """Level (root mean square) of each of 96 slices of the loop as bytes 0-255, scaled to its loudest slice."""
    power = np.square(np.nan_to_num(audio, posinf=0.0, neginf=0.0)).mean(axis=0)
    levels = np.sqrt([piece.mean() if piece.size else 0.0 for piece in np.array_split(power, THUMBNAIL_COLUMNS)])
    top = float(levels.max(initial=0.0)) or 1.0
    return bytes(np.round(levels / top * 255).astype(np.uint8))
