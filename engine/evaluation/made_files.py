"""A folder of files as they lie on musicians' disks, made for the purpose: what is true of each is known.

Loops whose tempo is written in one of many places, loops of which nobody says anything, one-shots, loops that are not
4/4 or not whole bars, copies and links, and what is no sound at all.
"""

import io
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio.aiff_chunks import basc_chunk, with_chunks as with_aiff_chunks
from engine.audio.chunks import acid_chunk, chunk, with_chunks
from engine.audio.flac_comments import with_comments
from engine.audio.resampling import resample_loop
from engine.corpus.one_shots import available_one_shots
from engine.corpus.score import CorpusLoop
from engine.evaluation.plain_sounds import stroke
from engine.evaluation.results import results_folder
from engine.files import write_atomically

RATE: Final = 44_100
Sound = NDArray[np.float32]
_ONE_SHOT_FLAG: Final = 1

SHARES: Final = {"written": 0.42, "by ear": 0.25, "one-shot": 0.1, "odd": 0.06, "copy": 0.07, "other": 0.1}
"""What share of the files is of which kind."""


@dataclass(frozen=True, eq=False)
class MadeFile:
    """A file, its `kind`, how it was made, and, of a loop, its tempo, bars and sound `[2, T]` at 44.1 kHz."""

    path: Path
    kind: str
    way: str
    tempo_bpm: float | None = None
    bars: int = 0
    audio: Sound | None = None


def encoded(audio: Sound, container: str, subtype: str | None = None, rate: int = RATE) -> bytes:
    """`audio` `[C, T]` as a file of `container` at `rate`."""
    buffer = io.BytesIO()
    soundfile.write(buffer, resample_loop(audio, RATE, rate).T, rate, format=container, subtype=subtype)
    return buffer.getvalue()


def id3(tempo: str) -> bytes:
    """An ID3v2.3 tag that tells a tempo."""
    text = b"\3" + tempo.encode()
    frame = b"TBPM" + struct.pack(">I", len(text)) + b"\0\0" + text
    return b"ID3\3\0\0\0\0\0" + bytes([len(frame)]) + frame


def _wav(audio: Sound, *chunks: bytes, subtype: str = "PCM_24") -> bytes:
    return with_chunks(encoded(audio, "WAV", subtype), chunks)


Way = tuple[str, Callable[[CorpusLoop], bytes]]

