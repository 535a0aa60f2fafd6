"""The sound process goes before others where it may, and goes on where it may not."""

import os
import subprocess
import sys

import pytest

from loopgen_app.sound.priority import NICE, go_first

pytestmark = pytest.mark.skipif(not hasattr(os, "setpriority"), reason="no priorities that can be read back")


def test_a_process_goes_first_or_stays_where_it_was() -> None:
    code = (
        "import os; from loopgen_app.sound.priority import go_first; "
        "print(os.getpriority(os.PRIO_PROCESS, 0), go_first(), os.getpriority(os.PRIO_PROCESS, 0))"
    )
    before, went, after = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert int(after) == (NICE if went == "True" else int(before))


def test_who_may_not_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refused(*values: int) -> None:
        asked.append(values)
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "setpriority", refused)
    assert not go_first()
    assert asked == [(os.PRIO_PROCESS, 0, NICE)]
