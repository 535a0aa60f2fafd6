"""How a loop is related to the one it was made from: its tempo, beat, onsets, timbre and pitches."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.descriptors import onset_times
from engine.evaluation.judges.beat_phase import beat_phase
from engine.evaluation.judges.embedding import PITCHES, TIMBRE, embed
from engine.evaluation.judges.onset_score import score_onsets
from engine.evaluation.judges.tempo import OCTAVES, STRICT, comb_tempo, tempo_hit
from engine.tempo import LoopGeometry


@dataclass(frozen=True, eq=False)
class Portrait:
    """What is compared of one loop of a `geometry`, measured once.

    `heard_bpm` is its tempo by the comb, `late_ms` its phase on the sixteenth grid, `onsets` are in seconds,
    `embedding` `[88]` is the mean of its windows.
    """

    geometry: LoopGeometry
    heard_bpm: float
    late_ms: float
    onsets: NDArray[np.float64]
    embedding: NDArray[np.float64]

    @classmethod
    def of(cls, audio: NDArray[Any], geometry: LoopGeometry) -> "Portrait":
        """Measure `audio [C, T]`, the whole loop of its geometry."""
        rate = geometry.sample_rate
        return cls(
            geometry,
            comb_tempo(audio, rate).tempo_bpm,
            beat_phase(audio, rate, geometry).sixteenth_ms,
            onset_times(audio, rate)[0],
            np.asarray(embed(audio, rate).mean(axis=0), dtype=np.float64),
        )

    def distance(self, other: "Portrait") -> float:
        """Distance of whole embeddings."""
        return float(np.linalg.norm(self.embedding - other.embedding))

    def timbre_distance(self, other: "Portrait") -> float:
        """Distance of cepstral statistics."""
        return float(np.linalg.norm(self.embedding[TIMBRE] - other.embedding[TIMBRE]))


@dataclass(frozen=True)
class Kinship:
    """A loop against its source, which may have another tempo.

    `tempo_hit` counts half and double tempo as hits, `tempo_strict` does not; `beat_ms` is how far its phase on the
    sixteenth grid is from the source's; `onset_f1` compares all its onsets with the source's at the same beats
    (50 ms); `timbre` is the distance of cepstral statistics, `distance` that of whole embeddings; `pitch` is the
    correlation of pitch-class profiles.
    """

    tempo_hit: bool
    tempo_strict: bool
    beat_ms: float
    onset_f1: float
    timbre: float
    distance: float
    pitch: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def kinship(source: Portrait, made: Portrait) -> Kinship:
    """Compare a loop that was `made` with its `source`, both of as many bars."""
    to = made.geometry
    sixteenth_ms = 15_000 / to.tempo_bpm
    apart = made.late_ms - source.late_ms
    wanted = source.onsets * to.seconds / source.geometry.seconds
    pitches = np.corrcoef(source.embedding[PITCHES], made.embedding[PITCHES])[0, 1]
    return Kinship(
        tempo_hit=tempo_hit(made.heard_bpm, to.tempo_bpm, ratios=OCTAVES),
        tempo_strict=tempo_hit(made.heard_bpm, to.tempo_bpm, ratios=STRICT),
        beat_ms=abs((apart + sixteenth_ms / 2) % sixteenth_ms - sixteenth_ms / 2),
        onset_f1=score_onsets(wanted, made.onsets, to.seconds).f1,
        timbre=source.timbre_distance(made),
        distance=source.distance(made),
        pitch=float(pitches) if np.isfinite(pitches) else 0.0,
    )
