"""Assembling conditions: from a request at run time, from an annotation in training; dropout between them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.conditioning.beat import timed_conditions
from engine.conditioning.composition import Composition, onsets_of
from engine.conditioning.conditions import Conditions
from engine.conditioning.curves import curves_condition
from engine.conditioning.notes import Notes, notes_condition
from engine.conditioning.pattern import pattern_condition
from engine.conditioning.tags import key_condition, lean_tags, tags_condition
from engine.conditioning.voices import VoiceTable
from engine.conditioning.waves import tuned, waves_condition
from engine.corpus.score import Annotation
from engine.requests import LoopRequest
from engine.tempo import LoopGeometry
from engine.vocabulary import CURVES, NOTE_RANGES, PARTS, STYLES, TAGS, TODAY, Vocabulary

PITCHED_ROWS = [PARTS.index(part) for part in NOTE_RANGES]


def request_conditions(
    request: LoopRequest,
    geometry: LoopGeometry,
    clap: Tensor | None = None,
    composition: Composition | None = None,
    *,
    lean: Tensor | None = None,
    table: VoiceTable | None = None,
) -> Conditions:
    """Conditions of one request; `clap` `[1, 512]` embeds its prompt, `lean` `[1, len(TAGS)]` is added to its tags,
    and parts that play have voices of `table`.

    What the request leaves open is open, but for what `composition` says about it.
    """
    onsets = onsets_of(request, composition)
    tags, key = request.tags, key_condition(request.key)
    if composition is not None:
        tags = tuple(dict.fromkeys((*tags, *composition.tags)))
        key = key_condition(request.key or composition.key, keyless=True)
    pattern, pattern_given = pattern_condition(onsets, geometry)
    curves, curves_given = curves_condition(request.curves, geometry.frames)
    conditions = replace(
        timed_conditions(geometry),
        pattern=pattern,
        pattern_given=pattern_given,
        **_pitches(composition, geometry),
        curves=curves,
        curves_given=curves_given,
        tags=lean_tags(tags_condition(tags, request.negative_tags), lean),
        key=key,
    )
    tunings: Mapping[str, float] = {}
    if table is not None:
        style = next((tag for tag in tags if tag in STYLES), None)
        playing = [part for part in PARTS if onsets.get(part)]
        voices, given, tunings = table.condition(playing, request.voices, request.seed, style)
        conditions = replace(conditions, voices=voices, voices_given=given)
    conditions = replace(conditions, waves=_waves(composition, geometry, tuned(onsets, tunings)))
    return conditions if clap is None else replace(conditions, clap=clap, clap_given=torch.ones(1, 1))


def negative_conditions(
    request: LoopRequest, geometry: LoopGeometry, clap: Tensor | None = None, composition: Composition | None = None
) -> Conditions:
    """What guidance leads away from: beat and pitches alone, plus what the request's negative tags and prompt name.

    The beat grid stays on both sides, so that a loop is in time at any guidance, 0 included. So do composed pitches:
    were they reinforced, basses and leads would drown the drums (kick F1 0.66, not 0.78, on 16 loops at guidance 2).
    Of rows `engine.rendering.guided` says what is led away from.
    """
    conditions = replace(
        timed_conditions(geometry),
        **_pitches(composition, geometry),
        waves=_waves(composition, geometry, {}),
        tags=tags_condition(request.negative_tags),
    )
    return conditions if clap is None else replace(conditions, clap=clap, clap_given=torch.ones(1, 1))


def _pitches(composition: Composition | None, geometry: LoopGeometry) -> dict[str, Tensor]:
    written = {} if composition is None else composition.notes
    notes, given = notes_condition(written, geometry)
    return {"notes": notes, "notes_given": given}


def _waves(composition: Composition | None, geometry: LoopGeometry, drums: Mapping[str, Notes]) -> Tensor:
    return waves_condition({**({} if composition is None else composition.notes), **drums}, geometry)


def annotation_conditions(
    annotation: Annotation, geometry: LoopGeometry, curves: Tensor, known: Vocabulary = TODAY
) -> Conditions:
    """Conditions of a corpus loop with everything known given; `curves` `[4, F]` are measured on its audio.

    Words that were not `known` when the loop was stored stay open.
    """
    pattern, pattern_given = pattern_condition(annotation.onsets, geometry)
    notes, notes_given = notes_condition(annotation.notes, geometry)
    exact = annotation.source == "synthesis"
    drums = tuned(annotation.onsets, annotation.tunings)
    absent = [tag for tag in TAGS if tag in known.tags and tag not in annotation.tags] if exact else []
    return replace(
        timed_conditions(geometry),
        pattern=pattern,
        pattern_given=pattern_given,
        notes=notes,
        notes_given=notes_given,
        # Of what is only heard nobody knows when an oscillator started.
        waves=waves_condition({**annotation.notes, **drums} if exact else {}, geometry),
        curves=curves[None],
        curves_given=torch.tensor([[float(curve in known.curves) for curve in CURVES]]),
        tags=tags_condition(annotation.tags, absent),
        key=key_condition(annotation.key, keyless=exact),
    )


@dataclass(frozen=True)
class ConditionDropout:
    """How often training leaves conditions open, so that requests may.

    Each group goes with `group` on its own, all but the beat with `everything`, the beat with `beat`. Of the groups
    that stay, single parts and curves go with a rate drawn per loop, and tags are thinned to the few a user would
    name, absent ones more than present ones. The pitches of a part go with its pattern, and with `notes` on their
    own: a step grid has none. Waves go with the pitches, and with `waves` alone: of what is heard nobody knows them.
    Voices go together with `voices`, else part by part: they stay without a pattern, too.
    """

    group: float = 0.15
    notes: float = 0.3
    waves: float = 0.15
    everything: float = 0.1
    beat: float = 0.05
    voices: float = 0.3

    def __call__(self, conditions: Conditions, generator: torch.Generator | None = None) -> Conditions:
        """A copy with conditions dropped at random, loop by loop."""
        batch = len(conditions)

        def uniform(*shape: int) -> Tensor:
            return torch.rand(*shape, generator=generator).to(conditions.beat.device)

        stays = (uniform(batch) >= self.everything).float()
        for group in ("pattern", "curves", "tags", "clap"):
            kept = stays * (uniform(batch) >= self.group)
            conditions = conditions.keep(group, kept)
            if group == "pattern":  # pitches without onsets are nothing a request can ask for
                conditions = conditions.keep("notes", kept)
        conditions = conditions.keep("beat", (uniform(batch) >= self.beat).float())
        conditions = conditions.keep("voices", (uniform(batch) >= self.voices).float())
        voices = (uniform(batch, len(PARTS)) < torch.where(uniform(batch, 1) < 0.5, 1.0, uniform(batch, 1))).float()
        waves = (uniform(batch, 1, 1) >= self.waves).float()
        some = uniform(batch, 1)
        parts = (uniform(batch, len(PARTS)) < torch.where(some < 0.5, 1.0, uniform(batch, 1))).float()
        curves = (uniform(batch, conditions.curves.shape[1]) < uniform(batch, 1)).float()
        present = (uniform(batch, len(TAGS)) < uniform(batch, 1)).float()
        absent = (uniform(batch, len(TAGS)) < uniform(batch, 1) ** 3).float()
        return replace(
            conditions,
            pattern_given=conditions.pattern_given * parts,
            notes_given=conditions.notes_given * parts[:, PITCHED_ROWS] * (uniform(batch, 1) >= self.notes).float(),
            waves=conditions.waves * waves,
            curves_given=conditions.curves_given * curves,
            voices_given=conditions.voices_given * voices,
            tags=conditions.tags * torch.where(conditions.tags > 0, present, absent),
            key=conditions.key * (uniform(batch, 1) >= self.group).float(),
        )
