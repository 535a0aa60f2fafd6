"""Prompts: words and their weights as one embedding, and what they say of tags."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from engine.clap.base import ClapEmbedder
from engine.conditioning.learnt_sounds import LearntSounds
from engine.conditioning.negation import take_apart
from engine.conditioning.phrases import phrases
from engine.conditioning.steers import Steers
from engine.diffusion.noise import slerp
from engine.loop import PackWords
from engine.requests import LoopRequest
from engine.vocabulary import PARTS, STYLES, TAGS

LIKELY: Final = 0.5
"""Probability from which a tag counts as asked for in words, or heard in a sound."""
UNLIKELY: Final = 0.3
"""Probability up to which it counts as asked away, or not heard. Styles are never asked away."""
HARDLY: Final = 0.05
"""The same for `PLAYED` tags in words: bright loops of the corpus seldom have a bass, but who says "bright house" has
not asked the bass away."""
PLAYED: Final = (*PARTS, "four_on_the_floor", "broken")
SIGNATURES: Final = {"acid": ("bass", "lead")}
"""Parts that make a style what it is: who names it has not asked these away, however seldom such words come with
them."""
MOVED: Final = 1.0
"""By how many logits words have to change a tag, compared with an empty prompt."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What a prompt says: its embedding `[1, 512]` of unit norm and that of what it asks away, None without words;
    tags that it asks for and tags that it asks away; how much more or less than that it asks of each tag, `lean`
    `[1, len(TAGS)]`, None where no more is said."""

    embedded: Tensor | None = None
    unwanted: Tensor | None = None
    tags: tuple[str, ...] = ()
    negative_tags: tuple[str, ...] = ()
    lean: Tensor | None = None

    def turned(self) -> "Reading":
        """The same as a negative prompt: what it names is unwanted, and what it excludes is not asked for."""
        return Reading(self.unwanted, self.embedded, (), self.tags)

    def applied(self, request: LoopRequest) -> LoopRequest:
        """The request with the tags of its words beside those it names; what it names wins."""
        named = {*request.tags, *request.negative_tags}
        return request.with_(
            tags=(*request.tags, *(tag for tag in self.tags if tag not in named)),
            negative_tags=(*request.negative_tags, *(tag for tag in self.negative_tags if tag not in named)),
        )


@torch.inference_mode()
def read_prompt(clap: ClapEmbedder, prompt: str) -> Reading:
    """What `clap` makes of `prompt`; a prompt without words it knows asks for nothing.

    What is asked away (`engine.conditioning.negation`) is embedded by itself, and absent parts are negative tags.
    """
    wishes = take_apart(prompt)
    wanted = _read_wanted(clap, wishes.wanted)
    unwanted = _read_wanted(clap, ", ".join(wishes.unwanted))
    away = dict.fromkeys((*wishes.absent, *(unwanted.tags if unwanted.embedded is not None else ())))
    return Reading(
        wanted.embedded,
        unwanted.embedded,
        tuple(tag for tag in wanted.tags if tag not in away),
        tuple(dict.fromkeys((*away, *wanted.negative_tags))),
        wanted.lean,
    )


def _read_wanted(clap: ClapEmbedder, text: str) -> Reading:
    said = phrases(text)
    if not said or not clap.knows(text):
        return Reading()
    whole, counted = (", ".join(p.words for p in said if p.weight or every) for every in (True, False))
    nothing, embedded, plain, *single = clap.embed_text(["", whole, counted, *(p.words for p in said)]).float()
    # A phrase's own direction, once more for every weight above one, taken back below.
    for phrase, alone in zip(said, single, strict=True):
        embedded = embedded + (phrase.weight - 1) * (alone - nothing)
    embedded = functional.normalize(embedded[None], dim=1).cpu()  # where other conditions of requests are
    if not clap.reads_tags:
        return Reading(embedded)
    asked, away = _tags(clap, nothing, plain)
    lean = torch.zeros(1, len(TAGS))
    for phrase, alone in zip(said, single, strict=True):
        if phrase.weight not in (0, 1):
            for sign, tags, its in zip((1, -1), (asked, away), _tags(clap, nothing, alone), strict=True):
                for tag in set(tags) & set(its):
                    lean[0, TAGS.index(tag)] = sign * (phrase.weight - 1)
    return Reading(embedded, None, tuple(asked), tuple(away), lean if lean.any() else None)


def _tags(clap: ClapEmbedder, nothing: Tensor, embedded: Tensor) -> tuple[list[str], list[str]]:
    """Tags that `embedded` `[512]` asks for and asks away, beyond what `nothing` says."""
    before, after = clap.tag_logits(torch.stack((nothing, embedded))).cpu()
    chances, moved = after.sigmoid(), after - before
    known = [(row, tag) for row, tag in enumerate(clap.known.tags) if tag in TAGS]
    asked = [tag for row, tag in known if chances[row] >= LIKELY and moved[row] >= MOVED]
    own = {part for style in asked for part in SIGNATURES.get(style, ())}
    away = [
        tag
        for row, tag in known
        if tag not in STYLES
        and tag not in own
        and chances[row] <= (HARDLY if tag in PLAYED else UNLIKELY)
        and moved[row] <= -MOVED
    ]
    return asked, away


@torch.inference_mode()
def read_sound(clap: ClapEmbedder, embedded: Tensor) -> Reading:
    """What `clap` hears in a sound, from its embedding `[1, 512]`: its likeliest style, and the other tags that are
    likely there or not."""
    chances = clap.tag_logits(embedded.to(clap.tag_directions().device))[0].sigmoid()
    found = dict(zip(clap.known.tags, chances.tolist(), strict=True))
    styles, others = ([tag for tag in found if tag in TAGS and (tag in STYLES) == style] for style in (True, False))
    return Reading(
        tags=(*sorted(styles, key=lambda style: -found[style])[:1], *(tag for tag in others if found[tag] >= LIKELY)),
        negative_tags=tuple(tag for tag in others if found[tag] <= UNLIKELY),
    )


class PromptReader:
    """Reads the prompts of requests with one embedder, each text once; by default its steers are plain. Where a
    request says nothing, `sounds` that were learnt do."""

    def __init__(
        self, clap: ClapEmbedder | None, steers: Steers | None = None, sounds: LearntSounds | None = None
    ) -> None:
        self.clap = clap
        self.sounds = sounds if clap is not None else None
        self.steers = steers or (Steers.plain(clap) if clap is not None and clap.reads_tags else None)
        self._read = lru_cache(maxsize=256)(self._fresh)

    def __call__(self, prompt: str) -> Reading:
        """What the prompt says; nothing where the pack has no embedder."""
        return self._read(prompt)

    @property
    def words(self) -> PackWords | None:
        """The words it takes; None where the pack has no embedder."""
        return None if self.clap is None else PackWords(self.clap.own_words, self.clap.knows)

    @torch.inference_mode()
    def wanted(self, request: LoopRequest) -> Reading:
        """What a request asks for: its words, blended with its reference, steered; and what it leads away from, its
        negative prompt with what its words ask away."""
        request = self._said(request)
        said, unsaid = self(request.prompt), self(request.negative_prompt)
        embedded = said.embedded
        away = [x for x in (said.unwanted, unsaid.embedded) if x is not None]
        unwanted = functional.normalize(torch.cat(away).sum(0, keepdim=True), dim=1) if away else None
        if request.reference and self.clap is not None:
            sound = functional.normalize(torch.tensor([request.reference]), dim=1)
            embedded = sound if embedded is None else slerp(embedded, sound, request.blend)
        if request.steer and self.steers is not None and self.clap is not None:
            if embedded is None:
                # Nothing to steer yet: begin at what the tags say.
                embedded = self.clap.embed_text([" ".join(request.tags).replace("_", " ") or "loop"]).float().cpu()
            embedded = functional.normalize(embedded + self.steers.move(request.steer), dim=1)
        return replace(said, embedded=embedded, unwanted=unwanted)

    def asked(self, request: LoopRequest) -> LoopRequest:
        """The request with tags for what its words say, and for what is heard in its reference where that weighs no
        less than the words; what the request names wins over words, and words over the reference."""
        request = self._said(request)
        unsaid = self(request.negative_prompt).turned()
        asked = self(request.prompt).applied(unsaid.applied(request))
        if not request.reference or self.clap is None or not self.clap.reads_tags:
            return asked
        if request.blend < 0.5 and self(request.prompt).embedded is not None:
            return asked
        heard = read_sound(self.clap, functional.normalize(torch.tensor([request.reference]), dim=1))
        if {*asked.tags} & {*STYLES}:
            heard = replace(heard, tags=tuple(tag for tag in heard.tags if tag not in STYLES))
        return heard.applied(asked)

    def learnt(self, request: LoopRequest) -> float:
        """How much counts of what the pack learnt, for `request`."""
        return request.learnt if self.sounds is None else self.sounds.share(request)

    def plays_a_sound(self, request: LoopRequest) -> bool:
        """Whether `request` leaves even its rows to the sounds that were learnt: theirs have no voices that are known
        apart."""
        spoken_for = self.sounds is not None and self.sounds.speak_for(request)
        return spoken_for and not request.pattern.rows and not request.voices

    def _said(self, request: LoopRequest) -> LoopRequest:
        return request if self.sounds is None else self.sounds.applied(request)

    def _fresh(self, prompt: str) -> Reading:
        return Reading() if self.clap is None or not prompt.strip() else read_prompt(self.clap, prompt)
