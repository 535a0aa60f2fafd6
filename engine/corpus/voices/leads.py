"""Single-line leads: plucks, strings, bleeps, bells, arpeggio tones, formants; acid lines share the bass voice."""

import numpy as np

from engine.corpus.voices.basses import acid, drifting, plucked_cutoff
from engine.corpus.voices.envelopes import adsr, attack, decay, gate
from engine.corpus.voices.filters import bandpass, lowpass, string, sweep
from engine.corpus.voices.oscillators import cycle, modulated, noise, pulse, saw, sine, tick
from engine.corpus.voices.shaping import saturate
from engine.corpus.voices.voice import SAMPLE_RATE, Range, Settings, Signal, Strike, Voice, likes

VOWELS = np.array(
    [
        [800, 1150, 2900, 3900],
        [400, 1600, 2700, 3300],
        [350, 1700, 2700, 3700],
        [450, 800, 2830, 3500],
        [325, 700, 2530, 3500],
    ]
)
"""First four formants (Hz) of a, e, i, o, u sung by an alto (Csound manual's table)."""


def pluck(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Short filtered saw or pulse with a second, detuned oscillator."""
    n = strike.samples(s["tail"])
    phases = drifting(strike, n, rng)
    both = np.concatenate((phases, phases * 2.0 ** (s["detune"] / 1200.0 + s["octave"])))
    wave = (1.0 - s["square"]) * saw(both) + s["square"] * pulse(both, s["width"])
    audio = sweep(wave, np.minimum(plucked_cutoff(s, strike, n), 7000.0), s["resonance"])
    return audio * adsr(n, strike.seconds, 0.002, 2.0 * s["fall"], 0.0, s["tail"])


def plucked_string(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Karplus-Strong string, picked soft or hard."""
    n = strike.samples(s["tail"])
    excitation = np.zeros(n)
    audio = np.zeros(n)
    for pitch in strike.pitches:
        hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
        length = min(n, max(8, round(SAMPLE_RATE / hz)))
        excitation[:] = 0.0
        pick = rng.uniform(-1.0, 1.0, length)
        excitation[:length] = lowpass(pick - pick.mean(), s["pick_hz"] * (0.3 + 0.7 * strike.velocity))
        audio += string(excitation, hz, s["seconds"], s["damping"])
    return lowpass(audio, s["top_hz"]) * gate(n, strike.seconds, 0.001, s["tail"])


def bleep(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Pure tones of a few harmonics: sonar, test equipment, early Warp."""
    n = strike.samples(s["tail"])
    phases = drifting(strike, n, rng)
    harmonics = np.array([1.0, s["second"], s["third"], 0.5 * s["second"], 0.5 * s["third"]])
    vibrato = 0.02 * sine(np.arange(n) / SAMPLE_RATE * 5.3)
    return cycle(phases + vibrato * s["vibrato"], harmonics) * adsr(
        n, strike.seconds, 0.003, s["fall"], s["sustain"], s["tail"]
    )


def fm_bell(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Chowning bell, and near-harmonic electric pianos at whole ratios."""
    n = strike.samples(s["tail"])
    phases = drifting(strike, n, rng)
    ratio = s["ratio"] if s["clang"] > 0.5 else np.round(s["ratio"])
    top = 0.4 * SAMPLE_RATE / max(float(phases[0, -1] - phases[0, 0]) / n * SAMPLE_RATE * ratio, 1.0)
    index = min(s["index"] * (0.25 + 0.75 * strike.velocity), top) * decay(n, s["fall"])
    audio = modulated(phases, index * sine(ratio * phases)) + 0.3 * s["tine"] * sine(4.0 * phases) * decay(
        n, 0.4 * s["fall"]
    )
    return (
        lowpass(audio.sum(axis=0), s["top_hz"])
        * decay(n, 2.0 * s["fall"])
        * gate(n, strike.seconds, 0.001, s["tail"])
    )


def arp(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Sequencer tone: pulse with moving width through a gentle ladder, dry enough to repeat for minutes."""
    n = strike.samples(0.08)
    phases = drifting(strike, n, rng)
    width = s["width"] + 0.12 * sine(np.arange(n) / SAMPLE_RATE * s["speed"] + rng.random())
    wave = pulse(phases, width) + s["sub"] * pulse(0.5 * phases)
    audio = sweep(wave, plucked_cutoff(s, strike, n), s["resonance"])
    return audio * adsr(n, strike.seconds, 0.003, 3.0 * s["fall"], 0.2, 0.08)


def formant(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Vocal chop: a buzzing source through formants that glide from one vowel to another."""
    n = strike.samples(0.12)
    time = np.arange(n) / SAMPLE_RATE
    vibrato = s["vibrato"] * 0.03 * sine(5.5 * time + rng.random()) * attack(n, 0.3)
    phases = drifting(strike, n, rng)
    source = saw(np.concatenate((phases + vibrato, phases * 1.004 + 0.3))) + s["breath"] * noise(n, rng)
    glide = decay(n, s["morph"])
    first, last = VOWELS[int(s["vowel"]) % 5], VOWELS[int(s["to_vowel"]) % 5]
    audio = np.zeros(n)
    for level, start, end in zip((1.0, 0.6, 0.3, 0.2), first, last, strict=True):
        audio = audio + level * sweep(source, s["size"] * (end + (start - end) * glide), 0.75, "band")
    return lowpass(audio, s["top_hz"] * (0.5 + 0.5 * strike.velocity)) * adsr(
        n, strike.seconds, 0.012, s["fall"], 0.3, 0.12
    )


def brass(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Analog brass and solo lead: detuned saws, filter swelling open, delayed vibrato."""
    n = strike.samples(0.2)
    time = np.arange(n) / SAMPLE_RATE
    phases = drifting(strike, n, rng) + s["vibrato"] * 0.02 * sine(5.0 * time) * attack(n, 0.5)
    both = np.concatenate((phases, phases * 2.0 ** (s["detune"] / 1200.0) + 0.4))
    swell = attack(n, s["rise"]) * (0.4 + 0.6 * decay(n, s["fall"]))
    audio = sweep(
        saw(both), s["cutoff"] * 2.0 ** (s["octaves"] * swell * (0.4 + 0.6 * strike.velocity)), s["resonance"]
    )
    return audio * gate(n, strike.seconds, 0.6 * s["rise"], 0.2)


def marimba(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Mallets: a sine, its fourth-or-so harmonic and a soft knock, wood to kalimba."""
    n = strike.samples(s["fall"])
    phases = drifting(strike, n, rng)
    audio = sine(phases) * decay(n, s["fall"]) + s["second"] * strike.velocity * sine(s["ratio"] * phases) * decay(
        n, 0.3 * s["fall"]
    )
    knock = bandpass(tick(n, 0.04, rng), s["knock_hz"], 2.0)
    return saturate(audio.sum(axis=0) + s["knock"] * knock, s["drive"]) * attack(n, 0.0015)


_FILTER = {
    "cutoff": Range(200.0, 1500.0, log=True, axis="bright"),
    "octaves": Range(0.6, 3.2, axis="bright"),
    "fall": Range(0.2, 1.6, log=True, axis="length"),
    "resonance": Range(0.0, 0.5),
}

VOICES = (
    Voice(
        "acid_line",
        "lead",
        acid,
        {
            "square": Range(0.0, 1.0),
            "cutoff": Range(160.0, 600.0, log=True, axis="bright"),
            "octaves": Range(1.0, 3.4, axis="bright"),
            "fall": Range(0.3, 2.5, log=True, axis="length"),
            "resonance": Range(0.2, 0.75),
            "drive": Range(0.0, 0.6, axis="dirt"),
        },
        likes(acid=10, techno=1, tech_house=0.8, electro=0.8, breakbeat=0.8, industrial=0.5, house=0.4),
    ),
    Voice(
        "pluck",
        "lead",
        pluck,
        {
            "square": Range(0.0, 1.0),
            "width": Range(0.2, 0.5),
            "detune": Range(2.0, 14.0),
            "octave": Range(0, 1, whole=True),
            **_FILTER,
            "tail": Range(0.05, 0.5, log=True, axis="length"),
        },
        likes(
            techno=2.5,
            minimal=3,
            tech_house=2.5,
            deep_house=2,
            house=2,
            electro=2,
            dub_techno=1,
            breakbeat=1,
            downtempo=1.5,
        ),
    ),
    Voice(
        "string",
        "lead",
        plucked_string,
        {
            "pick_hz": Range(1200.0, 9000.0, log=True, axis="bright"),
            "seconds": Range(0.4, 3.0, log=True, axis="length"),
            "damping": Range(0.3, 1.0),
            "top_hz": Range(1500.0, 7000.0, log=True, axis="bright"),
            "tail": Range(0.1, 0.7, log=True),
        },
        likes(downtempo=3, deep_house=1, minimal=1, breakbeat=0.8, house=0.5),
    ),
    Voice(
        "bleep",
        "lead",
        bleep,
        {
            "second": Range(0.0, 0.4),
            "third": Range(0.0, 0.35),
            "vibrato": Range(0.0, 0.6),
            "fall": Range(0.1, 1.5, log=True, axis="length"),
            "sustain": Range(0.0, 0.6),
            "tail": Range(0.03, 0.4, log=True),
        },
        likes(minimal=3, techno=2, electro=3, tech_house=1, dub_techno=1, breakbeat=1, industrial=0.5),
    ),
    Voice(
        "fm_bell",
        "lead",
        fm_bell,
        {
            "ratio": Range(1.0, 5.2),
            "clang": Range(0.0, 1.0),
            "index": Range(0.3, 3.0, axis="bright"),
            "fall": Range(0.4, 2.5, log=True, axis="length"),
            "tine": Range(0.0, 1.0),
            "top_hz": Range(1800.0, 8000.0, log=True, axis="bright"),
            "tail": Range(0.1, 1.2, log=True),
        },
        likes(
            downtempo=3, minimal=2, deep_house=2, drum_and_bass=2, electro=1.5, techno=1, dub_techno=1, breakbeat=1
        ),
    ),
    Voice(
        "arp",
        "lead",
        arp,
        {"width": Range(0.15, 0.5), "speed": Range(0.1, 2.0, log=True), "sub": Range(0.0, 0.6), **_FILTER},
        likes(techno=3, electro=3, acid=1, minimal=1.5, tech_house=1.5, industrial=1.5, house=1, drum_and_bass=0.7),
    ),
    Voice(
        "formant",
        "lead",
        formant,
        {
            "vowel": Range(0, 4, whole=True),
            "to_vowel": Range(0, 4, whole=True),
            "morph": Range(0.1, 0.8, log=True),
            "size": Range(0.85, 1.25),
            "breath": Range(0.0, 0.6),
            "vibrato": Range(0.0, 1.0),
            "fall": Range(0.3, 2.0, log=True, axis="length"),
            "top_hz": Range(2000.0, 6500.0, log=True, axis="bright"),
        },
        likes(
            house=2,
            deep_house=2,
            tech_house=2,
            drum_and_bass=1.5,
            breakbeat=1.5,
            downtempo=1,
            minimal=0.7,
            industrial=0.5,
        ),
    ),
    Voice(
        "brass",
        "lead",
        brass,
        {"detune": Range(4.0, 18.0), "rise": Range(0.01, 0.12, log=True), "vibrato": Range(0.0, 0.8), **_FILTER},
        likes(electro=2, breakbeat=1, downtempo=1.5, house=0.7, drum_and_bass=1, techno=0.5),
    ),
    Voice(
        "marimba",
        "lead",
        marimba,
        {
            "ratio": Range(3.0, 6.0),
            "second": Range(0.1, 0.6),
            "knock": Range(0.0, 1.0),
            "knock_hz": Range(900.0, 3500.0, log=True),
            "fall": Range(0.25, 1.2, log=True, axis="length"),
            "drive": Range(0.0, 0.4, axis="dirt"),
        },
        likes(minimal=2, deep_house=2, tech_house=1, downtempo=1.5, house=0.7, breakbeat=0.5),
    ),
)
