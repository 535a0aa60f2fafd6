"""A loop that waits for its beat."""

from dataclasses import dataclass

from loopgen_app.sound.bend import Bend
from loopgen_app.sound.deck_loop import DeckLoop


@dataclass(frozen=True)
class Swap:
    """`loop` takes over at a sixteenth whose count is a multiple of `every`; with 0 it does not wait. It comes in at
    its own tempo, or as `bend` says."""

    loop: DeckLoop
    every: int
    bend: Bend | None = None
