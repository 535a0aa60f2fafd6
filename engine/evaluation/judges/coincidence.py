"""How far the hits of two parts coincide, against how far they do in real scores: counts, no network.

Most rows of the corpus know nothing of each other but their style, so that no judge can tell whether they belong
together. Some do: a bass that goes around the kick, a lead that goes with the bass. Those pairs are looked for first.
"""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from engine.patterns.grid import Score
from engine.vocabulary import PARTS

Pair: TypeAlias = tuple[str, str]
Overlaps: TypeAlias = Mapping[Pair, Sequence[float]]

LEAST_SCORES: Final = 30
"""A pair that plays together in fewer scores tells nothing of whether it is coupled."""
LEAST_COUNTED: Final = 10
"""Nor, of how far overlaps are off, where fewer were counted."""


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Share of the hits of the sparser of two rows at which the other is struck too, 0 to 1; of empty rows 0."""
    return float((one & other).sum() / max(min(one.sum(), other.sum()), 1))


def overlaps(score: Score, parts: Sequence[str] = PARTS) -> dict[Pair, float]:
    """The overlap of each of `parts` with every other part that plays in `score`."""
    playing = [part for part in PARTS if score.hits[PARTS.index(part)].any()]
    return {
        (one, other): overlap(score.hits[PARTS.index(one)], score.hits[PARTS.index(other)])
        for one, other in permutations(playing, 2)
        if one in parts
    }


def gathered(found: Sequence[Mapping[Pair, float]]) -> dict[Pair, list[float]]:
    """The overlaps of each pair over all of `found`."""
    together: dict[Pair, list[float]] = {}
    for each in found:
        for pair, share in each.items():
            together.setdefault(pair, []).append(share)
    return together


def coupled_pairs(scores: Sequence[Score], count: int = 4, seed: int = 0) -> dict[Pair, float]:
    """The `count` pairs of parts whose overlap in `scores` differs most from that of rows of different ones of the
    same style and length, and by how much (Wasserstein, 0 to 1); each pair once, in the order of `PARTS`."""
    rng = np.random.default_rng(seed)
    alike: dict[tuple[str | None, int], list[Score]] = {}
    for score in scores:
        alike.setdefault((score.style, score.bars), []).append(score)
    together, apart = gathered([overlaps(score) for score in scores]), {}
    for (one, other), real in together.items():
        if PARTS.index(one) < PARTS.index(other) and len(real) >= LEAST_SCORES:
            rows = PARTS.index(one), PARTS.index(other)
            apart[one, other] = [
                overlap(score.hits[rows[0]], some[rng.integers(len(some))].hits[rows[1]])
                for score in scores
                if score.hits[list(rows)].any(1).all()
                and (some := [each for each in alike[score.style, score.bars] if each.hits[rows[1]].any()])
            ]
    off = {pair: float(wasserstein_distance(together[pair], apart[pair])) for pair in apart}
    return dict(sorted(off.items(), key=lambda it: -it[1])[:count])


def off_real(real: Overlaps, found: Overlaps, pairs: Sequence[Pair]) -> float | None:
    """How far overlaps that were `found` lie from `real` ones (Wasserstein, 0 to 1), mean over `pairs`, either of
    whose parts may be the new one; None where too few were counted."""
    both = [*pairs, *((other, one) for one, other in pairs)]
    enough = [pair for pair in both if min(len(each.get(pair, ())) for each in (real, found)) >= LEAST_COUNTED]
    off = [wasserstein_distance(real[pair], found[pair]) for pair in enough]
    return float(np.mean(off)) if off else None
