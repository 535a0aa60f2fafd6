"""Start the window: `loopgen [--session FILE] [--pack DIR] [--screenshot FILE.png [--size 1280x800]]`."""

import argparse
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from engine import MANIFEST, is_file


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The window's own options; exits 2 with one line on unknown ones."""
    parser = argparse.ArgumentParser(prog="loopgen", description="The instrument: a window that makes loops.")
    parser.add_argument("--session", type=Path, help="session to open")
    parser.add_argument("--pack", type=Path, help="model pack to play (default: the starter pack)")
    parser.add_argument("--screenshot", type=Path, metavar="FILE.png", help="render the window to a picture and exit")
    parser.add_argument("--size", default="1280x800", metavar="WxH", help="size of the picture")
    options = parser.parse_args(argv)
    if options.pack is not None and options.pack.name == MANIFEST and is_file(options.pack):
        options.pack = options.pack.parent  # a desktop opens files, and of a pack this one
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Run the window, or take its picture; returns the exit status."""
    options = parse(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # who waits leaves the cores to others; a Turkish i has no I
    if options.screenshot is not None:
        return _screenshot(options)
    from loopgen_app.application import Application  # noqa: PLC0415 - Qt is loaded only when it is wanted

    try:
        application = Application(sys.argv[:1], pack=options.pack)
    except Exception as error:  # noqa: BLE001 - without a window there is no other place that could tell it
        return _tell_failed_start(error)
    return application.run(options.session)


def _tell_failed_start(error: Exception) -> int:
    """Say on stderr and, where there is a screen, in a box why there is no window; returns the exit status."""
    from PySide6.QtCore import Qt  # noqa: PLC0415
    from PySide6.QtWidgets import QApplication, QMessageBox  # noqa: PLC0415

    logging.getLogger(__name__).critical("no window", exc_info=error)
    words = f"LoopGen cannot start ({type(error).__name__}: {error})."
    traceback.print_exception(error)
    sys.stderr.write(f"{words}\n")
    if isinstance(QApplication.instance(), QApplication) and QApplication.platformName() not in (
        "offscreen",
        "minimal",
    ):
        box = QMessageBox(QMessageBox.Icon.Critical, "LoopGen", words)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.exec()
    return 1


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
