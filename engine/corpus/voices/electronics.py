"""Electronic percussion: blips, glitches, zaps, struck metal, noise bursts."""

import numpy as np

from engine.corpus.voices.envelopes import attack, decay
from engine.corpus.voices.filters import bandpass, highpass, lowpass
from engine.corpus.voices.kicks import swept_phase
from engine.corpus.voices.oscillators import modes, modulated, noise, sine, tick
from engine.corpus.voices.shaping import crush, saturate
from engine.corpus.voices.voice import (
    SAMPLE_RATE,
    Range,
    Settings,
    Signal,
    Strike,
    Voice,
    hit_samples,
    likes,
    struck_hz,
)


def blip(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Small phase-modulated tone, wooden to glassy."""
    n = hit_samples(s["decay"])
    time = np.arange(n) / SAMPLE_RATE
    hz = struck_hz(s, strike, rng)
    depth = s["index"] * strike.velocity * decay(n, 0.5 * s["decay"])
    return saturate(
        modulated(hz * time, depth * sine(s["ratio"] * hz * time)) * decay(n, s["decay"]) * attack(n, 0.0006),
        s["drive"],
    )


def glitch(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Clicks, crushed specks and tiny bursts of data."""
    n = hit_samples(s["decay"])
    tone = sine(s["hz"] * strike.tune * np.arange(n) / SAMPLE_RATE * (1.0 + rng.integers(0, 3)))
    specks = crush(0.7 * s["noise"] * noise(n, rng) + (1.0 - s["noise"]) * tone, s["bits"], s["hold"])
    step = max(1, round(s["decay"] * SAMPLE_RATE / s["cuts"]))
    cuts = np.repeat(rng.integers(0, 2, n // step + 1), step)[:n].astype(float)
    cuts[:step] = 1.0
    return lowpass(highpass(specks * cuts, 300.0), s["top_hz"]) * decay(n, s["decay"]) * attack(n, 0.0004)


def zap(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Laser: a tone that falls through octaves."""
    n = hit_samples(s["decay"])
    hz = struck_hz(s, strike, rng)
    phase = swept_phase(n, min(hz * 2.0 ** s["octaves"], 9000.0), hz, 0.25 * s["decay"])
    return saturate(
        modulated(phase, s["index"] * strike.velocity * sine(phase)) * decay(n, s["decay"]) * attack(n, 0.0006),
        s["drive"],
    )


def metal(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Struck bars, pipes and plates: inharmonic modes, each sound with a body of its own."""
    n = hit_samples(s["decay"])
    body = np.random.default_rng(int(s["body"]))
    ratios = np.sort(np.concatenate(([1.0], body.uniform(1.2, 9.0, 9))))
    lengths = s["decay"] * ratios**-0.5 * body.uniform(0.5, 1.0, 10)
    gains = ratios ** -(1.4 - 0.8 * strike.velocity) * body.uniform(0.3, 1.0, 10) * rng.uniform(0.8, 1.2, 10)
    ring = modes(n, s["hz"] * strike.tune * ratios, lengths, gains, rng)
    hit = bandpass(tick(n, 0.05, rng), 2500.0, 0.7)
    return lowpass(saturate(ring + s["noise"] * hit, s["drive"]), s["top_hz"])


def burst(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Filtered noise hit: dub splashes, steam, electronic whips."""
    n = hit_samples(s["decay"])
    hiss = bandpass(noise(n, rng), s["hz"] * (0.6 + 0.4 * strike.velocity), s["q"])
    return saturate(hiss * decay(n, s["decay"]) * attack(n, s["rise"]), s["drive"])


_DRIVE = Range(0.0, 0.4, axis="dirt")

VOICES = (
    Voice(
        "blip",
        "percussion",
        blip,
        {
            "hz": Range(180.0, 2600.0, log=True),
            "ratio": Range(0.5, 4.6),
            "index": Range(0.3, 4.0),
            "decay": Range(0.04, 0.3, log=True, axis="length"),
            "drive": _DRIVE,
        },
        likes(minimal=4, tech_house=2, techno=2, electro=2, dub_techno=1.5, acid=1, drum_and_bass=0.7),
    ),
    Voice(
        "glitch",
        "percussion",
        glitch,
        {
            "hz": Range(300.0, 4000.0, log=True),
            "noise": Range(0.0, 1.0),
            "bits": Range(3.0, 10.0, axis="-dirt"),
            "hold": Range(1.0, 9.0, log=True, axis="dirt"),
            "cuts": Range(1.0, 9.0),
            "decay": Range(0.02, 0.15, log=True),
            "top_hz": Range(3000.0, 14000.0, log=True, axis="bright"),
        },
        likes(minimal=3, industrial=2, electro=1.5, downtempo=1, drum_and_bass=1, tech_house=0.8),
    ),
    Voice(
        "zap",
        "percussion",
        zap,
        {
            "hz": Range(90.0, 500.0, log=True),
            "octaves": Range(1.5, 4.5),
            "index": Range(0.0, 1.8),
            "decay": Range(0.06, 0.3, log=True, axis="length"),
            "drive": _DRIVE,
        },
        likes(electro=3, industrial=1, acid=1, breakbeat=1, techno=0.7),
    ),
    Voice(
        "metal",
        "percussion",
        metal,
        {
            "hz": Range(180.0, 1200.0, log=True),
            "body": Range(0, 999, whole=True),
            "decay": Range(0.15, 1.6, log=True, axis="length"),
            "noise": Range(0.0, 1.2),
            "top_hz": Range(2500.0, 12000.0, log=True, axis="bright"),
            "drive": Range(0.0, 0.7, axis="dirt"),
        },
        likes(industrial=4, techno=2, dub_techno=1.5, minimal=1.5, drum_and_bass=0.7),
    ),
    Voice(
        "burst",
        "percussion",
        burst,
        {
            "hz": Range(500.0, 5000.0, log=True, axis="bright"),
            "q": Range(0.6, 5.0, log=True),
            "rise": Range(0.0005, 0.02, log=True),
            "decay": Range(0.06, 0.5, log=True, axis="length"),
            "drive": _DRIVE,
        },
        likes(dub_techno=3, techno=2, industrial=2, minimal=1.5, electro=1),
    ),
)
