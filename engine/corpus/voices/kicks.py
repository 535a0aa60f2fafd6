"""Bass drums: swept sines with clicks and drive, from the 808's long boom to industrial distortion."""

import numpy as np
from numpy.typing import NDArray

from engine.corpus.voices.envelopes import attack, decay
from engine.corpus.voices.filters import bandpass, bell, highpass, lowpass
from engine.corpus.voices.oscillators import modes, modulated, noise, sine, tick
from engine.corpus.voices.shaping import crush, saturate
from engine.corpus.voices.voice import SAMPLE_RATE, Range, Settings, Signal, Strike, Voice, likes


def swept_phase(n: int, start_hz: float, end_hz: float, seconds: float) -> NDArray[np.float64]:
    """Phase in cycles of a tone falling from `start_hz` to `end_hz` with time constant `seconds`. `[n]`."""
    time = np.arange(n) / SAMPLE_RATE
    return np.asarray(end_hz * time + (start_hz - end_hz) * seconds * (1.0 - np.exp(-time / seconds)))


def _click(n: int, hz: float, seconds: float, rng: np.random.Generator) -> Signal:
    return 2.0 * lowpass(tick(n, seconds, rng), hz)


def _body(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Tuned swept sine: settings hz, octaves, sweep, decay, click, click_hz."""
    hz = s["hz"] * strike.tune * (1.0 + 0.004 * rng.standard_normal())
    n = round((s["decay"] * 1.05 + 0.03) * SAMPLE_RATE)
    start = min(hz * 2.0 ** (s["octaves"] * (0.6 + 0.4 * strike.velocity)), 3000.0)
    body = sine(swept_phase(n, start, hz, s["sweep"]) + strike.start) * decay(n, s["decay"])
    body = body * attack(n, 0.0006)
    return body + s["click"] * (0.3 + 0.7 * strike.velocity) * _click(n, s["click_hz"], 0.02, rng)


def kick_808(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Long sine decay with a small pitch drop, a soft click and mild drive."""
    return saturate(_body(s, strike, rng), s["drive"], 0.15)


def kick_909(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Fast deep sweep, a bright click, and compression that holds the body before it falls."""
    body = _body(s, strike, rng)
    n = len(body)
    held = np.minimum(1.0, decay(n, s["decay"]) * (1.0 + 2.5 * s["punch"])) / decay(n, s["decay"])
    return saturate(body * np.minimum(held, 4.0) * decay(n, 1.6 * s["decay"]), s["drive"])


def kick_hard(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Techno and industrial: two saturations around a tone control, noise in the drive, optional bit crush."""
    body = _body(s, strike, rng)
    n = len(body)
    dirt = bandpass(noise(n, rng), s["tone_hz"], 0.8) * decay(n, 0.6 * s["decay"])
    driven = saturate(body + s["grit"] * dirt, s["drive"], 0.3)
    driven = bell(driven, s["tone_hz"], 8.0 * s["grit"], 0.8)
    if s["crush"] > 0.7:
        driven = crush(driven, 12.0 - 7.0 * (s["crush"] - 0.7) / 0.3, 1.0 + 6.0 * (s["crush"] - 0.7))
    driven = saturate(lowpass(driven, s["top_hz"] * (0.5 + 0.5 * strike.velocity)), 0.8 * s["drive"])
    return np.asarray(driven * np.minimum(1.0, 3.0 * decay(n, 1.2 * s["decay"])))


def kick_soft(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Round house kick: low-passed, warm second harmonic, hardly a click."""
    body = saturate(_body(s, strike, rng), s["drive"], 0.5)
    return lowpass(body, s["top_hz"] * (0.4 + 0.6 * strike.velocity))


def kick_electro(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Short and dry: phase-modulated thump with a knocking attack."""
    hz = s["hz"] * strike.tune
    n = round((s["decay"] * 1.05 + 0.03) * SAMPLE_RATE)
    phase = swept_phase(n, hz * 2.0 ** s["octaves"], hz, s["sweep"])
    knock = s["knock"] * strike.velocity * decay(n, 0.35 * s["decay"])
    body = modulated(phase + strike.start, knock * sine(1.5 * phase)) * decay(n, s["decay"]) * attack(n, 0.0004)
    return saturate(body + s["click"] * _click(n, s["click_hz"], 0.014, rng), s["drive"])


def kick_acoustic(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """Layered beater, skin modes and a breath of room noise: breakbeats."""
    n = round((s["decay"] + 0.08) * SAMPLE_RATE)
    hz = s["hz"] * strike.tune * (1.0 + 0.01 * rng.standard_normal())
    ratios = np.array([1.0, 1.59, 2.14, 2.92])
    lengths = s["decay"] * np.array([1.0, 0.55, 0.4, 0.25])
    gains = np.array([1.0, 0.45, 0.25, 0.2]) * rng.uniform(0.8, 1.2, 4)
    skin = modes(n, hz * ratios, lengths, gains, rng)
    skin = skin + 0.8 * sine(swept_phase(n, 3.0 * hz, hz, 0.012) + strike.start) * decay(n, 0.7 * s["decay"])
    beater = bandpass(tick(n, 0.06, rng), s["beater_hz"] * (0.7 + 0.3 * strike.velocity), 1.2)
    room = lowpass(noise(n, rng), 900.0) * decay(n, 0.9 * s["decay"])
    return saturate(skin + 3.0 * s["beater"] * strike.velocity * beater + s["room"] * room, s["drive"], 0.2)


def kick_dusty(s: Settings, strike: Strike, rng: np.random.Generator) -> Signal:
    """A sampled kick: body and noise through an old converter, band-limited top and bottom."""
    body = _body(s, strike, rng)
    n = len(body)
    dust = bandpass(noise(n, rng), s["tone_hz"], 0.7) * decay(n, 0.12)
    worn = crush(lowpass(body + s["grit"] * dust, 6000.0), s["bits"], s["hold"])
    return highpass(saturate(lowpass(worn, s["top_hz"]), s["drive"]), 35.0)


_CLICK = {"click": Range(0.0, 0.7, axis="bright"), "click_hz": Range(1200.0, 9000.0, log=True, axis="bright")}

VOICES = (
    Voice(
        "kick_808",
        "kick",
        kick_808,
        {
            "hz": Range(40.0, 60.0, log=True),
            "octaves": Range(0.3, 1.6),
            "sweep": Range(0.008, 0.06, log=True),
            "decay": Range(0.4, 2.2, log=True, axis="length"),
            "drive": Range(0.0, 0.45, axis="dirt"),
            **_CLICK,
        },
        likes(electro=3, downtempo=2, minimal=1.5, deep_house=1.2, dub_techno=1.2, acid=1, drum_and_bass=0.4),
    ),
    Voice(
        "kick_909",
        "kick",
        kick_909,
        {
            "hz": Range(43.0, 62.0, log=True),
            "octaves": Range(1.6, 3.6),
            "sweep": Range(0.009, 0.04, log=True),
            "decay": Range(0.3, 0.9, log=True, axis="length"),
            "drive": Range(0.05, 0.6, axis="dirt"),
            "punch": Range(0.0, 1.0),
            **_CLICK,
        },
        likes(house=3, tech_house=3, techno=3, acid=3, minimal=2, deep_house=1.5, dub_techno=1.5, industrial=1),
    ),
    Voice(
        "kick_hard",
        "kick",
        kick_hard,
        {
            "hz": Range(42.0, 66.0, log=True),
            "octaves": Range(1.5, 4.2),
            "sweep": Range(0.008, 0.05, log=True),
            "decay": Range(0.25, 0.9, log=True, axis="length"),
            "drive": Range(0.35, 1.0, axis="dirt"),
            "grit": Range(0.0, 0.7, axis="dirt"),
            "tone_hz": Range(300.0, 3500.0, log=True, axis="bright"),
            "top_hz": Range(1500.0, 14000.0, log=True, axis="bright"),
            "crush": Range(0.0, 1.0, axis="dirt"),
            **_CLICK,
        },
        likes(industrial=4, techno=2, acid=1, drum_and_bass=0.6, breakbeat=0.4, house=0.1, deep_house=0.05),
    ),
    Voice(
        "kick_soft",
        "kick",
        kick_soft,
        {
            "hz": Range(42.0, 62.0, log=True),
            "octaves": Range(0.8, 2.4),
            "sweep": Range(0.01, 0.05, log=True),
            "decay": Range(0.25, 0.8, log=True, axis="length"),
            "drive": Range(0.0, 0.4, axis="dirt"),
            "top_hz": Range(250.0, 2500.0, log=True, axis="bright"),
            "click": Range(0.0, 0.25),
            "click_hz": Range(800.0, 4000.0, log=True),
        },
        likes(deep_house=3, minimal=3, dub_techno=3, house=1.5, downtempo=1.5, tech_house=1, techno=0.8),
    ),
    Voice(
        "kick_electro",
        "kick",
        kick_electro,
        {
            "hz": Range(48.0, 85.0, log=True),
            "octaves": Range(1.0, 3.2),
            "sweep": Range(0.006, 0.025, log=True),
            "decay": Range(0.12, 0.4, log=True, axis="length"),
            "knock": Range(0.0, 2.2, axis="bright"),
            "drive": Range(0.0, 0.5, axis="dirt"),
            **_CLICK,
        },
        likes(electro=3, minimal=2, tech_house=1.5, breakbeat=1, acid=1, drum_and_bass=1),
    ),
    Voice(
        "kick_acoustic",
        "kick",
        kick_acoustic,
        {
            "hz": Range(48.0, 82.0, log=True),
            "decay": Range(0.2, 0.6, log=True, axis="length"),
            "beater_hz": Range(1500.0, 5500.0, log=True, axis="bright"),
            "beater": Range(0.1, 1.0, axis="bright"),
            "room": Range(0.0, 0.35),
            "drive": Range(0.0, 0.6, axis="dirt"),
        },
        likes(breakbeat=4, drum_and_bass=4, downtempo=2, house=0.5),
    ),
    Voice(
        "kick_dusty",
        "kick",
        kick_dusty,
        {
            "hz": Range(46.0, 70.0, log=True),
            "octaves": Range(0.8, 2.6),
            "sweep": Range(0.008, 0.04, log=True),
            "decay": Range(0.16, 0.5, log=True, axis="length"),
            "grit": Range(0.05, 0.6, axis="dirt"),
            "tone_hz": Range(400.0, 2500.0, log=True),
            "bits": Range(6.0, 12.0, axis="-dirt"),
            "hold": Range(1.0, 4.0, axis="dirt"),
            "top_hz": Range(1200.0, 8000.0, log=True, axis="bright"),
            "drive": Range(0.0, 0.6, axis="dirt"),
            **_CLICK,
        },
        likes(downtempo=3, breakbeat=2, deep_house=1.5, house=1.2, drum_and_bass=1, industrial=0.7),
    ),
)
