"""What the files of other programs say, and what we do: format, field, program that writes it, what comes of it.

`TEMPO` and the like are what is believed; `PASSED` is passed over, the sound is read all the same; `REFUSED` is
refused in a sentence that holds the words.
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile
from sounds import RATE, acid, aiff, basc, big, cue, drums, id3, ogg_tagged, region, smpl, wav

from engine.audio.chunks import chunk
from engine.audio.flac_comments import with_comments

SLOW: Final = drums(70, 8)
TEMPO, BEATS, KEY, LOOP, PASSED, REFUSED = "tempo 70", "8 beats", "key Am", "2 s of it", "passed over", "refused"


@dataclass(frozen=True)
class Row:
    """One kind of file; `make` is its bytes, `outcome` what is done, `words` are in the sentence of a refusal."""

    container: str
    field: str
    program: str
    outcome: str
    make: Callable[[], bytes]
    words: str = ""


def encoded(container: str, subtype: str | None = None, sound: np.ndarray = SLOW, rate: int = RATE) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, sound.T, rate, format=container, subtype=subtype)
    return buffer.getvalue()


def flac(**comments: str) -> bytes:
    return with_comments(encoded("FLAC"), comments)


EIGHT_IN_A_MINOR: Final = b"beat count\x008\0key signature\0A minor\0"
APPLE_LOOP: Final = bytes.fromhex("29819273b5bf4aefb78d62d1ef90bb2c")


def caf(texts: bytes, uuid: bytes = b"") -> bytes:
    """A CAF file with a chunk of pairs of texts behind its description."""
    whole = encoded("CAF", "PCM_16")
    data = uuid + struct.pack(">I", texts.count(b"\0") // 2) + texts
    extra = (b"uuid" if uuid else b"info") + struct.pack(">q", len(data)) + data
    return whole[:52] + extra + whole[52:]


def ogg(subtype: str, comment: str) -> bytes:
    return ogg_tagged(encoded("OGG", subtype, SLOW[:, :RATE], 48000 if subtype == "OPUS" else RATE), comment)


ROWS: Final = (
    Row("WAV", "acid tempo", "ACID, Reaper, FL Studio", TEMPO, lambda: wav(SLOW, acid(70, 8))),
    Row("WAV", "acid beats", "samplers without a tempo", BEATS, lambda: wav(SLOW, acid(0, 8))),
    Row("WAV", "acid default tempo", "editors that write 120", TEMPO, lambda: wav(SLOW, acid(120, 8))),
    Row("WAV", "acid one-shot", "ACID", REFUSED, lambda: wav(SLOW, acid(70, 8, flags=1)), "one-shot"),
    Row("WAV", "acid meter", "ACID", REFUSED, lambda: wav(SLOW, acid(70, 8, meter=(3, 4))), "3/4"),
    Row("WAV", "odd chunk, padded", "everything", TEMPO, lambda: wav(SLOW, chunk(b"junk", b"abc"), acid(70, 8))),
    Row("WAV", "odd chunk", "old editors", TEMPO, lambda: wav(SLOW, chunk(b"junk", b"abc")[:-1], acid(70, 8))),
    Row("WAV", "smpl loop", "samplers", LOOP, lambda: wav(drums(120, 4, tail=1.0), smpl(0, 88199))),
    Row("WAV", "smpl sustain", "samplers", PASSED, lambda: wav(SLOW, smpl(4000, 4400))),
    Row("WAV", "cue", "Wavelab, Audition", PASSED, lambda: wav(SLOW, cue(30000))),
    Row("WAV", "id3 chunk", "taggers", TEMPO, lambda: wav(SLOW, chunk(b"id3 ", id3(b"TBPM", "70")))),
    Row("WAV", "ID3 2.2", "iTunes", TEMPO, lambda: wav(SLOW, chunk(b"id3 ", id3(b"TBP", "70", version=2)))),
    Row("WAV", "ID3 in front", "DJ programs", TEMPO, lambda: id3(b"TBPM", "70") + wav(SLOW)),
    Row("WAV", "RIFF and data 0", "recorders that were killed", PASSED, lambda: wav(SLOW, data_size=0, riff=0)),
    Row("WAV", "data 2^32-1", "ffmpeg to a pipe", PASSED, lambda: wav(SLOW, data_size=2**32 - 1, riff=2**32 - 1)),
    Row("WAV", "data ends early", "downloads", REFUSED, lambda: wav(SLOW)[: 400_000], "cut off"),
    Row("WAV", "no samples", "recorders", REFUSED, lambda: wav(SLOW[:, :0]), "no sound"),
    Row("WAV", "24 bit", "every DAW", PASSED, lambda: encoded("WAV", "PCM_24")),
    Row("WAV", "float above full scale", "DAWs, 32 bit", PASSED, lambda: encoded("WAV", "FLOAT", 4 * SLOW)),
    Row("WAV", "A-law", "telephony", PASSED, lambda: encoded("WAV", "ALAW")),
    Row("WAV", "mu-law", "telephony", PASSED, lambda: encoded("WAV", "ULAW")),
    Row("WAV", "cue region", "Sound Forge, Audition", LOOP, lambda: wav(drums(120, 4, tail=1.0), *region(0, 88200))),
    Row("WAV", "IMA ADPCM", "games", REFUSED, lambda: encoded("WAV", "IMA_ADPCM"), "WAV with IMA"),
    Row("RF64", "whole file", "Reaper, beyond 4 GB", PASSED, lambda: encoded("RF64", "PCM_16")),
    Row("CAF", "info tempo", "Logic, afconvert", TEMPO, lambda: caf(b"tempo\x0070\0")),
    Row("CAF", "Apple Loop beats", "GarageBand", BEATS, lambda: caf(b"beat count\x008\0", APPLE_LOOP)),
    Row("CAF", "Apple Loop key", "GarageBand", KEY, lambda: caf(EIGHT_IN_A_MINOR, APPLE_LOOP)),
    Row("CAF", "ALAC", "Logic", REFUSED, lambda: encoded("CAF", "ALAC_16"), "CAF with ALAC"),
    Row("MP3", "TBPM", "DJ programs, iTunes", TEMPO, lambda: id3(b"TBPM", "70") + encoded("MP3")),
    Row("MP3", "no tag", "everything", PASSED, lambda: encoded("MP3")),
    Row("AIFF", "basc beats", "Apple Loops", BEATS, lambda: aiff(SLOW, basc(8))),
    Row("AIFF", "basc key", "Apple Loops", KEY, lambda: aiff(SLOW, basc(8))),
    Row("AIFF", "basc one-shot", "Apple Loops", REFUSED, lambda: aiff(SLOW, basc(0, kind=2)), "one-shot"),
    Row("AIFF", "ID3 chunk", "iTunes, taggers", TEMPO, lambda: aiff(SLOW, big(b"ID3 ", id3(b"TBPM", "70")))),
    Row("FLAC", "BPM", "taggers", TEMPO, lambda: flac(BPM="70")),
    Row("FLAC", "BPM 70,0", "taggers of other locales", TEMPO, lambda: flac(BPM="70,0")),
    Row("FLAC", "BPM 70 BPM", "hands", TEMPO, lambda: flac(BPM="70 BPM")),
    Row("FLAC", "TEMPO", "Mixxx", TEMPO, lambda: flac(TEMPO="70.0")),
    Row("FLAC", "INITIALKEY", "Mixed In Key", KEY, lambda: flac(BPM="70", INITIALKEY="a minor")),
    Row("FLAC", "ID3 in front", "careless taggers", TEMPO, lambda: id3(b"TIT2", "a") + flac(BPM="70")),
    Row("Vorbis", "bpm", "taggers", "tag 70", lambda: ogg("VORBIS", "bpm=70")),
    Row("Opus", "bpm", "taggers", "tag 70", lambda: ogg("OPUS", "bpm=70")),
    Row("MP4", "all", "iTunes, Logic", REFUSED, lambda: b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(5000), "as audio"),
    Row("text", "none", "a page that was downloaded", REFUSED, lambda: b"<!doctype html>" * 400, "as audio"),
)  # fmt: skip
