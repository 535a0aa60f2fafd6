"""What a prompt asks away: "no kick", "without hats", "leave the bass out", "drums only".

Embeddings are poor at negation: "no kick" lies near "kick". So what is asked away is cut out of the words that are
embedded, embedded by itself for the negative side, and, where it names parts, the parts are told.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.clap.words import split
from engine.corpus.forms import DRUMS
from engine.corpus.wording import PART_WORDS
from engine.vocabulary import PARTS

_HATS: Final = ("closed_hat", "open_hat")
_MORE_WORDS: Final = {
    "kick": "kicks bassdrum thump",
    "snare": "snares clap claps handclap handclaps rim rims rimshot rimshots snap snaps backbeat",
    "percussion": "percs congas conga bongos bongo shaker shakers tom toms cowbell tambourine",
    "bass": "basses basslines sub reese",
    "lead": "leads melody melodies melodic stab stabs arp arps chords chord piano organ bells synths",
    "pad": "drone drones strings atmosphere ambience chords chord melody melodies melodic synths",
}
_STOP: Final = r"(?=\s*(?:$|[,.;:!?()]|\b(?:and|but|with|at|please|in|just|only|on|for|over|no|without)\b))"
_WORDS: Final = r"((?:[\w'-]+)(?:\s+(?!and\b|but\b|with\b|please\b)[\w'-]+){0,4}?)"
_NEGATIONS: Final = (
    re.compile(
        rf"\b(?:no|without|minus|zero)\s+(?:(?:a|an|any|the|more)\s+)?{_WORDS}(?:\s+(?:at all|whatsoever))?{_STOP}"
    ),
    re.compile(rf"\b(?:leave|take|cut|drop)\s+(?:out\s+)?(?:the\s+)?{_WORDS}\s+(?:out|away|off){_STOP}"),
    re.compile(rf"\b(?:mute|remove|kill|lose|skip)\s+(?:the\s+)?{_WORDS}{_STOP}"),
    re.compile(r"([\w'-]+(?:\s+[\w'-]+)?)\s+(?:removed|muted|left out|taken out)\b"),
    re.compile(r"\b(drum|beat|kick|bass|snare)less\b"),
)
_ONLY: Final = (
    re.compile(r"\b(?:just|only|nothing but|nothing except)\s+([^.;:!?]+)"),
    re.compile(r"(?:^|[,.;:!?])\s*([^,.;:!?]+?)\s+(?:only|alone|and nothing else)\b"),
)


@dataclass(frozen=True)
class Wishes:
    """A prompt taken apart: the words that are `wanted`, the words that are `unwanted`, and the `absent` parts."""

    wanted: str
    unwanted: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def take_apart(prompt: str) -> Wishes:
    """What `prompt` wants and what it asks away."""
    text = prompt.lower()
    unwanted: list[str] = []
    for pattern in _NEGATIONS:
        unwanted += [match[1].strip() for match in pattern.finditer(text)]
        text = pattern.sub(" ", text)
    absent = {part for words in unwanted for part in parts_named(words)}
    for pattern in _ONLY:
        for match in pattern.finditer(text):
            named = _listed(match[1])
            # "just a warm techno groove" says nothing of parts.
            absent |= set(PARTS) - named if named else set()
    if not unwanted and not absent:
        return Wishes(prompt)
    wanted = re.sub(r"\s*,(?:\s*,)+\s*", ", ", re.sub(r"\s+", " ", text)).strip(" ,")
    return Wishes(wanted, tuple(unwanted), tuple(part for part in PARTS if part in absent))


def _listed(text: str) -> set[str]:
    """The parts of a list such as "kick, clap and synth", up to the first entry that names no part."""
    found: set[str] = set()
    for entry in text.split(","):
        named = parts_named(entry)
        if not named:
            break
        found |= named
    return found


def parts_named(text: str) -> set[str]:
    """The parts that `text` names: "hats" are both kinds of them, "drums" are all, "bass drum" is the kick."""
    words = " ".join(split(text)).replace("bass drum", "kick").split()
    found = {part for part, phrases in _phrases().items() if any(_holds(words, phrase) for phrase in phrases)}
    found |= _hats(words)
    if "drums" in words or {"beat", "beats"} & set(words) or ("drum" in words and not found & set(DRUMS)):
        found |= set(DRUMS)
    return found


def _hats(words: list[str]) -> set[str]:
    if {"cymbal", "cymbals"} & set(words):
        return set(_HATS)
    if not {"hat", "hats", "hihat", "hihats"} & set(words):
        return set()
    return {kind for kind in _HATS if kind.removesuffix("_hat") in words} or set(_HATS)


@lru_cache(maxsize=1)
def _phrases() -> dict[str, list[list[str]]]:
    return {
        part: [split(phrase) for phrase in (*PART_WORDS[part], *_MORE_WORDS.get(part, "").split())]
        for part in PARTS
        if part not in _HATS
    }


def _holds(words: list[str], phrase: list[str]) -> bool:
    return any(words[at : at + len(phrase)] == phrase for at in range(len(words) - len(phrase) + 1))
