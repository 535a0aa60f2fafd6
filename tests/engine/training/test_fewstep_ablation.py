"""The ablation of the few-step model on a tiny pack: every row of the paper's table, trained once."""

from pathlib import Path

import pytest
from tiny import tiny_corpus, tiny_pack

from engine.errors import InvalidRequest
from engine.models.fewsteps import FewStepConfig
from engine.packs.models import load_codec
from engine.packs.pack import Pack
from engine.training.encoding import encode_corpus
from engine.training.fewsteps import FewStepTraining
from engine.training.fewsteps_ablation import ROWS, evaluate_ablation

SMALL = FewStepConfig(rank=4, semantic_dim=8, encoder_width=16, told_width=16, prior_width=16)


def test_each_row_adds_what_the_paper_adds() -> None:
    plain, encoder, latents, features, whole = (FewStepTraining(Path(), **row) for row in ROWS.values())
    assert not plain.semantic and encoder.semantic
    assert (plain.latents, encoder.latents, latents.latents) == (0, 0, 1)
    assert (latents.heard, features.heard) == (0, whole.heard) and features.heard > 0
    assert (features.kept, features.most) == (0, features.least) and whole.kept > 0 and whole.most > whole.least
    assert all(row.adversarial > 0 for row in (plain, encoder, latents, features, whole))


@pytest.mark.slow
def test_rows_are_trained_once_on_equal_budgets(tmp_path: Path) -> None:
    pack, corpus = tiny_pack(tmp_path / "pack"), tiny_corpus(tmp_path / "corpus")
    encode_corpus(corpus, load_codec(Pack.open(pack)), lambda *_: None)
    found = evaluate_ablation(corpus, pack, tmp_path / "out", steps=2, frames=96, config=SMALL)
    assert [*found] == [*ROWS]
    for row in found.values():
        assert row["Frechet"] >= 0 and min(row[f"PPL {name}"] for name in ("x_2", "z_2", "z_1")) >= 0
    table = (tmp_path / "out" / "ablation.md").read_text()
    assert "| + L1 on features |" in table and "| row | Frechet | PPL x_2 | PPL z_2 | PPL z_1 |" in table
    written = (tmp_path / "out" / "ablation.jsonl").read_text()
    assert evaluate_ablation(corpus, pack, tmp_path / "out", steps=2, frames=96, config=SMALL) == found
    assert (tmp_path / "out" / "ablation.jsonl").read_text() == written
    with pytest.raises(InvalidRequest, match="0 steps of 96 frames"):
        evaluate_ablation(corpus, pack, tmp_path / "out", steps=0, frames=96)
