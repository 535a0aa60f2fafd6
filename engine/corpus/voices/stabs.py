"""Chord stabs: dub techno, house organ and piano, rave saws. The notes of a chord share one filter."""

import numpy as np
from numpy.typing import NDArray

from engine.corpus.voices.basses import plucked_cutoff
from engine.corpus.voices.chords import voicing
from engine.corpus.voices.envelopes import adsr, decay, gate
from engine.corpus.voices.filters import bell, highpass, lowpass, sweep
from engine.corpus.voices.oscillators import cycle, modulated, noise, pulse, saw, sine, tick
from engine.corpus.voices.shaping import crush, saturate
from engine.corpus.voices.voice import SAMPLE_RATE, Range, Settings, Signal, Strike, Voice, likes


def chord_phases(
    s: Settings, strike: Strike, n: int, rng: np.random.Generator, spread: Signal
) -> NDArray[np.float64]:
    """Phases of the whole chord, each note `len(spread)` times, detuned by `spread` cents. `[notes * spread, n]`."""
    base = strike.phases(n, voicing(s))
    return np.concatenate([base * 2.0 ** (cents / 1200.0) + rng.random((len(base), 1)) for cents in spread])


def dub_stab(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """The dub-techno chord: saws through a low- then band-pass that falls, meant to feed an echo."""
    n = strike.samples(s["tail"])
    phases = chord_phases(s, strike, n, rng, np.array([-1.0, 1.0]) * s["detune"])
    wave = saw(phases) + s["noise"] * noise(n, rng)
    cutoff = plucked_cutoff(s, strike, n)
    low = sweep(wave, cutoff, s["resonance"])
    audio = (1.0 - s["band"]) * low + s["band"] * 1.5 * sweep(low, 0.8 * cutoff, 0.3, "band")
    return highpass(audio, 110.0) * adsr(n, strike.seconds, s["rise"], 2.0 * s["fall"], 0.05, s["tail"])


def saw_stab(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Supersaw or hard rave chord, short."""
    n = strike.samples(s["tail"])
    spread = s["detune"] * np.linspace(-1.0, 1.0, int(s["voices"])) ** 3
    wave = saw(chord_phases(s, strike, n, rng, spread))
    audio = sweep(wave, np.minimum(plucked_cutoff(s, strike, n), 9000.0), s["resonance"])
    return highpass(saturate(audio, s["drive"]), 120.0) * adsr(
        n, strike.seconds, 0.004, 2.5 * s["fall"], 0.25, s["tail"]
    )


def organ_stab(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """House organ: drawbars with percussion on the third harmonic and a key click."""
    n = strike.samples(s["tail"])
    phases = chord_phases(s, strike, n, rng, np.array([0.0]))
    bars = np.array([1.0, s["second"], s["third"], 0.5 * s["second"], 0.0, 0.4 * s["third"], 0.0, 0.3 * s["bright"]])
    knock = np.zeros(n, np.float32)
    early = min(n, round(0.35 * SAMPLE_RATE))
    knock[:early] = sine(3.0 * phases[:, :early]).sum(axis=0) * decay(early, 0.35) * s["knock"] * strike.velocity
    click = lowpass(tick(n, 0.03, rng), 5000.0)
    audio = saturate(cycle(phases, bars) + knock + s["click"] * click, s["drive"])
    return lowpass(audio, s["top_hz"] * (0.5 + 0.5 * strike.velocity)) * adsr(
        n, strike.seconds, 0.004, s["fall"], s["sustain"], s["tail"]
    )


def house_piano(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Digital house piano: bright hammered partials that darken as they ring."""
    n = strike.samples(s["tail"])
    phases = chord_phases(s, strike, n, rng, np.array([-0.5, 0.5]) * s["detune"])
    amplitudes = np.arange(1, 17) ** -(1.6 - 0.7 * strike.velocity) * np.array(
        [1, 1, 0.9, 0.7, 0.6, 0.7, 0.4, 0.3] * 2
    )
    wave = cycle(phases, amplitudes, rng.random(16))
    audio = sweep(wave, 500.0 + s["bright_hz"] * strike.velocity * decay(n, 1.2 * s["fall"]), 0.05)
    hammer = lowpass(tick(n, 0.08, rng), 1500.0)
    audio = audio / (np.max(np.abs(audio)) + 1e-9) + 0.25 * s["hammer"] * hammer
    return bell(audio, 1800.0, 4.0) * adsr(n, strike.seconds, 0.002, 1.6 * s["fall"], 0.1, s["tail"])


def electric_piano(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Tine piano by phase modulation: warm body, bell tine, gentle tremolo."""
    n = strike.samples(s["tail"])
    phases = chord_phases(s, strike, n, rng, np.array([0.0]))
    index = s["index"] * (0.2 + 0.8 * strike.velocity) * (0.25 + 0.75 * decay(n, 0.9))
    body = modulated(phases, index * sine(phases)).sum(axis=0)
    tine = s["tine"] * strike.velocity * sine(7.0 * phases + 0.1).sum(axis=0) * decay(n, 0.35)
    tremolo = 1.0 - s["tremolo"] * (0.5 + 0.5 * sine(np.arange(n) / SAMPLE_RATE * s["speed"] + rng.random()))
    audio = lowpass(saturate(body + tine, s["drive"], 0.2), s["top_hz"])
    return audio * tremolo * adsr(n, strike.seconds, 0.003, s["fall"], 0.1, s["tail"])


def chip_stab(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Pulse-wave chord of old polyphonic synthesisers, with a hint of chorus."""
    n = strike.samples(s["tail"])
    phases = chord_phases(s, strike, n, rng, np.array([-1.0, 1.0]) * s["detune"])
    wave = pulse(phases, s["width"] + 0.1 * sine(np.arange(n) / SAMPLE_RATE * s["speed"] + rng.random()))
    audio = sweep(wave, plucked_cutoff(s, strike, n), s["resonance"])
    return (
        highpass(audio, 100.0) * gate(n, strike.seconds, 0.004, s["tail"]) * (0.3 + 0.7 * decay(n, 3.0 * s["fall"]))
    )


def sampled_stab(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """A chord from an old sampler: saws and voices' mush, few bits, low rate, a little tape wow, cut short."""
    n = strike.samples(s["tail"])
    wow = 0.02 * s["wow"] * sine(np.arange(n) / SAMPLE_RATE * s["speed"] + rng.random())
    phases = chord_phases(s, strike, n, rng, np.array([-1.0, 0.0, 1.0]) * s["detune"]) + wow
    played = sweep(saw(phases) + 0.2 * noise(n, rng), plucked_cutoff(s, strike, n), s["resonance"])
    grains = crush(played, s["bits"], s["hold"])
    audio = highpass(lowpass(grains, s["top_hz"]), 140.0)
    return saturate(audio, s["drive"]) * adsr(n, strike.seconds, 0.003, 3.0 * s["fall"], 0.2, s["tail"])


_CHORD = {"chord": Range(2, 11, whole=True), "tail": Range(0.06, 0.7, log=True, axis="length")}
_FILTER = {
    "cutoff": Range(220.0, 1800.0, log=True, axis="bright"),
    "octaves": Range(0.8, 3.2, axis="bright"),
    "fall": Range(0.2, 1.5, log=True, axis="length"),
    "resonance": Range(0.0, 0.45),
}

VOICES = (
    Voice(
        "dub_stab",
        "lead",
        dub_stab,
        {
            **_CHORD,
            **_FILTER,
            "detune": Range(2.0, 10.0),
            "noise": Range(0.0, 0.5),
            "band": Range(0.0, 1.0),
            "rise": Range(0.002, 0.02, log=True),
        },
        likes(dub_techno=12, techno=3, minimal=2.5, deep_house=3, tech_house=1.5, downtempo=1, house=1),
    ),
    Voice(
        "saw_stab",
        "lead",
        saw_stab,
        {
            **_CHORD,
            **_FILTER,
            "detune": Range(6.0, 26.0),
            "voices": Range(2, 5, whole=True),
            "drive": Range(0.0, 0.5, axis="dirt"),
        },
        likes(techno=2, breakbeat=3, drum_and_bass=2, house=1.5, industrial=2, tech_house=1.5, electro=1, acid=0.7),
    ),
    Voice(
        "organ_stab",
        "lead",
        organ_stab,
        {
            **_CHORD,
            "second": Range(0.2, 0.9),
            "third": Range(0.0, 0.7),
            "bright": Range(0.0, 1.0, axis="bright"),
            "knock": Range(0.0, 0.9),
            "click": Range(0.0, 0.6),
            "fall": Range(0.3, 2.0, log=True, axis="length"),
            "sustain": Range(0.1, 0.9),
            "top_hz": Range(1200.0, 6000.0, log=True, axis="bright"),
            "drive": Range(0.0, 0.4, axis="dirt"),
        },
        likes(house=4, deep_house=3, tech_house=2, minimal=0.8, breakbeat=0.7),
    ),
    Voice(
        "house_piano",
        "lead",
        house_piano,
        {
            **_CHORD,
            "detune": Range(2.0, 9.0),
            "bright_hz": Range(1500.0, 7000.0, log=True, axis="bright"),
            "hammer": Range(0.0, 1.0),
            "fall": Range(0.4, 1.8, log=True, axis="length"),
        },
        likes(house=3, breakbeat=2, deep_house=1.5, drum_and_bass=1, tech_house=0.7),
    ),
    Voice(
        "electric_piano",
        "lead",
        electric_piano,
        {
            **_CHORD,
            "index": Range(0.4, 1.8, axis="bright"),
            "tine": Range(0.0, 0.3, axis="bright"),
            "tremolo": Range(0.0, 0.5),
            "speed": Range(2.0, 6.0),
            "fall": Range(0.8, 3.5, log=True, axis="length"),
            "top_hz": Range(1200.0, 5000.0, log=True, axis="bright"),
            "drive": Range(0.0, 0.4, axis="dirt"),
        },
        likes(deep_house=4, downtempo=4, house=2, drum_and_bass=2, dub_techno=1, breakbeat=1, minimal=1),
    ),
    Voice(
        "sampled_stab",
        "lead",
        sampled_stab,
        {
            **_CHORD,
            **_FILTER,
            "detune": Range(3.0, 14.0),
            "wow": Range(0.0, 1.0),
            "speed": Range(0.4, 4.0, log=True),
            "bits": Range(6.0, 12.0, axis="-dirt"),
            "hold": Range(1.0, 4.0, axis="dirt"),
            "top_hz": Range(1500.0, 7000.0, log=True, axis="bright"),
            "drive": Range(0.0, 0.5, axis="dirt"),
        },
        likes(breakbeat=3, drum_and_bass=3, house=2, deep_house=2, downtempo=2.5, techno=1, industrial=1),
    ),
    Voice(
        "chip_stab",
        "lead",
        chip_stab,
        {
            **_CHORD,
            **_FILTER,
            "detune": Range(3.0, 11.0),
            "width": Range(0.2, 0.5),
            "speed": Range(0.2, 4.0, log=True),
        },
        likes(electro=3, house=1.5, techno=1.5, deep_house=1.5, minimal=1, breakbeat=1, downtempo=1, dub_techno=1),
    ),
)
