"""acid, smpl and LIST chunks against foreign readers, and against mutilated files."""

import io
import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from wavinfo import WavInfoReader  # type: ignore[import-untyped]

from engine.audio.chunks import LoopMetadata, acid_chunk, chunk, info_chunk, read_chunks, smpl_chunk, with_chunks
from engine.audio.flac_comments import read_comments, with_comments
from engine.audio.io import read_audio, write_flac, write_wav
from engine.errors import AudioFileError
from engine.vocabulary import KEYS

RECIPE = json.dumps({"prompt": 'Wärme, "dub" 🎛', "seed": 7, "tempo_bpm": 126.5})
AUDIO = (0.5 * np.random.default_rng(0).standard_normal((2, 4801))).clip(-1, 1).astype(np.float32)


def _wav_bytes(tmp_path: Path, **kwargs: object) -> bytes:
    path = tmp_path / "loop.wav"
    write_wav(path, AUDIO, 44100, tempo_bpm=126.5, beats=16, key="Am", recipe=RECIPE, **kwargs)  # type: ignore[arg-type]
    return path.read_bytes()


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_libsndfile_reads_tempo_beats_and_loop(tmp_path: Path, subtype: str) -> None:
    _wav_bytes(tmp_path, subtype=subtype)
    with soundfile.SoundFile(tmp_path / "loop.wav") as file:
        log = file.extra_info
        assert file.frames == 4801 and file.comment == RECIPE and file.software == "LoopGen"
    assert re.search(r"Beats\s*:\s*16\b", log) and re.search(r"Tempo\s*:\s*126\.50*\b", log)
    assert re.search(r"Meter\s*:\s*4/4", log) and re.search(r"Root note\s*:\s*0x39", log)  # 57 = A
    assert re.search(r"Loop Count\s*:\s*1\b", log) and re.search(r"End\s*:\s*4800\b", log)
    # Every chunk was where its predecessor said: nothing unknown, nothing after the end.
    assert not re.search(r"\*\*\*|should be|unknown", log, re.IGNORECASE), log


def test_wavinfo_reads_loop_and_recipe(tmp_path: Path) -> None:
    _wav_bytes(tmp_path)
    info = WavInfoReader(str(tmp_path / "loop.wav"))
    assert info.data.frame_count == 4801 and info.fmt.bits_per_sample == 24
    (loop,) = info.smpl.sample_loops
    assert (loop.start, loop.end, loop.repetition_count) == (0, 4800, 0)
    assert info.smpl.sample_period_ns == round(1e9 / 44100) and info.smpl.midi_note == 60
    # wavinfo decodes INFO as latin-1: the bytes have to be those of the UTF-8 recipe.
    assert info.info.comment.encode("latin-1").decode() == RECIPE


def test_our_own_reader_gives_everything_back(tmp_path: Path) -> None:
    got = read_chunks(io.BytesIO(_wav_bytes(tmp_path)))
    assert (got.tempo_bpm, got.beats, got.tonic, got.comment) == (126.5, 16, "A", RECIPE)
    assert got.loops == ((0, 4800),) and got.tags["ISFT"] == "LoopGen"


@pytest.mark.parametrize("key", KEYS)
def test_the_root_note_is_the_tonic(key: str) -> None:
    root = struct.unpack_from("<H", acid_chunk(120, 8, key), 12)[0]
    assert 48 <= root <= 59 and root - 48 == KEYS.index(key) % 12


def test_the_acid_chunk_is_byte_for_byte_that_of_the_table() -> None:
    expected = bytes.fromhex("61636964 18000000 06000000 3900 0080 00000000 10000000 0400 0400 00000043")
    assert acid_chunk(128.0, 16, "Am") == expected


def test_chunks_are_even_and_the_riff_size_holds() -> None:
    assert len(chunk(b"test", b"abc")) == 12
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros((3, 1)), 44100, format="WAV", subtype="PCM_24")  # odd data
    whole = with_chunks(buffer.getvalue(), [smpl_chunk(3, 44100), info_chunk({"ICMT": "odd"})])
    assert struct.unpack_from("<I", whole, 4)[0] == len(whole) - 8 and len(whole) % 2 == 0


