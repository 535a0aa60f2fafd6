"""Composing what a request leaves open: an arrangement in its style, for the denoiser to play.

Asked for tags alone, a denoiser must invent notes and sounds at once, and a small one does neither well. Notes are
what the corpus grammar is good at: it writes the parts that have no row in the request's pattern, and finds pitches
for those that have one.
"""

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.conditioning.density import Onsets, with_density
from engine.conditioning.notes import Notes
from engine.corpus.arrangement import LoopPlan, plan_loop
from engine.corpus.forms import PITCHED, draw_parts
from engine.corpus.streams import Streams, pick
from engine.corpus.styles import STYLE_HABITS, Style
from engine.requests import LoopRequest, Pattern
from engine.vocabulary import BEATS_PER_BAR, NOTE_RANGES, PARTS, STYLES, TODAY, Vocabulary

DRAFTS = 48
"""Arrangements whose parts are compared with those that a request names."""
PLANS = 4
"""The best of them, whose notes are written out to see whether they have the characters that it names."""
FULL = 4
"""Parts that an arrangement has at least when a request names none."""
BUSY = 1.5
"""How far on the dense slider busy loops are filled. What makes one busy in the corpus is how many parts strike; they
strike together, and it is heard at how many steps something does."""
NEEDED = 0.9
"""What a style has in at least so many of its full arrangements is left out only when that is asked."""


@dataclass(frozen=True)
class Composition:
    """What was written: onsets (beat, velocity) of every part that was open, in time order; notes (beat, length in
    beats, MIDI pitch) of the pitched parts, open or not; how far every second sixteenth is delayed, in steps; style,
    parts and characters where a part was open; the key."""

    onsets: Mapping[str, Onsets]
    notes: Mapping[str, Notes]
    swing: float
    tags: tuple[str, ...]
    key: str | None

    def pattern(self, bars: int) -> Pattern:
        """The onsets on the grid, as a step sequencer shows them."""
        return Pattern.nearest(self.onsets, bars, self.swing)


def onsets_of(request: LoopRequest, written: Composition | None) -> dict[str, Onsets]:
    """The onsets (beat, velocity) of a request's rows, and of the parts that were `written` beside them."""
    rows = {part: request.pattern.onsets(part, request.bars) for part in request.pattern.rows}
    return rows if written is None else {**written.onsets, **rows}


def compose(request: LoopRequest, known: Vocabulary = TODAY) -> Composition | None:
    """The arrangement of the request's seed in what its pattern leaves open; None when nothing is open.

    Rows of the pattern take the place of the arrangement's own and change nothing else of it. A step grid has no
    pitches, so those of its rows are open too: they are found in the arrangement. A part that the request's tags name
    and the arrangement lacks stays open. Tempo, bars, key, tags and negative tags are kept, and the dense slider
    thins or fills what is written. Nothing counts that `LoopRequest.score` leaves out.

    It is written for who has the parts and styles `known`: a word that was added since then changes nothing of it.
    """
    rows = request.pattern.rows
    playing = {part for part, row in rows.items() if any(row)}
    silent = set(rows) - playing
    complete = set(rows) >= set(known.parts)
    if not request.compose or (complete and not playing & set(PITCHED)):
        return None
    asked = LoopRequest(
        tempo_bpm=request.tempo_bpm,
        bars=request.bars,
        seed=request.seed,
        key=request.key,
        tags=request.tags,
        negative_tags=request.negative_tags,
    )
    plan = _plan(asked, known)
    dense = _dense(request)
    onsets = {
        part: with_density(part, found, dense, request.bars, plan.swing)
        for part, found in plan.onsets().items()
        if part not in rows and (found or part not in request.tags)
    }
    unwanted = {*request.negative_tags, *silent}
    tags = dict.fromkeys(tag for tag in (*plan.tags, *sorted(playing)) if tag not in unwanted)
    notes = _notes(request, onsets, plan, _pitches(asked, plan, playing, known))
    return Composition(onsets, notes, plan.swing, () if complete else tuple(tags), plan.key)


def _dense(request: LoopRequest) -> float:
    """How far what is written is thinned or filled, from -2 to 2, as `with_density` takes it."""
    filled = BUSY if "busy" in request.tags else 0.0
    return min(request.steer.get("dense", 0.0) + filled, 2.0)


def _pitches(asked: LoopRequest, plan: LoopPlan, playing: Collection[str], known: Vocabulary) -> dict[str, Notes]:
    """The pitches of `plan`, and of parts that play without being in it those of another plan in its key."""
    found: dict[str, Notes] = {**plan.pitches()}
    for part in sorted({*PITCHED} & {*playing}):
        if not found.get(part):
            tags = dict.fromkeys((*asked.tags, part))
            other = _plan(asked.with_(tags=tuple(tags), negative_tags=(), key=plan.key or asked.key), known)
            found[part] = other.pitches().get(part, ())
    return found


