"""Snares, claps and rims."""

import numpy as np

from engine.corpus.voices.envelopes import attack, decay
from engine.corpus.voices.filters import bandpass, bell, highpass, lowpass
from engine.corpus.voices.kicks import swept_phase
from engine.corpus.voices.oscillators import modes, noise, sine, tick
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


def snare_808(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Two tuned modes, a fourth-to-octave apart, and high-passed noise (`snappy`)."""
    n = hit_samples(max(s["decay"], s["snappy_decay"]))
    hz = struck_hz(s, strike, rng, 0.004)
    body = modes(
        n, np.array([hz, hz * s["ratio"]]), np.array([s["decay"], 0.7 * s["decay"]]), np.array([1, 0.6]), rng
    )
    wires = highpass(noise(n, rng), s["noise_hz"]) * decay(n, s["snappy_decay"])
    wires = lowpass(wires, s["top_hz"] * (0.5 + 0.5 * strike.velocity))
    return saturate(body + 4.5 * s["snappy"] * (0.5 + 0.5 * strike.velocity) * wires, s["drive"])


def snare_909(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Two swept tones, a noise crack and a longer noise tail, pushed into soft saturation."""
    n = hit_samples(max(s["decay"], s["snappy_decay"]))
    hz = struck_hz(s, strike, rng, 0.004)
    tones = sine(swept_phase(n, 2.2 * hz, hz, 0.009)) + 0.7 * sine(swept_phase(n, 3.0 * hz, s["ratio"] * hz, 0.007))
    hiss = noise(n, rng)
    crack = lowpass(hiss, s["top_hz"]) * decay(n, 0.08)
    tail = bandpass(hiss, s["noise_hz"], 0.5) * decay(n, s["snappy_decay"])
    mixed = tones * decay(n, s["decay"]) + s["snappy"] * (0.4 + 0.6 * strike.velocity) * (2.2 * crack + 5.0 * tail)
    return saturate(mixed * attack(n, 0.0003), s["drive"], 0.1)


def snare_acoustic(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Struck skin with many modes, buzzing wires and room: the snare of a break."""
    n = hit_samples(s["decay"] + s["room_decay"])
    hz = struck_hz(s, strike, rng, 0.01)
    ratios = np.array([1.0, 1.47, 1.83, 2.3, 2.9, 3.6])
    lengths = s["decay"] * np.array([1.0, 0.9, 0.5, 0.6, 0.35, 0.3]) * rng.uniform(0.85, 1.15, 6)
    gains = np.array([1.0, 0.5, 0.5, 0.35, 0.3, 0.25]) * rng.uniform(0.7, 1.3, 6)
    skin = modes(n, hz * ratios, lengths, gains, rng)
    hiss = noise(n, rng)
    wires = bell(highpass(hiss, 900.0), s["noise_hz"], 6.0, 0.8) * decay(n, s["decay"]) * attack(n, 0.002)
    stick = bandpass(hiss, 4200.0, 0.8) * decay(n, 0.04)
    room = bandpass(noise(n, rng), 700.0, 0.4) * decay(n, s["room_decay"]) * attack(n, 0.008)
    mixed = s["tone"] * skin + 2.6 * s["snappy"] * wires + 1.5 * strike.velocity * stick + s["room"] * room
    mixed = lowpass(mixed, s["top_hz"] * (0.45 + 0.55 * strike.velocity))
    return saturate(mixed, s["drive"], 0.2)


def snare_noise(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Gated or crushed noise burst with a falling tone: electro and lo-fi."""
    n = hit_samples(s["decay"])
    hiss = crush(noise(n, rng), s["bits"], s["hold"])
    hiss = bandpass(hiss, s["noise_hz"] * (0.7 + 0.3 * strike.velocity), s["width"])
    hold = round(min(s["gate"], 0.7 * s["decay"]) * SAMPLE_RATE)
    envelope = np.concatenate((0.6 + 0.4 * decay(hold, s["decay"]), 0.6 * decay(n - hold, 0.5 * s["decay"])))
    tone = sine(swept_phase(n, 3.0 * s["hz"], s["hz"], 0.015)) * decay(n, 0.4 * s["decay"])
    return saturate(2.0 * hiss * envelope + s["tone"] * tone, s["drive"])


def _bursts(n: int, s: Settings, rng: np.random.Generator) -> Signal:
    """Clap envelope: a few hands a centimetre apart, then the tail."""
    envelope = np.zeros(n)
    hands = int(s["hands"])
    starts = np.cumsum(np.concatenate(([0.0], rng.uniform(0.75, 1.25, hands - 1) * s["spread"])))
    for start in starts[:-1]:
        at = round(start * SAMPLE_RATE)
        envelope[at:] = np.maximum(envelope[at:], rng.uniform(0.6, 1.0) * decay(n - at, 2.0 * s["spread"]))
    at = round(starts[-1] * SAMPLE_RATE)
    envelope[at:] = np.maximum(envelope[at:], decay(n - at, 0.05))
    envelope[at:] += s["tail"] * decay(n - at, s["decay"])
    return envelope


def clap(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Several noise bursts and a tail through a band-pass around 1 kHz with air above."""
    n = hit_samples(s["decay"] + 5.0 * s["spread"])
    hiss = noise(n, rng)
    hz = struck_hz(s, strike, rng, 0.03)
    body = bandpass(hiss, hz, s["q"]) + s["air"] * (0.5 + 0.5 * strike.velocity) * highpass(hiss, 3.2 * hz)
    body = lowpass(highpass(body, 350.0), s["top_hz"])
    return saturate(body * _bursts(n, s, rng), s["drive"])


def clap_snare(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """A clap over the body of a snare."""
    hands = clap(s, strike, rng)
    n = len(hands)
    tones = modes(n, s["body_hz"] * np.array([1.0, 1.7]), np.array([0.14, 0.1]), np.array([1.0, 0.5]), rng)
    wires = highpass(noise(n, rng), 2500.0) * decay(n, 0.7 * s["decay"])
    return saturate(hands / np.max(np.abs(hands)) + s["body"] * (tones + 1.5 * wires), 0.5 * s["drive"])


def rimshot(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Short, hollow, two or three close modes over a click."""
    n = hit_samples(s["decay"] + 0.05)
    hz = struck_hz(s, strike, rng, 0.004)
    ratios = np.array([1.0, s["ratio"], 2.76 * s["ratio"]])
    body = modes(
        n, hz * ratios, s["decay"] * np.array([1.0, 0.8, 0.4]), np.array([1.0, 0.9, 0.4 * strike.velocity]), rng
    )
    stick = bandpass(tick(n, 0.025, rng), min(4.0 * hz, 9000.0), 0.8)
    return highpass(saturate(body + s["click"] * 2.0 * stick, s["drive"]), 200.0)


def snap(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Finger snap: one or two sharp resonant bursts."""
    n = hit_samples(s["decay"])
    second = round(s["spread"] * SAMPLE_RATE)
    envelope = 0.5 * decay(n, 0.02)
    envelope[second:] += decay(n - second, s["decay"])
    hiss = noise(n, rng)
    hz = struck_hz(s, strike, rng, 0.02)
    return saturate((bandpass(hiss, hz, s["q"]) + 0.3 * bandpass(hiss, 2.3 * hz, 3.0)) * envelope, s["drive"])


_CLAP = {
    "hz": Range(750.0, 1900.0, log=True, axis="bright"),
    "q": Range(0.7, 3.0, log=True),
    "hands": Range(2, 5, whole=True),
    "spread": Range(0.006, 0.016, log=True),
    "tail": Range(0.15, 0.9),
    "decay": Range(0.15, 0.8, log=True, axis="length"),
    "air": Range(0.0, 0.6, axis="bright"),
    "top_hz": Range(4000.0, 15000.0, log=True, axis="bright"),
    "drive": Range(0.0, 0.5, axis="dirt"),
}

VOICES = (
    Voice(
        "snare_808",
        "snare",
        snare_808,
        {
            "hz": Range(150.0, 240.0, log=True),
            "ratio": Range(1.5, 2.1),
            "decay": Range(0.14, 0.5, log=True, axis="length"),
            "snappy": Range(0.2, 1.0),
            "snappy_decay": Range(0.14, 0.5, log=True, axis="length"),
            "noise_hz": Range(1200.0, 5000.0, log=True),
            "top_hz": Range(6000.0, 16000.0, log=True, axis="bright"),
            "drive": Range(0.0, 0.4, axis="dirt"),
        },
        likes(electro=3, downtempo=2, minimal=1.2, deep_house=1, acid=1, house=0.7, tech_house=0.7, dub_techno=0.7),
    ),
    Voice(
        "snare_909",
        "snare",
        snare_909,
        {
            "hz": Range(150.0, 230.0, log=True),
            "ratio": Range(1.4, 1.9),
            "decay": Range(0.13, 0.4, log=True, axis="length"),
            "snappy": Range(0.4, 1.0),
            "snappy_decay": Range(0.16, 0.6, log=True, axis="length"),
            "noise_hz": Range(2500.0, 7000.0, log=True),
            "top_hz": Range(5000.0, 14000.0, log=True, axis="bright"),
            "drive": Range(0.0, 0.6, axis="dirt"),
        },
        likes(techno=2.5, house=2, tech_house=2, acid=2.5, industrial=2, minimal=1, breakbeat=1, drum_and_bass=1),
    ),
    Voice(
        "snare_acoustic",
        "snare",
        snare_acoustic,
        {
            "hz": Range(165.0, 290.0, log=True),
            "tone": Range(0.3, 1.0),
            "decay": Range(0.14, 0.45, log=True, axis="length"),
            "snappy": Range(0.4, 1.2),
            "noise_hz": Range(2000.0, 6500.0, log=True, axis="bright"),
            "room": Range(0.0, 0.8),
            "room_decay": Range(0.08, 0.35, log=True, axis="length"),
            "top_hz": Range(4500.0, 15000.0, log=True, axis="bright"),
            "drive": Range(0.0, 0.7, axis="dirt"),
        },
        likes(breakbeat=5, drum_and_bass=5, downtempo=2.5, house=0.5, industrial=0.7, electro=0.5),
    ),
    Voice(
        "snare_noise",
        "snare",
        snare_noise,
        {
            "hz": Range(140.0, 320.0, log=True),
            "noise_hz": Range(1200.0, 6000.0, log=True, axis="bright"),
            "width": Range(0.35, 1.2),
            "decay": Range(0.1, 0.4, log=True, axis="length"),
            "gate": Range(0.0, 0.2),
            "bits": Range(4.0, 12.0, axis="-dirt"),
            "hold": Range(1.0, 5.0, axis="dirt"),
            "tone": Range(0.0, 0.8),
            "drive": Range(0.0, 0.6, axis="dirt"),
        },
        likes(electro=2.5, industrial=3, minimal=0.8, techno=1, downtempo=1, breakbeat=0.7, acid=0.7),
    ),
    Voice(
        "clap",
        "snare",
        clap,
        _CLAP,
        likes(
            house=5, deep_house=4, tech_house=5, minimal=3, techno=4, acid=3, electro=2, dub_techno=2.5, downtempo=1
        ),
    ),
    Voice(
        "clap_snare",
        "snare",
        clap_snare,
        {**_CLAP, "body_hz": Range(150.0, 240.0, log=True), "body": Range(0.2, 0.9)},
        likes(house=2, tech_house=2, techno=1.5, electro=1.5, acid=1, drum_and_bass=1, breakbeat=1, deep_house=1),
    ),
    Voice(
        "rimshot",
        "snare",
        rimshot,
        {
            "hz": Range(420.0, 1700.0, log=True),
            "ratio": Range(1.3, 2.4),
            "decay": Range(0.05, 0.18, log=True),
            "click": Range(0.1, 1.0, axis="bright"),
            "drive": Range(0.0, 0.5, axis="dirt"),
        },
        likes(minimal=3, dub_techno=3, deep_house=2, tech_house=1.2, techno=1, house=0.8, downtempo=1.2),
    ),
    Voice(
        "snap",
        "snare",
        snap,
        {
            "hz": Range(1300.0, 3200.0, log=True),
            "q": Range(2.0, 6.0),
            "decay": Range(0.06, 0.25, log=True),
            "spread": Range(0.006, 0.02),
            "drive": Range(0.0, 0.3, axis="dirt"),
        },
        likes(minimal=1.5, deep_house=1.5, downtempo=1, house=0.7, tech_house=0.7),
        weight=0.6,
    ),
)
