"""Hats, closed and open: the same instruments with different decays."""

import numpy as np

from engine.corpus.voices.envelopes import attack, decay
from engine.corpus.voices.filters import bandpass, bell, highpass, lowpass
from engine.corpus.voices.oscillators import modes, modulated, noise, pulse, sine
from engine.corpus.voices.shaping import crush, saturate
from engine.corpus.voices.voice import SAMPLE_RATE, Range, Settings, Signal, Strike, Voice, likes

_METAL_HZ = np.array([205.3, 304.4, 369.6, 522.7, 540.0, 800.0])
"""The six square oscillators of the TR-808's cymbals and hats (measured by many, e.g. Werner et al. 2014)."""


def _shape(n: int, s: Settings, strike: Strike) -> Signal:
    """Level: a fast tick and the decay, which a softer stroke shortens."""
    seconds = s["decay"] * (0.7 + 0.3 * strike.velocity)
    return (s["tick"] * decay(n, 0.03) + (1.0 - s["tick"]) * decay(n, seconds)) * attack(n, 0.0004)


def _length(s: Settings) -> int:
    return round((1.05 * s["decay"] + 0.03) * SAMPLE_RATE)


def _tone(audio: Signal, s: Settings, strike: Strike) -> Signal:
    """Common tone control: high-pass and a top that opens with velocity."""
    return lowpass(highpass(audio, s["low_hz"]), s["top_hz"] * (0.55 + 0.45 * strike.velocity))


def hat_808(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Six detuned squares, band-passed twice, high-passed."""
    n = _length(s)
    tuned = s["tune"] * strike.tune * _METAL_HZ ** s["stretch"] * 500.0 ** (1.0 - s["stretch"])
    starts = rng.random(6)
    metal = pulse(tuned[:, None] / SAMPLE_RATE * np.arange(n) + starts[:, None])
    bands = bandpass(metal, s["band_hz"], 1.2) + 0.6 * bandpass(metal, 0.48 * s["band_hz"], 1.5)
    return saturate(_tone(bands + 0.25 * s["air"] * noise(n, rng), s, strike) * _shape(n, s, strike), s["drive"])


def hat_noise(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """White noise with one or two resonant colours."""
    n = _length(s)
    hiss = noise(n, rng)
    coloured = hiss + s["colour"] * 3.0 * bandpass(hiss, s["band_hz"] * (1.0 + 0.02 * rng.standard_normal()), 4.0)
    return saturate(_tone(coloured, s, strike) * _shape(n, s, strike), s["drive"])


def hat_909(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Like a six-bit cymbal recording: dense partials and hiss through a coarse converter."""
    n = _length(s)
    hz = (
        s["tune"]
        * strike.tune
        * 300.0
        * np.exp(rng.normal(0.0, 0.004, 6))
        * np.array([1, 1.41, 1.83, 2.37, 2.81, 3.67])
    )
    wash = pulse(hz[:, None] / SAMPLE_RATE * np.arange(n) + rng.random(6)[:, None], 0.37)
    sampled = crush(0.3 * highpass(wash, 3000.0) + s["air"] * noise(n, rng), 7.0, 1.0 + 0.5 * s["grain"])
    return saturate(_tone(bell(sampled, s["band_hz"], 6.0), s, strike) * _shape(n, s, strike), s["drive"])


def hat_fm(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Two inharmonic phase-modulated pairs: digital, glassy."""
    n = _length(s)
    time = np.arange(n) / SAMPLE_RATE
    hz = s["band_hz"] * 0.5 * strike.tune
    depth = s["index"] * (0.6 + 0.4 * strike.velocity) * (0.5 + 0.5 * decay(n, 3.0 * s["decay"]))
    rough = noise(n, rng) * s["index"]
    first = modulated(hz * time + rng.random(), depth * sine(1.483 * hz * time) + 0.6 * rough)
    second = modulated(1.72 * hz * time + rng.random(), depth * sine(0.781 * hz * time))
    audio = first + second + s["air"] * noise(n, rng)
    return saturate(_tone(audio, s, strike) * _shape(n, s, strike), s["drive"])


def ride(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Ride-like: many inharmonic modes of a plate under a stick tick and a soft wash, longer than hats."""
    s = {**s, "decay": 1.8 * s["decay"]}
    n = _length(s)
    spots = s["tune"] * strike.tune * 410.0 * np.cumsum(np.random.default_rng(int(s["plate"])).uniform(0.5, 1.6, 22))
    lengths = s["decay"] * (1.5 + 3.0 * rng.random(22)) * (spots / spots[0]) ** -0.2
    metal = modes(n, spots, lengths, rng.uniform(0.3, 1.0, 22) / np.sqrt(22), rng)
    wash = noise(n, rng) * decay(n, 0.8 * s["decay"])
    return saturate(_tone(metal + 0.8 * s["air"] * wash, s, strike) * _shape(n, s, strike), s["drive"])


_HAT = {
    "tick": Range(0.0, 0.6),
    "air": Range(0.0, 1.0),
    "low_hz": Range(3500.0, 9000.0, log=True, axis="bright"),
    "top_hz": Range(8500.0, 20000.0, log=True, axis="bright"),
    "band_hz": Range(5500.0, 11000.0, log=True, axis="bright"),
    "drive": Range(0.0, 0.4, axis="dirt"),
}
_DESIGNS = (
    (
        "808",
        hat_808,
        {**_HAT, "tune": Range(0.75, 1.6, log=True), "stretch": Range(0.85, 1.15)},
        likes(
            electro=3,
            house=2,
            deep_house=2,
            minimal=2,
            acid=2,
            techno=1.5,
            downtempo=1.5,
            dub_techno=1.5,
            tech_house=1.5,
        ),
    ),
    (
        "noise",
        hat_noise,
        {**_HAT, "colour": Range(0.0, 1.0)},
        likes(minimal=2.5, dub_techno=2.5, techno=2, industrial=2, tech_house=1.5, deep_house=1, downtempo=1.5),
    ),
    (
        "909",
        hat_909,
        {**_HAT, "tune": Range(0.8, 1.5, log=True), "grain": Range(0.0, 2.0, axis="dirt")},
        likes(house=3, techno=3, tech_house=3, acid=2.5, industrial=1.5, deep_house=1.5, breakbeat=1),
    ),
    (
        "fm",
        hat_fm,
        {**_HAT, "index": Range(1.2, 4.5)},
        likes(minimal=1.2, electro=1.2, industrial=1.5, tech_house=0.8),
    ),
    (
        "ride",
        ride,
        {
            **_HAT,
            "tune": Range(0.6, 1.5, log=True),
            "plate": Range(0, 999, whole=True),
            "low_hz": Range(1200.0, 5000.0, log=True),
        },
        likes(breakbeat=4, drum_and_bass=4, downtempo=2, house=0.7, deep_house=1, techno=0.7),
    ),
)

VOICES = tuple(
    Voice(f"{part.split('_')[0]}_{name}", part, sound, {**ranges, "decay": seconds}, styles)
    for part, seconds in (
        ("closed_hat", Range(0.05, 0.26, log=True, axis="length")),
        ("open_hat", Range(0.35, 1.5, log=True, axis="length")),
    )
    for name, sound, ranges, styles in _DESIGNS
)
