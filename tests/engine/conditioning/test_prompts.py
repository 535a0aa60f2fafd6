"""Prompts: phrases and weights, what words say of tags, and that a request's own tags win."""

import pytest
import torch
from tiny import tiny_clap

from engine.clap.starter import StarterClap
from engine.conditioning.phrases import Phrase, phrases
from engine.conditioning.prompts import PromptReader, Reading, read_prompt
from engine.conditioning.steers import Steers
from engine.conditioning.tags import lean_tags, tags_condition
from engine.errors import InvalidRequest
from engine.requests import LoopRequest
from engine.vocabulary import STEERS, TAGS


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("", []),
        (" , ,", []),
        ("warm pad, no kick", [Phrase("warm pad"), Phrase("no kick")]),
        ("acid:1.3", [Phrase("acid", 1.3)]),
        ("warm pad, (acid : 0.5), dry", [Phrase("warm pad"), Phrase("acid", 0.5), Phrase("dry")]),
        ("at 4:33 pm", [Phrase("at 4:33 pm")]),
        ("acid:", [Phrase("acid:")]),
        ("acid:loud", [Phrase("acid:loud")]),
        (":1.5", [Phrase(":1.5")]),
    ],
)
def test_phrases(prompt: str, found: list[Phrase]) -> None:
    assert phrases(prompt) == found


@pytest.mark.parametrize("weight", ["5.1", "-1", "99999"])
def test_a_weight_out_of_range_says_what_is_possible(weight: str) -> None:
    with pytest.raises(InvalidRequest, match="0 to 5"):
        phrases(f"acid:{weight}")


def test_a_weight_moves_the_embedding_towards_its_phrase() -> None:
    clap = tiny_clap().eval()
    with torch.no_grad():
        kick = clap.embed_text(["kick"])[0] - clap.embed_text([""])[0]
    readings = [read_prompt(clap, f"bright techno, kick:{weight}") for weight in (0, 0.5, 1, 1.5, 2, 3)]
    nearness = [float(reading.embedded[0] @ kick) for reading in readings if reading.embedded is not None]
    assert len(nearness) == 6 and nearness == sorted(nearness)
    plain = read_prompt(clap, "bright techno, kick")
    assert plain.embedded is not None and readings[2].embedded is not None
    assert torch.allclose(plain.embedded, readings[2].embedded, atol=1e-6)


