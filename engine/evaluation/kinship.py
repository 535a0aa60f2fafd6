"""How a loop is related to the one it was made from: its tempo, beat, onsets, timbre and pitches."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.descriptors import onset_times
from engine.evaluation.beat_phase import beat_phase
from engine.evaluation.embedding import PITCHES, TIMBRE, embed
from engine.evaluation.onset_score import score_onsets
from engine.evaluation.tempo import OCTAVES, STRICT, comb_tempo, tempo_hit
from engine.tempo import LoopGeometry


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


def kinship(
    source: NDArray[Any], source_geometry: LoopGeometry, audio: NDArray[Any], geometry: LoopGeometry
) -> Kinship:
    """Compare loop `audio [C, T]` with `source`, each the whole loop of its geometry, both of as many bars."""
    rate = geometry.sample_rate
    heard = comb_tempo(audio, rate).tempo_bpm
    phases = [
        beat_phase(sound, rate, known).sixteenth_ms for sound, known in ((source, source_geometry), (audio, geometry))
    ]
    sixteenth_ms = 15_000 / geometry.tempo_bpm
    apart = phases[1] - phases[0]
    wanted = onset_times(source, rate)[0] * geometry.seconds / source_geometry.seconds
    score = score_onsets(wanted, onset_times(audio, rate)[0], geometry.seconds)
    rows = [embed(sound, rate).mean(axis=0) for sound in (source, audio)]
    pitches = np.corrcoef(rows[0][PITCHES], rows[1][PITCHES])[0, 1]
    return Kinship(
        tempo_hit=tempo_hit(heard, geometry.tempo_bpm, ratios=OCTAVES),
        tempo_strict=tempo_hit(heard, geometry.tempo_bpm, ratios=STRICT),
        beat_ms=abs((apart + sixteenth_ms / 2) % sixteenth_ms - sixteenth_ms / 2),
        onset_f1=score.f1,
        timbre=float(np.linalg.norm(rows[0][TIMBRE] - rows[1][TIMBRE])),
        distance=float(np.linalg.norm(rows[0] - rows[1])),
        pitch=float(pitches) if np.isfinite(pitches) else 0.0,
    )
