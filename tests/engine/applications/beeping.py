"""Loops of beeps to work on, and how they are walked in tests."""

import numpy as np

from engine.applications.inversion import Walk
from engine.applications.source import SourceLoop, with_curves
from engine.requests import LoopRequest
from engine.tempo import LoopGeometry

WALK = Walk(num_steps=6, corrections=2)


def beeps(tempo_bpm: float, bars: int = 1, hertz: float = 220.0, rate: int = 44100) -> np.ndarray:
    """A stereo loop with a decaying tone on every beat, `[2, T]`."""
    geometry = LoopGeometry(tempo_bpm, bars, rate)
    time = np.arange(geometry.samples) / rate
    tone = np.sin(2 * np.pi * hertz * time) * np.exp(-12 * (time % (60 / tempo_bpm)))
    return np.stack((tone, 0.7 * tone)).astype(np.float32) * 0.5


def source(tempo_bpm: float = 200, bars: int = 1, hertz: float = 220.0) -> SourceLoop:
    audio = beeps(tempo_bpm, bars, hertz)
    request = LoopRequest(tempo_bpm=tempo_bpm, bars=bars, compose=False, guidance_scale=1.0)
    return SourceLoop.from_audio(audio, 44100, with_curves(request, audio, 44100), f"beeps {hertz:g}")