def sure_of(clap: StarterClap, word: str, tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the embedder read `tag` off `word`, and its absence off `no word`."""
    with torch.no_grad():
        there, away = clap.embed_text([word, f"no {word}"])

    def tag_logits(embedded: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(len(embedded), len(TAGS))
        for known, value in ((there, 3.0), (away, -3.0)):
            logits[(embedded - known).norm(dim=1) < 1e-4, TAGS.index(tag)] = value
        return logits

    monkeypatch.setattr(clap, "tag_logits", tag_logits)


def test_what_words_say_of_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    clap = tiny_clap().eval()
    sure_of(clap, "warm", "kick", monkeypatch)  # a word that names no part
    assert read_prompt(clap, "warm").tags == ("kick",)
    assert read_prompt(clap, "warm, no warm").negative_tags == ("kick",) and not read_prompt(clap, "no warm").tags
    assert read_prompt(clap, "no bass").negative_tags == ("bass",)
    only = read_prompt(clap, "warm, no bright")
    assert only.embedded is not None and only.unwanted is not None
    with torch.no_grad():
        assert torch.allclose(only.embedded, clap.embed_text(["warm"]), atol=1e-6)
        assert torch.allclose(only.unwanted, clap.embed_text(["bright"]), atol=1e-6)
    assert read_prompt(clap, "zzz 🔥").embedded is None
    reader = PromptReader(clap)
    assert reader("kick") is reader("kick")
    assert PromptReader(None)("kick").embedded is None


def test_parts_go_only_where_words_leave_no_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    clap = tiny_clap().eval()
    chances = {"kick": 0.06, "bass": 0.04, "dark": 0.25, "warm": 0.35, "house": 0.01, "four_on_the_floor": 0.1}
    with torch.no_grad():
        nothing = clap.embed_text([""])

    def tag_logits(embedded: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(len(embedded), len(TAGS))
        for tag, chance in chances.items():
            said = (embedded - nothing).norm(dim=1) > 1e-4
            logits[said, TAGS.index(tag)] = float(torch.logit(torch.tensor(chance)))
        return logits

    monkeypatch.setattr(clap, "tag_logits", tag_logits)
    assert read_prompt(clap, "bright").negative_tags == ("bass", "dark")
    chances["acid"] = 0.9  # whose own part a bass is
    assert read_prompt(clap, "bright").tags == ("acid",) and read_prompt(clap, "bright").negative_tags == ("dark",)
    assert read_prompt(clap, "bright, no bass").negative_tags == ("bass", "dark")


def test_what_the_request_names_wins() -> None:
    request = LoopRequest(tags=("acid",), negative_tags=("kick",))
    asked = Reading(None, None, ("kick", "bass", "acid"), ("pad", "acid")).applied(request)
    assert asked.tags == ("acid", "bass")
    assert asked.negative_tags == ("kick", "pad")
    turned = Reading(None, None, ("kick",), ("pad",)).turned()
    assert (turned.tags, turned.negative_tags) == ((), ("kick",))


def test_words_and_a_reference_are_blended_and_ends_are_exact() -> None:
    clap = tiny_clap().eval()
    reader = PromptReader(clap)
    sound = torch.nn.functional.normalize(torch.randn(1, 512, generator=torch.Generator().manual_seed(0)), dim=1)
    request = LoopRequest(prompt="warm pad", reference=tuple(sound[0].tolist()))
    words = reader("warm pad").embedded
    assert words is not None
    nearness = []
    for blend in (0.0, 0.25, 0.5, 0.75, 1.0):
        embedded = reader.wanted(request.with_(blend=blend)).embedded
        assert embedded is not None and float(embedded.norm()) == pytest.approx(1, abs=1e-4)
        nearness.append(float((embedded * sound).sum()))
    assert nearness == sorted(nearness) and nearness[-1] == pytest.approx(1, abs=1e-4)
    assert nearness[0] == pytest.approx(float((words * sound).sum()), abs=1e-4)
    alone = reader.wanted(request.with_(prompt="")).embedded
    assert alone is not None and torch.allclose(alone, sound, atol=1e-4)


def test_a_weight_asks_more_or_less_of_what_its_phrase_says(monkeypatch: pytest.MonkeyPatch) -> None:
    clap = tiny_clap().eval()
    logits = torch.zeros(len(TAGS))
    logits[TAGS.index("pad")], logits[TAGS.index("dark")] = 3.0, -3.0
    with torch.no_grad():
        says = clap.embed_text(["techno, warm", "warm"])

    def tag_logits(embedded: torch.Tensor) -> torch.Tensor:
        near = (embedded[:, None] - says).norm(dim=2).amin(dim=1) < 1e-4
        return near[:, None] * logits

    monkeypatch.setattr(clap, "tag_logits", tag_logits)
    pad, dark = TAGS.index("pad"), TAGS.index("dark")
    for weight, leaning in ((0.5, -0.5), (1.5, 0.5)):
        reading = read_prompt(clap, f"techno, warm:{weight}")
        assert (reading.tags, reading.negative_tags) == (("pad",), ("dark",))  # the same at any weight
        assert reading.lean is not None
        assert (float(reading.lean[0, pad]), float(reading.lean[0, dark])) == (leaning, -leaning)
        assert float(reading.lean.abs().sum()) == 1.0
    assert read_prompt(clap, "techno, warm").tags == ("pad",) and read_prompt(clap, "techno, warm").lean is None
    assert read_prompt(clap, "techno, warm:0").tags == ()


def test_tags_lean_as_far_as_half_again() -> None:
    tags = tags_condition(("kick",), ("pad",))
    lean = torch.zeros_like(tags)
    kick, pad = TAGS.index("kick"), TAGS.index("pad")
    lean[0, kick], lean[0, pad] = 2.0, -0.25
    assert lean_tags(tags, None) is tags
    leaning = lean_tags(tags, lean)
    assert (float(leaning[0, kick]), float(leaning[0, pad]), float(leaning.abs().sum())) == (1.5, -1.25, 2.75)


def heard_in(clap: StarterClap, sound: torch.Tensor, monkeypatch: pytest.MonkeyPatch, **logits: float) -> LoopRequest:
    """A request for `sound`, off which the embedder reads `logits` of tags, 0 for all others."""

    def tag_logits(embedded: torch.Tensor) -> torch.Tensor:
        found = torch.full((len(embedded), len(TAGS)), -0.5)
        near = (embedded - sound).norm(dim=1) < 1e-3
        for tag, value in logits.items():
            found[near, TAGS.index(tag)] = value
        return found

    monkeypatch.setattr(clap, "tag_logits", tag_logits)
    return LoopRequest(reference=tuple(sound[0].tolist()))


def test_a_reference_says_tags_where_words_and_the_request_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    clap = tiny_clap().eval()
    sound = torch.nn.functional.normalize(torch.randn(1, 512, generator=torch.Generator().manual_seed(0)), dim=1)
    request = heard_in(clap, sound, monkeypatch, acid=-0.2, kick=0.1, bass=3.0, pad=-0.9, dark=-3.0)
    reader = PromptReader(clap)
    heard = reader.asked(request)
    assert heard.tags == ("acid", "kick", "bass")  # the likeliest style, even an unlikely one
    assert heard.negative_tags == ("pad", "dark")
    named = reader.asked(request.with_(tags=("house", "pad"), negative_tags=("bass",)))
    assert named.tags == ("house", "pad", "kick") and named.negative_tags == ("bass", "dark")
    assert reader.asked(request.with_(prompt="warm", blend=0.4)).tags == ()
    assert reader.asked(request.with_(prompt="zzz", blend=0.4)).tags == heard.tags  # nothing else is asked
    assert PromptReader(None).asked(request) == request


def test_steers_add_to_the_embedding() -> None:
    clap = tiny_clap().eval()
    steers = Steers()
    steers.embedding[list(STEERS).index("bright"), 0] = 3.0
    reader = PromptReader(clap, steers)
    steered = reader.wanted(LoopRequest(prompt="techno", steer={"bright": 2.0}))
    plain = reader.wanted(LoopRequest(prompt="techno"))
    assert steered.embedded is not None and plain.embedded is not None
    moved = plain.embedded[0].clone()
    moved[0] += 6.0
    assert torch.allclose(steered.embedded[0], moved / moved.norm(), atol=1e-5)
    assert reader.wanted(LoopRequest(steer={"bright": 1.0})).embedded is not None  # from no words, too
    assert PromptReader(None).wanted(LoopRequest(steer={"bright": 1.0})).embedded is None
