"""Held-out requests say what their corpus loop is."""

import numpy as np
import pytest

from engine.corpus.seeds import HELD_OUT_SEED
from engine.errors import InvalidRequest
from engine.evaluation.held_out import even_tempo, held_out_case, held_out_request
from engine.requests import LoopRequest
from engine.vocabulary import CURVES


def test_a_request_repeats_the_annotation_of_its_loop() -> None:
    case = held_out_case(HELD_OUT_SEED + 3)
    request, annotation = case.request, case.annotation
    assert (request.tempo_bpm, request.bars, request.key) == (annotation.tempo_bpm, annotation.bars, annotation.key)
    assert case.audio.shape == (2, case.geometry.samples)
    assert set(request.tags) == set(annotation.tags)
    assert set(request.curves) == set(CURVES)
    assert LoopRequest.from_dict(request.to_dict()) == request
    assert held_out_request(HELD_OUT_SEED + 3)[0] == request
    for part, onsets in annotation.onsets.items():
        steps = [beat for beat, _ in request.pattern.onsets(part, request.bars)]
        for beat, _ in onsets:  # micro-timing and rolls stay within a sixteenth
            assert min(abs(beat - step) for step in [*steps, *(s + request.bars * 4 for s in steps)]) <= 0.25


def test_training_seeds_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="held-out"):
        held_out_case(HELD_OUT_SEED - 1)


def test_tempi_cover_the_range_evenly() -> None:
    tempi = [even_tempo(HELD_OUT_SEED + i) for i in range(300)]
    assert min(tempi) >= 60 and max(tempi) <= 200
    counts, _ = np.histogram(tempi, bins=14, range=(60, 200))
    assert counts.min() >= 19 and counts.max() <= 24
