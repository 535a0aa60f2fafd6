"""What the text tower makes of words and numbers, before it has learned anything."""

import math

import pytest
import torch

from engine.clap.config import StarterClapConfig
from engine.clap.text_tower import TextTower, WordTable, number_code
from engine.clap.words import MAX_WORDS, Word

SPELLED = "techno\nkick\nsombre\n##re"


@pytest.fixture
def tower() -> TextTower:
    torch.manual_seed(0)
    config = StarterClapConfig(
        words=4, letters=len(SPELLED), domain=2, word_dim=8, text_width=32, text_layers=1, text_heads=2
    )
    made = TextTower(config).eval()
    made.table.letters.copy_(torch.tensor(list(SPELLED.encode()), dtype=torch.uint8))
    made.table.vectors.copy_(torch.randint(-127, 128, (4, 8)))
    made.table.scale.fill_(0.01)
    return made


@pytest.mark.parametrize(
    ("number", "octaves"),
    [(120.0, 0.0), (240.0, 1.0), (60.0, -1.0), (0.0, math.log2(1 / 120)), (1e9, math.log2(1e4 / 120))],
)
def test_a_number_is_octaves_above_120_and_those_held_between_plus_and_minus_one(
    number: float, octaves: float
) -> None:
    assert number_code(number).tolist() == pytest.approx([1.0, octaves, math.tanh(4 * octaves)], abs=1e-5)
    assert number_code(None).tolist() == [0.0, 0.0, 0.0]


def test_a_row_of_the_table_is_its_bytes_times_its_scale() -> None:
    table = WordTable(2, 3, 1, 1)
    table.vectors.copy_(torch.tensor([[0, 0, 0], [127, -64, 1]]))
    table.scale[1] = 0.5
    assert table(torch.tensor([1])).tolist() == [[63.5, -32.0, 0.5]]


def test_its_words_are_spelled_in_its_letters(tower: TextTower) -> None:
    assert tower.table.vocabulary.words == ("techno", "kick", "sombre", "##re")
    assert tower.table.vocabulary.domain == ("techno", "kick")


@torch.no_grad()
def test_a_text_is_read_alike_alone_and_beside_longer_ones(tower: TextTower) -> None:
    short, long = [Word(1)], [Word(0), Word(2), Word(1, 126.0)] * (MAX_WORDS // 3)
    assert torch.allclose(tower([short]), tower([long, short, []])[1:2], atol=1e-5)


@torch.no_grad()
def test_what_was_learned_of_a_word_can_be_left_out(tower: TextTower) -> None:
    own, frozen = [Word(1)], [Word(2)]
    without, outside = tower([own, frozen], torch.zeros(2, 1)), tower([frozen])
    tower.own.weight[:2] += 1.0
    assert not torch.allclose(tower([own]), without[:1], atol=1e-2)
    assert torch.allclose(tower([own, frozen], torch.zeros(2, 1)), without, atol=1e-6)
    assert torch.equal(tower([frozen]), outside)  # no word of the domain
