"""Requests that say nothing sound like one of the sounds that a pack learnt from; any that say something do not."""

from pathlib import Path

import pytest
import torch
from tiny import tiny_clap, tiny_pack

from engine.conditioning.learnt_sounds import KEPT_TO, POINTS, LearntSounds, LearntSoundsConfig
from engine.conditioning.prompts import PromptReader
from engine.packs.learnt import load_learnt_sounds, store_learnt_sounds
from engine.packs.pack import Pack
from engine.requests import LoopRequest, Pattern
from engine.vocabulary import CURVES, PARTS

KICKS = Pattern({"kick": (1.0, 0.0, 0.0, 0.0) * 4})


def sounds(count: int = 3) -> LearntSounds:
    """Sound number n has quarters of n + 1 in its embedding, and tenths of it as curves; a snare strikes on step 8 n,
    and of what else plays nothing is known."""
    made = LearntSounds(LearntSoundsConfig(count))
    for number in range(count):
        made.embeddings[number, 0] = (number + 1) / 4
        made.curves[number] = (number + 1) / 10
        made.rows[number, PARTS.index("snare")] = 0.0
        made.rows[number, PARTS.index("snare"), 8 * number] = 0.5
    return made


@pytest.mark.parametrize(("seed", "number"), [(0, 1.0), (4, 2.0), (5, 3.0)])
def test_the_seed_chooses_a_sound_whose_manner_a_request_takes_on(seed: int, number: float) -> None:
    applied = sounds().applied(LoopRequest(seed=seed))
    assert applied.reference[0] == number / 4 and not any(applied.reference[1:])
    assert list(applied.curves) == list(CURVES)
    assert all(row == pytest.approx((number / 10,) * POINTS) for row in applied.curves.values())
    assert (applied.compose, applied.seed, [*applied.pattern.rows]) == (False, seed, ["snare"])
    assert applied.pattern.onsets("snare", 4) == ((2 * (number - 1), 0.5),)


def test_where_a_row_is_drawn_the_rest_is_left_to_the_denoiser_and_less_of_it_is_learnt() -> None:
    drawn = LoopRequest(seed=4, pattern=KICKS)
    applied = sounds().applied(drawn)
    assert (applied.reference[0], applied.pattern, applied.curves) == (0.5, KICKS, {})
    shares = [sounds().share(drawn.with_(learnt=learnt)) for learnt in (0.4, 0.7, 0.9)]
    assert shares == [0.4, 0.7, KEPT_TO]
    assert sounds().share(LoopRequest()) == 1 and sounds().share(drawn.with_(tags=("techno",))) == 1


def test_curves_that_are_drawn_stay() -> None:
    applied = sounds().applied(LoopRequest(curves={"density": (0.9,)}))
    assert applied.curves == {"density": (0.9,)} and applied.reference


@pytest.mark.parametrize(
    "request_",
    [
        LoopRequest(prompt="warm"),
        LoopRequest(tags=("techno",)),
        LoopRequest(reference=(1.0,) * 512),
        LoopRequest(learnt=0.0),
        LoopRequest(learnt=0.5),
    ],
)
def test_a_request_that_says_something_stays_as_it_is(request_: LoopRequest) -> None:
    assert sounds().applied(request_) is request_
    assert sounds(0).applied(LoopRequest()).reference == ()


def test_rows_that_come_from_a_sound_have_no_voices_and_all_others_do() -> None:
    reader = PromptReader(tiny_clap(0), sounds=sounds())
    played = [LoopRequest(), LoopRequest(curves={"density": (0.5,)})]
    said = [{"pattern": KICKS}, {"voices": {"kick": 3}}, {"tags": ("techno",)}, {"learnt": 0.5}]
    apart = [LoopRequest(**words) for words in said]
    assert [reader.plays_a_sound(request) for request in (*played, *apart)] == [True, True, *[False] * 4]
    assert [reader.learnt(request) for request in (*played, *apart)] == [1, 1, KEPT_TO, 1, 1, 0.5]
    assert not PromptReader(tiny_clap(0)).plays_a_sound(LoopRequest())


def test_packs_keep_them(tmp_path: Path) -> None:
    folder = tiny_pack(tmp_path / "pack")
    assert load_learnt_sounds(Pack.open(folder)) is None
    store_learnt_sounds(folder, sounds())
    kept = load_learnt_sounds(Pack.open(folder))
    assert kept is not None and kept.config.count == 3
    assert torch.equal(kept.embeddings, sounds().embeddings)
    assert torch.allclose(kept.curves, sounds().curves, atol=1e-3)
