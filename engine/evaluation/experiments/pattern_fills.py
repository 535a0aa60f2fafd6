"""What fills are: do they differ from the bar before, gather towards its end, and lead into the one, as those of the
corpus do?"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from engine.evaluation.experiments.pattern_asking import mean
from engine.patterns.asked import PatternRequest
from engine.patterns.grid import DRUM_ROWS, STEPS_PER_BEAT, Score, fills
from engine.patterns.writer import PatternWriter
from engine.vocabulary import BEATS_PER_BAR, PARTS, STEPS_PER_BAR

DRUMS: Final = [PARTS[row] for row in DRUM_ROWS]


def fill_figures(
    writer: PatternWriter, scores: Sequence[Score], count: int, *, progress: bool = True
) -> dict[str, Any]:
    """Fills written for the first `count` of `scores` that have none, and those that other `scores` of the corpus
    have; all of two bars at least and of a drum and another part."""
    able = [
        score for score in scores if score.bars > 1 and score.hits[DRUM_ROWS].any() and score.hits.any(1).sum() > 1
    ]
    plain = [score for score in able if not fills(score)][:count]
    written = [
        filled(writer, score, seed) for seed, score in enumerate(tqdm(plain, desc="fill", disable=not progress))
    ]
    return {
        "written": described(written),
        "corpus": described([score for score in able if fills(score)]),
        "corpus without": described(plain),
    }


def filled(writer: PatternWriter, score: Score, seed: int) -> Score:
    """`score` with a last bar of its drums that is a fill."""
    playing = [part for part in PARTS if score.hits[PARTS.index(part)].any()]
    asked = PatternRequest(
        "fill",
        score.pattern(playing),
        score.bars,
        strength=1.0,
        seed=seed,
        tempo_bpm=min(max(score.tempo_bpm, 40.0), 240.0),
        style=score.style,
    )
    pattern = writer.write(asked).pattern
    return Score.of_pattern(pattern, score.bars, tempo_bpm=score.tempo_bpm, style=score.style)


def described(scores: Sequence[Score]) -> dict[str, Any]:
    """Figures of the last bars of the drums of `scores`, against the bars before: share of loops that end in a fill;
    steps that differ, out of all of the drums that play; hits more in each beat; and the share of loops in which a
    drum that gathers strikes one of the last two sixteenths, so that it leads into the one."""
    differ, more, leads = [], [], []
    for score in scores:
        hits = score.hits[DRUM_ROWS][score.hits[DRUM_ROWS].any(1)]
        last, before = hits[:, -STEPS_PER_BAR:], hits[:, -2 * STEPS_PER_BAR : -STEPS_PER_BAR]
        differ.append(float((last != before).mean()))
        beats = (last.astype(int) - before).reshape(len(hits), BEATS_PER_BAR, STEPS_PER_BEAT).sum(2)
        more.append(beats.sum(0))
        leads.append(bool(last[beats[:, -1] > 0, -2:].any()))
    return {
        "end in a fill": mean([fills(score) for score in scores]),
        "steps that differ": mean(differ),
        "hits more by beat": np.mean(more, 0).tolist() if more else [],
        "lead into the one": mean(leads),
        "loops": len(scores),
    }
