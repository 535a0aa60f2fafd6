"""Weights and conditions in the rows of another vocabulary: what belongs to a word goes with it."""

from dataclasses import replace

import torch

from engine.conditioning.conditions import Conditions
from engine.models.unet import Denoiser, DenoiserConfig
from engine.models.word_rows import (
    matched,
    matched_weights,
    own_rows,
    roll_words,
    stationary_words,
    timeline_words,
    voice_words,
)
from engine.vocabulary import PARTS, TODAY, VOICE_DIM

OLD = replace(
    TODAY,
    parts=tuple(reversed(TODAY.parts[1:])),
    tags=TODAY.tags[3:],
    notes=tuple(note for note in TODAY.notes if note[0] != "pad"),
)
CONFIG = DenoiserConfig(
    latent_dim=4, widths=(16, 16), blocks=1, groups=4, timeline_width=8, embedding_width=8,
    notes=True, repeats=True, struck=True,
)  # fmt: skip


def test_words_are_as_many_as_columns() -> None:
    for known in (TODAY, OLD):
        denoiser = Denoiser(CONFIG, known)
        assert denoiser.stationary.voices is not None and denoiser.struck is not None
        assert denoiser.stationary.voices.weight.shape[1] == len(voice_words(known))
        assert denoiser.stationary.words.weight.shape[1] == len(stationary_words(known))
        assert denoiser.timeline[0].weight.shape[1] == len(timeline_words(known))
        assert denoiser.front.weight.shape[1] == 4 + 8 + len(roll_words(known))
        assert denoiser.struck.voice.shape == (len(known.parts), 32, VOICE_DIM + 1)
    assert len(voice_words(TODAY)) - len(voice_words(OLD)) == VOICE_DIM + 1


def test_places_that_are_not_there_are_zero() -> None:
    values = torch.tensor([[1.0, 2.0, 3.0]])
    assert matched(values, (2, 3, 0), 1).tolist() == [[3.0, 0.0, 1.0]]  # 3 is one behind the last: nothing
    assert matched(values, None, 1) is values


@torch.no_grad()
def test_voices_of_the_loop_as_a_whole_are_left_out_and_all_else_stays() -> None:
    torch.manual_seed(0)
    before = Denoiser(CONFIG).eval()
    for weights in before.parameters():
        torch.nn.init.normal_(weights, std=0.3)
    after = before.widened()
    assert not after.config.overall and after.stationary.voices is not None
    assert after.stationary.voices.weight.shape[1] == len(PARTS) + 2 == len(voice_words(TODAY, numbers=False))
    asked = replace(Conditions.open(32), rate=torch.ones(1, 1), voices_given=torch.ones(1, len(PARTS)))
    x, alpha = torch.randn(1, 4, 32), torch.tensor([0.5])
    assert torch.allclose(before(x, alpha, asked), after(x, alpha, asked), atol=1e-4)  # a voice of zeros says nothing
    moved = replace(asked, voices=torch.randn(1, len(PARTS), VOICE_DIM))
    assert (before(x, alpha, moved) - before(x, alpha, asked)).abs().max() > 0.05
    # Nothing is struck, so no part's voice is told to any frame.
    assert torch.equal(after(x, alpha, moved), after(x, alpha, asked))


@torch.no_grad()
def test_an_old_denoiser_plays_the_same_in_the_rows_of_today() -> None:
    torch.manual_seed(0)
    old = Denoiser(CONFIG, OLD).eval()
    for weights in old.parameters():
        torch.nn.init.normal_(weights, std=0.1)
    wider = Denoiser(CONFIG).eval()
    wider.load_state_dict(matched_weights(old.state_dict(), wider.state_dict(), OLD, TODAY, 4 + 8))
    asked = replace(
        Conditions.open(32),
        pattern=torch.rand(1, len(PARTS), 32),
        pattern_given=torch.ones(1, len(PARTS)),
        voices=torch.randn(1, len(PARTS), VOICE_DIM),
        voices_given=torch.ones(1, len(PARTS)),
        tags=torch.randn_like(Conditions.open(1).tags).sign(),
    )
    # What the old one has no word for is left out; the new one has no weights for it.
    unheard = asked.voices_given.clone()
    unheard[:, [PARTS.index(part) for part in PARTS if part not in OLD.parts]] = 0
    pattern = asked.pattern.clone()
    pattern[:, [PARTS.index(part) for part in PARTS if part not in OLD.parts]] = 0
    known = replace(asked, voices_given=unheard, pattern=pattern)
    x, alpha = torch.randn(1, 4, 32), torch.tensor([0.5])
    assert own_rows(asked, OLD).pattern.shape == (1, len(OLD.parts), 32)
    assert torch.allclose(own_rows(asked, OLD).pattern[:, 0], asked.pattern[:, -1])
    played = old(x, alpha, asked)
    assert torch.allclose(wider(x, alpha, known), played, atol=1e-4)
    assert played.abs().max() > 0.1
