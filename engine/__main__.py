"""The `loopgen` command: the instrument itself, or one of the verbs of `engine.cli`."""

import sys

from engine.cli.app import run
from engine.errors import MissingDependency


def start_window() -> int:
    """Open the instrument; returns its exit code. Raises `MissingDependency` where Qt is not installed."""
    try:
        from loopgen_app.__main__ import main as window  # noqa: PLC0415  (the verbs need no Qt)
    except ImportError as error:
        raise MissingDependency(
            f"The window cannot start ({error}); 'pip install loopgen' brings PySide6, "
            "and 'loopgen --help' lists what works without it."
        ) from error
    return int(window() or 0)


def main() -> None:
    """Entry point of the script; exits with 0, 2 on bad input, 130 on Ctrl-C."""
    sys.exit(run(sys.argv[1:], start_window))


if __name__ == "__main__":
    main()
