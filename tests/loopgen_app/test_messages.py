"""What is said is heard once, kept as the last, and logged at its weight."""

import logging

import pytest

from loopgen_app.messages import LONGEST, Message, Messages


def test_a_sentence_as_long_as_a_book_is_told_by_its_ends() -> None:
    messages = Messages()
    messages.complain(f"Cannot read '{'x' * 100_000}\nà' as audio; WAV files are possible.")
    assert messages.last is not None and len(messages.last.text) == LONGEST + 1
    assert messages.last.text.startswith("Cannot read 'xxx") and messages.last.text.endswith(
        "; WAV files are possible."
    )
    messages.say("x" * LONGEST)
    assert messages.last.text == "x" * LONGEST


def test_information_and_errors_are_told_kept_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Message] = []
    messages = Messages()
    messages.said.connect(heard.append)
    assert messages.last is None
    done: list[str] = []
    with caplog.at_level(logging.INFO, "loopgen_app.messages"):
        messages.say("Exported 100 % of it.", "Show", lambda: done.append("shown"))
        messages.complain("The disk is full.")
    assert [(m.text, m.kind, m.label) for m in heard] == [
        ("Exported 100 % of it.", "info", "Show"), ("The disk is full.", "error", "")
    ]  # fmt: skip
    assert messages.last is heard[1] and heard[1].action is None
    assert heard[0].action is not None
    heard[0].action()
    assert done == ["shown"]
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.INFO, "Exported 100 % of it."), (logging.WARNING, "The disk is full.")
    ]  # fmt: skip
