"""Start the window: `loopgen [--session FILE] [--pack DIR] [--screenshot FILE.png [--size 1280x800]]`."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The window's own options; exits 2 with one line on unknown ones."""
    parser = argparse.ArgumentParser(prog="loopgen", description="The instrument: a window that makes loops.")
    parser.add_argument("--session", type=Path, help="session to open")
    parser.add_argument("--pack", type=Path, help="model pack to play (default: the starter pack)")
    parser.add_argument("--screenshot", type=Path, metavar="FILE.png", help="render the window to a picture and exit")
    parser.add_argument("--size", default="1280x800", metavar="WxH", help="size of the picture")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the window, or take its picture; returns the exit status."""
    options = parse(sys.argv[1:] if argv is None else argv)
    if options.screenshot is not None:
        return _screenshot(options)
    from loopgen_app.application import Application  # noqa: PLC0415 - Qt is loaded only when it is wanted

    return Application(sys.argv[:1], pack=options.pack).run(options.session)


def _screenshot(options: argparse.Namespace) -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from engine import LoopGenError  # noqa: PLC0415
    from loopgen_app.application import Application  # noqa: PLC0415 - after the platform is chosen
    from loopgen_app.screenshot import parse_size, take  # noqa: PLC0415
    from loopgen_app.settings import Folders  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="loopgen-screenshot-") as folder:
        try:
            size = parse_size(options.size)
            application = Application(sys.argv[:1], pack=options.pack, folders=Folders(Path(folder)))
            try:
                take(application, options.screenshot, size, options.session)
            finally:
                application.window.close()
        except LoopGenError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
