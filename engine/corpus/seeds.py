"""Which seeds are for what: no loop that something was trained on is ever measured, and no two data sets meet."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class SeedRange:
    """`count` seeds from `first` on."""

    first: int
    count: int

    @property
    def end(self) -> int:
        """The first seed behind it."""
        return self.first + self.count

    def __contains__(self, seed: object) -> bool:
        return isinstance(seed, int) and self.first <= seed < self.end


TRAINING: Final = SeedRange(0, 500_000)
"""Corpus loops that codecs, embedders and denoisers are trained on."""
DETECTOR: Final = SeedRange(500_000, 100_000)
"""Corpus loops that the detector of the parts' onsets is trained on."""
TAG_JUDGE: Final = SeedRange(600_000, 50_000)
"""Corpus loops that the judge of tags is trained on."""
STEER_JUDGE: Final = SeedRange(650_000, 50_000)
"""The same for the judge that steers are calibrated by."""
PATTERN_TRAINING: Final = SeedRange(700_000, 100_000)
"""Scores that the autoencoder of patterns is trained on; its ablations too."""
PATTERN_JUDGE: Final = SeedRange(800_000, 50_000)
"""Scores that the judge of patterns is trained on."""
STEM_TRAINING: Final = SeedRange(850_000, 100_000)
"""Corpus loops, with their stems, that the separator is trained on."""
BALANCE: Final = SeedRange(950_000, 50_000)
"""Corpus loops beside which the bands of rendered ones are measured."""
HELD_OUT: Final = SeedRange(1_000_000, 3_000)
"""Corpus loops that evaluations and validation use; from here on nothing is trained on."""
LIKENESS_CORPUS: Final = SeedRange(1_003_000, 1_000)
"""Corpus loops beside which likeness to a prompt is measured."""
DETECTOR_CEILING: Final = SeedRange(1_500_000, 10_000)
"""Corpus loops that the ceiling of the detector is measured on."""
STEER_REQUESTS: Final = SeedRange(1_600_000, 100_000)
"""Requests that steers are calibrated by."""
WORD_REQUESTS: Final = SeedRange(1_700_000, 100_000)
"""Requests that say what is measured in words."""
CONTROL_REQUESTS: Final = SeedRange(1_800_000, 100_000)
"""Requests that negations, weights, steers and references are measured by."""
LIKENESS_REQUESTS: Final = SeedRange(1_900_000, 100_000)
"""Requests that likeness to a prompt is measured by."""
PATTERN_VALIDATION: Final = SeedRange(2_000_000, 2_000)
"""Scores by which the training of the autoencoder of patterns is watched."""
STEM_VALIDATION: Final = SeedRange(2_100_000, 1_000)
"""Corpus loops, with their stems, by which the training of the separator is watched."""
STEM_HELD_OUT: Final = SeedRange(2_110_000, 10_000)
"""Corpus loops, with their stems, that the separator is measured on."""
PATTERN_HELD_OUT: Final = SeedRange(2_010_000, 10_000)
"""Scores that the autoencoder of patterns is measured on."""
IMPORTED: Final = SeedRange(2_200_000, 10_000)
"""Corpus loops that imports are measured with: files are made of them."""

HELD_OUT_SEED: Final = HELD_OUT.first
"""Loops from this seed on are never trained on."""
