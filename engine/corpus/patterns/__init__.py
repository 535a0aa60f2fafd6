"""Pattern makers of every part: functions from a canvas to hits on the sixteenth grid, found by part and name."""

from collections.abc import Mapping
from typing import Final

from engine.corpus.patterns.basses import BASSES
from engine.corpus.patterns.cymbals import CLOSED_HATS, OPEN_HATS
from engine.corpus.patterns.grid import Maker
from engine.corpus.patterns.kicks import KICKS
from engine.corpus.patterns.leads import LEADS
from engine.corpus.patterns.pads import PADS
from engine.corpus.patterns.percussion import PERCUSSION
from engine.corpus.patterns.snares import SNARES

MAKERS: Final[Mapping[str, Mapping[str, Maker]]] = {
    "kick": KICKS,
    "snare": SNARES,
    "closed_hat": CLOSED_HATS,
    "open_hat": OPEN_HATS,
    "percussion": PERCUSSION,
    "bass": BASSES,
    "lead": LEADS,
    "pad": PADS,
}
"""`MAKERS[part][name]` makes that part's hits."""
