"""What a prompt claims of a loop, measured: properties that words may ask to be more or less of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.descriptors import measure_curves
from engine.audio.spectrum import power_spectra
from engine.evaluation.judges.embedding import embed
from engine.evaluation.judges.levels import crest_factor, stereo_width
from engine.evaluation.judges.part_onsets import PartOnsetDetector
from engine.evaluation.judges.tags import TagJudge, loop_features
from engine.tempo import LoopGeometry
from engine.vocabulary import CURVES, TAGS

COUNTED: Final = ("kick", "snare", "closed_hat", "open_hat", "bass")
"""Parts whose onsets are counted, per bar."""
JUDGED: Final = ("acid", "pad", "wet")
"""Tags that are scored by the tag judge, in log-odds."""
PROPERTIES: Final = (*COUNTED, "four_on_the_floor", "bright", "busy", "low", *JUDGED)
LOW_HERTZ: Final = 90.0


@dataclass(frozen=True, eq=False)
class ClaimJudges:
    """What listens to a claim; neither has anything to do with the embedder that read the prompt."""

    detector: PartOnsetDetector
    tags: TagJudge


def measure_properties(
    audio: NDArray[np.float32], sample_rate: int, geometry: LoopGeometry, judges: ClaimJudges
) -> dict[str, float]:
    """Every property of `PROPERTIES` of loop `audio [2, T]`; only differences between loops mean anything."""
    found = judges.detector.detect(audio, sample_rate)
    bars = geometry.bars
    curves = dict(zip(CURVES, measure_curves(audio, sample_rate, 16 * bars), strict=True))
    features = loop_features(embed(audio, sample_rate), stereo_width(audio), crest_factor(audio))
    scores = judges.tags.scores(features[None])[0]
    return {
        **{part: len(found[part]) / bars for part in COUNTED},
        "four_on_the_floor": on_every_beat(found["kick"], geometry),
        "bright": float(curves["brightness"].mean()),
        "busy": float(curves["density"].mean()),
        "low": low_level(audio, sample_rate),
        **{tag: float(scores[TAGS.index(tag)]) for tag in JUDGED},
    }


def on_every_beat(kicks: NDArray[np.float64], geometry: LoopGeometry) -> float:
    """Share of beats with a kick (in s, within a thirty-second) less share of kicks on none, -1 to 1."""
    if not len(kicks):
        return 0.0
    beats = kicks / geometry.seconds * geometry.beats
    near = np.abs(beats - np.round(beats)) <= 1 / 8
    struck = len(set((np.round(beats[near]) % geometry.beats).tolist()))
    return float(struck / geometry.beats - (1 - near.mean()))


def low_level(audio: NDArray[np.float32], sample_rate: int) -> float:
    """Level below 90 Hz against the whole, in dB."""
    starts = np.arange(0, audio.shape[-1], 4096, dtype=np.int64)
    power = power_spectra(audio, starts, 8192).sum(axis=0)
    low = power[: round(LOW_HERTZ * 8192 / sample_rate)].sum()
    return float(10 * np.log10((low + 1e-12) / (power.sum() + 1e-12)))


def verdict(claims: Mapping[str, int], with_words: Mapping[str, float], without: Mapping[str, float]) -> bool:
    """True when every claimed property moved the claimed way; a property that stays where it was has not."""
    return all((with_words[name] - without[name]) * sign > 0 for name, sign in claims.items())
