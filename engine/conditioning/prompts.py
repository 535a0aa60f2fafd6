"""Prompts: words and their weights as one embedding, and what they say of tags."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from engine.clap.base import ClapEmbedder
from engine.clap.starter import StarterClap
from engine.conditioning.negation import take_apart
from engine.conditioning.phrases import phrases
from engine.diffusion.noise import slerp
from engine.loop import PackWords
from engine.requests import LoopRequest
from engine.vocabulary import STEERS, STYLES, TAGS

SURE: Final = 0.6
"""Probability from which a tag counts as asked for."""
SURELY_NOT: Final = 0.2
"""Probability up to which it counts as asked away; a style that is not meant is none."""
MOVED: Final = 1.0
"""Logits that a tag has to move from what no words at all say of it."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What a prompt says: its embedding `[1, 512]` of unit norm and that of what it asks away, None without words;
    tags that it asks for and tags that it asks away."""

    embedded: Tensor | None = None
    unwanted: Tensor | None = None
    tags: tuple[str, ...] = ()
    negative_tags: tuple[str, ...] = ()

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
    )


def _read_wanted(clap: ClapEmbedder, text: str) -> Reading:
    said = phrases(text)
    if not said or (isinstance(clap, StarterClap) and not clap.vocabulary.knows(text)):
        return Reading()
    whole = ", ".join(phrase.words for phrase in said)
    nothing, embedded, *single = clap.embed_text(["", whole, *(phrase.words for phrase in said)]).float()
    # A phrase's own direction, once more for every weight above one, taken back below.
    for phrase, alone in zip(said, single, strict=True):
        embedded = embedded + (phrase.weight - 1) * (alone - nothing)
    embedded = functional.normalize(embedded[None], dim=1)
    if not isinstance(clap, StarterClap):
        return Reading(embedded.cpu())
    before, after = clap.tag_logits(nothing[None])[0], clap.tag_logits(embedded)[0]
    chances, moved = after.sigmoid(), after - before
    return Reading(
        embedded.cpu(),  # where requests' other conditions are, whatever device embeds
        None,
        tuple(tag for row, tag in enumerate(TAGS) if chances[row] >= SURE and moved[row] >= MOVED),
        tuple(
            tag
            for row, tag in enumerate(TAGS)
            if tag not in STYLES and chances[row] <= SURELY_NOT and moved[row] <= -MOVED
        ),
    )


STEER_LENGTH: Final = 0.5
"""How far a steer of 1 moves an embedding of length one."""


def direction(clap: StarterClap, name: str) -> Tensor:
    """The unit vector `[512]` of a steer: towards its tag, away from the opposite, and, as far as it goes, along none
    of the other steers (their directions are projected out)."""
    own, *others = (_raw_direction(clap, steer) for steer in (name, *(s for s in STEERS if s != name)))
    span, _ = torch.linalg.qr(torch.stack(others, dim=1))
    return functional.normalize(own - span @ (span.T @ own), dim=0)


def _raw_direction(clap: StarterClap, name: str) -> Tensor:
    towards, away = STEERS[name]
    weight = clap.facts.weight[TAGS.index(towards)]
    weight = weight - clap.facts.weight[TAGS.index(away)] if away else weight
    return functional.normalize(weight.float(), dim=0)


class PromptReader:
    """Reads the prompts of requests with one embedder, each text once."""

    def __init__(self, clap: ClapEmbedder | None) -> None:
        self.clap = clap
        self._read = lru_cache(maxsize=256)(self._fresh)

    def __call__(self, prompt: str) -> Reading:
        """What the prompt says; nothing where the pack has no embedder."""
        return self._read(prompt)

    @property
    def words(self) -> PackWords | None:
        """The words it takes; None where the pack has no embedder."""
        if isinstance(self.clap, StarterClap):
            return PackWords(self.clap.vocabulary.domain, self.clap.vocabulary.knows)
        return None if self.clap is None else PackWords()

    @torch.inference_mode()
    def wanted(self, request: LoopRequest) -> Reading:
        """What a request asks for: its words, blended with its reference, steered; and what it leads away from, its
        negative prompt with what its words ask away."""
        said, unsaid = self(request.prompt), self(request.negative_prompt)
        embedded = said.embedded
        away = [x for x in (said.unwanted, unsaid.embedded) if x is not None]
        unwanted = functional.normalize(torch.cat(away).sum(0, keepdim=True), dim=1) if away else None
        if request.reference and self.clap is not None:
            sound = functional.normalize(torch.tensor([request.reference]), dim=1)
            embedded = sound if embedded is None else slerp(embedded, sound, request.blend)
        if request.steer and isinstance(self.clap, StarterClap):
            if embedded is None:
                # Nothing to steer yet: begin at what the tags say.
                embedded = self.clap.embed_text([" ".join(request.tags).replace("_", " ") or "loop"]).float().cpu()
            for name, amount in request.steer.items():
                embedded = embedded + STEER_LENGTH * amount * direction(self.clap, name).to(embedded.device)
            embedded = functional.normalize(embedded, dim=1)
        return replace(said, embedded=embedded, unwanted=unwanted)

    def _fresh(self, prompt: str) -> Reading:
        return Reading() if self.clap is None or not prompt.strip() else read_prompt(self.clap, prompt)
