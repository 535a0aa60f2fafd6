"""MIDI files out and in: exact where the grid is, bounded where the file is hostile."""

import io
import struct
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from engine.errors import InvalidRequest
from engine.patterns.midi import midi_bytes, parse_midi, read_midi, write_midi
from engine.patterns.midi_tracks import MAX_BYTES
from engine.requests import Pattern
from engine.vocabulary import PARTS

KICK, HAT = (1.0, 0, 0, 0) * 4, (0, 0.25, 0.7, 0.5) * 4


def _file(messages: list[mido.Message | mido.MetaMessage], kind: int = 0, ticks: int = 480) -> bytes:
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks)
    file.tracks.append(mido.MidiTrack(messages))
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def _head(kind: int, tracks: int, division: int) -> bytes:
    return b"MThd" + struct.pack(">Lhhh", 6, kind, tracks, division)


def _beats(notes: list[int], channel: int = 9, gap: int = 480) -> list[mido.Message]:
    found = []
    for number, note in enumerate(notes):
        found.append(
            mido.Message("note_on", channel=channel, note=note, velocity=100, time=0 if not number else gap - 60)
        )
        found.append(mido.Message("note_off", channel=channel, note=note, time=60))
    return found


@settings(max_examples=40, deadline=None)
@given(
    bars=st.integers(1, 4),
    swing=st.integers(0, 500).map(lambda thousandths: thousandths / 1000),
    seed=st.integers(0, 2**31),
)
def test_onsets_velocities_and_swing_come_back_exactly(bars: int, swing: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = {
        part: tuple(
            round(float(v), 3) for v in np.where(rng.random(16 * bars) < 0.3, rng.uniform(0.01, 1, 16 * bars), 0)
        )
        for part in PARTS
    }
    rows = {part: row for part, row in rows.items() if any(row)}
    if not rows:
        return
    pattern = Pattern(rows, swing)
    back = parse_midi(midi_bytes(pattern, bars, tempo_bpm=126))
    assert back.bars == bars and back.tempo_bpm == pytest.approx(126, abs=1e-3)
    assert back.pattern.swing == swing
    for part, row in rows.items():
        found = back.pattern.rows[part]
        assert [v > 0 for v in found] == [v > 0 for v in row]
        assert [round(v * 127) for v in found] == [max(1, round(v * 127)) if v else 0 for v in row]


def test_swing_is_found_where_no_file_tells_it() -> None:
    content = midi_bytes(Pattern({"closed_hat": (0.5,) * 16, "kick": KICK}, 0.28), 2)
    back = parse_midi(content.replace(b"swing 0.28", b"sting 0.28"))
    assert back.pattern.swing == pytest.approx(0.28, abs=1 / 240)


def test_drums_are_on_channel_ten_and_pitched_parts_on_their_own(tmp_path: Path) -> None:
    pattern = Pattern({"kick": KICK, "closed_hat": HAT, "bass": KICK, "pad": (0.6, *(0.0,) * 15)})
    chord = ((0.0, 2.0, 60.0), (0.0, 2.0, 63.0), (0.0, 2.0, 67.0))
    path = write_midi(tmp_path / "beat.mid", pattern, 1, notes={"pad": chord})
    file = mido.MidiFile(path)
    assert [track.name for track in file.tracks] == ["LoopGen", "Drums", "Bass", "Pad"]
    played = [(m.channel, m.note) for track in file.tracks for m in track if m.type == "note_on"]
    assert {note for channel, note in played if channel == 9} == {36, 42}
    assert {channel for channel, _ in played} == {9, 0, 2}
    assert sorted(note for channel, note in played if channel == 2) == [60, 63, 67]
    assert sum(m.time for m in file.tracks[1]) == 4 * 960  # exactly one bar
    back = read_midi(path)
    assert back.notes["pad"][0][2] == 60 and len(back.notes["pad"]) == 3
    assert back.notes["pad"][0][1] == pytest.approx(2.0, abs=0.01)


def test_a_file_of_another_program_is_read() -> None:
    content = _file([mido.MetaMessage("set_tempo", tempo=500_000), *_beats([36, 38, 36, 40])], ticks=96 * 5)
    back = parse_midi(content)
    assert (back.bars, back.tempo_bpm) == (1, 120.0)
    assert np.flatnonzero(back.pattern.rows["kick"]).tolist() == [0, 8]
    assert np.flatnonzero(back.pattern.rows["snare"]).tolist() == [4, 12]
    assert back.pattern.rows["kick"][0] == pytest.approx(100 / 127, abs=5e-4)


@pytest.mark.parametrize(("name", "program", "note", "part"), [
    ("Deep Bass", 0, 70, "bass"), ("", 38, 70, "bass"), ("", 0, 30, "bass"), ("Acid lead", 0, 40, "lead"),
    ("", 89, 60, "pad"), ("", 0, 72, "lead"), ("My Drum Rack", 0, 36, "kick"),
])  # fmt: skip
def test_pitched_parts_are_told_apart(name: str, program: int, note: int, part: str) -> None:
    head = [mido.MetaMessage("track_name", name=name), mido.Message("program_change", program=program, channel=3)]
    assert set(parse_midi(_file([*head, *_beats([note] * 4, channel=3)])).pattern.rows) == {part}


def test_formats_0_1_and_2_are_read() -> None:
    for kind in (0, 1, 2):
        assert set(parse_midi(_file(_beats([36] * 4), kind)).pattern.rows) == {"kick"}


def test_what_cannot_be_taken_is_told() -> None:
    tempi = [mido.MetaMessage("set_tempo", tempo=t, time=10) for t in (500_000, 400_000)]
    back = parse_midi(_file([*tempi, *_beats([36, 30, 27, 36])]))
    assert back.tempo_bpm == 120.0
    assert back.remarks == (
        "2 drum notes outside the General MIDI map are left out.",
        "It has 2 tempi; the first, 120 BPM, is taken.",
    )
    long = parse_midi(_file(_beats([36] * 100)))
    assert long.bars == 16 and long.remarks == ("It is 25 bars long; the first 16 are taken.",)


def test_ten_thousand_notes_are_a_pattern_of_sixteen_bars() -> None:
    back = parse_midi(_file(_beats([36, 42] * 5000, gap=120)))
    assert back.bars == 16 and len(back.pattern.rows["kick"]) == 256


def test_a_file_that_begins_after_sixteen_bars_is_silent() -> None:
    late = _beats([36, 36])
    late[0].time = 17 * 4 * 480
    with pytest.raises(InvalidRequest, match="the file is silent for its first 16 bars"):
        parse_midi(_file(late))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no MIDI file"),
        (b"RIFF" + bytes(100), "no MIDI file"),
        (midi_bytes(Pattern({"kick": KICK}), 1)[:-9], "damaged or cut off"),
        (_head(1, 2000, 480), "damaged or cut off"),
        (_head(0, 1, -7640) + b"MTrk" + struct.pack(">L", 4) + b"\x00\xff\x2f\x00", "film"),
        (_head(0, 1, 480) + b"MTrk" + struct.pack(">L", 9**6) + b"\xff" * 500_000, "damaged"),
        (bytes(MAX_BYTES + 1), "larger than"),
        (_file([mido.MetaMessage("time_signature", numerator=3, denominator=4), *_beats([36])]), "3/4"),
        (_file([mido.MetaMessage("time_signature", numerator=7, denominator=8), *_beats([36])]), "7/8"),
        (_file([]), "no notes"),
        (_file(_beats([30, 31])), "no notes"),
    ],
)  # fmt: skip
def test_hostile_and_other_files_are_refused_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as refused:
        parse_midi(content, "song.mid")
    assert "\n" not in str(refused.value)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**31), flips=st.integers(1, 30))
def test_spoilt_files_are_read_or_refused_and_nothing_else(seed: int, flips: int) -> None:
    content = bytearray(midi_bytes(Pattern({"kick": KICK, "bass": HAT}, 0.1), 2))
    rng = np.random.default_rng(seed)
    for place in rng.integers(len(content), size=flips):
        content[place] = rng.integers(256)
    try:
        assert 1 <= parse_midi(bytes(content)).bars <= 16
    except InvalidRequest as refused:
        assert "\n" not in str(refused)
