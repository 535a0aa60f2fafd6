"""MP3 without its encoder's delay, CAF and RF64 with what they say, regions of cue chunks."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio.caf_chunks import read_caf_chunks
from engine.audio.chunks import chunk
from engine.audio.cue_regions import loop_regions
from engine.audio.io import read_audio
from engine.audio.mpeg_delay import USUAL_DELAY, samples_in_frames, untold_delay
from engine.errors import AudioFileError

RATE = 44_100
FRAME = 1152


def clicks() -> np.ndarray:
    """`[1, T]`: three dying tones, the first at the very beginning."""
    time = np.arange(RATE) / RATE
    return sum(
        np.where(time >= at, np.sin(2 * np.pi * 440 * (time - at)) * np.exp(-30 * np.clip(time - at, 0, 1)), 0)
        for at in (0.0, 0.3, 0.55)
    )[None] * 0.5  # fmt: skip


def mp3() -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, clicks().T, RATE, format="MP3")
    return buffer.getvalue()


def lag(got: np.ndarray) -> int:
    """By how many samples `got` comes too late."""
    wanted = clicks()[0]
    padded = np.concatenate([np.zeros(3000), got[0]])
    return int(np.argmax(np.correlate(padded[: len(wanted) + 3000], wanted[: len(wanted) - 3000], "valid"))) - 3000


def test_the_delay_of_an_encoder_is_taken_off_whether_it_is_told_or_not(tmp_path: Path) -> None:
    content = mp3()
    (tmp_path / "told.mp3").write_bytes(content)
    told = read_audio(tmp_path / "told.mp3")
    assert (told.audio.shape, lag(told.audio), told.missing_seconds) == ((1, RATE), 0, 0.0)
    blank = content.replace(b"Xing", b"    ", 1)  # what held the tag is a frame of silence then
    (tmp_path / "untold.mp3").write_bytes(blank)
    with pytest.raises(AudioFileError, match="varying rate without a table"):
        read_audio(tmp_path / "untold.mp3")
    assert 0 <= samples_in_frames(io.BytesIO(blank)) - RATE - USUAL_DELAY < 3 * FRAME
    assert untold_delay(io.BytesIO(content)) == 0
    assert untold_delay(io.BytesIO(blank)) == untold_delay(io.BytesIO(b"")) == USUAL_DELAY


@pytest.mark.skipif(soundfile.__version__ < "0.13", reason="writes no constant rate")
def test_the_usual_delay_is_taken_off_a_constant_rate_without_a_tag(tmp_path: Path) -> None:
    path = tmp_path / "constant.mp3"
    soundfile.write(path, clicks().T, RATE, format="MP3", bitrate_mode="CONSTANT", compression_level=0.5)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"Xing", b"    ", 1).replace(b"Info", b"    ", 1))
    got = read_audio(path)
    assert lag(got.audio) == FRAME and 0 <= got.audio.shape[1] - RATE - FRAME < 2 * FRAME


def test_a_page_that_is_named_like_an_mp3_is_one_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "page.mp3").write_bytes(b"<!doctype html>" * 400)
    with pytest.raises(AudioFileError, match="it holds no MP3"):
        read_audio(tmp_path / "page.mp3")
    assert capfd.readouterr() == ("", "")
    soundfile.write(tmp_path / "renamed.mp3", clicks().T, RATE, format="WAV")
    assert read_audio(tmp_path / "renamed.mp3").audio.shape == (1, RATE)


def test_an_mp3_that_was_cut_off_says_so(tmp_path: Path) -> None:
    content = mp3()
    (tmp_path / "cut.mp3").write_bytes(content[: len(content) // 2])
    assert read_audio(tmp_path / "cut.mp3").missing_seconds == pytest.approx(0.5, abs=0.25)


def test_laws_and_rates_are_read_and_other_encodings_named(tmp_path: Path) -> None:
    for container, subtype, rate in (("WAV", "ALAW", 8000), ("AIFF", "ULAW", 22_050), ("RF64", "FLOAT", 96_000)):
        soundfile.write(tmp_path / "x", clicks().T, rate, format=container, subtype=subtype)
        got = read_audio(tmp_path / "x")
        assert got.sample_rate == rate
        np.testing.assert_allclose(got.audio, clicks(), atol=0.02)
    soundfile.write(tmp_path / "x", np.repeat(clicks(), 4, 0).T, RATE, format="WAV")
    with pytest.raises(AudioFileError, match="4 channels; mono and stereo are possible"):
        read_audio(tmp_path / "x")
    soundfile.write(tmp_path / "x", clicks().T, RATE, format="AU")
    with pytest.raises(AudioFileError, match="is AU with PCM_16 samples; WAV, FLAC, AIFF, Ogg, MP3 and CAF"):
        read_audio(tmp_path / "x")


def test_broken_chunks_of_a_caf_file_say_nothing() -> None:
    head = b"caff\0\1\0\0"
    for rest in (b"", b"info", b"info" + b"\xff" * 8, b"info" + bytes(7) + b"\4\xff\xff\xff\xff", b"x" * 100):
        assert read_caf_chunks(io.BytesIO(head + rest)).tempo_bpm is None
    with pytest.raises(AudioFileError, match="not a CAF file"):
        read_caf_chunks(io.BytesIO(b"RIFF"))


def test_regions_are_loops_where_they_are_alone_or_called_so() -> None:
    def points(*starts: int) -> bytes:
        rows = (n.to_bytes(4, "little") + bytes(4) + b"data" + bytes(8) + at.to_bytes(4, "little")
                for n, at in enumerate(starts))  # fmt: skip
        return len(starts).to_bytes(4, "little") + b"".join(rows)

    def length(number: int, samples: int) -> bytes:
        return chunk(b"ltxt", number.to_bytes(4, "little") + samples.to_bytes(4, "little") + b"rgn " + bytes(8))

    label = chunk(b"labl", (1).to_bytes(4, "little") + b"Main Loop\0")
    assert loop_regions(points(100), b"adtl" + length(0, 50)) == ((100, 149),)
    assert loop_regions(points(100, 300), b"adtl" + length(0, 50) + length(1, 20)) == ()
    assert loop_regions(points(100, 300), b"adtl" + length(0, 50) + length(1, 20) + label) == ((300, 319),)
    assert (
        loop_regions(points(100), b"adtl") == loop_regions(b"", b"") == loop_regions(b"\xff" * 9, b"adtl" * 9) == ()
    )
