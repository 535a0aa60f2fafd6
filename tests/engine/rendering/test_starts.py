"""The noise a loop starts from: white, its seed's own, and the same where the same strikes as far as is asked."""

import math

import pytest
import torch

from engine.conditioning.composition import Composition, compose
from engine.diffusion.noise import seeded_noise
from engine.rendering.starts import (
    REACH,
    drawn_noise,
    found_noise,
    phase_deviation,
    reach,
    starts_from_found,
    struck_deviation,
)
from engine.requests import LoopRequest, NoisePad, Pattern
from engine.tempo import LoopGeometry

FOUND = 2**62 + 5
GEOMETRY = LoopGeometry(126.0, 1)
SHAPE = (1, 64, GEOMETRY.frames)
KICKS = Pattern({"kick": (1.0, 0.0, 0.0, 0.0) * 4})


def noise(request: LoopRequest, seed: int = 5) -> torch.Tensor:
    return drawn_noise(request, seed, SHAPE, GEOMETRY, compose(request) if request.compose else None)


def asked(repeat: float, **changes: object) -> LoopRequest:
    request = LoopRequest(126.0, 1, pattern=KICKS, compose=False, repeat=repeat, temperature=1.0)
    return request.with_(**changes)


def likeness(made: torch.Tensor, beats: int = 1) -> float:
    """Correlation of the first frames of a beat with those of another."""
    step = GEOMETRY.frames // 16
    one, other = made[0, :, :step].flatten(), made[0, :, 4 * beats * step : (4 * beats + 1) * step].flatten()
    return float(torch.corrcoef(torch.stack([one, other]))[0, 1])


def test_two_evaluations_start_cooler_than_many_steps() -> None:
    few = noise(asked(0.5, sampler="progressive", temperature=0.4))
    torch.testing.assert_close(few, noise(asked(0.5, temperature=0.3)))


def test_without_repeat_it_is_the_seeds_own_noise() -> None:
    torch.testing.assert_close(noise(asked(0.0)), seeded_noise(5, SHAPE))


@pytest.mark.parametrize("repeat", [0.25, 0.5, 1.0])
def test_what_strikes_alike_shares_as_much_noise_as_is_asked(repeat: float) -> None:
    made = noise(asked(repeat))
    assert float(made.std()) == pytest.approx(1.0, abs=0.03) and float(made.mean()) == pytest.approx(0.0, abs=0.03)
    assert likeness(made) == pytest.approx(repeat, abs=0.12)
    assert torch.equal(made, noise(asked(repeat))) and not torch.equal(made, noise(asked(repeat), seed=6))


def test_a_kept_voice_strikes_with_its_own_seed_under_any_other() -> None:
    kept = asked(1.0, voices={"kick": 99})
    one, other = noise(kept, 5), noise(kept, 6)
    first = GEOMETRY.frames // 16
    assert torch.equal(one[..., :first], other[..., :first])
    assert not torch.equal(noise(asked(1.0), 5)[..., :first], noise(asked(1.0), 6)[..., :first])


def test_a_part_that_changes_its_pitch_has_the_same_noise() -> None:
    beats, pitches = (0.0, 1.0, 2.0, 3.0), (33.0, 36.0, 33.0, 40.0)
    notes = tuple((beat, 0.5, pitch) for beat, pitch in zip(beats, pitches, strict=True))
    written = Composition({"bass": tuple((beat, 1.0) for beat in beats)}, {"bass": notes}, 0.0, (), "Am")
    made = drawn_noise(LoopRequest(126.0, 1, repeat=1.0), 5, SHAPE, GEOMETRY, written)
    step = GEOMETRY.frames // 16
    struck = [made[..., 4 * beat * step : (4 * beat + 2) * step] for beat in range(4)]
    assert all(torch.equal(hit, struck[0]) for hit in struck)


def test_composed_parts_are_tied_too() -> None:
    request = LoopRequest(126.0, 1, tags=("house", "kick"), repeat=1.0, temperature=1.0)
    assert compose(request) is not None
    made = noise(request)
    assert float((made - seeded_noise(5, SHAPE)).abs().max()) > 1.0
    assert float(made.std()) == pytest.approx(1.0, abs=0.05)


def test_noise_that_was_found_is_left_as_it_is_and_may_go_anywhere() -> None:
    pad = asked(1.0, noise=NoisePad((FOUND, 1, 2, 3), 0.5, 0.5))
    assert starts_from_found(pad) and reach(pad) == math.inf
    torch.testing.assert_close(noise(pad), seeded_noise(5, SHAPE))
    drawn = asked(1.0, noise=NoisePad((0, 1, 2, 3), 0.5, 0.5))
    assert not starts_from_found(drawn) and reach(drawn) == reach(asked(1.0)) == REACH == 4.0


def test_found_noise_keeps_its_deviation_at_any_length() -> None:
    found = torch.randn(1, 64, 96, generator=torch.Generator().manual_seed(1))
    assert torch.equal(found_noise(found, 96), found)
    longer = found_noise(found, 128)
    assert longer.shape == (1, 64, 128)
    assert float(longer.std()) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(
    ("temperature", "struck"), [(0.0, 0.0), (0.2, 0.4), (0.5, 1.0), (0.8, 1.0), (1.0, 1.0), (1.4, 1.4)]
)
def test_hits_are_as_wild_as_music_while_the_rest_is_cooled(temperature: float, struck: float) -> None:
    made = noise(asked(1.0, temperature=temperature))
    step = GEOMETRY.frames // 16
    hit, rest = made[..., : 2 * step], made[..., 2 * step : 4 * step]
    assert struck_deviation(temperature) == pytest.approx(struck)
    assert float(hit.std()) == pytest.approx(struck, rel=0.1)
    assert float(rest.std()) == pytest.approx(temperature, rel=0.1)
    assert torch.equal(noise(asked(0.0, temperature=temperature)), temperature * seeded_noise(5, SHAPE))


@pytest.mark.parametrize("temperature, warm", [(0.0, 0.0), (0.2, 0.375), (0.4, 0.75), (0.8, 1.0), (1.3, 1.3)])
def test_phases_begin_warm_where_parts_strike_and_all_else_as_before(temperature: float, warm: float) -> None:
    assert phase_deviation(temperature) == pytest.approx(warm)
    request = asked(1.0, temperature=temperature)
    phases = torch.linalg.qr(torch.randn(64, 12, generator=torch.Generator().manual_seed(0))).Q
    cool = noise(request)
    made = drawn_noise(request, 5, SHAPE, GEOMETRY, None, phases)
    told = phases.T @ made[0]
    step = GEOMETRY.frames // 16
    assert float(told[:, : 2 * step].std()) == pytest.approx(warm, abs=0.12)
    assert float(told[:, 2 * step : 4 * step].std()) == pytest.approx(temperature, abs=0.12)
    assert torch.allclose(made - phases @ (phases.T @ made), cool - phases @ (phases.T @ cool), atol=1e-5)


def test_noise_that_was_found_has_no_phases_of_its_own() -> None:
    request = asked(0.5, temperature=0.4, noise=NoisePad((FOUND, 1, 2, 3), 0.5, 0.5))
    phases = torch.eye(64)[:, :12]
    assert torch.equal(drawn_noise(request, 1, SHAPE, GEOMETRY, None, phases), 0.4 * seeded_noise(1, SHAPE))
