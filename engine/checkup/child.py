"""Asks a child process: what kills a process (a library missing to Qt) or hangs it (a sound server) ends that one."""

import signal
import subprocess
import sys
from collections.abc import Mapping

from engine.checkup.diagnosis import Diagnosis, mend_library
from engine.config import child_environment

SECONDS = 30.0
_BUILD = "[PYI-"
"""A standalone build says with this that something was raised, below what was raised."""


def ask_child(
    name: str,
    module: str,
    *arguments: str,
    mend: str,
    seconds: float = SECONDS,
    environment: Mapping[str, str] | None = None,
) -> tuple[Diagnosis, ...]:
    """The diagnoses that `python -m MODULE ARGUMENTS` prints, one a line, within `seconds`.

    When it dies, says nothing or takes longer, that is a diagnosis `name`, to be mended as `mend` says.
    """
    try:
        child = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            env={**child_environment(), **(environment or {})},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return (Diagnosis(name, "broken", f"no answer within {seconds:g} s", mend),)
    except OSError as error:
        return (Diagnosis(name, "broken", f"no process can be started: {error.strerror or error}", mend),)
    lines = child.stdout.decode("utf-8", "replace").splitlines()
    diagnoses = tuple(diagnosis for diagnosis in map(Diagnosis.read, lines) if diagnosis is not None)
    if child.returncode == 0 and diagnoses:
        return diagnoses
    words = _last_words(child.stderr.decode("utf-8", "replace"))
    died = Diagnosis(name, "broken", f"the check {_end(child.returncode)}{words}", mend_library(words) or mend)
    return (*diagnoses, died)


def _end(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _last_words(errors: str) -> str:
    """The line of stderr that says most: of a traceback its last, of an abort the one with its reason."""
    lines = [line.strip() for line in errors.splitlines() if line.strip() and not line.startswith(_BUILD)]
    unreached = [line for line in lines if "could not connect" in line]  # Qt goes on to blame a library for that
    named = [line for line in lines if mend_library(line) or "needed" in line]
    chosen = unreached or named[-1:] or lines[-1:]
    return f": {chosen[0][:300]}" if chosen else ""
