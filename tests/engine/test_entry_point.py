"""The `loopgen` command itself: how it ends, and what it says where no window can be."""

import io
import sys

import pytest

from engine import __main__ as entry
from engine.errors import MissingDependency


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
def test_without_a_screen_it_is_said_before_qt_could_abort(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MissingDependency, match="neither DISPLAY nor WAYLAND_DISPLAY is set"):
        entry.start_window([])


def test_without_qt_it_is_said_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setitem(sys.modules, "loopgen_app.__main__", None)  # importing it raises ImportError
    with pytest.raises(MissingDependency, match="pip install loopgen"):
        entry.start_window([])


@pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["render", "--bars", "99"], 2)])
def test_it_ends_with_the_code_of_its_verb(arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["loopgen", *arguments])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == code


def test_a_name_that_the_terminal_has_no_letters_for_is_told_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii"))
    monkeypatch.setattr(entry, "run", lambda _arguments, _window: print("caf\u00e9.wav", flush=True))  # noqa: T201
    with pytest.raises(SystemExit):
        entry.main()
    assert shown.getvalue() == b"caf\\xe9.wav\n"
