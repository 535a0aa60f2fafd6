"""Small sounds with a known tempo, and files of other programs, written byte by byte."""

import struct
from pathlib import Path

import numpy as np

from engine.audio.chunks import chunk

RATE = 44100


def drums(tempo_bpm: float, beats: float, amplitude: float = 0.8, tail: float = 0.0) -> np.ndarray:
    """`[2, T]`: a bass drum on beats, noise on off-beats, a snare on 2 and 4, and `tail` seconds of silence."""
    rng = np.random.default_rng(0)
    samples = round(beats * 60 / tempo_bpm * RATE)
    sound = np.zeros(samples + RATE)
    time = np.arange(RATE // 4) / RATE
    kick = np.sin(2 * np.pi * (50 * time + 5 * (1 - np.exp(-30 * time)))) * np.exp(-14 * time)
    for beat in range(int(np.ceil(beats))):
        place = round(beat * 60 / tempo_bpm * RATE)
        between = round((beat + 0.5) * 60 / tempo_bpm * RATE)
        sound[place : place + len(kick)] += kick
        sound[between : between + 2205] += 0.35 * rng.standard_normal(2205) * np.exp(-90 * time[:2205])
        if beat % 2:
            sound[place : place + 6615] += 0.5 * rng.standard_normal(6615) * np.exp(-25 * time[:6615])
    sound = sound[:samples] * amplitude / np.abs(sound[:samples]).max()
    return np.stack([np.append(sound, np.zeros(round(tail * RATE)))] * 2)


def stroke(seconds: float, decay: float, hertz: float | None = None) -> np.ndarray:
    """`[2, T]`: one sound that dies away."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = 0.3 * np.random.default_rng(1).standard_normal(len(time))
    body = np.sin(2 * np.pi * hertz * time) if hertz else noise
    return np.stack([0.8 * body * np.exp(-decay * time)] * 2)


def pcm(sound: np.ndarray, order: str = "<") -> bytes:
    return np.round(np.clip(sound.T, -1, 1) * 32767).astype(f"{order}i2").tobytes()


def acid(tempo_bpm: float, beats: int, flags: int = 0, meter: tuple[int, int] = (4, 4)) -> bytes:
    return chunk(b"acid", struct.pack("<IHHfIHHf", flags, 60, 0x8000, 0.0, beats, meter[1], meter[0], tempo_bpm))


def smpl(first: int, last: int) -> bytes:
    return chunk(
        b"smpl", struct.pack("<9I", 0, 0, 22676, 60, 0, 0, 0, 1, 0) + struct.pack("<6I", 0, 0, first, last, 0, 0)
    )


def cue(place: int) -> bytes:
    return chunk(b"cue ", struct.pack("<II4sIII", 1, 1, b"data", 0, 0, place)[:28].ljust(28, b"\0"))


def region(first: int, samples: int, name: bytes = b"") -> tuple[bytes, bytes]:
    """A `cue ` chunk and the `LIST/adtl` chunk that makes its point a region."""
    point = chunk(b"cue ", struct.pack("<III4sIII", 1, 7, first, b"data", 0, 0, first))
    length = chunk(b"ltxt", struct.pack("<II4s4H", 7, samples, b"rgn ", 0, 0, 0, 0))
    label = chunk(b"labl", struct.pack("<I", 7) + name + b"\0") if name else b""
    return point, chunk(b"LIST", b"adtl" + length + label)


def wav(
    sound: np.ndarray, *after: bytes, before: bytes = b"", data_size: int | None = None, riff: int | None = None
) -> bytes:
    """A WAV file, 16 bit, with extra chunks; sizes as they are, or as they are claimed to be."""
    data = pcm(sound)
    size = len(data) if data_size is None else data_size
    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, RATE, RATE * 4, 4, 16))
    body = b"WAVE" + form + before + b"data" + struct.pack("<I", size) + data + b"".join(after)
    return b"RIFF" + struct.pack("<I", len(body) if riff is None else riff) + body


def aiff(sound: np.ndarray, *chunks: bytes) -> bytes:
    rate = bytes.fromhex("400eac44000000000000")
    comm = struct.pack(">hIh", 2, sound.shape[1], 16) + rate
    body = b"AIFF" + big(b"COMM", comm) + b"".join(chunks) + big(b"SSND", bytes(8) + pcm(sound, ">"))
    return b"FORM" + struct.pack(">I", len(body)) + body


def basc(beats: int, kind: int = 2) -> bytes:
    return big(b"basc", struct.pack(">IIHHHHH", 1, beats, 57, 1, 4, 4, kind) + bytes(66))


def big(name: bytes, data: bytes) -> bytes:
    """One AIFF chunk."""
    return name + struct.pack(">I", len(data)) + data + bytes(len(data) % 2)


def id3(frame: bytes, text: str, version: int = 3) -> bytes:
    data = b"\3" + text.encode()
    body = frame + struct.pack(">I", len(data)) + b"\0\0" + data
    if version == 2:
        body = frame + len(data).to_bytes(3, "big") + data
    return b"ID3" + bytes([version, 0, 0, 0, 0, 0, len(body)]) + body


def ogg_tagged(ogg: bytes, comment: str) -> bytes:
    """The Ogg file `ogg` with one comment more in its second packet, which begins a page."""
    mark = next(mark for mark in (b"\x03vorbis", b"OpusTags") if mark in ogg)
    entry = comment.encode()
    head = mark + struct.pack("<I", 0) + struct.pack("<I", 1) + struct.pack("<I", len(entry)) + entry
    first_end = ogg.index(b"OggS", 4)
    return ogg[:first_end] + ogg[first_end : first_end + 26] + bytes([1, len(head)]) + head


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path
