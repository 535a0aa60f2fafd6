"""Captions as musicians write them: a grammar over what is true of a loop, in many word orders, typos included."""

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.corpus.forms import DRUMS
from engine.corpus.streams import chance, pick
from engine.corpus.wording import (
    BEATLESS_NOUNS,
    CHARACTER_PHRASES,
    CHARACTER_WORDS,
    DRUM_NOUNS,
    ERAS,
    NOUNS,
    PART_WORDS,
    STYLE_WORDS,
    TEMPO_WORDS,
)
from engine.vocabulary import PARTS

TYPO_CHANCE: Final = 0.12


@dataclass(frozen=True)
class Facts:
    """What may be said of a loop.

    `parts` sound; `absent` are known to be silent. `words` holds the true words for each sounding part and
    `figures` phrases for what they play. `style` and `key` are None when unknown.
    """

    tempo_bpm: float
    style: str | None = None
    key: str | None = None
    parts: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    characters: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    figures: tuple[str, ...] = ()


def write_captions(facts: Facts, rng: np.random.Generator, count: int = 4) -> tuple[str, ...]:
    """`count` captions that are true of the loop, different from each other as far as the facts allow."""
    speaker = _Speaker(facts, rng)
    templates = [_sentence, _sentence, _list, _list, _request, _short, _parts_first]
    order = [templates[int(i)] for i in rng.permutation(len(templates))]
    found: dict[str, None] = {}
    for attempt in range(8 * count):
        found.setdefault(_finish(order[attempt % len(order)](speaker), rng))
        if len(found) == count:
            break
    captions = list(found)
    while len(captions) < count:
        captions.append(captions[-1])
    return tuple(captions)


def tempo_text(tempo_bpm: float, rng: np.random.Generator) -> str:
    """The tempo in figures, rounded as people do, or in words."""
    if chance(rng, 0.55):
        number = f"{round(tempo_bpm)}"
        return pick(rng, (f"{number} bpm", f"{number}bpm", f"{number} BPM", f"at {number} bpm"))
    words = next(words for low, high, words in TEMPO_WORDS if low <= tempo_bpm < high)
    return pick(rng, words)


def key_text(key: str, rng: np.random.Generator) -> str:
    """A key as "Am", "A minor" or "in A minor", with sharps spelled the way they fall."""
    tonic, minor = key.removesuffix("m"), key.endswith("m")
    tonic = pick(rng, (tonic, tonic.replace("b", " flat") if len(tonic) > 1 else tonic))
    mode = "minor" if minor else "major"
    return pick(rng, (f"in {tonic} {mode}", f"{tonic} {mode}", f"key of {tonic} {mode}", key))


class _Speaker:
    """Phrases of one loop; every method returns something true, or an empty string when there is nothing to say."""

    def __init__(self, facts: Facts, rng: np.random.Generator) -> None:
        self.facts = facts
        self.rng = rng

    def style(self) -> str:
        if self.facts.style is None:
            return "electronic"
        words = pick(self.rng, STYLE_WORDS[self.facts.style])
        if chance(self.rng, 0.12):
            return f"{pick(self.rng, ERAS[self.facts.style])} {words}"
        return words

    def noun(self) -> str:
        playing = set(self.facts.parts)
        if playing <= set(DRUMS):
            return pick(self.rng, (*DRUM_NOUNS, "loop"))
        return pick(self.rng, BEATLESS_NOUNS if not playing & {"kick", "snare"} else NOUNS)

    def adjectives(self, most: int) -> list[str]:
        chosen = self._some(self.facts.characters, int(self.rng.integers(0, most + 1)))
        return [pick(self.rng, CHARACTER_WORDS[c]) for c in chosen]

    def part(self, part: str) -> str:
        return pick(self.rng, self.facts.words.get(part) or PART_WORDS[part])

    def parts(self, most: int) -> list[str]:
        count = int(self.rng.integers(1, most + 1)) if self.facts.parts else 0
        return [self.part(part) for part in self._some(self.facts.parts, count)]

    def details(self) -> list[str]:
        """Things that go after "with": parts, figures and characters."""
        said = [pick(self.rng, self.facts.figures)] if self.facts.figures and chance(self.rng, 0.5) else []
        phrased = [c for c in self.facts.characters if c in CHARACTER_PHRASES]
        if phrased and chance(self.rng, 0.35):
            said.append(pick(self.rng, CHARACTER_PHRASES[pick(self.rng, phrased)]))
        return said + (self.parts(3) if not said or chance(self.rng, 0.6) else [])

    def absence(self) -> str:
        absent, rng = set(self.facts.absent), self.rng
        options = [
            (p, PART_WORDS[p][0]) for p in ("kick", "snare", "percussion", "bass", "lead", "pad") if p in absent
        ]
        phrases = [f"{pick(rng, ('no', 'no', 'without', 'without a'))} {word}" for _, word in options]
        phrases = [p.replace("without a percussion", "without percussion") for p in phrases]
        if {"closed_hat", "open_hat"} <= absent:
            phrases.append(pick(rng, ("no hats", "without hats", "no hi-hats")))
        if set(DRUMS) <= absent:
            phrases += ["no drums", "without drums", "beatless", "no beat", "drumless"] * 2
        if {"bass", "lead", "pad"} <= absent:
            phrases += ["drums only", "just drums", "no melody", "only drums"] * 2
        return pick(rng, phrases) if phrases else ""

    def only(self) -> str:
        """All the parts there are, when they are few."""
        words = self._joined([self.part(p) for p in self.facts.parts])
        return pick(self.rng, (f"just {words}", f"only {words}", f"{words} only", f"nothing but {words}"))

    def knows_all(self) -> bool:
        return len(self.facts.parts) + len(self.facts.absent) == len(PARTS)

    def tempo(self) -> str:
        return tempo_text(self.facts.tempo_bpm, self.rng)

    def key(self) -> str:
        return key_text(self.facts.key, self.rng) if self.facts.key else ""

    def _some(self, options: Sequence[str], count: int) -> list[str]:
        indices = self.rng.permutation(len(options))[:count]
        return [options[int(i)] for i in indices]

    def _joined(self, words: Sequence[str]) -> str:
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {pick(self.rng, ('and', 'and', '&', '+'))} {words[-1]}"

    def joined(self, words: Sequence[str]) -> str:
        """A list as it is said aloud."""
        return self._joined(list(dict.fromkeys(words)))


