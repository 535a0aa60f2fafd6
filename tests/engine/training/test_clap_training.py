"""Training the embedder: the loss where the answer is known, words near in meaning, a tiny run into a pack."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny import tiny_clap, tiny_corpus, tiny_pack

from engine.clap.starter import StarterClap
from engine.errors import CorpusError
from engine.packs.identities import embedder_hash
from engine.packs.models import load_clap, load_codec
from engine.packs.pack import Pack
from engine.training.clap import ClapTraining, contrastive, neighbours, stroke_loss
from engine.training.clap_run import train_clap
from engine.training.denoiser_run import train_denoiser
from engine.training.encoding import embed_corpus, encode_corpus
from engine.training.latents import LatentCorpus
from engine.training.run import TrainingOptions
from engine.training.sounds import WINDOW, Sounds, vary, window

SHORT = TrainingOptions(
    minutes=10, max_steps=20, warmup_steps=2, validate_every=10, ema_decay=0.5, learning_rate=3e-3
)


def test_the_loss_of_strangers_and_of_pairs() -> None:
    eye = torch.eye(8, 512)
    strangers = eye[:1].expand(8, -1)
    assert float(contrastive(strangers, strangers, torch.tensor(0.0))) == pytest.approx(math.log(8), rel=1e-5)
    scale = torch.tensor(3.0)
    expected = -math.log(math.exp(math.exp(3)) / (math.exp(math.exp(3)) + 7))
    assert float(contrastive(eye, eye, scale)) == pytest.approx(expected, abs=1e-6)
    assert float(contrastive(eye, eye.roll(1, 0), scale)) == pytest.approx(math.exp(3), rel=1e-3)


def test_near_words_are_whole_words_of_no_caption() -> None:
    clap = tiny_clap()
    table = clap.text.table
    words = clap.vocabulary.words
    table.vectors[words.index("dark")] = table.vectors[words.index("bright")]
    table.scale[words.index("dark")] = table.scale[words.index("bright")]
    table.vectors[words.index("##re")] = table.vectors[words.index("bright")]
    table.vectors[words.index("warm")] = table.vectors[words.index("bright")]  # of captions itself: another meaning
    assert neighbours(clap, likeness=0.95) == {
        words.index("bright"): [words.index("dark")],
        words.index("warm"): [words.index("dark")],
    }


def test_windows_go_round_and_variation_blanks_a_little() -> None:
    heard = torch.arange(10.0)[None].expand(4, 10)
    assert window(heard, 7, 6)[0].tolist() == [7, 8, 9, 0, 1, 2]
    batch = 1 + torch.zeros(16, 228, WINDOW)
    varied = vary(batch, torch.Generator().manual_seed(0))
    blank = (varied == 0).float().mean()
    assert 0.02 < float(blank) < 0.25


def test_an_embedder_learns_which_caption_is_whose_and_the_denoiser_hears_of_it(tmp_path: Path) -> None:
    corpus, pack = tiny_corpus(tmp_path / "corpus", loops=8), tiny_pack(tmp_path / "pack", clap=True)
    run = tmp_path / "run"
    figures = train_clap(ClapTraining(corpus, batch_size=6), pack, run, replace(SHORT, max_steps=200))
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    losses = [row["pairs"] for row in rows if row["kind"] == "train"]
    assert losses and losses[-1] < 0.95 * math.log(6)
    assert figures["recall_at_10"] == 1.0  # two loops are held out
    opened = Pack.open(pack)
    assert [record.get("step") for record in opened.manifest["training"]["clap"]] == [None, 200]
    clap = load_clap(opened)
    assert isinstance(clap, StarterClap) and clap.vocabulary.words[0] == "techno"

    encode_corpus(corpus, load_codec(opened), lambda *_: None)
    with pytest.raises(CorpusError, match="not embedded by this pack"):
        train_denoiser(corpus, pack, tmp_path / "denoiser", SHORT, frames_per_batch=96)
    embed_corpus(corpus, opened, lambda *_: None)
    loops = LatentCorpus(corpus, held_out=False, frames_per_batch=192, embedded=True)
    batch = loops.batch(torch.Generator().manual_seed(0))
    assert batch.conditions.clap_given.all()
    assert torch.allclose(batch.conditions.clap.norm(dim=1), torch.ones(len(batch.latent)), atol=1e-4)
    train_denoiser(corpus, pack, tmp_path / "denoiser", SHORT, frames_per_batch=96)
    assert Pack.open(pack).manifest["training"]["denoiser"][-1]["settings"]["embedded"] is True
    assert embedder_hash(Pack.open(pack)) == embedder_hash(opened)


def test_a_new_embedder_needs_words_and_captions(tmp_path: Path) -> None:
    corpus, pack = tiny_corpus(tmp_path / "corpus"), tiny_pack(tmp_path / "pack")
    with pytest.raises(CorpusError, match="--words"):
        train_clap(ClapTraining(corpus), pack, tmp_path / "run", SHORT)
    with pytest.raises(CorpusError, match="no sentence encoder"):
        train_clap(ClapTraining(corpus), pack, tmp_path / "run", SHORT, words=tmp_path)
    with pytest.raises(CorpusError, match="no corpus"):
        Sounds(tmp_path / "nowhere", held_out=False)


def test_strokes_are_told_of_known_parts_alone() -> None:
    played = torch.zeros(2, 8, 16)
    played[:, 0, 4:6] = 1.0
    known = torch.zeros(2, 8)
    known[0, 0] = 1
    right = torch.full((2, 8, 8), -12.0)
    right[:, 0, 2] = 12.0
    assert float(stroke_loss(right, played, known)) < 1e-4
    wrong = right.clone()
    wrong[0, 0, 2] = -12.0
    assert float(stroke_loss(wrong, played, known)) == pytest.approx(12 / 8, rel=1e-3)
    right[1], right[0, 1:] = 5.0, 5.0  # nothing is known of these
    assert float(stroke_loss(right, played, known)) < 1e-4
    assert float(stroke_loss(right, played, torch.zeros(2, 8))) == 0


def test_what_parts_play_goes_along_with_the_window(tmp_path: Path) -> None:
    sounds = Sounds(tiny_corpus(tmp_path / "corpus", loops=4), held_out=False)
    played, kick_alone = sounds.loops[0].played, [1.0, *[0.0] * 7]
    assert all(loop.parts_known.tolist() == kick_alone for loop in sounds.loops)
    assert played.shape == (8, 48) and played[0, 1::12].tolist() == [7 / 8] * 4
    batch = sounds.batch(2, torch.Generator().manual_seed(0))
    assert batch.parts_known.tolist() == [kick_alone] * 2
    for heard, strokes in zip(batch.heard, batch.played, strict=True):
        start = next(at for at in range(12) if torch.equal(window(played, at), strokes))
        at_a_stroke = heard[:160, (12 - start) % 12 :: 12]
        assert at_a_stroke.mean() > heard[:160, (6 - start) % 12 :: 12].mean() + 0.5
