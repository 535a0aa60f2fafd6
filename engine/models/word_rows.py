"""Which columns of a denoiser's weights read which word; conditions and weights in the rows of another vocabulary."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Final, cast

import torch
from torch import Tensor

from engine.conditioning.conditions import Conditions
from engine.conditioning.waves import WAVE_ROWS
from engine.vocabulary import TODAY, VOICE_DIM, Vocabulary, places

KINDS: Final = ("parts", "tags", "keys", "curves", "notes")
"""Kinds of words that a denoiser reads."""

Words = list[Hashable]


def voice_words(known: Vocabulary, *, numbers: bool = True) -> Words:
    """What the map of voices reads: the `numbers` of every part, if it is told them, whether they are given, frame
    rate and repeats."""
    told: Words = [(part, number) for part in known.parts for number in range(VOICE_DIM * numbers)]
    return [*told, *((part, "given") for part in known.parts), "rate", "repeats"]


def stationary_words(known: Vocabulary) -> Words:
    """What the map of tags reads: tags asked for, tags asked away, keys, "without key", and that words are given."""
    tags: Words = [(sign, tag) for sign in ("for", "away") for tag in known.tags]
    return [*tags, *(("key", key) for key in known.keys), "keyless", "clap given"]


def timeline_words(known: Vocabulary) -> Words:
    """The rows of the timeline: beat saw-teeth, pattern, curves, and a mask row for each that may be open."""
    kinds: list[tuple[str, tuple[str, ...]]] = [("part", known.parts), ("curve", known.curves)]
    rows: Words = [(kind, what, word) for kind, words in kinds for what in ("value", "given") for word in words]
    return ["beat", "bar", "beat given", *rows]


def roll_words(known: Vocabulary) -> Words:
    """The rows of the piano rolls, with a mask row for each."""
    pitches: Words = [(part, pitch) for part, low, high in known.notes for pitch in range(low, high + 1)]
    return [*pitches, *((part, "given") for part, _, _ in known.notes)]


def rolls(known: Vocabulary) -> tuple[int, ...]:
    """Rows of each part's roll."""
    return tuple(high - low + 1 for _, low, high in known.notes)


def own_rows(conditions: Conditions, known: Vocabulary) -> Conditions:
    """`conditions`, whose rows are today's words, in the rows of what is `known`.

    Words that are not known are left out, and known ones that today lacks are open. Values are copied, never
    computed: what asks for known words alone is bit for bit what it was before there were others.
    """
    parts, curves, tags = (places(getattr(known, k), getattr(TODAY, k)) for k in ("parts", "curves", "tags"))
    pitches = places(*(tuple(roll_words(words)[: sum(rolls(words))]) for words in (known, TODAY)))
    pitched = places(*(tuple(part for part, _, _ in words.notes) for words in (known, TODAY)))
    keys = places((*known.keys, "keyless"), (*TODAY.keys, "keyless"))
    return replace(
        conditions,
        pattern=matched(conditions.pattern, parts, 1),
        pattern_given=matched(conditions.pattern_given, parts, 1),
        notes=matched(conditions.notes, pitches, 1),
        notes_given=matched(conditions.notes_given, pitched, 1),
        curves=matched(conditions.curves, curves, 1),
        curves_given=matched(conditions.curves_given, curves, 1),
        tags=matched(conditions.tags, tags, 1),
        key=matched(conditions.key, keys, 1),
        voices=matched(conditions.voices, parts, 1),
        voices_given=matched(conditions.voices_given, parts, 1),
    )


def matched_weights(
    weights: Mapping[str, Tensor], fresh: Mapping[str, Tensor], own: Vocabulary, other: Vocabulary, state: int
) -> dict[str, Tensor]:
    """Weights that read the vocabulary `own` as those, shaped as `fresh`, of a denoiser that reads `other`.

    What belongs to a word goes with it, what is new begins at nothing, a tensor that was not there is fresh, and one
    that is no more is left out. The first `state` columns of the front read the state and the timeline.
    """
    before: Words = list(range(state))
    waves: Words = [("wave", row) for row in range(WAVE_ROWS)]
    read = [
        "stationary.voices.weight" in tensors
        and tensors["stationary.voices.weight"].shape[1] >= len(voice_words(words))
        for tensors, words in ((weights, own), (fresh, other))
    ]
    tables = {
        "stationary.voices.weight": (voice_words(own, numbers=read[0]), voice_words(other, numbers=read[1])),
        "stationary.words.weight": (stationary_words(own), stationary_words(other)),
        "timeline.0.weight": (timeline_words(own), timeline_words(other)),
        "front.weight": tuple([*before, *roll_words(words), *waves] for words in (own, other)),
    }
    if "struck.out.weight" in weights:
        width = weights["struck.start"].shape[1]
        struck = [[(part, number) for part in words.parts for number in range(width)] for words in (own, other)]
        tables["struck.out.weight"] = cast(tuple[Words, Words], tuple(struck))
    found = {**fresh, **{name: tensor for name, tensor in weights.items() if name in fresh}}
    for name, (words, wanted) in tables.items():
        if name in weights:
            columns = weights[name]
            order = places(wanted[: fresh[name].shape[1]], words[: columns.shape[1]])
            found[name] = matched(columns, order, 1)
    for name in ("voices.middle", "voices.basis", "struck.voice", "struck.ramp", "struck.start"):
        if name in weights:
            found[name] = matched(weights[name], places(other.parts, own.parts), 0)
    if all(read) and "voices.basis" not in weights:  # it heard other numbers
        numbers = VOICE_DIM * len(other.parts)
        found["stationary.voices.weight"][:, :numbers] = fresh["stationary.voices.weight"][:, :numbers]
    return found


def matched(values: Tensor, at: tuple[int, ...] | None, dim: int) -> Tensor:
    """`values` in the order `at` of `engine.vocabulary.places` along `dim`, zero for what is not there."""
    if at is None:
        return values
    shape = list(values.shape)
    shape[dim] = 1
    filled = torch.cat((values, values.new_zeros(shape)), dim=dim)
    return filled.index_select(dim, torch.tensor(at, device=values.device))