def _head(speaker: _Speaker, adjectives: int) -> str:
    return " ".join([*speaker.adjectives(adjectives), speaker.style(), speaker.noun()])


def _sentence(speaker: _Speaker) -> str:
    rng = speaker.rng
    text = _head(speaker, 2)
    if chance(rng, 0.75) and (details := speaker.details()):
        text += f" with {speaker.joined(details)}"
    tail = [
        speaker.absence() if chance(rng, 0.4) else "",
        speaker.tempo() if chance(rng, 0.45) else "",
        speaker.key() if chance(rng, 0.25) else "",
    ]
    return ", ".join([text, *(t for t in tail if t)])


def _list(speaker: _Speaker) -> str:
    rng = speaker.rng
    pieces = [*speaker.adjectives(3), *(speaker.parts(3) if chance(rng, 0.6) else [])]
    pieces += [speaker.style()] if chance(rng, 0.8) or not pieces else []
    pieces += [speaker.tempo()] if chance(rng, 0.5) else []
    pieces += [speaker.key()] if chance(rng, 0.3) else []
    pieces += [speaker.absence()] if chance(rng, 0.3) else []
    pieces += [pick(rng, speaker.facts.figures)] if speaker.facts.figures and chance(rng, 0.3) else []
    shuffled = [pieces[int(i)] for i in rng.permutation(len(pieces))]
    return pick(rng, (", ", ", ", " ")).join(dict.fromkeys(p for p in shuffled if p))


def _request(speaker: _Speaker) -> str:
    opening = pick(
        speaker.rng, ("give me a", "make a", "i want a", "i need a", "please make a", "a", "some kind of", "one more")
    )
    return f"{opening} {_sentence(speaker)}"


def _short(speaker: _Speaker) -> str:
    rng = speaker.rng
    options: list[Callable[[], str]] = [
        speaker.style,
        lambda: " ".join([*speaker.adjectives(1), speaker.style()]),
        lambda: f"{speaker.style()} {speaker.tempo()}",
        lambda: speaker.joined(speaker.parts(2)) or speaker.style(),
        lambda: f"{speaker.tempo()} {speaker.style()} {speaker.noun()}",
        lambda: " ".join([speaker.style(), speaker.absence()]).strip(),
    ]
    return pick(rng, options)()


def _parts_first(speaker: _Speaker) -> str:
    rng = speaker.rng
    if speaker.knows_all() and 0 < len(speaker.facts.parts) <= 3:
        text = speaker.only()
        return f"{text}, {speaker.style()}" if chance(rng, 0.5) else text
    text = speaker.joined(speaker.parts(4))
    extra = [speaker.style(), *speaker.adjectives(1), speaker.tempo() if chance(rng, 0.4) else ""]
    return ", ".join(piece for piece in (text, *extra) if piece)


def _finish(text: str, rng: np.random.Generator) -> str:
    """Upper case, full stops and typos as they happen."""
    if chance(rng, TYPO_CHANCE):
        text = _typo(text, rng)
    if chance(rng, 0.15):
        text = text[:1].upper() + text[1:]
    return text + "." if chance(rng, 0.06) else text


def _typo(text: str, rng: np.random.Generator) -> str:
    """One letter of one long word swapped with its neighbour, doubled, dropped or mistyped."""
    words = text.split(" ")
    long_words = [i for i, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    if not long_words:
        return text
    index = pick(rng, long_words)
    word = words[index]
    place = int(rng.integers(1, len(word) - 1))
    words[index] = pick(
        rng,
        (
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            word[:place] + word[place] + word[place:],
            word[:place] + word[place + 1 :],
            word[:place] + pick(rng, string.ascii_lowercase) + word[place + 1 :],
        ),
    )
    return " ".join(words)
