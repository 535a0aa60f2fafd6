"""Bass voices: subs, acid, reese, phase modulation, plucks, organ, distortion."""

import numpy as np
from numpy.typing import NDArray

from engine.corpus.voices.envelopes import adsr, decay, drift, gate
from engine.corpus.voices.filters import highpass, lowpass, sweep
from engine.corpus.voices.oscillators import cycle, modulated, pulse, saw, sine
from engine.corpus.voices.shaping import fold, saturate
from engine.corpus.voices.voice import Range, Settings, Signal, Strike, Voice, likes

RELEASE = 0.06


def drifting(strike: Strike, n: int, rng: np.random.Generator, cents: float = 1.5) -> NDArray[np.float64]:
    """Phases of the pitches played, `[pitches, n]`, each strike a hair out of tune. Each starts anew."""
    return strike.phases(n, cents=float(np.clip(rng.normal(0.0, 0.5), -1.0, 1.0)) * cents)


def plucked_cutoff(s: Settings, strike: Strike, n: int) -> Signal:
    """Filter envelope `[n]` in Hz: from `cutoff` up `octaves`, falling in `fall` s; velocity opens it."""
    opening = s["octaves"] * (0.35 + 0.65 * strike.velocity)
    return np.asarray(s["cutoff"] * 2.0 ** (opening * decay(n, s["fall"])))


