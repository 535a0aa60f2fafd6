"""JSON from outside: bounded in size, depth and numbers, whatever it says."""

import json
import time

import pytest

from engine.documents import MAX_WHOLE, DocumentError, read_document


def test_what_programs_write_is_read() -> None:
    told = {"a": [1, -2.5, None, True, "é"], "b": {"c": [MAX_WHOLE, -MAX_WHOLE]}}
    assert read_document(json.dumps(told)) == told
    assert read_document(json.dumps(told).encode()) == told


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("[" * 40 + "]" * 40, "nested too deeply"),
        ('{"a":' * 40 + "1" + "}" * 40, "nested too deeply"),
        ("", "no JSON"),
        ("{", "no JSON"),
        (b"\xff\xfe\xfd", "no JSON"),
        (" " * 1001, "larger than 1000 bytes"),
    ],
)
def test_the_rest_is_refused_in_no_time(content: bytes | str, sentence: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(DocumentError, match=sentence):
        read_document(content, most_bytes=1000 if sentence.startswith("larger") else 1_000_000)
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    "number", ["1e999", "NaN", "-Infinity", str(MAX_WHOLE + 1), "-1" + "0" * 400, "1" + "0" * 5000]
)
def test_numbers_that_no_machine_holds_say_nothing(number: str) -> None:
    assert read_document(f'{{"tempo_bpm": {number}, "bars": 2}}') == {"tempo_bpm": None, "bars": 2}


def test_halves_of_characters_can_be_stored_afterwards() -> None:
    assert read_document('{"\\ud800": "caf\\udce9"}') == {"?": "caf?"}
