"""The sound goes first: what makes loops can wait for a moment, a card cannot."""

import contextlib
import os
import sys

NICE = -11
"""What sound servers run at."""
ABOVE_NORMAL = 0x8000


def go_first() -> bool:
    """Put this process before others that compute, where the system lets it: on Windows always, elsewhere where the
    user may (who belongs to the group `audio`, often). Returns whether it did."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - of one system alone

        kernel = ctypes.windll.kernel32
        return bool(kernel.SetPriorityClass(kernel.GetCurrentProcess(), ABOVE_NORMAL))
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
        return True
    return False