def _notes(
    request: LoopRequest, written: Mapping[str, Onsets], plan: LoopPlan, found: Mapping[str, Notes]
) -> dict[str, Notes]:
    """Notes of the parts that are `written`, silent, or have a row; those of a row from the arrangement's own part,
    else, by octaves, from another."""
    notes: dict[str, Notes] = {}
    anyone = next(filter(None, found.values()), ())
    dense = _dense(request)
    for part, played in found.items():
        if part in written and not dense:
            notes[part] = played
        elif part in written:
            beats = [beat for beat, _ in written[part]]
            notes[part] = pitched(beats, played, plan.bars * BEATS_PER_BAR) if played else played
        elif part in request.pattern.rows:
            onsets = [beat for beat, _ in request.pattern.onsets(part, request.bars)]
            model = played or tuple((beat, beats, _folded(pitch, part)) for beat, beats, pitch in anyone)
            if model or not onsets:
                notes[part] = pitched(onsets, model, plan.bars * BEATS_PER_BAR)
    return notes


def _folded(pitch: float, part: str) -> float:
    """`pitch` by octaves to the lowest that `part` has."""
    low = NOTE_RANGES[part][0]
    return low + (pitch - low) % 12


def pitched(onsets: Sequence[float], played: Notes, beats: int) -> Notes:
    """Notes at `onsets`, in beats of a loop of `beats`, each with the pitches that are `played` nearest to it.

    A note lasts as long as the one its pitch is from, and ends where the next begins.
    """
    notes: list[tuple[float, float, float]] = []
    for index, beat in enumerate(onsets):
        following = onsets[index + 1] if index + 1 < len(onsets) else onsets[0] + beats
        near = min((abs((start - beat + beats / 2) % beats - beats / 2), start) for start, _, _ in played)[1]
        chord = [(length, pitch) for start, length, pitch in played if start == near]
        notes += [(beat, min(length, following - beat), pitch) for length, pitch in chord]
    return tuple(notes)


@lru_cache(maxsize=64)
def _plan(asked: LoopRequest, known: Vocabulary) -> LoopPlan:
    seed, wanted, unwanted = asked.seed, asked.tags, asked.negative_tags
    some = [style for style in known.styles if style in STYLES]
    styles = (
        [tag for tag in wanted if tag in STYLES] or [tag for tag in some if tag not in unwanted] or some or [*STYLES]
    )
    style = pick(Streams(seed)("composition"), styles)
    habits = STYLE_HABITS[style].of(known.parts)
    drafts = [zlib.crc32(f"{seed}/{draft}".encode()) for draft in range(DRAFTS)]
    needed = _needed(habits, wanted)
    likeness = {draft: _likeness(_parts(habits, draft), needed, wanted, unwanted) for draft in drafts}
    drafts.sort(key=lambda draft: -likeness[draft])
    best = [draft for draft in drafts if likeness[draft] == likeness[drafts[0]]][:PLANS]
    plans = (
        plan_loop(draft, style=style, tempo_bpm=asked.tempo_bpm, bars=asked.bars, key=asked.key, parts=known.parts)
        for draft in best
    )
    if not {*wanted, *unwanted} - {*STYLES, *PARTS}:
        return next(plans)
    return max(plans, key=lambda plan: len({*plan.tags} & {*wanted}) - len({*plan.tags} & {*unwanted}))


def _parts(habits: Style, seed: int) -> tuple[str, ...]:
    return draw_parts(habits, Streams(seed)("parts"))[1]


def _needed(habits: Style, wanted: Collection[str]) -> set[str]:
    """What a style of `habits` cannot do without: nothing in a sparse loop, nor where parts were named and the style
    was not."""
    if "sparse" in wanted or ({*wanted} & {*PARTS} and not {*wanted} & {*STYLES}):
        return set()
    return {part for part, share in habits.parts.items() if share >= NEEDED}


def _likeness(
    parts: Collection[str], needed: Collection[str], wanted: Collection[str], unwanted: Collection[str]
) -> int:
    """How well `parts` answer a request: an unwanted part weighs more than one that is missing, and a named one that
    is missing more than one that the style needs."""
    named = {*wanted} & {*PARTS}
    full = not named and "sparse" not in wanted and len(parts) >= FULL
    missing = {*needed} - {*parts} - {*unwanted}
    return 4 * len({*parts} & named) - 6 * len({*parts} & {*unwanted}) - 2 * len(missing) + full
