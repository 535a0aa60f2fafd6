"""Every check, one after the other, each within its time, whatever goes wrong in it."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.checkup.child import SECONDS, ask_child
from engine.checkup.diagnosis import Diagnosis, one_line
from engine.checkup.packages import check_needed, check_optional, check_python
from engine.checkup.places import check_folders, check_own_packs, check_pack

LOOP = "loop"
"""The diagnosis that says whether a loop can be rendered."""
LOOP_SECONDS = 180.0
"""A cold start of torch from a slow disk takes most of a minute."""
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
_REPORT = "This should not be: please report it with what is said here."

Check = Callable[[], Diagnosis | tuple[Diagnosis, ...]]


def check_up(pack: str | None = None, *, folder: Path) -> Iterator[Diagnosis]:
    """The diagnoses, as they come: `loop` is `ok` where a loop can be rendered with `pack`, which is in `folder`."""
    checks: tuple[tuple[str, Check], ...] = (
        ("python", check_python),
        ("packages", check_needed),
        ("torch", check_torch),
        ("pack", lambda: check_pack(pack)),
        ("pack", check_own_packs),
        ("disk", check_folders),
        ("qt", check_qt),
        ("display", check_display),
        ("sound", lambda: check_by_window("sound", "Restart the sound server, or save loops without hearing them.")),
        ("midi", lambda: check_by_window("midi", "Only controllers need it: pip install --force-reinstall mido.")),
        ("optional", check_optional),
        (LOOP, lambda: check_loop(folder)),
    )
    for name, check in checks:
        yield from bounded(name, check)


def bounded(name: str, check: Check, seconds: float = LOOP_SECONDS + SECONDS) -> tuple[Diagnosis, ...]:
    """What `check` finds within `seconds`; an error or no answer is a diagnosis `name` too."""
    found: list[tuple[Diagnosis, ...]] = []

    def work() -> None:
        try:
            result = check()
        except Exception as error:  # noqa: BLE001 - a check of what is broken breaks in ways nobody thought of
            words = one_line(str(error))
            result = Diagnosis(name, "broken", f"the check failed ({type(error).__name__}: {words})", _REPORT)
        found.append(result if isinstance(result, tuple) else (result,))

    thread = threading.Thread(target=work, daemon=True, name=f"check-{name}")
    thread.start()
    thread.join(seconds)
    slow = Diagnosis(name, "broken", f"no answer within {seconds:g} s", "Look whether a network disk hangs.")
    return found[0] if found else (slow,)


def check_torch() -> tuple[Diagnosis, ...]:
    """torch and the devices that it finds, in a child: a torch built for another processor ends the process."""
    mend = "Install it anew: 'pip install --force-reinstall torch'."
    return ask_child("torch", "engine.checkup.torch_probe", mend=mend, seconds=LOOP_SECONDS)


def check_loop(folder: Path) -> tuple[Diagnosis, ...]:
    """A loop rendered with the pack in `folder`."""
    mend = "See what 'torch' and 'pack' say above."
    return ask_child(LOOP, "engine.checkup.loop_probe", str(folder), mend=mend, seconds=LOOP_SECONDS)


def check_by_window(name: str, mend: str, platform: str = "") -> tuple[Diagnosis, ...]:
    """What the window's own probe says of `name`, on another Qt platform than the one that is set if given."""
    environment = {"QT_QPA_PLATFORM": platform} if platform else {}
    return ask_child(name, "loopgen_app.probe", name, mend=mend, environment=environment)


def check_qt() -> tuple[Diagnosis, ...]:
    """The libraries of the window, without a screen."""
    return check_by_window(
        "qt", "Install PySide6 anew: 'pip install --force-reinstall PySide6-Essentials'.", "offscreen"
    )


def check_display() -> tuple[Diagnosis, ...]:
    """The screen: on Linux it is named by the environment, else Qt ends the process."""
    if sys.platform == "linux" and not any(os.environ.get(name) for name in _SCREENS):
        told = "neither DISPLAY nor WAYLAND_DISPLAY is set"
        mend = "Start it in a desktop session, or over 'ssh -X'; every verb works without a screen."
        return (Diagnosis("display", "missing", told, mend),)
    return check_by_window("display", "Look whether the screen that DISPLAY names is there.")
