"""States, latents and sounds of a pack's codec, each from the other."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_pack

from engine.diffusion.samplers import SamplerStep
from engine.packs.models import load_codec
from engine.packs.pack import Pack
from engine.rendering.latents import LatentSpace

SAMPLES, FRAMES = 88200, 96


@pytest.fixture
def latents(tmp_path: Path) -> LatentSpace:
    """Channel d has the mean d and the deviation 2."""
    codec = load_codec(Pack.open(tiny_pack(tmp_path)))
    mean, deviation = torch.arange(float(codec.latent_dim))[:, None], torch.full((codec.latent_dim, 1), 2.0)
    return LatentSpace(codec, mean, deviation, device=torch.device("cpu"), dtype=torch.float32)


def test_states_are_latents_of_mean_zero_and_deviation_one(latents: LatentSpace) -> None:
    latent = torch.arange(float(latents.channels))[:, None].expand(1, -1, FRAMES) + 6.0
    state = latents.standardise(latent)
    assert state.flatten().tolist() == pytest.approx([3.0] * latents.channels * FRAMES)
    assert torch.equal(latents.restore(state), latent)


def test_a_sound_goes_in_as_a_state_and_comes_out_as_long_as_asked(latents: LatentSpace) -> None:
    sound = np.sin(np.arange(SAMPLES) / 30).astype(np.float32)[None].repeat(2, 0)
    state = latents.encode(sound, FRAMES)
    assert state.shape == (1, latents.channels, FRAMES)
    assert latents.decode(state, SAMPLES).shape == (1, 2, SAMPLES)
    assert latents.geometry(120.0, 1).samples == SAMPLES


def test_a_preview_is_the_estimate_as_sound(latents: LatentSpace) -> None:
    x = torch.randn(2, latents.channels, FRAMES, generator=torch.Generator().manual_seed(1))
    step = SamplerStep(3, 4, 0.75, x, -x)
    told: list[np.ndarray] = []

    class Watcher:
        def step(self, index: int, count: int, alpha: float, preview: object) -> None:
            assert callable(preview) and (index, count, alpha) == (3, 4, 0.75)
            told.append(preview())

    hook = latents.hook(Watcher(), SAMPLES)  # type: ignore[arg-type]
    assert hook is not None and latents.hook(None) is None
    hook(step)
    assert np.array_equal(told[0], latents.decode(step.estimate[:1], SAMPLES)[0])