def sub(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Sine with a little saturation and a second harmonic, so that small speakers hear it."""
    n = strike.samples(2.0 * RELEASE)
    phases = drifting(strike, n, rng)
    audio = cycle(phases, np.array([1.0, s["second"], 0.4 * s["second"]]))
    audio = audio * adsr(n, strike.seconds, 0.006, s["fall"], s["sustain"], 2.0 * RELEASE)
    return lowpass(saturate(audio, s["drive"], 0.3), 1800.0)


def acid(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Saw or square through the resonant ladder, its envelope and accent driven by velocity."""
    n = strike.samples(RELEASE)
    phases = drifting(strike, n, rng)
    wave = saw(phases) if s["square"] < 0.6 else pulse(phases, 0.46)
    accent = np.clip((strike.velocity - 0.55) / 0.4, 0.0, 1.0)
    fall = s["fall"] * (1.0 - 0.5 * accent)
    cutoff = s["cutoff"] * 2.0 ** (s["octaves"] * (0.45 + 0.55 * accent) * decay(n, fall))
    audio = sweep(wave, cutoff, s["resonance"] * (0.75 + 0.25 * accent))
    level = gate(n, strike.seconds, 0.003, RELEASE) * (0.35 + 0.65 * decay(n, 3.0))
    return saturate(highpass(audio, 30.0) * level, s["drive"] * (0.7 + 0.3 * accent))


def reese(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Two to four saws beating against each other under a low-pass, with a sine below."""
    n = strike.samples(2.0 * RELEASE)
    base = strike.phases(n)
    spread = s["detune"] / 1200.0 * np.linspace(-1.0, 1.0, int(s["voices"]))
    phases = np.concatenate([base * 2.0**offset + 0.618 * number for number, offset in enumerate(spread)])
    cutoff = s["cutoff"] * 2.0 ** (s["motion"] * drift(n, s["speed"], rng) + strike.velocity - 0.5)
    audio = sweep(saturate(saw(phases), s["drive"]), cutoff, s["resonance"])
    audio = audio / (np.max(np.abs(audio)) + 1e-9) + s["sub"] * sine(base).sum(axis=0)
    return np.asarray(audio * gate(n, strike.seconds, 0.008, 2.0 * RELEASE))


def fm_bass(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Two-operator phase modulation: hollow to metallic, index falling with the stroke."""
    n = strike.samples(RELEASE)
    phases = drifting(strike, n, rng)
    index = s["index"] * (0.3 + 0.7 * strike.velocity) * (s["hold"] + (1.0 - s["hold"]) * decay(n, s["fall"]))
    audio = modulated(phases, index * sine(s["ratio"] * phases)).sum(axis=0)
    return saturate(lowpass(audio, s["top_hz"]), s["drive"]) * adsr(n, strike.seconds, 0.003, 1.2, 0.5, RELEASE)


def pluck_bass(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Saw and square mixed, low-pass snapping shut."""
    n = strike.samples(RELEASE)
    phases = drifting(strike, n, rng)
    wave = (1.0 - s["square"]) * saw(phases) + s["square"] * pulse(phases, s["width"])
    wave = wave + s["sub"] * sine(phases).sum(axis=0)
    audio = sweep(wave, plucked_cutoff(s, strike, n), s["resonance"])
    return saturate(audio, s["drive"], 0.1) * adsr(n, strike.seconds, 0.002, s["length"], s["sustain"], RELEASE)


def organ_bass(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """The square organ bass of house: odd harmonics, key click, quick fall."""
    n = strike.samples(RELEASE)
    phases = drifting(strike, n, rng)
    audio = cycle(phases, np.array([1.0, s["second"], s["third"], 0.1, 0.4 * s["third"], 0.05, 0.25 * s["third"]]))
    knock = sine(3.0 * phases).sum(axis=0) * decay(n, 0.08) * s["knock"] * strike.velocity
    return lowpass(saturate(audio + knock, s["drive"]), s["top_hz"]) * adsr(
        n, strike.seconds, 0.003, s["fall"], s["sustain"], RELEASE
    )


def dirty_bass(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Folded and overdriven, with the fundamental kept clean underneath."""
    n = strike.samples(RELEASE)
    phases = drifting(strike, n, rng)
    source = lowpass(saw(phases), 900.0)
    bent = fold(0.6 * source / (np.max(np.abs(source)) + 1e-9), s["fold"] * (0.5 + 0.5 * strike.velocity))
    driven = sweep(saturate(bent, s["drive"], 0.25), plucked_cutoff(s, strike, n), s["resonance"])
    driven = highpass(driven, 160.0)
    audio = 3.0 * s["dirt"] * driven / (np.max(np.abs(driven)) + 1e-9) + sine(phases).sum(axis=0)
    return np.asarray(audio * gate(n, strike.seconds, 0.004, RELEASE))


def boom(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """The 808 kick as a bass: a falling start, a long tuned sine, drive that brings out its harmonics."""
    n = strike.samples(2.0 * RELEASE)
    dip = s["octaves"] * 0.1 * (1.0 - decay(n, 0.14)) * strike.velocity
    phases = drifting(strike, n, rng) + 6.0 * dip
    audio = sine(phases).sum(axis=0) * adsr(n, strike.seconds, 0.002, s["fall"], 0.0, 2.0 * RELEASE)
    return lowpass(saturate(audio, s["drive"], 0.2), s["top_hz"])


_DRIVE = Range(0.0, 0.5, axis="dirt")
_FILTER = {
    "cutoff": Range(100.0, 600.0, log=True, axis="bright"),
    "octaves": Range(1.0, 4.0, axis="bright"),
    "fall": Range(0.15, 1.4, log=True, axis="length"),
    "resonance": Range(0.0, 0.5),
}

VOICES = (
    Voice(
        "sub",
        "bass",
        sub,
        {
            "second": Range(0.0, 0.35),
            "fall": Range(0.4, 4.0, log=True, axis="length"),
            "sustain": Range(0.2, 1.0),
            "drive": _DRIVE,
        },
        likes(
            dub_techno=4,
            minimal=3,
            drum_and_bass=2.5,
            deep_house=2,
            techno=2,
            downtempo=2.5,
            breakbeat=2,
            industrial=1,
            electro=1,
        ),
    ),
    Voice(
        "acid_bass",
        "bass",
        acid,
        {
            "square": Range(0.0, 1.0),
            "cutoff": Range(110.0, 420.0, log=True, axis="bright"),
            "octaves": Range(1.2, 4.0, axis="bright"),
            "fall": Range(0.3, 3.0, log=True, axis="length"),
            "resonance": Range(0.25, 0.8),
            "drive": Range(0.0, 0.6, axis="dirt"),
        },
        likes(acid=8, techno=1, tech_house=1, electro=1, house=0.6, breakbeat=0.6, industrial=0.6),
    ),
    Voice(
        "reese",
        "bass",
        reese,
        {
            "detune": Range(6.0, 35.0, log=True),
            "voices": Range(2, 4, whole=True),
            "cutoff": Range(150.0, 1100.0, log=True, axis="bright"),
            "motion": Range(0.0, 1.2),
            "speed": Range(0.2, 2.0, log=True),
            "resonance": Range(0.0, 0.4),
            "sub": Range(0.2, 0.9),
            "drive": Range(0.0, 0.5, axis="dirt"),
        },
        likes(drum_and_bass=5, breakbeat=2, techno=1, industrial=1.5, tech_house=0.7, electro=0.7),
    ),
    Voice(
        "fm_bass",
        "bass",
        fm_bass,
        {
            "ratio": Range(1, 3, whole=True),
            "index": Range(0.5, 4.0),
            "hold": Range(0.0, 0.5),
            "fall": Range(0.15, 0.9, log=True),
            "top_hz": Range(900.0, 5000.0, log=True, axis="bright"),
            "drive": _DRIVE,
        },
        likes(tech_house=3, minimal=2, house=1.5, electro=2, techno=1.5, breakbeat=1, drum_and_bass=1),
    ),
    Voice(
        "pluck_bass",
        "bass",
        pluck_bass,
        {
            "square": Range(0.0, 1.0),
            "width": Range(0.15, 0.5),
            "sub": Range(0.0, 0.8),
            **_FILTER,
            "length": Range(0.2, 2.0, log=True, axis="length"),
            "sustain": Range(0.0, 0.7),
            "drive": _DRIVE,
        },
        likes(
            house=4, tech_house=3, deep_house=3, electro=3, techno=2, minimal=2, downtempo=1.5, breakbeat=1.5, acid=1
        ),
    ),
    Voice(
        "organ_bass",
        "bass",
        organ_bass,
        {
            "second": Range(0.0, 0.5),
            "third": Range(0.1, 0.5),
            "knock": Range(0.0, 0.7),
            "fall": Range(0.25, 1.5, log=True, axis="length"),
            "sustain": Range(0.0, 0.6),
            "top_hz": Range(500.0, 3000.0, log=True, axis="bright"),
            "drive": _DRIVE,
        },
        likes(house=4, deep_house=3, tech_house=2, minimal=1, breakbeat=0.7),
    ),
    Voice(
        "boom",
        "bass",
        boom,
        {
            "octaves": Range(0.0, 2.0),
            "fall": Range(0.6, 3.5, log=True, axis="length"),
            "top_hz": Range(400.0, 3000.0, log=True, axis="bright"),
            "drive": Range(0.1, 0.8, axis="dirt"),
        },
        likes(electro=3, drum_and_bass=2, downtempo=2, breakbeat=1.5, tech_house=0.7),
    ),
    Voice(
        "dirty_bass",
        "bass",
        dirty_bass,
        {
            "fold": Range(0.0, 1.0, axis="dirt"),
            "dirt": Range(0.2, 0.9, axis="dirt"),
            **_FILTER,
            "cutoff": Range(250.0, 2500.0, log=True, axis="bright"),
            "octaves": Range(0.2, 2.0, axis="bright"),
            "drive": Range(0.3, 1.0, axis="dirt"),
        },
        likes(industrial=5, drum_and_bass=2, techno=1.5, electro=1, breakbeat=1, tech_house=0.7),
    ),
)
