"""A renderer for tests of experiments: it plays the held-out corpus loop of a request's seed, worse when told so."""

import functools

import numpy as np

from engine.evaluation.held_out import held_out_case
from engine.loop import Loop, PackInfo
from engine.requests import LoopRequest


@functools.cache
def held_out_audio(seed: int) -> np.ndarray:
    return held_out_case(seed).audio


class CorpusPlayer:
    """Renders perfectly, or with the loop shifted by `late` of its length."""

    info = PackInfo("corpus player", "1", "0" * 64, 44100)

    def __init__(self, late: float = 0.0) -> None:
        self.late = late
        self.rendered = 0

    def render(self, request: LoopRequest) -> Loop:
        self.rendered += 1
        # Seeds of the diversity figure are small; they stand for held-out ones.
        audio = held_out_audio(1_000_000 + request.seed % 1_000_000)
        audio = np.roll(audio, int(self.late * audio.shape[-1]), axis=-1)
        seconds = {"conditioning": 0.01, "denoiser": 0.02 * request.num_steps, "codec": 0.1, "finishing": 0.05}
        return Loop(
            audio, 44100, request, np.zeros((2, 4), np.float32), "corpus player", "0" * 64, -14.0, -1.0, seconds
        )
