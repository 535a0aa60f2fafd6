"""Drums brought to the pictures of their voices.

Twelve numbers tell the denoiser how a drum sounds, and it plays one like it, not that one. A voice that was heard
in a sound carries its picture, too: each hit of that part, taken out of the loop by the separator, is given the
picture's levels in every band and column. What is played stays the denoiser's; how it sounds is the sound's.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.audio.resampling import resample_loop
from engine.audio.voice_image import HIGH_HZ, HOP, LOW_HZ, RANGE_DB, VOICE_RATE, attack, voice_image
from engine.codec.stft import analyse, hann_root, synthesise
from engine.conditioning.composition import Composition, onsets_of
from engine.conditioning.conditions import Conditions
from engine.requests import LoopRequest
from engine.stems.network import StemNetwork
from engine.stems.separation import separate
from engine.tempo import LoopGeometry
from engine.vocabulary import NOTE_RANGES, PICTURE_BANDS, PICTURE_COLUMNS, VOICE_DIM

Audio = NDArray[np.float32]

ROUNDS: Final = 3
"""How often what still differs is heard: windows smear what one round does."""
MOST_DB: Final = 24.0
"""A level is raised by no more than this: what is not there cannot be made louder."""
LEAST_DB: Final = -RANGE_DB
WINDOW: Final = 1024
PACE: Final = 128
"""Samples of the windows in which levels are changed, and from one to the next."""
ATTACK_SHARE: Final = 0.1
"""The share of its peak at which a hit is taken to strike."""


def pictures(request: LoopRequest) -> dict[str, Audio]:
    """The pictures `[PICTURE_BANDS, PICTURE_COLUMNS]` of the drums that `request` has heard in sounds."""
    found = {}
    for part, voice in request.voices.items():
        if isinstance(voice, tuple) and len(voice) > VOICE_DIM and part not in NOTE_RANGES:
            levels = np.array(voice[VOICE_DIM:], np.float32)
            found[part] = levels.reshape(PICTURE_BANDS, PICTURE_COLUMNS)
    return found


def voiced(
    audio: Audio,
    request: LoopRequest,
    written: Composition | None,
    *,
    sample_rate: int,
    conditions: Conditions,
    network: StemNetwork | None,
) -> Audio:
    """Loop `audio` `[2, T]` of `request`, whose drums have the `pictures` of their voices.

    `written` is what was composed in it and `conditions` are its own, by which `network` takes it apart. As it is
    where no voice has a picture, or the pack takes no loops apart (None).
    """
    asked = pictures(request)
    if not asked or network is None:
        return audio
    geometry = LoopGeometry(request.tempo_bpm, request.bars, sample_rate)
    stems, onsets = separate(network, audio, conditions), onsets_of(request, written)
    for part, picture in asked.items():
        places = sorted({round(beat * geometry.samples / geometry.beats) for beat, _ in onsets.get(part, ())})
        if part in stems and places:
            audio = audio + (shaped(stems[part], sample_rate, places, picture) - stems[part])
    return audio


def shaped(stem: Audio, sample_rate: int, onsets: Sequence[int], picture: Audio) -> Audio:
    """Loop `stem` `[2, T]` of one drum that strikes at samples `onsets`: every hit in time and with the levels of
    `picture`, as loud as they all were. A silent one stays silent."""
    stem = _in_time(stem, sample_rate, onsets)
    before = float(np.square(stem).mean())
    window = hann_root(WINDOW)
    samples = stem.shape[-1]
    frames = -(-samples // PACE)
    spectrum = analyse(torch.from_numpy(np.ascontiguousarray(stem)), window, frames, circular=True)
    spread = _spread(sample_rate)
    ages = _ages(frames, samples, sorted(onsets), sample_rate)
    gains, heard = np.zeros_like(picture), stem
    for _ in range(ROUNDS):
        image = _image(heard, sample_rate, onsets)
        if image is None:
            return stem
        gains = np.clip(gains + RANGE_DB * (picture - image), LEAST_DB, MOST_DB)
        decibels = spread @ _columns(torch.from_numpy(gains), ages)
        heard = synthesise(spectrum * 10 ** (decibels / 20), window, samples, circular=True).numpy()
    after = float(np.square(heard).mean())
    return np.asarray(heard * (before / max(after, 1e-12)) ** 0.5, np.float32)


def _in_time(stem: Audio, sample_rate: int, onsets: Sequence[int]) -> Audio:
    """A stem as much earlier or later as most of its hits are late or early."""
    heard, places = _heard(stem, sample_rate, onsets)
    late = np.median([attack(heard, place, ATTACK_SHARE) for place in places])
    return np.roll(stem, -round(late * sample_rate / VOICE_RATE), axis=-1)


def _image(stem: Audio, sample_rate: int, onsets: Sequence[int]) -> Audio | None:
    heard, places = _heard(stem, sample_rate, onsets)
    return voice_image(heard, VOICE_RATE, [(place, 1.0) for place in places])


def _heard(stem: Audio, sample_rate: int, onsets: Sequence[int]) -> tuple[Audio, list[int]]:
    """A stem in mono at the rate of pictures, and its onsets there."""
    heard = stem if sample_rate == VOICE_RATE else resample_loop(stem, sample_rate, VOICE_RATE)
    return heard.mean(axis=0), [round(onset * VOICE_RATE / sample_rate) for onset in onsets]


def _spread(sample_rate: int) -> Tensor:
    """Weights `[bins, PICTURE_BANDS]` that draw lines, in mel, between the middles of the bands."""
    hertz = np.arange(WINDOW // 2 + 1) * sample_rate / WINDOW
    low, high, own = (np.log1p(np.asarray(f) / 700.0) for f in (LOW_HZ, HIGH_HZ, hertz))
    places = np.clip((own - low) / (high - low) * (PICTURE_BANDS + 1) - 1, 0, PICTURE_BANDS - 1)
    weights = np.clip(1 - np.abs(places[:, None] - np.arange(PICTURE_BANDS)), 0, None)
    return torch.from_numpy(weights.astype(np.float32))


def _ages(frames: int, samples: int, onsets: Sequence[int], sample_rate: int) -> Tensor:
    """How many columns of a picture each of `frames` lies behind the last of `onsets`, `[frames]`, round the loop."""
    middles = (np.arange(frames) + 0.5) * samples / frames
    struck = np.asarray(onsets)
    last = struck[np.searchsorted(struck, middles, side="right") - 1]
    ages = (middles - last) % samples * (VOICE_RATE / sample_rate / HOP)
    return torch.from_numpy(ages.astype(np.float32))


def _columns(gains: Tensor, ages: Tensor) -> Tensor:
    """Gains `[bands, K]` at `ages` `[K]` of those of columns `[bands, PICTURE_COLUMNS]`; behind the last nothing is
    raised."""
    at = ages.clamp_max(PICTURE_COLUMNS - 1)
    first = at.floor().long().clamp_max(PICTURE_COLUMNS - 2)
    between = torch.lerp(gains[:, first], gains[:, first + 1], at - first)
    return torch.where(ages > PICTURE_COLUMNS - 1, between.clamp_max(0.0), between)
