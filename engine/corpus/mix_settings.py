"""What a mix is made of, every drawn number by name, and how it is drawn for a style."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from engine.corpus.effects.saturation import Shape
from engine.corpus.effects.space import ReverbKind

Movement = Literal["none", "chorus", "flanger", "phaser", "sweep", "auto_pan"]


@dataclass(frozen=True)
class PartMix:
    """The channel strip of one part: level, place, tone, dirt, movement, sends and ducking.

    `level_db` is the level of the part's loudest moments before everything is brought to the loop's loudness.
    `drive_db` 0 is clean, `crush_bits` 0 is off, `duck_depth` in [0, 1] is how far the kick pushes it down, sends
    are linear gains.
    """

    level_db: float
    pan: float = 0.0
    side_delay_seconds: float = 0.0
    high_pass_hz: float = 25.0
    low_pass_hz: float = 18000.0
    tilt_db: float = 0.0
    bell_hz: float = 1000.0
    bell_db: float = 0.0
    drive_db: float = 0.0
    shape: Shape = "tanh"
    crush_bits: float = 0.0
    crush_hold: int = 1
    transient: float = 0.0
    movement: Movement = "none"
    movement_cycles: int = 1
    movement_depth: float = 0.5
    reverb_send: float = 0.0
    delay_send: float = 0.0
    duck_depth: float = 0.0


@dataclass(frozen=True)
class SpaceMix:
    """The reverb and the delay that all parts share. `echo_reverb` sends the echoes on into the reverb."""

    reverb_kind: ReverbKind = "room"
    rt60_seconds: float = 0.8
    pre_delay_seconds: float = 0.01
    damping: float = 0.5
    delay_beats: float = 0.75
    feedback: float = 0.4
    delay_low_cut_hz: float = 250.0
    delay_high_cut_hz: float = 5000.0
    ping_pong: bool = False
    echo_reverb: float = 0.0
    duck_depth: float = 0.0


@dataclass(frozen=True)
class MasterMix:
    """What happens to the sum. `threshold_db` is relative to the mean level; `noise` is a surface hiss RMS."""

    tilt_db: float = 0.0
    high_pass_hz: float = 25.0
    low_pass_hz: float = 19000.0
    width: float = 1.0
    threshold_db: float = 0.0
    ratio: float = 1.0
    attack_seconds: float = 0.01
    release_seconds: float = 0.15
    drive_db: float = 0.0
    shape: Shape = "tanh"
    wobble_seconds: float = 0.0
    wobble_cycles: int = 1
    noise: float = 0.0
    crackles_per_second: float = 0.0
    crush_bits: float = 0.0
    loudness_db: float = -14.0


@dataclass(frozen=True)
class MixSettings:
    """A whole mix. `seed` draws what has no name: the noise in the reverb and in the record surface."""

    parts: Mapping[str, PartMix]
    space: SpaceMix = field(default_factory=SpaceMix)
    master: MasterMix = field(default_factory=MasterMix)
    duck_recovery_beats: float = 0.5
    duck_curve: float = 2.0
    seed: int = 0


@dataclass(frozen=True)
class _Taste:
    """How a style likes it, each about 0 to 1: wet, dirty, ducked, lo-fi, bright."""

    wet: float
    dirt: float
    duck: float
    lo_fi: float = 0.05
    bright: float = 0.5


_TASTES = {
    "minimal": _Taste(0.3, 0.2, 0.35),
    "house": _Taste(0.45, 0.3, 0.6),
    "deep_house": _Taste(0.65, 0.25, 0.55, 0.15, 0.4),
    "tech_house": _Taste(0.35, 0.35, 0.6),
    "techno": _Taste(0.5, 0.5, 0.6),
    "dub_techno": _Taste(1.0, 0.35, 0.5, 0.25, 0.3),
    "acid": _Taste(0.4, 0.6, 0.4),
    "industrial": _Taste(0.5, 1.0, 0.4, 0.1, 0.55),
    "electro": _Taste(0.35, 0.4, 0.2, 0.1, 0.6),
    "breakbeat": _Taste(0.35, 0.5, 0.2, 0.2),
    "drum_and_bass": _Taste(0.4, 0.5, 0.3, 0.1, 0.6),
    "downtempo": _Taste(0.6, 0.35, 0.25, 0.6, 0.3),
}
_NEUTRAL = _Taste(0.45, 0.4, 0.4)

_CHARACTER_SHIFTS: dict[str, tuple[str, float]] = {
    "wet": ("wet", 0.45), "dry": ("wet", -0.6), "distorted": ("dirt", 0.55), "clean": ("dirt", -0.6),
    "hard": ("dirt", 0.25), "soft": ("dirt", -0.25), "lo_fi": ("lo_fi", 0.7), "bright": ("bright", 0.35),
    "dark": ("bright", -0.4), "warm": ("bright", -0.2),
}  # fmt: skip

_LEVELS_DB = {
    "kick": 0.0, "snare": -3.0, "closed_hat": -12.0, "open_hat": -12.0,
    "percussion": -8.0, "bass": -3.5, "lead": -5.0, "pad": -7.5,
}  # fmt: skip
_WETNESS = {
    "kick": 0.06, "snare": 0.45, "closed_hat": 0.25, "open_hat": 0.3,
    "percussion": 0.6, "bass": 0.06, "lead": 0.8, "pad": 0.8,
}  # fmt: skip
_ECHO = {
    "kick": 0.0, "snare": 0.2, "closed_hat": 0.12, "open_hat": 0.08,
    "percussion": 0.45, "bass": 0.03, "lead": 0.7, "pad": 0.25,
}  # fmt: skip
_DUCKED = {
    "kick": 0.0, "snare": 0.15, "closed_hat": 0.35, "open_hat": 0.4,
    "percussion": 0.4, "bass": 1.0, "lead": 0.8, "pad": 1.0,
}  # fmt: skip
_LOW_CUTS_HZ = {
    "kick": (20, 35), "snare": (60, 200), "closed_hat": (200, 3000), "open_hat": (200, 2500),
    "percussion": (60, 400), "bass": (20, 40), "lead": (60, 350), "pad": (60, 350),
}  # fmt: skip
_DARKEST_HZ = {"closed_hat": 11000.0, "open_hat": 10000.0, "snare": 8000.0}
_CENTRED = ("kick", "bass")
_MOVING = {"lead": 0.5, "pad": 0.7, "closed_hat": 0.2, "percussion": 0.25, "bass": 0.1}
_DELAY_BEATS = (0.25, 0.5, 0.75, 0.75, 0.75, 1.0, 1.5, 1 / 3)


def draw_mix(
    style: str, parts: Sequence[str], rng: np.random.Generator, characters: Collection[str] = ()
) -> MixSettings:
    """Draw a mix of `parts` as `style` would have it; `characters` ("wet", "lo_fi", ...) lean it their way.

    Any style can come out any way now and then: tastes are jittered before anything is drawn from them.
    """
    taste = _jittered(_TASTES.get(style, _NEUTRAL), characters, rng)
    return MixSettings(
        parts={part: _draw_part(part, taste, rng) for part in parts},
        space=_draw_space(taste, rng),
        master=_draw_master(taste, rng),
        duck_recovery_beats=float(rng.uniform(0.3, 0.95)),
        duck_curve=float(rng.uniform(0.7, 2.5)),
        seed=int(rng.integers(2**31)),
    )


def characters_of(settings: MixSettings) -> tuple[str, ...]:
    """The characters one can hear in a mix: among wet, dry, distorted, clean, lo_fi."""
    sends = [p.reverb_send + 0.7 * p.delay_send for p in settings.parts.values()]
    wetness = float(np.mean(sends)) if sends else 0.0
    drives = [p.drive_db for p in settings.parts.values()] + [2 * settings.master.drive_db]
    dirt = float(np.mean(sorted(drives)[-3:]))
    found = []
    if wetness > 0.35:
        found.append("wet")
    elif wetness < 0.08:
        found.append("dry")
    if dirt > 12:
        found.append("distorted")
    elif dirt < 3:
        found.append("clean")
    if settings.master.noise > 0.002 or settings.master.crush_bits or settings.master.low_pass_hz < 9000:
        found.append("lo_fi")
    return tuple(found)


def _jittered(taste: _Taste, characters: Collection[str], rng: np.random.Generator) -> _Taste:
    values = {name: value + rng.normal(0, 0.18) for name, value in taste.__dict__.items()}
    for character in characters:
        if character in _CHARACTER_SHIFTS:
            name, shift = _CHARACTER_SHIFTS[character]
            values[name] += shift
    return _Taste(**{name: float(np.clip(value, 0, 1.2)) for name, value in values.items()})


def _happens(probability: float, rng: np.random.Generator) -> bool:
    return bool(rng.random() < probability)


def _draw_part(part: str, taste: _Taste, rng: np.random.Generator) -> PartMix:
    centred = part in _CENTRED
    dirty = _happens(0.15 + 0.6 * taste.dirt, rng)
    crushed = _happens(0.03 + 0.12 * taste.lo_fi, rng) and not centred
    moving = _happens(_MOVING.get(part, 0.0), rng)
    low_cut, high_cut = _LOW_CUTS_HZ.get(part, (20, 200))
    darkest = _DARKEST_HZ.get(part, 3500.0)
    movements: tuple[Movement, ...] = ("chorus", "chorus", "flanger", "phaser", "sweep", "auto_pan")
    if centred:
        movements = ("phaser", "sweep")
    elif part in ("closed_hat", "percussion"):
        movements = ("auto_pan", "flanger", "sweep")
    ducks = _happens(0.35 + 0.6 * taste.duck, rng)
    return PartMix(
        level_db=_LEVELS_DB.get(part, -8.0) + float(rng.normal(0, 2.2)),
        pan=0.0 if centred else float(np.clip(rng.normal(0, 0.28), -0.8, 0.8)),
        side_delay_seconds=0.0 if centred or _happens(0.7, rng) else float(rng.uniform(-0.01, 0.01)),
        high_pass_hz=float(np.exp(rng.uniform(np.log(low_cut), np.log(high_cut)))),
        low_pass_hz=float(np.exp(rng.uniform(np.log(darkest + 4000 * taste.bright), np.log(30000)))),
        tilt_db=float(rng.normal(3 * (taste.bright - 0.5), 1.5)),
        bell_hz=float(np.exp(rng.uniform(np.log(150), np.log(6000)))),
        bell_db=float(rng.normal(0, 2.5)),
        drive_db=float(rng.uniform(2, 6 + 18 * taste.dirt)) if dirty else 0.0,
        shape=("tanh", "tanh", "asymmetric", "fold")[rng.integers(4 if taste.dirt > 0.5 else 3)],
        crush_bits=float(rng.uniform(5, 11)) if crushed else 0.0,
        crush_hold=int(rng.integers(1, 5)),
        transient=float(rng.normal(0, 0.4)) if _happens(0.4, rng) else 0.0,
        movement=movements[rng.integers(len(movements))] if moving else "none",
        movement_cycles=int(rng.integers(1, 9)),
        movement_depth=float(rng.uniform(0.2, 1.0)),
        reverb_send=_WETNESS.get(part, 0.3) * taste.wet * float(rng.lognormal(0.1, 0.6)),
        delay_send=_ECHO.get(part, 0.1) * taste.wet * float(rng.lognormal(0.0, 0.7)) * _happens(0.6, rng),
        duck_depth=min(0.95, _DUCKED.get(part, 0.5) * float(rng.uniform(0.3, 1.0))) if ducks else 0.0,
    )


def _draw_space(taste: _Taste, rng: np.random.Generator) -> SpaceMix:
    kinds: tuple[ReverbKind, ...] = ("room", "plate", "hall", "spring")
    room = np.array([1.2 - 0.8 * taste.wet, 0.6, 0.3 + taste.wet, 0.2])
    kind = kinds[rng.choice(4, p=room / room.sum())]
    longest = {"room": 0.9, "plate": 2.5, "hall": 4.0, "spring": 2.0}[kind]
    return SpaceMix(
        reverb_kind=kind,
        rt60_seconds=float(rng.uniform(0.25 * longest, longest * (0.5 + 0.5 * min(taste.wet, 1.0)))),
        pre_delay_seconds=float(rng.uniform(0, 0.04)),
        damping=float(rng.uniform(0.1, 1.0)),
        delay_beats=float(rng.choice(_DELAY_BEATS)),
        feedback=float(rng.uniform(0.15, 0.45 + 0.3 * min(taste.wet, 1.0))),
        delay_low_cut_hz=float(rng.uniform(100, 700)),
        delay_high_cut_hz=float(np.exp(rng.uniform(np.log(1500), np.log(9000)))),
        ping_pong=_happens(0.5, rng),
        echo_reverb=float(rng.uniform(0, 0.8)) * taste.wet,
        duck_depth=float(rng.uniform(0.2, 0.8)) * _happens(0.3 + 0.5 * taste.duck, rng),
    )


def _draw_master(taste: _Taste, rng: np.random.Generator) -> MasterMix:
    lo_fi = _happens(0.8 * taste.lo_fi, rng)
    compressed = _happens(0.75, rng)
    driven = _happens(0.35 + 0.5 * taste.dirt, rng)
    return MasterMix(
        tilt_db=float(rng.normal(2.5 * (taste.bright - 0.5), 1.2)),
        high_pass_hz=float(rng.uniform(18, 40)),
        low_pass_hz=float(rng.uniform(5000, 11000)) if lo_fi else float(rng.uniform(15000, 30000)),
        width=float(rng.uniform(0.3, 1.1)),
        threshold_db=float(rng.uniform(-9, 1)),
        ratio=float(rng.uniform(1.5, 6)) if compressed else 1.0,
        attack_seconds=float(rng.uniform(0.002, 0.03)),
        release_seconds=float(rng.uniform(0.06, 0.3)),
        drive_db=float(rng.uniform(1, 4 + 7 * taste.dirt)) if driven else 0.0,
        shape="asymmetric" if _happens(0.3, rng) else "tanh",
        wobble_seconds=float(rng.uniform(0.0002, 0.0012)) if lo_fi else 0.0,
        wobble_cycles=int(rng.integers(1, 5)),
        noise=float(np.exp(rng.uniform(np.log(0.0005), np.log(0.006)))) if lo_fi else 0.0,
        crackles_per_second=float(rng.uniform(0, 12)) if lo_fi else 0.0,
        crush_bits=float(rng.uniform(8, 12)) if lo_fi and _happens(0.3, rng) else 0.0,
        loudness_db=float(rng.uniform(-18, -12)),
    )
