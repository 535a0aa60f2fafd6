"""Run in a child process by `loopgen doctor`: `python -m loopgen_app.probe qt|display|sound|midi` tells what works.

Qt ends the process where a library is missing, and PortAudio and MIDI may hang: none of it is done in the asker's.
"""

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path

from engine import Diagnosis, unloadable

_ANEW = "Install anew: 'pip install --force-reinstall PySide6-Essentials pyqtgraph'."
_UNSEEN = ("offscreen", "minimal", "minimalegl")
_EXTRA = "For controllers: pip install mido python-rtmidi."
_RATE, _CHANNELS = 44100, 2


def qt() -> Diagnosis:
    """Whether the libraries of the window load; the platform is chosen by who asks."""
    try:
        import pyqtgraph  # noqa: F401, PLC0415
        import PySide6  # noqa: PLC0415 - that one of them may not load is what is asked
        from PySide6.QtSvg import QSvgRenderer  # noqa: F401, PLC0415
        from PySide6.QtWidgets import QApplication  # noqa: PLC0415
    except (ImportError, OSError) as error:
        return unloadable("qt", error, _ANEW)
    QApplication([])
    return Diagnosis("qt", "ok", f"PySide6 {PySide6.__version__}")


def display() -> Diagnosis:
    """Whether a window can be shown; a library that the platform lacks is named before Qt ends the process."""
    try:
        from PySide6.QtCore import QLibraryInfo  # noqa: PLC0415
        from PySide6.QtGui import QGuiApplication  # noqa: PLC0415
    except (ImportError, OSError) as error:
        return unloadable("display", error, _ANEW)
    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    try:
        for plugin in sorted(plugins.glob("platforms/libqxcb.so")):
            ctypes.CDLL(str(plugin))
    except OSError as error:
        return unloadable("display", error, _ANEW)
    app = QGuiApplication([])
    platform, screen = app.platformName(), app.primaryScreen()
    if platform in _UNSEEN:
        mend = "Unset QT_QPA_PLATFORM to see the window."
        return Diagnosis("display", "missing", f"the platform {platform}, which nobody sees", mend)
    if screen is None:
        return Diagnosis("display", "missing", f"{platform} without a screen", "Connect a screen.")
    size = screen.size()
    return Diagnosis("display", "ok", f"{platform}, {size.width()} x {size.height()}")


def sound() -> Diagnosis:
    """Whether there is an output that takes stereo."""
    try:
        import sounddevice  # noqa: PLC0415
    except ModuleNotFoundError as error:
        return unloadable("sound", error, "Install it: 'pip install sounddevice'.")
    except OSError as error:  # no library of that name
        mend = "Install PortAudio, to hear loops here: on Debian and Ubuntu 'sudo apt-get install libportaudio2'."
        return Diagnosis("sound", "missing", str(error), mend)
    try:
        names = [device["name"] for device in sounddevice.query_devices() if device["max_output_channels"] > 0]
        if not names:
            mend = "Connect a sound card or start the sound server; loops can be rendered and saved without."
            return Diagnosis("sound", "missing", "PortAudio finds no output", mend)
        default = str(sounddevice.query_devices(kind="output")["name"])
        sounddevice.check_output_settings(samplerate=_RATE, channels=_CHANNELS)
    except sounddevice.PortAudioError as error:
        return Diagnosis(
            "sound", "broken", str(error), "Choose another output in the window, or restart the sound server."
        )
    return Diagnosis("sound", "ok", f"{default}; {len(names)} output{'s' * (len(names) != 1)} in all")


def midi() -> Diagnosis:
    """Whether controllers can be heard, and which are connected."""
    try:
        import mido  # noqa: PLC0415 - optional extra

        names = list(mido.get_input_names())
    except ImportError as error:
        return unloadable("midi", error, _EXTRA)
    except (OSError, SystemError, RuntimeError):  # rtmidi: no sequencer
        mend = "Only controllers need it: on Linux 'sudo modprobe snd-seq', and be a member of the group audio."
        return Diagnosis("midi", "missing", "this system has no MIDI", mend)
    return Diagnosis("midi", "ok", ", ".join(names) or "no controller is connected")


PROBES: dict[str, Callable[[], Diagnosis]] = {"qt": qt, "display": display, "sound": sound, "midi": midi}

if __name__ == "__main__":
    sys.stdout.write(PROBES[sys.argv[1]]().line() + "\n")
    sys.stdout.flush()
