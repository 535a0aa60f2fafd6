"""Composing what a request leaves open: an arrangement in its style, for the denoiser to play.

Asked for tags alone, a denoiser must invent notes and sounds at once, and a small one does neither well. Notes are
what the corpus grammar is good at: it writes the parts that have no row in the request's pattern.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.corpus.arrangement import LoopPlan, plan_loop
from engine.corpus.forms import draw_parts
from engine.corpus.streams import Streams, pick
from engine.corpus.styles import STYLE_HABITS
from engine.requests import LoopRequest, Pattern
from engine.vocabulary import PARTS, STYLES

DRAFTS = 48
"""Arrangements looked at for one that has the parts asked for."""
PLANS = 4
"""Arrangements written out for one that has the characters asked for."""
FULL = 4
"""Parts of an arrangement that nobody named a part of."""


@dataclass(frozen=True)
class Composition:
    """What was written: onsets (beat, velocity) of every part that was open, in time order; how far every second
    sixteenth is delayed, in steps; style, parts and characters; the key."""

    onsets: Mapping[str, tuple[tuple[float, float], ...]]
    swing: float
    tags: tuple[str, ...]
    key: str | None

    def pattern(self, bars: int) -> Pattern:
        """The onsets on the grid, as a step sequencer shows them."""
        return Pattern.nearest(self.onsets, bars, self.swing)


def compose(request: LoopRequest) -> Composition | None:
    """The arrangement of the request's seed in what its pattern leaves open; None when nothing is open.

    A part that the request's tags name and the arrangement lacks stays open. Tempo, bars, key, tags and negative
    tags are kept; the noise pad, the prompt and everything about sampling change nothing here.
    """
    if not request.compose or set(request.pattern.rows) >= set(PARTS):
        return None
    playing = {part for part, row in request.pattern.rows.items() if any(row)}
    silent = set(request.pattern.rows) - playing
    wanted = tuple(dict.fromkeys((*request.tags, *sorted(playing))))
    unwanted = tuple(dict.fromkeys((*request.negative_tags, *sorted(silent))))
    plan = _plan(
        LoopRequest(
            tempo_bpm=request.tempo_bpm,
            bars=request.bars,
            seed=request.seed,
            key=request.key,
            tags=wanted,
            negative_tags=unwanted,
        )
    )
    onsets = {
        part: found
        for part, found in plan.onsets().items()
        if part not in request.pattern.rows and (found or part not in request.tags)
    }
    tags = tuple(tag for tag in plan.tags if tag not in unwanted)
    return Composition(onsets, plan.swing, tags, plan.key)


@lru_cache(maxsize=64)
def _plan(asked: LoopRequest) -> LoopPlan:
    seed, wanted, unwanted = asked.seed, asked.tags, asked.negative_tags
    styles = [tag for tag in wanted if tag in STYLES] or [tag for tag in STYLES if tag not in unwanted] or [*STYLES]
    style = pick(Streams(seed)("composition"), styles)
    drafts = [zlib.crc32(f"{seed}/{draft}".encode()) for draft in range(DRAFTS)]
    likeness = {draft: _likeness(_parts(style, draft), wanted, unwanted) for draft in drafts}
    drafts.sort(key=lambda draft: -likeness[draft])
    best = [draft for draft in drafts if likeness[draft] == likeness[drafts[0]]][:PLANS]
    plans = (
        plan_loop(draft, style=style, tempo_bpm=asked.tempo_bpm, bars=asked.bars, key=asked.key) for draft in best
    )
    if not {*wanted, *unwanted} - {*STYLES, *PARTS}:
        return next(plans)
    return max(plans, key=lambda plan: len({*plan.tags} & {*wanted}) - len({*plan.tags} & {*unwanted}))


def _parts(style: str, seed: int) -> tuple[str, ...]:
    return draw_parts(STYLE_HABITS[style], Streams(seed)("parts"))[1]


def _likeness(parts: tuple[str, ...], wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> int:
    """How well `parts` answer a request: an unwanted part weighs more than one that is missing."""
    named = {*wanted} & {*PARTS}
    full = not named and "sparse" not in wanted and len(parts) >= FULL
    return 2 * len({*parts} & named) - 3 * len({*parts} & {*unwanted}) + full
