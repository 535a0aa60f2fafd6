"""Held-out requests: what corpus loops that nobody trained on would have been asked for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.descriptors import measure_curves
from engine.corpus.arrangement import plan_loop
from engine.corpus.render import render_plan
from engine.corpus.score import Annotation
from engine.corpus.seeds import HELD_OUT_SEED
from engine.errors import InvalidRequest
from engine.evaluation.judges.tempo import HIGHEST_BPM, LOWEST_BPM
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry
from engine.vocabulary import CURVES, STEPS_PER_BAR

SAMPLE_RATE = 44100
_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True, eq=False)
class HeldOutCase:
    """A `request`, and the corpus loop (`audio [2, T]`, `annotation`) that it was read off: the ceiling."""

    request: LoopRequest
    annotation: Annotation
    audio: NDArray[np.float32]

    @property
    def geometry(self) -> LoopGeometry:
        """Geometry of both loops."""
        return LoopGeometry(self.request.tempo_bpm, self.request.bars, SAMPLE_RATE)


def held_out_request(seed: int) -> tuple[LoopRequest, Annotation]:
    """The request of corpus loop `seed` and that loop's annotation; see `held_out_case`."""
    case = held_out_case(seed)
    return case.request, case.annotation


def held_out_case(seed: int) -> HeldOutCase:
    """Corpus loop `seed` (at least `HELD_OUT_SEED`, else `InvalidRequest`), as `corpus_case` gives it."""
    if seed < HELD_OUT_SEED:
        raise InvalidRequest(f"Seed {seed} may have been trained on; held-out seeds start at {HELD_OUT_SEED}.")
    return corpus_case(seed)


def corpus_case(seed: int) -> HeldOutCase:
    """Corpus loop `seed` at a tempo of `even_tempo`, as a request.

    Tempo, bars, tags, key, pattern on the sixteenth grid with its swing, caption, and the four curves as measured on
    the loop, sixteen points a bar.
    """
    plan = plan_loop(seed, tempo_bpm=even_tempo(seed))
    loop = render_plan(plan)
    annotation = loop.annotation
    curves = measure_curves(loop.audio, SAMPLE_RATE, STEPS_PER_BAR * annotation.bars)
    request = LoopRequest(
        tempo_bpm=annotation.tempo_bpm,
        bars=annotation.bars,
        seed=seed,
        prompt=annotation.captions[0] if annotation.captions else "",
        tags=annotation.tags,
        key=annotation.key,
        pattern=Pattern.nearest(annotation.onsets, annotation.bars, plan.swing),
        curves={
            name: tuple(round(float(value), 3) for value in row) for name, row in zip(CURVES, curves, strict=True)
        },
    )
    return HeldOutCase(request, annotation, loop.audio)


def even_tempo(seed: int) -> float:
    """A tempo in 60-200 BPM, one decimal; consecutive seeds cover the range evenly (golden-ratio sequence)."""
    return round(LOWEST_BPM + (HIGHEST_BPM - LOWEST_BPM) * ((seed * _GOLDEN) % 1.0), 1)
