"""From a request to a loop."""

from engine.loop import Loop, PackInfo, StepReport

__all__ = ["Loop", "PackInfo", "StepReport"]
