"""Variations: from the loop itself to another one, and what is kept on the way."""

import numpy as np
import pytest
from beeping import source
from scipy.stats import spearmanr

from engine.applications.inversion import InvertedLoop, Walk, invert_loops
from engine.applications.rhythm import heard_onsets
from engine.applications.source import SourceLoop
from engine.applications.variation import varied_request, vary
from engine.errors import InvalidRequest
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry


def test_distance_rises_with_strength(pipeline: LoopPipeline, inverted: InvertedLoop) -> None:
    strengths = np.linspace(0, 1, 6)
    own = pipeline.latents.restore(inverted.x_1)[0].numpy()
    found = [np.linalg.norm(loop.latent - own) for loop in vary(pipeline, inverted, strengths, seed=5)]
    assert spearmanr(strengths, found).statistic == pytest.approx(1.0)
    assert found[0] < 0.02 * found[-1]


def test_strength_1_is_the_request_at_another_seed(pipeline: LoopPipeline, inverted: InvertedLoop) -> None:
    [whole] = vary(pipeline, inverted, [1.0], seed=5)
    assert np.array_equal(whole.audio, pipeline.render(inverted.request.with_(seed=5)).audio)


def test_what_is_kept(pipeline: LoopPipeline) -> None:
    walk = Walk(2, corrections=0)
    request = walk.of(
        LoopRequest(
            tempo_bpm=180, bars=1, tags=("techno", "kick", "dark"), key="Am", curves={"brightness": (0.2, 0.6)}
        )
    )
    [found] = invert_loops(pipeline, [SourceLoop.from_loop(pipeline.render(request))], walk)
    rhythm = varied_request(found, "rhythm", 9, ("bright",))
    assert (rhythm.guidance_scale, varied_request(found, "all", 9).guidance_scale) == (3.0, 1.0)
    assert rhythm.tags == ("kick", "bright") and rhythm.key is None and not rhythm.curves
    assert rhythm.pattern.rows["kick"] and rhythm.seed == 9
    sound = varied_request(found, "sound", 9)
    assert sound.tags == request.tags and sound.key == "Am" and sound.curves == {"brightness": (0.4,)}
    assert not sound.pattern.rows and sound.compose
    assert varied_request(found, "all", 9) == found.request


def test_rhythm_is_heard_where_nobody_wrote_it() -> None:
    loop = source(120, 1, hertz=80.0)
    onsets = heard_onsets(loop.audio, 44100, LoopGeometry(120, 1))
    assert [beat for beat, _ in onsets["kick"]] == pytest.approx([0, 1, 2, 3], abs=0.05)
    pattern = Pattern.nearest(onsets, 1)
    assert [step for step, velocity in enumerate(pattern.rows["kick"]) if velocity] == [0, 4, 8, 12]
    assert "closed_hat" not in pattern.rows


def test_impossible_variations_are_refused(pipeline: LoopPipeline, inverted: InvertedLoop) -> None:
    with pytest.raises(InvalidRequest, match=r"Strength 1\.5 is out of range: 0"):
        vary(pipeline, inverted, [1.5])
    with pytest.raises(InvalidRequest, match="possible: all, rhythm, sound"):
        vary(pipeline, inverted, [0.5], keep="key")
    with pytest.raises(InvalidRequest, match="New tags"):
        vary(pipeline, inverted, [0.5], tags=("dark",))
