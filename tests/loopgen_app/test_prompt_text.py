"""Weights, endings and what is not understood, as text."""

import pytest

from engine import PackWords
from loopgen_app.state.prompt_text import ending, not_understood, one_line, weighed

WORDS = PackWords(("acid", "warm"), lambda text: "acid" in text or "warm" in text)


@pytest.mark.parametrize(
    ("text", "cursor", "steps", "becomes"),
    [
        ("acid", 4, 1, "acid:1.1"),
        ("acid", 0, 3, "acid:1.3"),
        ("acid:1.1", 4, -1, "acid"),
        ("acid", 2, -1, "acid:0.9"),
        ("acid:4.95", 2, 1, "acid:5"),
        ("acid:5", 2, 9, "acid:5"),
        ("acid:0.1", 2, -5, "acid:0"),
        ("warm pad, acid bass, dub", 12, 1, "warm pad, acid bass:1.1, dub"),
        ("warm pad, acid bass, dub", 8, 1, "warm pad:1.1, acid bass, dub"),
        ("(acid:1.3) , dub", 3, 1, "acid:1.4 , dub"),
        ("", 0, 1, ""),
        ("dub, ", 5, 1, "dub, "),
        ("acid:9", 3, -1, "acid:9"),
        ("a:b:1", 1, 1, "a:b:1"),
        ("🔥, pad", 1, 1, "🔥:1.1, pad"),
    ],
)
def test_the_phrase_at_the_cursor_is_weighed(text: str, cursor: int, steps: int, becomes: str) -> None:
    changed, place = weighed(text, cursor, steps)
    assert changed == becomes
    assert 0 <= place <= len(changed)


def test_ten_steps_up_and_ten_down_are_none() -> None:
    text, cursor = "warm pad, acid", 14
    for steps in [1] * 40 + [-1] * 50 + [1] * 10:
        text, cursor = weighed(text, cursor, steps)
    assert text == "warm pad, acid"


@pytest.mark.parametrize(
    ("text", "cursor", "rest"),
    [("warm te", 7, "chno"), ("TE", 2, "chno"), ("t", 1, ""), ("te", 1, ""), ("techno", 6, ""), ("zz", 2, "")],
)
def test_words_are_ended(text: str, cursor: int, rest: str) -> None:
    assert ending(text, cursor, ("techno", "technoid")) == rest


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("", ""),
        (" , ", ""),
        ("warm zzz", ""),
        ("zzz 🔥", "No word here is known to this pack: zzz 🔥"),
        ("acid:9", "Weight 9 of 'acid' is out of range: 0 to 5."),
        ("acid " * 2000, "Only the first 1000 of 10000 characters are read."),
        ("z" * 999, f"No word here is known to this pack: {'z' * 48}…"),
    ],
)
def test_what_is_not_understood_is_said(prompt: str, sentence: str) -> None:
    assert not_understood(prompt, 1000, WORDS) == sentence


def test_control_characters_are_spaces_and_broken_letters_are_dropped() -> None:
    assert one_line("a\nb\x00c\ud83dd🔥") == "a b cd🔥"