WRITTEN: Final[tuple[Way, ...]] = (
    ("{n}_groove_{t}bpm.wav", lambda loop: _wav(loop.audio)),
    ("{n} Loop {t} BPM.flac", lambda loop: encoded(loop.audio, "FLAC", "PCM_16")),
    ("{n}-bpm{t}-take2.aif", lambda loop: encoded(loop.audio, "AIFF", "PCM_24")),
    ("XX{n}_{t}_Am_Loop.wav", lambda loop: _wav(loop.audio)),
    ("{n}_tempo {t}.ogg", lambda loop: encoded(loop.audio, "OGG", "VORBIS")),
    ("Beat {n} [{c} bpm].wav", lambda loop: _wav(loop.audio, subtype="FLOAT")),
    ("{n}.Top.{t}.BPM.mp3", lambda loop: encoded(loop.audio, "MP3")),
    ("{n}_float_{t}bpm.wav", lambda loop: encoded(3 * loop.audio, "WAV", "FLOAT")),
    ("{n}_{t}bpm_48k.wav", lambda loop: encoded(loop.audio, "WAV", "PCM_24", 48_000)),
    ("{n}_{t}bpm.opus", lambda loop: encoded(loop.audio, "OGG", "OPUS", 48_000)),
    ("{n}_{t}bpm.caf", lambda loop: encoded(loop.audio, "CAF", "PCM_16")),
    ("{n}_{t}bpm_big.rf64", lambda loop: encoded(loop.audio, "RF64", "PCM_16")),
    ("{n}_{t}bpm_alaw.wav", lambda loop: encoded(loop.audio, "WAV", "ALAW")),
    ("{n}_{t}bpm_mono.wav", lambda loop: encoded(loop.audio[:1], "WAV", "PCM_16", 22_050)),
    ("Loops {t}bpm/{n}.wav", lambda loop: _wav(loop.audio)),
    ("Pack/{t} BPM/deep/{n}.flac", lambda loop: encoded(loop.audio, "FLAC", "PCM_24")),
    ("acid {n}.wav", lambda loop: _wav(loop.audio, acid_chunk(loop.annotation.tempo_bpm, _beats(loop), "Am"))),
    ("acid beats {n}.wav", lambda loop: _wav(loop.audio, acid_chunk(0.0, _beats(loop)))),
    ("acid default {n}.wav", lambda loop: _wav(loop.audio, acid_chunk(120.0, _beats(loop)))),
    ("id3 {n}.wav", lambda loop: _wav(loop.audio, chunk(b"id3 ", id3(_written(loop))))),
    ("id3 {n}.mp3", lambda loop: id3(_written(loop)) + encoded(loop.audio, "MP3")),
    ("apple {n}.aif", lambda loop: with_aiff_chunks(encoded(loop.audio, "AIFF"), [basc_chunk(_beats(loop), "Am")])),
    ("vorbis comment {n}.flac", lambda loop: with_comments(encoded(loop.audio, "FLAC"), {"BPM": _written(loop)})),
    ("name {n}_{t}bpm tail.wav", lambda loop: _wav(np.pad(loop.audio, ((0, 0), (0, loop.audio.shape[1] // 80))))),
)
"""Names, in which n is a number, t the tempo and c the same with a decimal comma, and what is in the file."""

PLAIN: Final[tuple[Way, ...]] = (
    ("{n}.wav", lambda loop: _wav(loop.audio)),
    ("track{n}.flac", lambda loop: encoded(loop.audio, "FLAC", "PCM_16")),
    ("new idea {n}.aiff", lambda loop: encoded(loop.audio, "AIFF", "PCM_24")),
    ("bounce {n}.wav", lambda loop: encoded(loop.audio, "WAV", "FLOAT", 48_000)),
    ("untitled_{n}.ogg", lambda loop: encoded(loop.audio, "OGG", "VORBIS")),
)


def make_files(folder: Path, loops: Iterator[CorpusLoop], count: int, rng: np.random.Generator) -> Iterator[MadeFile]:
    """Write `count` files into `folder`, of the kinds in `SHARES`, of which `loops` gives the loops; they come as
    they are written. Raises `ExportError` where nothing can be written."""
    numbers = {kind: round(share * count) for kind, share in SHARES.items()}
    numbers["other"] += count - sum(numbers.values())
    made = []
    for kind, ways in (("written", WRITTEN), ("by ear", PLAIN)):
        for number in range(numbers[kind]):
            made.append(_loop(folder / kind, kind, ways[number % len(ways)], number, next(loops)))
            yield made[-1]
    yield from _one_shots(folder / "shots", numbers["one-shot"], rng)
    for number in range(numbers["odd"]):
        yield _odd(folder / "odd", number, next(loops))
    for number in range(numbers["copy"]):
        yield _copy(folder / "x again", number, made[number % len(made)])
    for number in range(numbers["other"]):
        yield _other(folder / "other", number, made[number % len(made)])


def _loop(folder: Path, kind: str, way: Way, number: int, loop: CorpusLoop) -> MadeFile:
    name, content = way
    tempo = _written(loop)
    path = folder / name.format(n=f"{number:03d}", t=tempo, c=tempo.replace(".", ","))
    known = loop.annotation
    return MadeFile(_put(path, content(loop)), kind, name, known.tempo_bpm, known.bars, loop.audio)


def _one_shots(folder: Path, count: int, rng: np.random.Generator) -> Iterator[MadeFile]:
    """Drums of sample libraries where they are there, else strokes; some say what they are, most do not."""
    library = available_one_shots()
    hits = [hit.audio[None] for own in library.hits.values() for hit in own] if library else []
    for number in range(count):
        sound = hits[int(rng.integers(len(hits)))] if hits and number % 3 else stroke(2 ** rng.uniform(-1, 2.3), rng)
        names = (f"{number:03d}", f"Kick_{number:02d}", f"sample {number}", f"Crash {number}", f"One Shot {number} C")
        flagged = number % 10 == 0
        flag = [_flagged(acid_chunk(120.0, 4))] if flagged else []
        path = folder / f"{names[number % len(names)]}.wav"
        yield MadeFile(_put(path, _wav(sound, *flag)), "one-shot", "acid flag" if flagged else "plain")


def _flagged(acid: bytes) -> bytes:
    return acid[:8] + bytes([acid[8] | _ONE_SHOT_FLAG]) + acid[9:]


def _odd(folder: Path, number: int, loop: CorpusLoop) -> MadeFile:
    """In another meter by what is told or by ear, or half a bar short of the whole bars at the tempo that is told."""
    tempo = _written(loop)
    if number % 3 == 2:
        bar = loop.audio.shape[1] / loop.annotation.bars
        beats = [loop.audio[:, round(at * bar) : round((at + 0.75) * bar)] for at in range(loop.annotation.bars)]
        three = np.concatenate(beats, axis=1)
        return MadeFile(_put(folder / f"waltz {number:03d}.wav", _wav(three)), "odd", "3/4, nobody says")
    if number % 3:
        meter = acid_chunk(loop.annotation.tempo_bpm, _beats(loop))
        waltz = meter[:-8] + struct.pack("<HH", 4, 3) + meter[-4:]
        return MadeFile(_put(folder / f"{number:03d}.wav", _wav(loop.audio, waltz)), "odd", "3/4 by its acid chunk")
    shorter = loop.audio[:, : round(loop.audio.shape[1] * (1 - 0.5 / loop.annotation.bars))]
    return MadeFile(_put(folder / f"{number:03d}_{tempo}bpm.wav", _wav(shorter)), "odd", "half a bar short")


def _copy(folder: Path, number: int, of: MadeFile) -> MadeFile:
    results_folder(folder)
    path = folder / f"copy {number:03d}{of.path.suffix}"
    path.unlink(missing_ok=True)
    if number % 3 == 1:
        path.symlink_to(of.path.absolute())
        return MadeFile(path, "copy", "link")
    shutil.copyfile(of.path, path)
    if of.kind == "written" and "bpm" in of.path.name.lower():
        path = path.rename(folder / f"{number:03d} {of.path.name}")
    return MadeFile(path, "copy", "copy")


def _other(folder: Path, number: int, of: MadeFile) -> MadeFile:
    content = of.path.read_bytes()
    way, name, data = (
        ("photo", "IMG_{n}.jpg", b"\xff\xd8\xff\xe0" + bytes(2000)),
        ("hidden", ".{n}.wav", content),
        ("Macintosh", "__MACOSX/._{n}.wav", bytes(4096)),
        ("analysis", "{n}.wav.asd", bytes(500)),
        ("corrupt", "{n}_120bpm.wav", b"RIFF\x10\0\0\0WAVEjunk" + bytes(number)),
        ("cut off", "cut {n} 120bpm.wav", _wav(np.zeros((2, RATE * 4), np.float32) + 0.1)[: RATE * 7]),
        ("empty", "empty {n}.flac", b""),
        ("silent", "silent {n} 120bpm.wav", _wav(np.zeros((2, RATE * 4), np.float32))),
        ("text", "readme {n}.txt", b"120bpm"),
        ("named like a sound", "page {n}.mp3", b"<!doctype html>" * 200),
    )[number % 10]
    return MadeFile(_put(folder / name.format(n=number), data), "other", way)


def _put(path: Path, content: bytes) -> Path:
    results_folder(path.parent)
    return write_atomically(path, content)


def _beats(loop: CorpusLoop) -> int:
    return loop.annotation.bars * 4


def _written(loop: CorpusLoop) -> str:
    return f"{loop.annotation.tempo_bpm:.6g}"
