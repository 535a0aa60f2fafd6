"""Captions: every word of every caption can be derived from what is true of the loop."""

import re
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from engine.corpus import captions as captions_module
from engine.corpus.arrangement import LoopPlan, plan_loop
from engine.corpus.captions import Facts, write_captions
from engine.corpus.forms import DRUMS
from engine.corpus.render import facts_of
from engine.corpus.voices import VOICES
from engine.corpus.wording import (
    BEATLESS_NOUNS,
    CHARACTER_PHRASES,
    CHARACTER_WORDS,
    DRUM_NOUNS,
    ERAS,
    NOUNS,
    STYLE_WORDS,
    TEMPO_WORDS,
    VOICE_WORDS,
)
from engine.vocabulary import CHARACTERS, PARTS, STYLES

GLUE = {
    "with", "and", "&", "+", "at", "in", "a", "i", "give", "me", "make", "want", "need", "please", "some", "kind",
    "of", "one", "more", "electronic", "key",
}  # fmt: skip
PITCHED = ("bass", "lead", "pad")


def words_of(text: str) -> tuple[str, ...]:
    return tuple(re.sub(r"[,.]", " ", text.lower()).split())


def true_phrases(facts: Facts) -> Iterator[str]:
    """Written apart from the grammar: what may be said, from the facts alone."""
    if facts.style:
        yield from STYLE_WORDS[facts.style]
        yield from ERAS[facts.style]
    silent = set(PARTS) - set(facts.parts)
    yield from DRUM_NOUNS if silent >= set(PITCHED) else ()
    yield from NOUNS if {"kick", "snare"} & set(facts.parts) else BEATLESS_NOUNS
    yield "loop"
    for part in facts.parts:
        yield from facts.words[part]
    for part in silent - {"closed_hat", "open_hat"}:
        yield from (f"no {part}", f"without {part}", f"without a {part}")
    if {"closed_hat", "open_hat"} <= silent:
        yield from ("no hats", "without hats", "no hi-hats")
    if silent >= set(DRUMS):
        yield from ("no drums", "without drums", "beatless", "no beat", "drumless")
    if silent >= set(PITCHED):
        yield from ("drums only", "just drums", "no melody", "only drums")
    if len(facts.parts) <= 3:
        yield from ("just", "only", "nothing but")
    for character in facts.characters:
        yield from CHARACTER_WORDS[character]
        yield from CHARACTER_PHRASES.get(character, ())
    yield from facts.figures
    yield from (w for low, high, words in TEMPO_WORDS if low <= facts.tempo_bpm < high for w in words)
    yield from (f"{round(facts.tempo_bpm)} bpm", f"{round(facts.tempo_bpm)}bpm")
    if facts.key:
        tonic, mode = facts.key.removesuffix("m"), "minor" if facts.key.endswith("m") else "major"
        for name in (tonic, tonic.replace("b", " flat") if len(tonic) > 1 else tonic):
            yield from (f"{name} {mode}", facts.key)


def derivable(caption: str, facts: Facts) -> bool:
    phrases = {words_of(phrase) for phrase in true_phrases(facts)} | {(word,) for word in GLUE}
    words = words_of(caption)
    reached = {0}
    for start in range(len(words)):
        if start in reached:
            reached |= {start + len(p) for p in phrases if words[start : start + len(p)] == p}
    return len(words) in reached


@cache
def planned(seed: int) -> LoopPlan:
    return plan_loop(seed)


def facts_for(plan: LoopPlan) -> Facts:
    return facts_of(plan, tuple(tag for tag in plan.tags if tag in CHARACTERS))


def test_captions_say_only_what_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captions_module, "TYPO_CHANCE", 0.0)
    for seed in range(200):
        facts = facts_for(planned(seed))
        for caption in write_captions(facts, np.random.default_rng(seed)):
            assert derivable(caption, facts), (seed, caption, facts)


def test_the_truth_test_can_fail() -> None:
    facts = Facts(tempo_bpm=128, style="techno", parts=("kick",), absent=tuple(PARTS[1:]), words={"kick": ("kick",)})
    assert derivable("Techno loop with kick, no bass, 128 bpm", facts)
    for lie in (
        "techno, no kick",
        "house loop",
        "techno with hats",
        "techno 140 bpm",
        "dark techno",
        "techno in A minor",
    ):
        assert not derivable(lie, facts), lie


def test_only_means_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captions_module, "TYPO_CHANCE", 0.0)
    seen = 0
    for seed in range(200):
        facts = facts_for(planned(seed))
        for caption in write_captions(facts, np.random.default_rng(seed), 8):
            text = caption.lower()
            if re.match(r"(just|only|nothing but) (?!drums)", text):
                seen += 1
                assert len(facts.parts) <= 3
                assert all(any(word in text for word in facts.words[part]) for part in facts.parts)
    assert seen >= 10


def test_absences_name_silent_parts() -> None:
    seen = 0
    for seed in range(200):
        plan = planned(seed)
        onsets = plan.onsets()
        for caption in write_captions(facts_for(plan), np.random.default_rng(seed)):
            for part in re.findall(r"\b(?:no|without|without a) (kick|snare|bass|lead|pad|percussion)\b", caption):
                seen += 1
                assert onsets[part] == ()
    assert seen >= 50


def test_captions_are_four_varied_and_deterministic() -> None:
    everything: list[str] = []
    for seed in range(200):
        facts = facts_for(planned(seed))
        found = write_captions(facts, np.random.default_rng(seed))
        assert found == write_captions(facts, np.random.default_rng(seed))
        assert len(found) == 4
        everything += found
    assert len(set(everything)) > 0.93 * len(everything)
    lengths = np.array([len(caption.split()) for caption in everything])
    assert (lengths <= 3).sum() > 80
    assert (lengths >= 8).sum() > 150
    assert max(map(len, everything)) < 250
    assert len({word for caption in everything for word in words_of(caption)}) > 350


def test_typos_happen_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = 0
    for seed in range(200):
        facts = facts_for(planned(seed))
        changed += any(not derivable(c, facts) for c in write_captions(facts, np.random.default_rng(seed)))
    assert 20 <= changed <= 110


def test_unknown_style_and_key_can_be_captioned() -> None:
    facts = Facts(tempo_bpm=123.4, parts=(), absent=(), characters=("dark",))
    found = write_captions(facts, np.random.default_rng(0))
    assert len(found) == 4
    assert all(caption.strip() for caption in found)


def test_words_exist_for_everything() -> None:
    assert set(VOICE_WORDS) == set(VOICES)
    assert set(CHARACTER_WORDS) == set(CHARACTERS)
    assert set(STYLE_WORDS) == set(ERAS) == set(STYLES)
    assert all(TEMPO_WORDS[i][1] == TEMPO_WORDS[i + 1][0] for i in range(len(TEMPO_WORDS) - 1))
