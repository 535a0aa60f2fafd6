"""Tempo and key as the programs of this world spell them."""

import pytest

from engine.audio.tag_texts import key_of_text, tempo_and_key, tempo_of_text


@pytest.mark.parametrize(
    ("text", "tempo"),
    [
        ("128", 128.0), ("70,5", 70.5), (" 174.25 bpm ", 174.25), ("90BPM", 90.0),
        ("0", None), ("1001", None), ("fast", None), ("", None), ("128/2", None), ("1e3", None), ("-120", None),
    ],
)  # fmt: skip
def test_tempi(text: str, tempo: float | None) -> None:
    assert tempo_of_text(text) == tempo


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Am", "Am"),
        ("a minor", "Am"), ("C", "C"), ("Db major", "Db"), ("C#", "Db"), ("F#m", "Gbm"), ("g♯ min", "Abm"),
        ("Cb", "B"), ("H", None), ("8A", None), ("", None), ("All", None), ("Amin7", None),
    ],
)  # fmt: skip
def test_keys(text: str, key: str | None) -> None:
    assert key_of_text(text) == key


def test_the_first_tag_that_can_be_read_counts() -> None:
    assert tempo_and_key({"BPM": "?", "TBPM": "126", "TKEY": "o", "KEY": "F#m"}) == (126.0, "Gbm")
    assert tempo_and_key({"TITLE": "120"}) == (None, None)
