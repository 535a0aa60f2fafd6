"""Loops whose tempo, onsets and phase are known because they are written here: crude drums on an exact grid."""

import numpy as np

from engine.tempo import LoopGeometry

RATE = 44100


def kick() -> np.ndarray:
    t = np.arange(int(0.25 * RATE)) / RATE
    return np.exp(-t / 0.07) * np.sin(2 * np.pi * (50 * t + 6 * (1 - np.exp(-t / 0.015))))


def hat(seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(int(0.06 * RATE))
    return 0.3 * np.diff(noise, n=2, prepend=[0, 0]) * np.exp(-np.arange(len(noise)) / RATE / 0.015)


def snare() -> np.ndarray:
    t = np.arange(int(0.2 * RATE)) / RATE
    noise = np.random.default_rng(2).standard_normal(len(t))
    return 0.5 * np.exp(-t / 0.05) * (0.5 * noise + np.sin(2 * np.pi * 190 * t))


def place(hits: list[tuple[float, np.ndarray]], geometry: LoopGeometry, late_seconds: float = 0.0) -> np.ndarray:
    """Stereo `[2, T]` loop with each sound added at its beat, wrapping around the end."""
    audio = np.zeros(geometry.samples)
    for beat, sound in hits:
        start = round(beat / geometry.beats * geometry.samples + late_seconds * RATE)
        np.add.at(audio, (start + np.arange(len(sound))) % len(audio), sound)
    return np.stack([audio, audio]).astype(np.float32) * 0.5


def house(tempo_bpm: float, bars: int = 4, late_seconds: float = 0.0) -> tuple[np.ndarray, LoopGeometry]:
    """Four on the floor, claps on two and four, off-beat hats and quiet sixteenths."""
    geometry = LoopGeometry(tempo_bpm, bars)
    hits = [(float(b), kick()) for b in range(geometry.beats)]
    hits += [(float(b), snare()) for b in range(1, geometry.beats, 2)]
    hits += [(b + 0.5, hat()) for b in range(geometry.beats)]
    hits += [(s / 4, 0.3 * hat(3)) for s in range(geometry.steps)]
    return place(hits, geometry, late_seconds), geometry
