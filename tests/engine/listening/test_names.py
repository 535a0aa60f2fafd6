"""Tempo and key in file names, in the spellings that are about."""

import pytest
from hypothesis import given, strategies as st

from engine.listening.names import key_in_name, tempo_in_name


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
        ("kick_808", None), ("Bbm loop", "Bbm"), ("Emotion", None),
    ],
)  # fmt: skip
def test_key_in_names(name, key):
    assert key_in_name(name) == key
