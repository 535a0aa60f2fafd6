"""Pads and drones: ensembles of partials, detuned saws, choirs, glass, noise beds; all move slowly."""

import numpy as np
from numpy.typing import NDArray

from engine.corpus.voices.chords import voicing
from engine.corpus.voices.envelopes import drift, gate, levelled
from engine.corpus.voices.filters import bandpass, highpass, lowpass, sweep
from engine.corpus.voices.leads import VOWELS
from engine.corpus.voices.oscillators import cloud, modulated, noise, pulse, saw, sine
from engine.corpus.voices.shaping import saturate
from engine.corpus.voices.stabs import chord_phases
from engine.corpus.voices.voice import Range, Settings, Signal, Strike, Voice, likes


def _frequencies(s: Settings, strike: Strike) -> NDArray[np.float64]:
    return 440.0 * 2.0 ** ((np.array(strike.voiced(voicing(s))) - 69.0) / 12.0)


def _moving(audio: Signal, s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Slow filter motion and the held envelope every pad shares."""
    n = len(audio)
    cutoff = s["cutoff"] * 2.0 ** (s["motion"] * drift(n, s["speed"], rng) + 0.8 * (strike.velocity - 0.7))
    return levelled(sweep(audio, cutoff, s["resonance"]), 0.7) * gate(n, strike.seconds, s["rise"], s["release"])


def _partials(hz: NDArray[np.float64], count: int, slope: float, odd: float = 1.0) -> tuple[Signal, Signal]:
    """Harmonics of every note: frequencies and gains, flat lists. `odd` scales the even harmonics."""
    orders = np.arange(1, count + 1)
    gains = orders**-slope * np.where(orders % 2 == 0, odd, 1.0)
    return np.outer(hz, orders).ravel(), np.tile(gains, len(hz))


def saw_pad(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Detuned saws, two or three a note."""
    n = strike.samples(s["release"])
    spread = s["detune"] * np.linspace(-1.0, 1.0, int(s["voices"]))
    wave = saw(chord_phases(s, strike, n, rng, spread))
    return highpass(_moving(wave, s, strike, rng), 60.0)


def strings(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """String machine: partials smeared into an ensemble, and a throb of chorus."""
    n = strike.samples(s["release"])
    partials, gains = _partials(_frequencies(s, strike), int(s["count"]), s["slope"])
    wave = cloud(n, partials, gains, s["detune"], rng)
    throb = 1.0 - 0.15 * (1.0 + drift(n, 5.0, rng))
    return highpass(_moving(wave * throb, s, strike, rng), 80.0)


def drone(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Dark bed an octave down: saturated partials, low noise, slow beating."""
    n = strike.samples(s["release"])
    hz = 0.5 * _frequencies(s, strike)
    partials, gains = _partials(hz, 14, s["slope"], s["odd"])
    wave = saturate(cloud(n, partials, gains, s["detune"], rng), s["drive"], 0.3)
    rumble = s["noise"] * lowpass(noise(n, rng), 400.0) * (1.0 + 0.6 * drift(n, 0.5, rng))
    return highpass(_moving(wave + 2.0 * rumble, s, strike, rng), 35.0)


def glass(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Phase-modulated pad whose index breathes."""
    n = strike.samples(s["release"])
    phases = chord_phases(s, strike, n, rng, np.array([0.0]))
    index = s["index"] * (0.6 + 0.4 * drift(n, s["speed"], rng))
    wave = modulated(phases, index * sine(s["ratio"] * 1.0007 * phases)) + 0.5 * modulated(
        1.0013 * phases, 0.6 * index * sine(phases)
    )
    return highpass(_moving(wave.sum(axis=0), s, strike, rng), 90.0)


def choir(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Ensemble partials weighted by vowel formants, two vowels crossfading."""
    n = strike.samples(s["release"])
    partials, gains = _partials(_frequencies(s, strike), 30, 0.8)
    blend = 0.5 + 0.5 * drift(n, s["speed"], rng)
    wave = np.zeros(n)
    for name, weight in (("vowel", blend), ("to_vowel", 1.0 - blend)):
        peaks = s["size"] * VOWELS[int(s[name]) % 5]
        response = sum(
            level / (1.0 + ((partials - peak) / (70.0 + 0.06 * peak)) ** 2)
            for level, peak in zip((1.0, 0.5, 0.2, 0.1), peaks, strict=True)
        )
        wave = wave + weight * cloud(n, partials, gains * (response + 0.01), s["detune"], rng)
    wave = wave + s["breath"] * bandpass(noise(n, rng), 2500.0, 0.6)
    return highpass(_moving(wave, s, strike, rng), 100.0)


def texture(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Noise bed: wind, tape, vinyl; a hint of the chord may glow inside."""
    n = strike.samples(s["release"])
    hiss = noise(n, rng)
    sway = s["hz"] * 2.0 ** (s["motion"] * drift(n, s["speed"], rng))
    bed = sweep(hiss, sway, s["colour"], "band")
    specks = np.where(rng.random(n, dtype=np.float32) < s["crackle"] / 4000.0, rng.normal(0.0, 3.0, n), 0.0)
    wave = bed / (np.std(bed) + 1e-9) + lowpass(specks, 5000.0) * 4.0
    if s["glow"] > 0.3:
        partials, gains = _partials(_frequencies(s, strike), 6, 1.2)
        wave = wave + 1.5 * s["glow"] * cloud(n, partials, gains, 25.0, rng)
    return lowpass(wave, s["cutoff"] * 4.0) * gate(n, strike.seconds, s["rise"], s["release"])


def organ_pad(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Soft drawbar bed: octaves and fifths of near-sines with slow beating."""
    n = strike.samples(s["release"])
    hz = _frequencies(s, strike)
    orders = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0])
    bars = np.array([s["low"], 1.0, 0.3 * s["fifth"], 0.6, 0.4 * s["fifth"], 0.2])
    wave = cloud(n, np.outer(hz, orders).ravel(), np.tile(bars, len(hz)), s["detune"], rng)
    return highpass(_moving(wave, s, strike, rng), 60.0)


def pwm_pad(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Pulses whose widths wander: the hollow, moving pad of early polyphonic synthesisers."""
    n = strike.samples(s["release"])
    width = 0.5 - 0.4 * s["width"] * (0.5 + 0.5 * drift(n, 4.0 * s["speed"], rng))
    wave = pulse(chord_phases(s, strike, n, rng, np.array([-0.5, 0.5]) * s["detune"]), width)
    return highpass(_moving(wave, s, strike, rng), 70.0)


_PAD = {
    "chord": Range(1, 11, whole=True),
    "cutoff": Range(300.0, 4000.0, log=True, axis="bright"),
    "motion": Range(0.1, 1.2),
    "speed": Range(0.08, 0.6, log=True),
    "resonance": Range(0.0, 0.35),
    "rise": Range(0.02, 0.9, log=True, axis="length"),
    "release": Range(0.2, 2.0, log=True, axis="length"),
}

VOICES = (
    Voice(
        "saw_pad",
        "pad",
        saw_pad,
        {**_PAD, "detune": Range(4.0, 16.0), "voices": Range(2, 3, whole=True)},
        likes(
            house=2,
            deep_house=3,
            techno=2,
            drum_and_bass=2.5,
            electro=2.5,
            downtempo=2,
            acid=1,
            breakbeat=1.5,
            tech_house=1,
        ),
    ),
    Voice(
        "strings",
        "pad",
        strings,
        {
            **_PAD,
            "count": Range(12, 32, whole=True),
            "slope": Range(0.7, 1.4, axis="-bright"),
            "detune": Range(5.0, 28.0, log=True),
        },
        likes(house=3, deep_house=3, electro=2, breakbeat=2, drum_and_bass=3, downtempo=2, techno=1),
    ),
    Voice(
        "drone",
        "pad",
        drone,
        {
            **_PAD,
            "chord": Range(0, 3, whole=True),
            "cutoff": Range(120.0, 900.0, log=True, axis="bright"),
            "slope": Range(0.7, 1.5),
            "odd": Range(0.1, 1.0),
            "noise": Range(0.0, 1.0),
            "detune": Range(4.0, 30.0, log=True),
            "drive": Range(0.0, 0.6, axis="dirt"),
        },
        likes(industrial=5, techno=3, dub_techno=3, minimal=2.5, acid=1.5, drum_and_bass=1.5, electro=1, downtempo=1),
    ),
    Voice(
        "glass",
        "pad",
        glass,
        {**_PAD, "index": Range(0.3, 2.4, axis="bright"), "ratio": Range(1, 4, whole=True)},
        likes(downtempo=2, minimal=1.5, electro=1.5, techno=1, deep_house=1, drum_and_bass=1.5),
    ),
    Voice(
        "pwm_pad",
        "pad",
        pwm_pad,
        {**_PAD, "detune": Range(3.0, 14.0), "width": Range(0.2, 1.0)},
        likes(electro=2.5, techno=1.5, house=1, deep_house=1, acid=1, downtempo=1.5, industrial=1, breakbeat=1),
    ),
    Voice(
        "choir",
        "pad",
        choir,
        {
            **_PAD,
            "vowel": Range(0, 4, whole=True),
            "to_vowel": Range(0, 4, whole=True),
            "size": Range(0.85, 1.2),
            "detune": Range(10.0, 35.0),
            "breath": Range(0.0, 0.5),
        },
        likes(drum_and_bass=2, breakbeat=1.5, downtempo=1.5, house=1, techno=1, industrial=1),
    ),
    Voice(
        "texture",
        "pad",
        texture,
        {
            **_PAD,
            "hz": Range(300.0, 4000.0, log=True, axis="bright"),
            "colour": Range(0.0, 0.5),
            "crackle": Range(0.0, 3.0, axis="dirt"),
            "glow": Range(0.0, 1.0),
        },
        likes(dub_techno=4, minimal=3, downtempo=2.5, industrial=3, techno=2, tech_house=1),
    ),
    Voice(
        "organ_pad",
        "pad",
        organ_pad,
        {**_PAD, "low": Range(0.0, 0.8), "fifth": Range(0.0, 1.0), "detune": Range(2.0, 14.0, log=True)},
        likes(dub_techno=2, deep_house=2, house=1.5, minimal=1.5, downtempo=1.5, tech_house=1),
    ),
)
