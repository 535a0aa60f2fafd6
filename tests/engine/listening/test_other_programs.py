"""What the files of other programs say: what is read, refused and passed over; the table is `format_table.py`."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import RATE, acid, aiff, basc, big, cue, drums, id3, ogg_tagged, smpl, stroke, wav, write

from engine.audio.chunks import chunk
from engine.audio.flac_comments import with_comments
from engine.audio.io import read_audio
from engine.audio.ogg_comments import read_ogg_comments
from engine.errors import AudioFileError, InvalidRequest
from engine.listening.errors import NotWholeBars, OneShot
from engine.listening.reading import FileLoop, as_loop

SLOW = drums(70, 8)


def encoded(sound: np.ndarray, container: str, subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, sound.T, RATE, format=container, subtype=subtype)
    return buffer.getvalue()


def flac(sound: np.ndarray, **comments: str) -> bytes:
    return with_comments(encoded(sound, "FLAC"), comments)


def read(path: Path, **told: float) -> FileLoop:
    return as_loop(path, read_audio(path), **told)


TOLD = {
    "acid.wav": lambda: wav(SLOW, acid(70, 8)),
    "acid_beats_alone.wav": lambda: wav(SLOW, acid(0, 8)),
    "acid_default_tempo.wav": lambda: wav(SLOW, acid(120, 8)),
    "acid_behind_odd_chunk.wav": lambda: wav(SLOW, chunk(b"junk", b"abc"), acid(70, 8)),
    "acid_behind_odd_chunk_without_pad.wav": lambda: wav(SLOW, chunk(b"junk", b"abc")[:-1], acid(70, 8)),
    "id3_chunk.wav": lambda: wav(SLOW, chunk(b"id3 ", id3(b"TBPM", "70"))),
    "id3_in_front.wav": lambda: id3(b"TIT2", "a") + wav(SLOW, acid(70, 8)),
    "id3_in_front_tells.wav": lambda: id3(b"TBPM", "70") + wav(SLOW),
    "id3_of_2_2.wav": lambda: wav(SLOW, chunk(b"id3 ", id3(b"TBP", "70", version=2))),
    "id3_of_2_4.wav": lambda: wav(SLOW, chunk(b"id3 ", id3(b"TBPM", "70", version=4))),
    "basc.aif": lambda: aiff(SLOW, basc(8)),
    "id3.aif": lambda: aiff(SLOW, big(b"ID3 ", id3(b"TBPM", "70"))),
    "plain.flac": lambda: flac(SLOW, BPM="70"),
    "comma.flac": lambda: flac(SLOW, BPM="70,0"),
    "unit.flac": lambda: flac(SLOW, BPM="70 BPM"),
    "tempo.flac": lambda: flac(SLOW, TEMPO="70.0"),
    "behind_id3.flac": lambda: id3(b"TIT2", "a") + flac(SLOW, BPM="70"),
}


@pytest.mark.parametrize("name", TOLD)
def test_tempo_and_beats_are_read_wherever_they_are_written(name: str, tmp_path: Path) -> None:
    loop = read(write(tmp_path, name, TOLD[name]()))
    assert (loop.finding.bars, loop.finding.source) == (2, "chunk")
    assert loop.finding.tempo_bpm == pytest.approx(70, abs=1e-3)
    assert loop.file.audio.shape == SLOW.shape


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_comments_of_ogg_files_are_read(subtype: str) -> None:
    rate = 48000 if subtype == "OPUS" else RATE
    buffer = io.BytesIO()
    soundfile.write(buffer, SLOW.T[:rate], rate, format="OGG", subtype=subtype)
    got = read_ogg_comments(io.BytesIO(ogg_tagged(buffer.getvalue(), "bpm=70,5")))
    assert got.tempo_bpm == 70.5
    assert read_ogg_comments(io.BytesIO(buffer.getvalue()[:40])).tempo_bpm is None


def test_keys_are_read_in_their_spellings(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.aif", aiff(SLOW, basc(8)))).key == "Am"
    for text, key in (("F#m", "Gbm"), ("Db major", "Db"), ("a minor", "Am"), ("8A", None), ("H", None)):
        content = flac(SLOW, BPM="70", INITIALKEY=text)
        assert read(write(tmp_path, "k.flac", content)).key == key


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("acid.wav", lambda: wav(drums(120, 4), acid(120, 4, flags=1))),
        ("basc.aif", lambda: aiff(drums(120, 4), basc(0, kind=2))),
        ("crash.wav", lambda: wav(stroke(2.2, 2.5))),
        ("kick_808.wav", lambda: wav(stroke(1.6, 2.2, 48))),
        ("impact.wav", lambda: wav(stroke(5, 1.2))),
    ],
)
def test_one_shots_are_no_loops_unless_a_tempo_is_given(name: str, content, tmp_path: Path) -> None:
    path = write(tmp_path, name, content())
    with pytest.raises(OneShot, match=name):
        read(path)
    given = 240 / (read_audio(path).audio.shape[1] / RATE)
    assert read(path, tempo_bpm=given).finding.bars == 1


def test_other_meters_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="in 3/4"):
        read(write(tmp_path, "waltz.wav", wav(drums(120, 12), acid(120, 12, meter=(3, 4)))))


def test_what_is_between_loop_points_is_the_loop(tmp_path: Path) -> None:
    sound = drums(120, 4, tail=1.0)
    for name, more in (("smpl.wav", b""), ("smpl_acid.wav", acid(120, 4)), ("smpl_120bpm.wav", b"")):
        loop = read(write(tmp_path, name, wav(sound, smpl(0, 88199), more)))
        assert (loop.finding.bars, loop.finding.tempo_bpm) == (1, pytest.approx(120, abs=1e-3))
        assert loop.file.audio.shape == (2, 88200)
        assert "2.00 s of 3.00 s" in loop.remarks[0]
    sustain = read(write(tmp_path, "s_120bpm.wav", wav(drums(120, 4), smpl(4000, 4400))))
    assert sustain.file.audio.shape == (2, 88200) and not sustain.remarks
    marked = read(write(tmp_path, "m_120bpm.wav", wav(drums(120, 4), cue(30000))))
    assert marked.file.audio.shape == (2, 88200) and not marked.remarks


@pytest.mark.parametrize(("riff", "size"), [(0, 0), (36, 0), (2**32 - 1, 2**32 - 1), (2**31 - 1, 2**31 - 37)])
def test_a_header_that_was_never_closed_gives_what_there_is(riff: int, size: int, tmp_path: Path) -> None:
    loop = read(write(tmp_path, "open_70bpm.wav", wav(SLOW, data_size=size, riff=riff)))
    assert loop.file.audio.shape == SLOW.shape
    np.testing.assert_allclose(loop.file.audio, SLOW, atol=2**-14)
    with pytest.raises(AudioFileError, match="no sound"):
        read_audio(write(tmp_path, "empty.wav", wav(SLOW[:, :0])))


@pytest.mark.parametrize("content", [wav(SLOW, before=acid(70, 8)), aiff(SLOW, basc(8))])
def test_a_file_that_ends_early_is_no_shorter_loop(content: bytes, tmp_path: Path) -> None:
    path = write(tmp_path, "cut", content[: len(content) // 2])
    assert read_audio(path).missing_seconds == pytest.approx(3.43, abs=0.01)
    with pytest.raises(AudioFileError, match=r"cut is cut off: 3.43 s of 6.86 s"):
        read(path)
    assert read(path, tempo_bpm=70).finding.bars == 1


def test_silence_beyond_whole_bars_is_cut_and_told_and_moves_no_tempo(tmp_path: Path) -> None:
    for name, tempo, beats, tail in (("A", 120, 32, 0.25), ("B", 125, 16, 0.12), ("C", 120, 4, 0.035)):
        loop = read(write(tmp_path, f"{name}_{tempo}bpm.wav", wav(drums(tempo, beats, tail=tail))))
        assert (loop.finding.tempo_bpm, loop.finding.bars) == (tempo, beats // 4)
        assert loop.file.audio.shape[1] == round(beats * 60 / tempo * RATE)
        assert f"{tail:.3f} s longer than {beats // 4} bars" in loop.remarks[0]
    codec = np.concatenate([np.zeros((2, 1105)), drums(174, 16), np.zeros((2, 700))], axis=1)
    loop = read(write(tmp_path, "D_174bpm.wav", wav(codec)))
    assert loop.finding.tempo_bpm == 174
    # Its first sample is 0, and counts as silence.
    np.testing.assert_allclose(loop.file.audio[:, :-1], drums(174, 16)[:, 1:], atol=2**-14)


def test_a_tempo_that_is_moved_is_told(tmp_path: Path) -> None:
    loop = read(write(tmp_path, "a_120bpm.wav", wav(drums(119, 8))))
    assert loop.finding.tempo_bpm == pytest.approx(119, abs=0.01)
    assert "longer than 2 bars at 120 BPM: it is taken to be at 119.00 BPM" in loop.remarks[0]
    near = read(write(tmp_path, "b_120bpm.wav", wav(drums(119.95, 8))))
    assert near.finding.tempo_bpm == pytest.approx(119.95, abs=0.01) and not near.remarks
    with pytest.raises(NotWholeBars):
        read(write(tmp_path, "c_120bpm.wav", wav(drums(120, 6))))


def test_no_bytes_of_a_tag_raise_anything_foreign(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    short = drums(240, 1)[:, :2000]
    sources = [wav(short, chunk(b"id3 ", id3(b"TBPM", "70")), acid(70, 8)), aiff(short, basc(8)),
               id3(b"TBPM", "70") + flac(short, BPM="70"), encoded(short, "OGG", "VORBIS")]  # fmt: skip
    outcomes = {"read": 0, "refused": 0}
    for source in sources * 150:
        mutant = bytearray(source)
        edges = [*range(min(400, len(mutant))), *range(max(0, len(mutant) - 100), len(mutant))]
        for place in rng.choice(edges, rng.integers(1, 9)):
            mutant[place] = rng.integers(256)
        end = len(mutant) if rng.random() < 0.7 else rng.integers(len(mutant))
        path = write(tmp_path, "mutant", bytes(mutant[:end]))
        try:
            metadata = read_audio(path).metadata
        except AudioFileError:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
            assert metadata.tempo_bpm is None or 1 <= metadata.tempo_bpm <= 1000
    assert min(outcomes.values()) > 50, outcomes
