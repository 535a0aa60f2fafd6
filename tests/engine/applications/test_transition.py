"""Transitions, noise paths and blends: what stays at the ends, how long they last, what is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from beeping import WALK, source

from engine.applications.interpolation import End, blend, same
from engine.applications.inversion import InvertedLoop, Walk, invert_loops
from engine.applications.noise_path import render_path
from engine.applications.passage import ride
from engine.applications.time_stretch import stretch
from engine.applications.transition import transition
from engine.conditioning.composition import Composition
from engine.errors import InvalidRequest
from engine.pipeline import LoopPipeline
from engine.progress import Progress
from engine.requests import LoopRequest, NoisePad, Pattern
from engine.tempo import LoopGeometry, TempoRamp


@pytest.fixture(scope="module")
def ends(pipeline: LoopPipeline, inverted: InvertedLoop) -> tuple[End, End]:
    [other] = invert_loops(pipeline, [source(220, 2, 330.0)], WALK)
    return End.of_loop(inverted), End.of_loop(other)


def test_a_transition_begins_as_a_and_ends_as_b(
    pipeline: LoopPipeline, inverted: InvertedLoop, ends: tuple[End, End]
) -> None:
    passage = transition(pipeline, *ends, 4, WALK)
    assert passage.audio.shape == (2, TempoRamp(200, 220, 4).samples)
    own = pipeline.latents.restore(inverted.x_1)[0].numpy()
    error = np.linalg.norm(passage.latent[:, : own.shape[1]] - own) / np.linalg.norm(own)
    assert own.shape[1] == round(TempoRamp(200, 220, 4).beat_to_frame(4))
    assert error < 1e-5  # held to the loop's own states, whatever the round trip loses
    last = round(LoopGeometry(220, 1).frames * 0.98)
    again = transition(pipeline, ends[1], ends[1], 4, WALK)
    assert np.allclose(passage.latent[:, -last:], again.latent[:, -last:], atol=0.02 * again.latent.std())
    assert passage.window_seconds == pytest.approx((1.2, 1.2 + 4 * 60 / 205), abs=0.03)


def told_by(progress_total: int | None = None) -> tuple[Progress, list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    return Progress(lambda report: told.append((report.step, report.num_steps)), total=progress_total), told


def test_a_transition_counts_the_walks_of_its_ends_too_where_their_states_are_not_known(
    pipeline: LoopPipeline, ends: tuple[End, End]
) -> None:
    walk = Walk(2, corrections=0)
    unknown = End.of_request(pipeline, LoopRequest(tempo_bpm=200, bars=1, compose=False))
    progress, told = told_by()
    transition(pipeline, ends[0], unknown, 3, walk, progress=progress)
    assert told == [(step, 6) for step in range(1, 7)]  # both ends, for the loop was inverted by another walk
    progress, told = told_by(20)
    transition(pipeline, *ends, 3, WALK, progress=progress.part(3))
    assert told == [(step, 20) for step in (1, 1, 2, 2, 3, 3)]


def test_a_blend_counts_on_over_its_passes(pipeline: LoopPipeline) -> None:
    a, b = (
        End.of_request(pipeline, LoopRequest(tempo_bpm=200, bars=1, num_steps=2, seed=seed, compose=False))
        for seed in (1, 2)
    )
    progress, told = told_by()
    blend(pipeline, a, b, [point / 8 for point in range(9)], progress=progress)
    assert told == [(step, 4) for step in (1, 2, 3, 4)]
    progress, told = told_by(7)
    blend(pipeline, a, b, [0.0, 1.0], progress=progress)
    assert told == [(1, 7), (2, 7)]


def test_a_path_that_stays_is_its_loop_over_and_over(pipeline: LoopPipeline) -> None:
    pad = NoisePad((1, 2, 3, 4), 0.25, 0.5)
    request = WALK.of(LoopRequest(tempo_bpm=198.7, bars=1, noise=pad, compose=False))
    loop = pipeline.render(request)
    passage = render_path(pipeline, request, [(0.25, 0.5)], 3)
    frames = loop.latent.shape[1]
    assert frames == 48 and passage.latent.shape[1] == 3 * 48
    assert passage.audio.shape == (2, TempoRamp(198.7, 198.7, 3).samples)
    middle = passage.latent[:, frames : 2 * frames]
    assert np.corrcoef(middle.ravel(), loop.latent.ravel())[0, 1] > 0.95
    with pytest.raises(InvalidRequest, match="Pad x"):
        render_path(pipeline, request, [(0.5, 0.5), (1.5, 0.5)], 3)


def test_blends_move_from_end_to_end(pipeline: LoopPipeline, ends: tuple[End, End], inverted: InvertedLoop) -> None:
    a, b = (
        End.of_request(pipeline, LoopRequest(tempo_bpm=200, bars=1, num_steps=3, seed=seed, compose=False))
        for seed in (1, 2)
    )
    loops = blend(pipeline, a, b, [0, 0.25, 0.5, 0.75, 1.0])
    assert np.allclose(loops[0].audio, pipeline.render(a.request).audio, atol=1e-4)
    assert np.allclose(loops[-1].audio, pipeline.render(b.request).audio, atol=1e-4)
    steps = [np.linalg.norm(loops[i].latent - loops[i + 1].latent) for i in range(4)]
    assert max(steps) < 1.5 * min(steps)
    assert loops[1].request.seed == 1 and loops[3].request.seed == 2
    assert same(pipeline, a, a) and not same(pipeline, a, b)
    with pytest.raises(InvalidRequest, match="stretch one"):
        blend(pipeline, *ends, [0.5])


def test_a_stretched_loop_carries_the_score_that_was_played(pipeline: LoopPipeline, inverted: InvertedLoop) -> None:
    """Not one that is composed anew for its new tempo."""
    played = Composition({"kick": ((0.0, 0.9), (2.5, 0.6))}, {}, 0.0, ("kick",), None)
    stretched = stretch(pipeline, replace(inverted, composition=played), 120)
    assert stretched.composed == Pattern({"kick": (0.9, *[0.0] * 9, 0.6, *[0.0] * 5)})


def test_a_stretched_loop_is_exact_and_its_ratio_is_judged(pipeline: LoopPipeline, inverted: InvertedLoop) -> None:
    for turn_at in (0.0, 0.5):
        loop = stretch(pipeline, inverted, 170.5, turn_at=turn_at)
        assert loop.audio.shape[1] == LoopGeometry(170.5, 1).samples
        assert loop.request.tempo_bpm == 170.5
    [part_way] = invert_loops(pipeline, [source()], WALK, down_to=0.4)
    assert np.allclose(stretch(pipeline, part_way, 170.5).audio, stretch(pipeline, inverted, 170.5).audio, atol=1e-4)
    with pytest.raises(InvalidRequest, match="part of the way"):
        stretch(pipeline, part_way, 170.5, turn_at=0.0)
    same_tempo = stretch(pipeline, inverted, 200)
    own = pipeline.latents.restore(inverted.x_1)[0].numpy()
    assert np.linalg.norm(same_tempo.latent - own) < 0.01 * np.linalg.norm(own)
    with pytest.raises(InvalidRequest, match="100 to 240 BPM are possible"):
        stretch(pipeline, inverted, 90)


def test_impossible_transitions_are_refused(
    pipeline: LoopPipeline, inverted: InvertedLoop, ends: tuple[End, End]
) -> None:
    foreign = replace(inverted, pack_hash="another")
    with pytest.raises(InvalidRequest, match="another pack"):
        transition(pipeline, End.of_loop(foreign), ends[1], 4, WALK)
    with pytest.raises(InvalidRequest, match="another pack"):
        stretch(pipeline, foreign, 190)
    with pytest.raises(InvalidRequest, match="3 to 64 bars"):
        transition(pipeline, *ends, 2, WALK)


@pytest.mark.parametrize("hop", [None, 1024])
def test_ramps_are_as_long_as_their_tempo_says(hop: int | None) -> None:
    ramp = TempoRamp(120, 150, 6, hop_length=hop)
    # The integral of 60 / tempo over 16 beats between 120 and 150 BPM, and a steady bar at each end.
    assert ramp.seconds == pytest.approx(2.0 + 60 * 16 / 30 * np.log(150 / 120) + 1.6)
    beats = np.append(ramp.frame_beats(), ramp.beats)
    local = np.diff(beats) / np.diff(ramp.edges()) * ramp.sample_rate * 60
    assert np.abs(local / ramp.tempo_at((beats[1:] + beats[:-1]) / 2) - 1).max() < 0.001
    assert TempoRamp(120, 120, 4).seconds == pytest.approx(8.0)
    assert ramp.beat_to_frame(24) == pytest.approx(ramp.frames)
    with pytest.raises(InvalidRequest, match="2 to 64"):
        TempoRamp(120, 120, 65)


def test_bars_between_are_held_near_the_level_of_the_ends() -> None:
    ramp = TempoRamp(120, 120, 5)
    bar = ramp.samples // 5
    audio = 0.05 * np.random.default_rng(0).standard_normal((2, ramp.samples)).astype(np.float32)
    audio[:, 2 * bar : 3 * bar] *= 10
    ridden = ride(audio, ramp)
    level = [20 * np.log10(np.std(ridden[:, k * bar : (k + 1) * bar])) for k in range(5)]
    assert np.array_equal(ridden[:, :bar], audio[:, :bar])
    assert np.array_equal(ridden[:, 4 * bar :], audio[:, 4 * bar :])
    middle = 20 * np.log10(np.std(ridden[:, round(2.45 * bar) : round(2.55 * bar)]))
    assert middle - level[0] == pytest.approx(3, abs=1)
    assert max(level) - min(level) < 12


def test_sequences_of_noise_keep_their_statistics() -> None:
    from engine.diffusion.noise import RESAMPLINGS, resample_noise, seeded_noise

    noise = seeded_noise(1, (1, 64, 400))
    for frames in (280, 520):
        positions = torch.arange(frames, dtype=torch.float64) * 400 / frames
        for method in RESAMPLINGS:
            read = resample_noise(noise, positions, method)
            assert read.shape == (1, 64, frames)
            assert float(read.std()) == pytest.approx(1.0, abs=0.02)
            neighbours = float((read[..., 1:] * read[..., :-1]).mean())
            assert neighbours == pytest.approx(0.0, abs=0.02) or method != "fresh"
    assert torch.equal(resample_noise(noise, torch.arange(400.0), "restored"), noise)
