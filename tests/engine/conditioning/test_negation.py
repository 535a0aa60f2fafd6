"""What prompts ask away, in the ways that musicians say it."""

import pytest

from engine.conditioning.negation import Wishes, parts_named, take_apart
from engine.vocabulary import PARTS

DRUMS = ("kick", "snare", "closed_hat", "open_hat", "percussion")


@pytest.mark.parametrize(
    ("prompt", "wanted", "unwanted", "absent"),
    [
        ("techno without any kick", "techno", ("kick",), ("kick",)),
        ("No kick, please", "please", ("kick",), ("kick",)),
        ("leave the kick drum out", "", ("kick drum",), ("kick",)),
        ("house, no snare or clap, warm", "house, warm", ("snare or clap",), ("snare",)),
        ("no hi-hats at all", "", ("hi-hats",), ("closed_hat", "open_hat")),
        ("no open hats", "", ("open hats",), ("open_hat",)),
        ("drums only, no bass, no melody", "drums only", ("bass", "melody"), ("bass", "lead", "pad")),
        ("bass and pads, kick removed", "bass and pads", ("kick",), ("kick",)),
        ("a drumless dreamy interlude", "a dreamy interlude", ("drum",), DRUMS),
        ("no bass drum", "", ("bass drum",), ("kick",)),
        ("house without kick and with piano", "house and with piano", ("kick",), ("kick",)),
        ("tight, no reverb", "tight", ("reverb",), ()),
    ],
)
def test_what_is_asked_away(prompt: str, wanted: str, unwanted: tuple[str, ...], absent: tuple[str, ...]) -> None:
    assert take_apart(prompt) == Wishes(wanted, unwanted, absent)


@pytest.mark.parametrize(
    ("prompt", "kept"),
    [
        ("just hi-hats and percussion", {"closed_hat", "open_hat", "percussion"}),
        ("only kick, clap and synth, very dark", {"kick", "snare", "lead"}),
        ("snare drum only", {"snare"}),
        ("a single pad and nothing else", {"pad"}),
    ],
)
def test_only_is_the_absence_of_all_others(prompt: str, kept: set[str]) -> None:
    assert set(PARTS) - set(take_apart(prompt).absent) == kept


@pytest.mark.parametrize(
    "prompt",
    ["", "drum and bass", "just a warm techno groove", "kick drum and bass", "🔥", "nothing but love", "know kick"],
)
def test_nothing_is_asked_away(prompt: str) -> None:
    assert take_apart(prompt) == Wishes(prompt)


def test_parts_by_their_names() -> None:
    assert parts_named("claps, congas & a 303 bassline") == {"snare", "percussion", "bass"}
    assert parts_named("bass drum and bass") == {"kick", "bass"}
    assert parts_named("drums") == set(DRUMS)
    assert parts_named("warm and dark") == set()


def test_the_longest_prompts_are_read() -> None:
    assert take_apart("no kick " * 125).absent == ("kick",)
    assert take_apart("no " * 333).absent == ()
    assert take_apart("x" * 1000) == Wishes("x" * 1000)
    assert take_apart("just " * 200).absent == ()
