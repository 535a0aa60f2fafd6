"""Sounds as plain as can be: drums at a known tempo, single strokes, drones. What has to be told apart first."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 44_100
Sound = NDArray[np.float32]


def plain_drums(tempo_bpm: float, beats: float, rng: np.random.Generator, *, waltz: bool = False) -> Sound:
    """`[1, T]`: a bass drum on beats, noise between them, a snare on every second one; or, as a `waltz`, a bass drum
    on every third beat, and a snare on the others."""
    samples = round(beats * 60 / tempo_bpm * RATE)
    sound = np.zeros(samples + RATE)
    time = np.arange(RATE // 4) / RATE
    kick = np.sin(2 * np.pi * (50 * time + 5 * (1 - np.exp(-30 * time)))) * np.exp(-14 * time)
    for beat in range(int(np.ceil(beats))):
        place, between = (round((beat + at) * 60 / tempo_bpm * RATE) for at in (0, 0.5))
        if not waltz or beat % 3 == 0:
            sound[place : place + len(kick)] += kick
        sound[between : between + 2205] += 0.35 * rng.standard_normal(2205) * np.exp(-90 * time[:2205])
        if beat % 3 if waltz else beat % 2:
            sound[place : place + 6615] += 0.5 * rng.standard_normal(6615) * np.exp(-25 * time[:6615])
    loop = sound[:samples]
    return np.asarray(0.8 * loop / np.abs(loop).max(), dtype=np.float32)[None]


def stroke(seconds: float, rng: np.random.Generator) -> Sound:
    """`[1, T]`: one sound that dies away, a tone or noise; now and then a few weaker ones follow at any time."""
    time = np.arange(round(seconds * RATE)) / RATE
    sound = _dying(time, rng)
    if rng.random() < 0.25:
        for _ in range(int(rng.integers(1, 3))):
            place = int(rng.integers(0, max(1, len(time) - RATE // 4)))
            sound[place:] += rng.random() * _dying(time[: len(time) - place], rng)
    return (0.8 * sound / max(float(np.abs(sound).max()), 1e-9))[None].astype(np.float32)


def drone(seconds: float, rng: np.random.Generator) -> Sound:
    """`[1, T]`: a tone that swells slowly."""
    time = np.arange(round(seconds * RATE)) / RATE
    swell = 1 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.1, 0.6) * time)
    return (0.3 * swell * np.sin(2 * np.pi * 2 ** rng.uniform(5.5, 9) * time))[None].astype(np.float32)


def _dying(time: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    hertz, decay = 2 ** rng.uniform(5.3, 10), 2 ** rng.uniform(-0.5, 3)
    body = np.sin(2 * np.pi * hertz * time) if rng.random() < 0.5 else 0.3 * rng.standard_normal(len(time))
    return np.asarray(body * np.exp(-decay * time))
