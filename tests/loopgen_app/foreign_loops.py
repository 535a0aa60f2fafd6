"""Loops that other programs wrote, opened in the source panel."""

from pathlib import Path

from conftest import Stage

RATE = 44_100


def opened(stage: Stage, path: Path) -> None:
    """Drop a file on the source panel, and wait until it is read."""
    stage.find("sourceDrop").dropped.emit([path])
    settle(stage)


def settle(stage: Stage) -> None:
    """Until nothing is read and nothing is made."""
    stage.wait(lambda: stage.studio.reworking.reading is None and not stage.studio.generation.state.busy)
