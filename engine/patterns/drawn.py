"""Scores of the corpus, drawn from seeds without any sound, and kept on disk."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.corpus.arrangement import plan_loop
from engine.corpus.streams import Streams, chance, pick
from engine.files import write_atomically
from engine.patterns.grid import Score
from engine.vocabulary import PARTS, STEPS_PER_BAR, STYLES

ODD_BARS: Final = (3, 5, 6, 7, 12, 16)
"""Lengths that the corpus itself never has; one score in eight is as long."""
ODD_SHARE: Final = 0.125
SHARD: Final = 1000
"""Scores in a file."""


def draw_score(seed: int, *, lengths: bool = True) -> Score:
    """The score of corpus loop `seed`; with `lengths` some are as long as loops of the corpus never are."""
    rng = Streams(seed)("pattern length")
    bars = pick(rng, ODD_BARS) if lengths and chance(rng, ODD_SHARE) else None
    plan = plan_loop(seed, bars=bars)
    return Score.of_onsets(
        plan.onsets(), plan.bars, tempo_bpm=plan.tempo_bpm, swing=min(plan.swing, 0.5), style=plan.style
    )


@dataclass(frozen=True, eq=False)
class PackedScores:
    """Many scores in few arrays: planes `[P, sum of steps]` side by side, velocities in 1/255, timing in 1/254."""

    bars: NDArray[np.int64]
    tempo: NDArray[np.float32]
    swing: NDArray[np.float32]
    style: NDArray[np.int64]
    velocity: NDArray[np.uint8]
    timing: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.bars)

    def __iter__(self) -> Iterator[Score]:
        starts = np.concatenate(([0], np.cumsum(self.bars))) * STEPS_PER_BAR
        for index, (first, last) in enumerate(pairwise(starts)):
            yield Score(
                self.velocity[:, first:last].astype(np.float32) / np.float32(255),
                self.timing[:, first:last].astype(np.float32) / np.float32(254),
                float(self.tempo[index]),
                float(self.swing[index]),
                STYLES[int(self.style[index])] if self.style[index] >= 0 else None,
            )

    @classmethod
    def of(cls, scores: Iterable[Score]) -> "PackedScores":
        """Put `scores` together; velocities of hits are at least 1/255."""
        found = list(scores)
        loud = [np.ceil(score.velocity * 255).clip(0, 255).astype(np.uint8) for score in found]
        late = [np.rint(score.timing * 254).astype(np.int8) for score in found]
        return cls(
            np.array([score.bars for score in found], np.int64),
            np.array([score.tempo_bpm for score in found], np.float32),
            np.array([score.swing for score in found], np.float32),
            np.array([STYLES.index(s.style) if s.style in STYLES else -1 for s in found], np.int64),
            np.concatenate(loud, 1) if loud else np.zeros((len(PARTS), 0), np.uint8),
            np.concatenate(late, 1) if late else np.zeros((len(PARTS), 0), np.int8),
        )

    @classmethod
    def joined(cls, many: Sequence["PackedScores"]) -> "PackedScores":
        """All of `many` in one."""
        return cls(
            *(
                np.concatenate([getattr(scores, name) for scores in many])
                for name in ("bars", "tempo", "swing", "style")
            ),
            *(np.concatenate([getattr(scores, name) for scores in many], 1) for name in ("velocity", "timing")),
        )


def drawn_scores(first: int, count: int, folder: Path | None = None, *, lengths: bool = True) -> PackedScores:
    """The scores of `count` seeds from `first` on, kept in `folder` for the next time; a minute for 6,000."""
    if folder is None:
        return PackedScores.of(draw_score(seed, lengths=lengths) for seed in range(first, first + count))
    found = []
    for start in range(first, first + count, SHARD):
        some = min(SHARD, first + count - start)
        path = folder / f"scores-{start}-{some}{'' if lengths else '-plain'}.npz"
        if not path.exists():
            _keep(path, PackedScores.of(draw_score(seed, lengths=lengths) for seed in range(start, start + some)))
        with np.load(path, allow_pickle=False) as kept:
            found.append(PackedScores(**{name: kept[name] for name in PackedScores.__dataclass_fields__}))
    return PackedScores.joined(found)


def _keep(path: Path, scores: PackedScores) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    np.savez_compressed(content, **{name: getattr(scores, name) for name in PackedScores.__dataclass_fields__})
    write_atomically(path, content.getvalue())
