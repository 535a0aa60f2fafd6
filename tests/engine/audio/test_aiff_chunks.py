"""AIFF chunks: what other readers find in them, the layout of their tables, and damage."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio.aiff_chunks import basc_chunk, loop_chunks, read_chunks, text_chunks, with_chunks
from engine.audio.chunks import LoopMetadata
from engine.audio.io import read_audio, write_aiff
from engine.errors import AudioFileError
from engine.vocabulary import KEYS

AUDIO = (0.2 * np.random.default_rng(0).standard_normal((2, 4801))).clip(-1, 1).astype(np.float32)
COMMENT = 'Wärme, "dub" 🎛'


def test_a_foreign_reader_finds_sound_and_comment(tmp_path: Path) -> None:
    path = write_aiff(tmp_path / "a.aiff", AUDIO, 44100, tempo_bpm=126.5, beats=16, key="Am", recipe=COMMENT)
    with soundfile.SoundFile(path) as file:
        assert (file.format, file.subtype, file.frames, file.comment) == ("AIFF", "PCM_24", 4801, COMMENT)
    assert np.abs(read_audio(path).audio - AUDIO).max() <= 2**-23


def test_every_size_holds_and_is_even() -> None:
    whole = _whole()
    assert struct.unpack_from(">I", whole, 4)[0] == len(whole) - 8 and len(whole) % 2 == 0
    position, names = 12, []
    while position < len(whole):
        name, size = struct.unpack_from(">4sI", whole, position)
        names.append(name)
        position += 8 + size + size % 2
    assert names == [b"COMM", b"SSND", b"MARK", b"INST", b"basc", b"ANNO"] and position == len(whole)


@pytest.mark.parametrize("key", KEYS)
def test_the_key_comes_back_whole(key: str) -> None:
    got = read_chunks(io.BytesIO(_form(basc_chunk(8, key))))
    assert (got.key, got.tonic, got.beats, got.tempo_bpm) == (key, key.removesuffix("m"), 8, None)


def test_without_a_key_there_is_no_root_note() -> None:
    got = read_chunks(io.BytesIO(_form(basc_chunk(8))))
    assert (got.key, got.tonic, got.beats) == (None, None, 8)


def test_the_tempo_is_that_of_beats_over_length() -> None:
    for tempo in (40.0, 97.31, 126.5, 240.0):
        audio = np.zeros((1, round(16 * 60 / tempo * 44100)), np.float32)
        buffer = io.BytesIO()
        soundfile.write(buffer, audio.T, 44100, format="AIFF", subtype="PCM_16")
        assert read_chunks(io.BytesIO(with_chunks(buffer.getvalue(), [basc_chunk(16)]))).tempo_bpm == tempo


def test_what_claims_more_than_there_is_or_is_no_aiff_comes_to_an_end() -> None:
    for name in (b"COMM", b"MARK", b"INST", b"basc", b"ANNO"):
        assert read_chunks(io.BytesIO(b"FORM\0\0\0\0AIFF" + name + b"\xff\xff\xff\xff" + b"x" * 40)) == LoopMetadata()
    assert read_chunks(io.BytesIO(_form(struct.pack(">4sI", b"ANNO", 0) * 100_000))) == LoopMetadata()
    with pytest.raises(AudioFileError, match="FORM"):
        read_chunks(io.BytesIO(b"RIFF\0\0\0\0WAVE"))


def test_thousands_of_mutilated_files_are_read_or_refused() -> None:
    rng, whole = np.random.default_rng(11), _whole()
    places = [*range(60), *range(len(whole) - 260, len(whole))]
    for _ in range(5000):
        mutant = bytearray(whole)
        for position in rng.choice(places, rng.integers(1, 9)):
            mutant[position] = rng.integers(256)
        cut = len(mutant) if rng.random() < 0.67 else rng.integers(len(mutant))
        try:
            got = read_chunks(io.BytesIO(bytes(mutant[:cut])))
        except AudioFileError:
            continue
        assert got.tempo_bpm is None or 1 <= got.tempo_bpm <= 1000
        assert got.beats is None or 1 <= got.beats <= 100_000
        assert all(0 <= first <= last for first, last in got.loops)


def _form(chunks: bytes) -> bytes:
    return b"FORM" + struct.pack(">I", 4 + len(chunks)) + b"AIFF" + chunks


def _whole() -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, AUDIO.T[:201, :1], 44100, format="AIFF", subtype="PCM_24")  # odd data
    return with_chunks(buffer.getvalue(), [loop_chunks(201), basc_chunk(16, "Am"), text_chunks(COMMENT + "x")])
