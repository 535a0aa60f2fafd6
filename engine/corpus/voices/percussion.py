"""Acoustic-like percussion: skins, wood, bells, shakers."""

import numpy as np

from engine.corpus.voices.envelopes import attack, decay
from engine.corpus.voices.filters import bandpass, highpass, lowpass
from engine.corpus.voices.kicks import swept_phase
from engine.corpus.voices.oscillators import modes, noise, pulse, sine, tick
from engine.corpus.voices.shaping import saturate
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


def tom(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Analog tom: falling sine, a fifth above, breath of noise."""
    n = hit_samples(s["decay"])
    phase = swept_phase(
        n, struck_hz(s, strike, rng) * 2.0 ** (s["bend"] * (0.5 + 0.5 * strike.velocity)), s["hz"] * strike.tune, 0.04
    )
    skin = sine(phase) * decay(n, s["decay"]) + 0.3 * sine(1.6 * phase) * decay(n, 0.4 * s["decay"])
    breath = lowpass(noise(n, rng), 5.0 * s["hz"]) * decay(n, 0.35 * s["decay"])
    return saturate((skin + s["noise"] * breath) * attack(n, 0.0008), s["drive"], 0.15)


def hand_drum(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Congas and bongos: membrane modes with a slap that grows with velocity."""
    n = hit_samples(s["decay"])
    hz = struck_hz(s, strike, rng)
    ratios = np.array([1.0, 1.594, 2.136, 2.296, 2.653])
    lengths = s["decay"] * np.array([1.0, 0.5, 0.35, 0.3, 0.25])
    gains = np.array([1.0, 0.5, 0.3, 0.25, 0.2]) * rng.uniform(0.6, 1.4, 5)
    gains[1:] *= 0.4 + 0.9 * strike.velocity
    slap = bandpass(tick(n, 0.05, rng), min(6.0 * hz, 5000.0), 1.5)
    bent = sine(swept_phase(n, 1.25 * hz, hz, 0.015)) * decay(n, 0.8 * s["decay"])
    return saturate(
        modes(n, hz * ratios, lengths, gains, rng) + bent + 6.0 * s["slap"] * strike.velocity * slap, s["drive"]
    )


def cowbell(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Two squares at 540 and 800 Hz (tuned) through a band-pass, two-stage decay."""
    n = hit_samples(s["decay"])
    hz = struck_hz(s, strike, rng) * np.array([1.0, s["ratio"]])
    metal = pulse(hz[:, None] / SAMPLE_RATE * np.arange(n))
    envelope = 0.6 * decay(n, 0.06) + 0.4 * decay(n, s["decay"])
    return saturate(bandpass(metal, 1.6 * hz[1], 1.2) * envelope, s["drive"])


def claves(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Claves and woodblocks: one or two short, hard modes."""
    n = hit_samples(s["decay"])
    hz = struck_hz(s, strike, rng)
    gains = np.array([1.0, s["hollow"], 0.25 * strike.velocity])
    wood = modes(n, hz * np.array([1.0, 1.51, 2.71]), s["decay"] * np.array([1.0, 0.7, 0.3]), gains, rng)
    return saturate(wood + 0.6 * bandpass(tick(n, 0.015, rng), 2.0 * hz, 1.0), s["drive"])


def shaker(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Noise that swells and dies; jingles ring along in a tambourine."""
    n = hit_samples(s["swell"] + s["decay"])
    rise = attack(n, s["swell"] * (1.2 - 0.4 * strike.velocity)) ** 2
    fall = np.ones(n, np.float32)
    peak = round(s["swell"] * SAMPLE_RATE)
    fall[peak:] = decay(n - peak, s["decay"])
    beads = bandpass(noise(n, rng) * (0.5 + rng.random(n)), s["hz"] * (0.8 + 0.2 * strike.velocity), s["q"])
    return saturate(highpass(beads, 1800.0) * rise * fall, s["drive"])


def tambourine(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Jingles: high modes struck a few times, and noise."""
    n = hit_samples(s["decay"])
    hz = s["hz"] * np.exp(rng.uniform(-0.05, 0.05, 8)) * np.array([1.0, 1.13, 1.31, 1.47, 1.72, 1.9, 2.2, 2.45])
    jingles = modes(n, hz, s["decay"] * rng.uniform(0.4, 1.0, 8), rng.uniform(0.2, 0.5, 8), rng)
    second = round(rng.uniform(0.012, 0.03) * SAMPLE_RATE)
    jingles[second:] += 0.7 * jingles[:-second]
    hiss = highpass(noise(n, rng), 0.8 * s["hz"]) * decay(n, 0.6 * s["decay"])
    return saturate(lowpass(jingles + s["noise"] * hiss, 9000.0 + 7000.0 * strike.velocity), s["drive"])


_DRIVE = Range(0.0, 0.4, axis="dirt")

VOICES = (
    Voice(
        "tom",
        "percussion",
        tom,
        {
            "hz": Range(70.0, 220.0, log=True),
            "bend": Range(0.1, 1.0),
            "decay": Range(0.25, 1.1, log=True, axis="length"),
            "noise": Range(0.0, 0.6),
            "drive": _DRIVE,
        },
        likes(techno=3, industrial=2, electro=2, tech_house=2, acid=1, house=1.2),
    ),
    Voice(
        "conga",
        "percussion",
        hand_drum,
        {
            "hz": Range(150.0, 330.0, log=True),
            "decay": Range(0.2, 0.7, log=True, axis="length"),
            "slap": Range(0.1, 0.8),
            "drive": _DRIVE,
        },
        likes(house=3, tech_house=3, deep_house=3, minimal=1.5, downtempo=1.5, techno=1),
    ),
    Voice(
        "bongo",
        "percussion",
        hand_drum,
        {
            "hz": Range(330.0, 620.0, log=True),
            "decay": Range(0.1, 0.35, log=True),
            "slap": Range(0.2, 1.0),
            "drive": _DRIVE,
        },
        likes(house=2, tech_house=2.5, minimal=1.5, breakbeat=1, downtempo=1),
    ),
    Voice(
        "cowbell",
        "percussion",
        cowbell,
        {
            "hz": Range(430.0, 680.0, log=True),
            "ratio": Range(1.42, 1.56),
            "decay": Range(0.12, 0.5, log=True, axis="length"),
            "drive": _DRIVE,
        },
        likes(electro=2, house=1.2, tech_house=1, acid=1, breakbeat=0.5),
    ),
    Voice(
        "claves",
        "percussion",
        claves,
        {
            "hz": Range(1400.0, 2800.0, log=True),
            "hollow": Range(0.0, 0.5),
            "decay": Range(0.05, 0.16, log=True),
            "drive": _DRIVE,
        },
        likes(minimal=2, house=1.5, deep_house=1.5, electro=1.5, dub_techno=1, tech_house=1),
    ),
    Voice(
        "woodblock",
        "percussion",
        claves,
        {
            "hz": Range(500.0, 1300.0, log=True),
            "hollow": Range(0.3, 1.0),
            "decay": Range(0.06, 0.22, log=True),
            "drive": _DRIVE,
        },
        likes(minimal=2, deep_house=1.5, tech_house=1.5, downtempo=1.5, house=1),
    ),
    Voice(
        "shaker",
        "percussion",
        shaker,
        {
            "hz": Range(3500.0, 9000.0, log=True, axis="bright"),
            "q": Range(0.5, 1.6),
            "swell": Range(0.008, 0.05, log=True),
            "decay": Range(0.06, 0.25, log=True),
            "drive": _DRIVE,
        },
        likes(house=4, deep_house=4, tech_house=4, minimal=3, downtempo=2, techno=2, dub_techno=1.5, breakbeat=1),
    ),
    Voice(
        "tambourine",
        "percussion",
        tambourine,
        {
            "hz": Range(3800.0, 6500.0, log=True),
            "decay": Range(0.1, 0.4, log=True, axis="length"),
            "noise": Range(0.2, 1.0),
            "drive": _DRIVE,
        },
        likes(house=2, breakbeat=2, deep_house=1, downtempo=1.5, tech_house=1, drum_and_bass=1),
    ),
)
