"""Tempo and key in file names, in the spellings that are about."""

import pytest
from hypothesis import given, strategies as st

from engine.listening.kinds import drum_of, is_named_drum, is_named_one_shot, meter_in_name
from engine.listening.names import key_in_name, tempi_alone, tempo_in_name


@pytest.mark.parametrize(
    ("name", "tempo"),
    [
        ("groove_126bpm", 126), ("126 BPM house", 126), ("loop-92.5bpm-Am", 92.5), ("bpm 140 kick", 140),
        ("BPM128_x", 128), ("90_bpm", 90), ("warm-house_126bpm_Am_4bars_seed7", 126), ("take 3", None),
        ("HipHop86_bpm172_beats8", 172), ("House_60_BPM_120", 120), ("Loop_120,60bpm", 120.6),
        ("Groove_87,50bpm", 87.5),
        ("Slow.75.BPM", 75), ("01.85bpm", 85), ("loop 120,5 bpm", 120.5), ("bpm=128", 128), ("Kick_808_bpm120", 120),
        ("12_bpm_99_loop", 99), ("90bpm_take2", 90), ("126_bpm_64_bars", 126), ("126 BPM 48k", 126),
        ("[128 bpm]", 128),
        ("02.120bpm", 120), ("300bpm", None), ("5bpm", None), ("1126bpm", None), ("track126", None),
        ("tempo 126", 126), ("x_83.3333bpm", 83.3333), ("bpm107.1429", 107.1429),
        ("126 b.p.m.", 126), ("Tempo_98.5_x", 98.5),
    ],
)  # fmt: skip
def test_tempo_in_names(name, tempo):
    assert tempo_in_name(name) == tempo


@given(st.integers(40, 240), st.sampled_from(["{}bpm", "x {} bpm y", "a-{}BPM", "bpm_{}", "{}.0bpm"]))
def test_any_tempo_is_found_however_it_is_written(tempo, pattern):
    assert tempo_in_name(pattern.format(tempo)) == tempo


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("pad_Am_126bpm", "Am"), ("bass F#min", "Gbm"), ("stab_Dbmaj", "Db"), ("lead_C#m", "Dbm"), ("take A", None),
        ("kick_808", None), ("Bbm loop", "Bbm"), ("Emotion", None), ("120_E_minor_loop", "Em"), ("C Major", "C"),
        ("Eb flat", None), ("A flat minor", "Abm"), ("f sharp min", "Gbm"), ("D-Min", "Dm"),
        ("big a major", "A"), ("A mixture", None),
    ],
)  # fmt: skip
def test_key_in_names(name, key):
    assert key_in_name(name) == key


@pytest.mark.parametrize(
    ("name", "tempi"),
    [
        ("SP_126_Am_Bass", (126.0,)), ("126", (126.0,)), ("Loop 03 - 124 - Am", (124.0,)), ("808_Kick_140", (140.0,)),
        ("track126", ()), ("loop 64 bars", ()), ("2026_idea_95", (95.0,)), ("150_bars_96", (96.0,)), ("0126", ()),
        ("[92.5] dub", (92.5,)),
    ],
)  # fmt: skip
def test_numbers_alone_may_be_tempi(name, tempi):
    assert tempi_alone(name) == tempi


@pytest.mark.parametrize(
    ("stem", "folders", "named"),
    [
        ("Synth One Shot C 120bpm", (), True), ("x", ("One Shots",), True), ("x", ("Drum Hits", "Pack"), True),
        ("x_120bpm", ("Hits",), False), ("Kick Loop", ("One-Shots",), False), ("groove", ("deep", "1shots"), False),
        ("hitch", (), False), ("x", (), False), ("oneshot_kick", (), True),
    ],
)  # fmt: skip
def test_names_that_call_a_file_a_one_shot(stem, folders, named):
    assert is_named_one_shot(stem, folders) == named


def test_names_of_drums_and_their_parts():
    assert [is_named_drum(name) for name in ("Kick_01", "snare", "crash2", "kick loop", "bass", "hatch")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    parts = {"Kick_01": "kick", "BD 808": "kick", "Clap 3": "snare", "open hat": "open_hat", "HiHat2": "closed_hat",
             "Closed HH": "closed_hat", "Ride": "open_hat", "cowbell": "percussion", "voice": None}  # fmt: skip
    assert {name: drum_of(name) for name in parts} == parts
    assert drum_of("03", ("Snares", "Kicks")) == "snare"


@pytest.mark.parametrize(
    ("name", "meter"),
    [
        ("groove 6-8 120bpm", (6, 8)), ("waltz", (3, 4)), ("3-4 time 90", (3, 4)), ("120bpm 3-4", (3, 4)),
        ("bars 7-8", None), ("take 3-4", None), ("x_7-8_x", (7, 8)), ("4-4 time", (4, 4)), ("1-2", None),
    ],
)  # fmt: skip
def test_meters_in_names(name, meter):
    assert meter_in_name(name) == meter
