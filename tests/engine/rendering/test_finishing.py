"""From decoded audio to loops: levelled one by one, timed, and never with samples that are no numbers."""

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from engine.conditioning.conditions import Conditions
from engine.errors import PackError
from engine.loop import PackInfo
from engine.rendering.finishing import Clock, asked_loudness, finished_loops, recurrence
from engine.requests import LoopRequest, NoisePad, Pattern
from engine.tempo import LoopGeometry

INFO = PackInfo("tiny", "1", "0" * 64, 44100)
FOUND = 2**62 + 5


def test_each_loop_of_a_batch_costs_its_share_of_every_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 3.0, 10.0, 11.0, 20.0, 25.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(moments))
    clock = Clock()
    for stage in ("codec", "finishing", "codec"):
        with clock(stage):
            pass
    assert clock.share(4) == {"codec": 2.0, "finishing": 0.25}


@pytest.mark.parametrize(
    ("points", "lufs"),
    [
        (None, -14.0),
        ((0.75,), -15.0),  # of -60 to 0 LUFS
        ((0.75, 0.75, 0.0, 0.0), -15.0),  # silence counts no more than in the meter
        ((0.8, 0.6), -14.75),  # -12 and -24 LUFS: the mean of their powers
        ((0.0,), -22.0),
        ((1.0,), -9.0),
    ],
)
def test_a_loop_is_as_loud_as_its_curve_asks(points: tuple[float, ...] | None, lufs: float) -> None:
    request = LoopRequest(curves={} if points is None else {"loudness": points})
    assert asked_loudness(request) == pytest.approx(lufs, abs=0.1)


def test_the_noise_of_a_codec_comes_again_with_every_beat_unless_it_was_found_in_a_loop() -> None:
    geometry = LoopGeometry(120.0, 2)
    again = recurrence(LoopRequest(repeat=0.7), geometry)
    assert again is not None and again.share == 0.7
    assert again.frames * geometry.beats == geometry.frames
    assert recurrence(LoopRequest(), LoopGeometry(120.0, 2, 24_000, 320)) is None
    assert recurrence(LoopRequest(noise=NoisePad((FOUND, 1, 2, 3))), geometry) is None


def finish(audio: np.ndarray, *compositions: Any) -> list[Any]:
    requests = [LoopRequest(seed=seed, bars=1) for seed in range(len(audio))]
    conditions = Conditions.open(16, len(audio))
    aim: Any = SimpleNamespace(compositions=compositions or (None,) * len(audio), towards=conditions)
    latent = torch.arange(float(len(audio)))[:, None, None].expand(-1, 4, 16)
    loudness = [asked_loudness(request) for request in requests]
    return finished_loops(audio, latent, requests, aim, loudness, info=INFO, clock=Clock())


def test_loops_of_a_batch_are_brought_to_one_loudness_each_by_itself() -> None:
    time_ = np.arange(88_200) / 44_100
    wave = np.stack([np.sin(2 * np.pi * 440 * time_)] * 2).astype(np.float32)
    drawn = Pattern({"kick": (1.0, 0.0, 0.0, 0.0) * 4})
    quiet, loud = finish(
        np.stack([0.02 * wave, 0.5 * wave]), SimpleNamespace(pattern=lambda _bars: drawn, onsets={}, notes={}), None
    )
    assert quiet.loudness_lufs == pytest.approx(loud.loudness_lufs, abs=0.1)
    assert np.abs(quiet.audio - loud.audio).max() < 1e-3
    assert max(quiet.true_peak_dbtp, loud.true_peak_dbtp) <= -1.0
    assert (quiet.composed, loud.composed) == (drawn, Pattern())
    assert [float(loop.latent.mean()) for loop in (quiet, loud)] == [0.0, 1.0]
    assert (quiet.request.seed, loud.request.seed, loud.pack_hash) == (0, 1, "0" * 64)


def test_samples_that_are_no_numbers_are_the_packs_fault() -> None:
    audio = np.full((1, 2, 44_100), 0.1, np.float32)
    audio[0, 1, 5] = np.nan
    with pytest.raises(PackError, match="Pack 'tiny' gave samples that are not numbers"):
        finish(audio)
