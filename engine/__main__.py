"""The `loopgen` command: the instrument itself, or one of the verbs of `engine.cli`."""

import io
import os
import sys
from collections.abc import Sequence

from engine.cli.app import run
from engine.errors import MissingDependency

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def start_window(arguments: Sequence[str] = ()) -> int:
    """Open the instrument, or take its picture; returns its exit code.

    Raises `MissingDependency` where Qt or a screen is missing (`--screenshot` needs no screen).
    """
    picture = any(argument.startswith("--screenshot") for argument in arguments)
    if sys.platform == "linux" and not picture and not any(os.environ.get(name) for name in _SCREENS):
        # Qt would abort the process instead of raising.
        raise MissingDependency(
            "The window needs a screen, and neither DISPLAY nor WAYLAND_DISPLAY is set; "
            "'loopgen --help' lists what works without it."
        )
    try:
        from loopgen_app.__main__ import main as window  # noqa: PLC0415  (the verbs need no Qt)

        return window(arguments)
    except ImportError as error:  # PySide6 itself, or a system library that it needs
        raise MissingDependency(
            f"The window cannot start ({error}); 'pip install loopgen' brings PySide6, "
            "and 'loopgen --help' lists what works without it."
        ) from error


def main() -> None:
    """Entry point of the script; exits with 0, 2 on bad input, 130 on Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal has no letters for is told in numbers
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:], lambda: start_window(sys.argv[1:])))


if __name__ == "__main__":
    main()
