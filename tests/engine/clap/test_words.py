"""Splitting prompts: numbers, signs, accents, typing errors, pieces of unknown words, and what is known."""

import pytest

from engine.clap.words import MAX_WORDS, Word, WordTokenizer, split

WORDS = ("techno", "kick", "bright", "no", "bpm", "number", "sq", "##uel", "##chy", "and", "lo", "fi", "303")
VOCABULARY = WordTokenizer(WORDS, domain=5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Techno 126bpm", ["techno", "126", "bpm"]),
        ("lo-fi, café!", ["lo", "fi", "cafe"]),
        ("kick & snare + F#", ["kick", "and", "snare", "and", "f", "sharp"]),
        ("4/4 at 92.5", ["4", "4", "at", "92.5"]),
        ("\x00\t ... ,;:", []),
        ("🥁🔥", []),
        ("тёмный техно", ["темныи", "техно"]),
    ],
)
def test_splitting(text: str, words: list[str]) -> None:
    assert split(text) == words


def test_words_numbers_and_pieces() -> None:
    assert VOCABULARY.read("no kick") == [Word(3), Word(1)]
    assert VOCABULARY.read("126 bpm 303") == [Word(5, 126.0), Word(4), Word(12, 303.0)]
    assert VOCABULARY.read("squelchy") == [Word(6, known=False), Word(7, known=False), Word(8, known=False)]
    assert VOCABULARY.read("zzz") == []


@pytest.mark.parametrize("typo", ["tehcno", "techo", "techhno", "tecnno"])
def test_a_typing_error_is_mended_to_a_word_of_captions(typo: str) -> None:
    assert VOCABULARY.read(typo) == [Word(0)]
    assert VOCABULARY.read("kikc") == []  # too short to be sure of


def test_what_is_known_and_how_much_is_read() -> None:
    assert VOCABULARY.knows("squelchy techno") and VOCABULARY.knows("TEHCNO")
    assert not VOCABULARY.knows("squelchy") and not VOCABULARY.knows("") and not VOCABULARY.knows("🔥, !!")
    assert len(VOCABULARY.read("kick " * 5000)) == MAX_WORDS
