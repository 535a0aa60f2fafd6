"""The `loopgen` command: the instrument itself, or one of the verbs of `engine.cli`."""

import os
import sys

from engine.cli.app import run
from engine.errors import MissingDependency

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def start_window() -> int:
    """Open the instrument; returns its exit code. Raises `MissingDependency` where Qt or a screen is missing."""
    if sys.platform == "linux" and not any(os.environ.get(name) for name in _SCREENS):
        # Qt would abort the process instead of raising.
        raise MissingDependency(
            "The window needs a screen, and neither DISPLAY nor WAYLAND_DISPLAY is set; "
            "'loopgen --help' lists what works without it."
        )
    try:
        from loopgen_app.__main__ import main as window  # noqa: PLC0415  (the verbs need no Qt)

        return window([])
    except ImportError as error:  # PySide6 itself, or a system library that it needs
        raise MissingDependency(
            f"The window cannot start ({error}); 'pip install loopgen' brings PySide6, "
            "and 'loopgen --help' lists what works without it."
        ) from error


def main() -> None:
    """Entry point of the script; exits with 0, 2 on bad input, 130 on Ctrl-C."""
    sys.exit(run(sys.argv[1:], start_window))


if __name__ == "__main__":
    main()
