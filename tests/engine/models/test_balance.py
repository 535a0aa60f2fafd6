"""Gains of third octaves: as strong as a loop is cold, without a seam, kept in packs and gone with their denoiser."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import DENOISER, tiny_pack

from engine.audio.third_octaves import THIRD_OCTAVES_HZ, third_octave_levels, with_bands
from engine.diffusion.found_noise import NoiseShelf
from engine.errors import PackError
from engine.models.balance import Balance, BalanceConfig
from engine.models.unet import Denoiser
from engine.packs.balances import load_balance, store_balance
from engine.packs.models import store_denoiser
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest, NoisePad

RATE = 44100


def thin(temperature: float = 0.6) -> Balance:
    """Six decibels for all below 100 Hz."""
    balance = Balance(BalanceConfig(temperature))
    balance.gains[THIRD_OCTAVES_HZ < 100] = 6.0
    return balance


@pytest.mark.parametrize(
    ("temperature", "gain"), [(0.6, 6.0), (0.8, 3.0), (1.0, 0.0), (1.5, 0.0), (0.4, 9.0), (0, 9.0)]
)
def test_gains_are_greater_the_colder_and_none_at_one(temperature: float, gain: float) -> None:
    assert thin().at(temperature)[:4] == pytest.approx(gain)
    assert np.all(thin().at(temperature)[5:] == 0)


def test_bands_are_raised_by_their_gains_and_a_loop_still_closes() -> None:
    period = 30_011  # a prime: no length of a loop is special
    time = np.arange(period)
    loop = np.stack([np.sin(2 * np.pi * 38 * time / period), np.sin(2 * np.pi * 680 * time / period)])  # 56 Hz, 1 kHz
    out = thin().balanced(loop.astype(np.float32), RATE, 0.6)
    assert out.shape == loop.shape and out.dtype == np.float32
    assert np.abs(out[0] / 10 ** (6 / 20) - loop[0]).max() < 1e-4 and np.abs(out[1] - loop[1]).max() < 1e-4
    shifted = thin().balanced(np.roll(loop, 1000, axis=1).astype(np.float32), RATE, 0.6)
    assert np.abs(np.roll(out, 1000, axis=1) - shifted).max() < 1e-4


def test_noise_gets_the_levels_that_are_asked_for() -> None:
    noise = np.random.default_rng(0).standard_normal((2, 5 * RATE)).astype(np.float32)
    gains = np.linspace(-6, 6, 27)
    moved = third_octave_levels(with_bands(noise, RATE, gains), RATE) - third_octave_levels(noise, RATE)
    assert moved == pytest.approx(gains, abs=0.2)


def test_a_pack_keeps_it_and_another_denoiser_ends_it(tmp_path: Path) -> None:
    folder = tiny_pack(tmp_path / "pack")
    assert load_balance(Pack.open(folder)) is None
    store_balance(folder, thin(0.5), {"run": "a"})
    store_balance(folder, thin(), {"run": "b"})
    pack = Pack.open(folder)
    kept = load_balance(pack)
    assert kept is not None and kept.config.temperature == 0.6 and torch.equal(kept.gains, thin().gains)
    assert [run["run"] for run in pack.manifest["training"]["balance"]] == ["b"]
    store_denoiser(folder, Denoiser(DENOISER), {})
    assert load_balance(Pack.open(folder)) is None


def test_a_temperature_that_leaves_nothing_to_measure_is_no_balance(tmp_path: Path) -> None:
    folder = tiny_pack(tmp_path / "pack")
    balance = thin()
    object.__setattr__(balance.config, "temperature", 1.0)
    store_balance(folder, balance, {})
    with pytest.raises(PackError, match="balance"):
        load_balance(Pack.open(folder))


def test_drawn_loops_are_balanced_and_what_was_found_in_a_loop_is_not(tmp_path: Path) -> None:
    folder = tiny_pack(tmp_path / "pack")
    store_balance(folder, thin(), {})
    pipeline = LoopPipeline.from_pack(folder, "cpu")
    pipeline.shelf = NoiseShelf(tmp_path / "shelf")
    balance = pipeline.balance
    assert balance is not None
    request = LoopRequest(tempo_bpm=120, bars=1, num_steps=2, temperature=0.6)

    def tilt(request: LoopRequest) -> float:
        """By how much more lows are raised than the rest, in dB."""
        pipeline.balance = None
        before = third_octave_levels(pipeline.render(request).audio, RATE)
        pipeline.balance = balance
        moved = third_octave_levels(pipeline.render(request).audio, RATE) - before
        return float(np.median(moved[:4]) - np.median(moved[5:]))

    assert tilt(request) == pytest.approx(6.0, abs=0.5)
    assert tilt(request.with_(temperature=1.0)) == pytest.approx(0.0, abs=0.01)
    found = pipeline.shelf.keep(torch.randn(1, 16, pipeline.geometry(request).frames), pipeline.info.hash)
    pad = NoisePad((found, found, found, found), 0.5, 0.5)
    assert tilt(request.with_(noise=pad)) == pytest.approx(0.0, abs=0.01)
