"""A musician's loop as its parts: one sound each, which add up to it."""

import numpy as np
from numpy.typing import NDArray

from engine.applications.source import SourceLoop
from engine.errors import InvalidRequest
from engine.pipeline import LoopPipeline

Audio = NDArray[np.float32]


def take_apart(pipeline: LoopPipeline, loop: SourceLoop) -> dict[str, Audio]:
    """The stems `[2, T]` of `loop`, one for each part that plays in it, in the order of the kit and at the level of
    its file; they add up to it, to rounding.

    What was rendered here is taken apart by its own score; of other loops every part may play. Raises `PackError`
    when the pack takes no loops apart, `InvalidRequest` when nothing plays.
    """
    stems = pipeline.stems(loop.audio, loop.request)
    if not stems:
        raise InvalidRequest(f"Nothing plays in {loop.name}: all of its rows are silent.")
    return {part: np.asarray(stem / loop.gain, dtype=np.float32) for part, stem in stems.items()}
