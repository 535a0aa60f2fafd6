"""Fills of the corpus, put into scores. What draws whole loops stays unread: the window starts with this."""

from dataclasses import replace

from engine.corpus.patterns import kicks, snares
from engine.corpus.patterns.grid import Canvas
from engine.corpus.streams import Streams
from engine.patterns.grid import Score
from engine.vocabulary import PARTS


def with_fill(score: Score, part: str, seed: int) -> Score:
    """`score`, whose `part` ends in a fill as the corpus has them: the seed's, in place of its last hits."""
    canvas = Canvas(Streams(seed)("fill", part), score.bars)
    found = (kicks.fill if part == "kick" else snares.fill)(canvas)
    velocity, timing = score.velocity.copy(), score.timing.copy()
    row, start = PARTS.index(part), min(int(hit.step) for hit in found)
    velocity[row, start:] = timing[row, start:] = 0
    for hit in found:
        velocity[row, int(hit.step)] = hit.velocity
    return replace(score, velocity=velocity, timing=timing)
