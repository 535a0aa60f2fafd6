"""Names for what the parts play, read off the notes: offbeat hats, rolling bass, claps on two and four, stabs."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from engine.corpus.score import Note
from engine.vocabulary import BEATS_PER_BAR

ON_GRID: Final = 0.06
"""Beats a note may lie off its place and still be named after it."""


def figures(notes: Mapping[str, tuple[Note, ...]], bars: int) -> tuple[str, ...]:
    """Phrases that are true of `notes`, to be said after "with"."""
    found: list[str] = []
    for part, (name, offbeat_name) in {
        "closed_hat": ("hats", "offbeat hats"),
        "open_hat": ("open hats", "offbeat open hats"),
    }.items():
        if share_at(notes.get(part, ()), (0.5,)) > 0.8:
            found.append(offbeat_name)
        elif onsets_per_bar(notes.get(part, ()), bars) >= 13:
            found += [f"sixteenth {name}", f"16th {name}", f"fast {name}"]
    if share_at(notes.get("snare", ()), (1.0, 3.0), BEATS_PER_BAR) > 0.85:
        found += ["a backbeat", "a backbeat on two and four"]
    found += _bass_figures(notes.get("bass", ()), bars)
    found += _lead_figures(notes.get("lead", ()), bars)
    if (pad := notes.get("pad")) and _mean_length(pad) >= 2:
        found += ["held chords", "long chords"] if _voices(pad) >= 2.5 else ["long notes", "held notes"]
    return tuple(found)


def onsets_per_bar(notes: tuple[Note, ...], bars: int) -> float:
    """Distinct onsets per bar."""
    return len({n.beat for n in notes}) / bars


def share_at(notes: tuple[Note, ...], places: tuple[float, ...], cycle: float = 1.0) -> float:
    """Share of the notes within `ON_GRID` beats of one of `places` in a cycle of beats; 0 without notes."""
    if not notes:
        return 0.0
    near = [any(abs(n.beat % cycle - place) <= ON_GRID for place in places) for n in notes]
    return float(np.mean(near))


def _mean_length(notes: tuple[Note, ...]) -> float:
    return float(np.mean([n.beats for n in notes]))


def _voices(notes: tuple[Note, ...]) -> float:
    """Notes per onset."""
    return len(notes) / len({n.beat for n in notes})


def _bass_figures(bass: tuple[Note, ...], bars: int) -> list[str]:
    if not bass:
        return []
    if share_at(bass, (0.5,)) > 0.8:
        return ["offbeat bass", "an offbeat bassline"]
    if _mean_length(bass) >= 1.5:
        return ["long bass notes", "sustained bass"]
    if onsets_per_bar(bass, bars) >= 10:
        return ["a rolling bassline", "rolling bass", "a busy bassline"]
    if onsets_per_bar(bass, bars) <= 3:
        return ["a sparse bassline", "few bass notes"]
    return []


def _lead_figures(lead: tuple[Note, ...], bars: int) -> list[str]:
    if not lead:
        return []
    if _voices(lead) >= 1.9:
        stabs = ["stabs", "synth stabs"] + (["chord stabs"] if _voices(lead) >= 2.5 else [])
        return stabs if _mean_length(lead) <= 0.6 else ["chords", "synth chords"]
    if sum(n.slide for n in lead) >= 2 * bars:
        return ["a sliding synth line"]
    if onsets_per_bar(lead, bars) >= 9 and _voices(lead) < 1.1:
        return ["a busy synth line", "a running sequence"]
    return []
