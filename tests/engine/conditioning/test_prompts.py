"""Prompts: phrases and weights, what words say of tags, and that a request's own tags win."""

import pytest
import torch
from tiny import tiny_clap

from engine.clap.starter import StarterClap
from engine.conditioning.phrases import Phrase, phrases
from engine.conditioning.prompts import PromptReader, Reading, direction, read_prompt
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


def test_steers_move_their_own_tags_evenly_and_leave_the_other_steers_alone() -> None:
    clap = tiny_clap().eval()
    reader = PromptReader(clap)
    axes = torch.stack([direction(clap, name) for name in STEERS])
    assert torch.allclose(axes.norm(dim=1), torch.ones(len(STEERS)), atol=1e-4)
    clap.requires_grad_(False)
    raw = clap.facts.weight[TAGS.index("bright")] - clap.facts.weight[TAGS.index("dark")]
    moved = []
    for amount in (-2, -1, 0, 1, 2):
        request = LoopRequest(prompt="warm techno", steer={"bright": amount})
        embedded = reader.wanted(request).embedded
        assert embedded is not None
        moved.append(float(embedded[0] @ raw))
    assert moved == sorted(moved) and moved[-1] > moved[0] + 0.05
    dense = clap.facts.weight[TAGS.index("busy")] - clap.facts.weight[TAGS.index("sparse")]
    assert abs(float(direction(clap, "bright") @ dense)) < 1e-4
    assert reader.wanted(LoopRequest(steer={"bright": 1.0})).embedded is not None  # from no words, too
    assert PromptReader(None).wanted(LoopRequest(steer={"bright": 1.0})).embedded is None
