"""The noise a loop starts from: white, its seed's own, and the same where the same strikes as far as is asked."""

import math

import pytest
import torch

from engine.conditioning.composition import compose
from engine.diffusion.noise import seeded_noise
from engine.rendering.starts import REACH, drawn_noise, found_noise, reach, starts_from_found
from engine.requests import LoopRequest, NoisePad, Pattern
from engine.tempo import LoopGeometry

FOUND = 2**62 + 5
GEOMETRY = LoopGeometry(126.0, 1)
SHAPE = (1, 64, GEOMETRY.frames)
KICKS = Pattern({"kick": (1.0, 0.0, 0.0, 0.0) * 4})


def noise(request: LoopRequest, seed: int = 5) -> torch.Tensor:
    return drawn_noise(request, seed, SHAPE, GEOMETRY, compose(request) if request.compose else None)


def asked(repeat: float, **changes: object) -> LoopRequest:
    return LoopRequest(126.0, 1, pattern=KICKS, compose=False, repeat=repeat).with_(**changes)


def likeness(made: torch.Tensor, beats: int = 1) -> float:
    """Correlation of the first frames of a beat with those of another."""
    step = GEOMETRY.frames // 16
    one, other = made[0, :, :step].flatten(), made[0, :, 4 * beats * step : (4 * beats + 1) * step].flatten()
    return float(torch.corrcoef(torch.stack([one, other]))[0, 1])


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


def test_composed_parts_are_tied_too() -> None:
    request = LoopRequest(126.0, 1, tags=("house", "kick"), repeat=1.0)
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


@pytest.mark.parametrize("temperature", [0.5, 1.0, 0.0])
def test_found_noise_keeps_its_deviation_at_any_temperature_and_length(temperature: float) -> None:
    found = torch.randn(1, 64, 96, generator=torch.Generator().manual_seed(1))
    assert torch.equal(found_noise(found, 96, 1.0), found)
    longer = found_noise(found, 128, temperature)
    assert longer.shape == (1, 64, 128)
    assert float(longer.std()) * (temperature or 1.0) == pytest.approx(1.0, abs=0.03)