@pytest.mark.parametrize("tempo", [float("nan"), float("inf"), -1.0, 0.0, 1e30])
def test_absurd_tempos_are_passed_over(tempo: float) -> None:
    riff = b"WAVE" + chunk(b"acid", struct.pack("<IHHfIHHf", 2, 57, 0, 0, 2**32 - 1, 4, 4, tempo))
    got = read_chunks(io.BytesIO(b"RIFF" + struct.pack("<I", len(riff)) + riff))
    assert got.tempo_bpm is None and got.beats is None and got.tonic == "A"


def test_a_chunk_that_claims_gigabytes_is_not_read() -> None:
    for name in (b"acid", b"smpl", b"LIST", b"data"):
        riff = b"RIFF\xff\xff\xff\xffWAVE" + name + b"\xff\xff\xff\xff" + b"INFO" * 10
        assert read_chunks(io.BytesIO(riff)) == LoopMetadata()


def test_endless_empty_chunks_come_to_an_end() -> None:
    riff = b"RIFF\0\0\0\0WAVE" + (b"LIST" + struct.pack("<I", 4) + b"INFO") * 100_000
    assert read_chunks(io.BytesIO(riff)) == LoopMetadata()


def _mutants(whole: bytes, where: list[int], count: int) -> Iterator[bytes]:
    """Copies of `whole` with 1 to 8 bytes at positions `where` changed; a third of them cut short."""
    rng = np.random.default_rng(11)
    for _ in range(count):
        mutant = bytearray(whole)
        for position in rng.choice(where, rng.integers(1, 9)):
            mutant[position] = rng.integers(256)
        yield bytes(mutant[: len(mutant) if rng.random() < 0.67 else rng.integers(len(mutant))])


def test_thousands_of_mutilated_wav_chunks_are_read_or_refused() -> None:
    heads_and_chunks = [*range(60), *range(len(_WHOLE_WAV) - 420, len(_WHOLE_WAV))]
    for mutant in _mutants(_WHOLE_WAV, heads_and_chunks, 5000):
        _survives(read_chunks, mutant)


def test_thousands_of_mutilated_flac_comments_are_read_or_refused() -> None:
    for mutant in _mutants(_WHOLE_FLAC, list(range(300)), 5000):
        _survives(read_comments, mutant)


def _survives(read: object, content: bytes) -> None:
    try:
        got = read(io.BytesIO(content))  # type: ignore[operator]
    except AudioFileError:
        return
    assert got.tempo_bpm is None or 1 <= got.tempo_bpm <= 1000
    assert got.beats is None or 1 <= got.beats <= 100_000
    assert all(0 <= first <= last for first, last in got.loops)


def _whole(container: str, subtype: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, AUDIO.T[:200], 44100, format=container, subtype=subtype)
    return buffer.getvalue()


_WHOLE_WAV = with_chunks(
    _whole("WAV", "PCM_16"),
    [smpl_chunk(200, 44100), acid_chunk(126.5, 16, "Am"), info_chunk({"ICMT": RECIPE, "INAM": "x" * 99})],
)
_WHOLE_FLAC = with_comments(_whole("FLAC", "PCM_16"), {"BPM": "126.5", "INITIALKEY": "Am", "COMMENT": RECIPE})


def test_flac_comments_arrive_in_foreign_and_own_readers(tmp_path: Path) -> None:
    path = write_flac(tmp_path / "loop.flac", AUDIO, 44100, tempo_bpm=126.5, key="Am", recipe=RECIPE)
    with soundfile.SoundFile(path) as file:
        assert file.comment == RECIPE and file.frames == 4801
    got = read_audio(path)
    assert (got.metadata.tempo_bpm, got.metadata.key, got.metadata.comment) == (126.5, "Am", RECIPE)
    assert np.abs(got.audio - AUDIO).max() <= 2**-23
