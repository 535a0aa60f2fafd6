"""Shards of a corpus: the same loops, each once an epoch, over any number of processes and stops."""

import gc
import json
import multiprocessing
import os
import signal
import tarfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
import webdataset
from tiny import tiny_corpus, tiny_pack

from engine.corpus.store import read_manifest, stored_loops
from engine.errors import CorpusError, ExportError, InvalidRequest
from engine.packs.models import load_codec
from engine.packs.pack import Pack
from engine.training.checkpoints import CheckpointError
from engine.training.encoding import encode_corpus
from engine.training.latents import LatentCorpus
from engine.training.shards.batches import ShardedCorpus, held_out_loops
from engine.training.shards.index import ShardSet, is_sharded
from engine.training.shards.ledger import LoopLedger
from engine.training.shards.stream import LoopStream, Place
from engine.training.shards.writing import Cut, Plan, write_part, write_shards

LOOPS = 26


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 loops to train on and two held out, encoded."""
    folder = tmp_path_factory.mktemp("corpus")
    tiny_corpus(folder, loops=LOOPS)
    codec = load_codec(Pack.open(tiny_pack(tmp_path_factory.mktemp("pack"), denoiser=False)))
    encode_corpus(folder, codec, lambda *_: None)
    return folder


@pytest.fixture
def shards(corpus: Path, tmp_path: Path) -> ShardSet:
    """Seven shards of four loops or fewer."""
    written = write_shards(corpus, tmp_path / "shards", Cut(loops=4), lambda *_: None)
    assert written is not None
    return written


def test_shards_hold_what_the_corpus_holds(corpus: Path, shards: ShardSet) -> None:
    assert len(shards) == LOOPS - 2 and len(shards.training) == 7 and is_sharded(shards.folder)
    found = {loop.name: loop for kind in ("training", "held_out") for loop in shards.loops(kind, 100)}
    known = {loop.name: loop for loop in stored_loops(corpus)}
    assert set(found) == set(known)
    for name, loop in known.items():
        assert found[name].annotation == loop.annotation and found[name].held_out == loop.held_out
        assert np.array_equal(found[name].latent(), loop.latent())
        assert np.array_equal(found[name].curves(), loop.curves())
        assert all(np.array_equal(*both) for both in zip(found[name].voices(), loop.voices(), strict=True))
    assert read_manifest(shards.folder)["encoder"] == read_manifest(corpus)["encoder"]
    (mean, deviation), whole = shards.statistics(), LatentCorpus(corpus, held_out=False).statistics()
    assert torch.allclose(mean, whole[0], atol=1e-4) and torch.allclose(deviation, whole[1], rtol=1e-3)


def test_any_reader_of_webdataset_reads_them(shards: ShardSet) -> None:
    files = [str(shards.folder / shard.file) for shard in shards.training]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # its reader leaves files to the garbage collector
        samples = list(webdataset.WebDataset(files, shardshuffle=False))
        gc.collect()
    assert len(samples) == LOOPS - 2
    assert {"json", "loops.safetensors", "latents.safetensors"} <= set(samples[0])
    assert len({json.loads(sample["json"])["name"] for sample in samples}) == LOOPS - 2


def test_they_are_the_same_whoever_writes_them(corpus: Path, tmp_path: Path) -> None:
    """One process, or three that share the work: the same bytes under the same names."""
    alone = write_shards(corpus, tmp_path / "alone", Cut(loops=8), lambda *_: None)
    cuts = [Cut(loops=8, share=share, shares=3) for share in (2, 0, 1)]
    shared = [write_shards(corpus, tmp_path / "shared", cut, lambda *_: None) for cut in cuts]
    assert alone is not None and shared[:2] == [None, None] and shared[2] is not None
    assert alone.identity == shared[2].identity
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.slow
def test_processes_that_write_and_one_that_dies(corpus: Path, tmp_path: Path) -> None:
    """Children write what their parent would; where one is killed, what is whole stays, and the rest is written."""
    out = tmp_path / "shards"
    fell: list[Exception] = []

    def kill(done: int, _total: int) -> None:
        if done == 2:
            for child in multiprocessing.active_children():
                os.kill(child.pid or 0, signal.SIGKILL)

    try:
        write_shards(corpus, out, Cut(loops=1, jobs=2), kill)
    except CorpusError as error:
        fell.append(error)
    assert fell and "A process that wrote shards died" in str(fell[0])
    whole = len(list((out / "parts").iterdir()))
    assert 2 <= whole < LOOPS and not (out / "shards.json").exists()
    told: list[tuple[int, int]] = []
    again = write_shards(corpus, out, Cut(loops=1), lambda *done: told.append(done))
    alone = write_shards(corpus, tmp_path / "alone", Cut(loops=1), lambda *_: None)
    assert again is not None and alone is not None and told[0] == (whole, LOOPS)
    assert again.identity == alone.identity and not list(out.rglob("*.part"))


def test_what_was_written_is_not_written_again(corpus: Path, shards: ShardSet) -> None:
    first = shards.folder / shards.training[0].file
    before = first.stat().st_mtime_ns
    (shards.folder / shards.training[1].file).unlink()
    told: list[tuple[int, int]] = []
    again = write_shards(corpus, shards.folder, Cut(loops=4), lambda *done: told.append(done))
    assert told == [(6, 7), (7, 7)]  # the one that was gone
    assert again == shards and first.stat().st_mtime_ns == before
    other = write_shards(corpus, shards.folder, Cut(loops=4, seed=1), lambda *_: None)
    assert other is not None and other.identity != shards.identity


def test_a_missing_cut_or_repeated_shard_is_said(corpus: Path, shards: ShardSet, tmp_path: Path) -> None:
    folder, (first, second, *_) = shards.folder, shards.training
    whole = (folder / second.file).read_bytes()
    (folder / second.file).write_bytes(whole[:-512])
    with pytest.raises(CorpusError, match=rf"{second.file} is missing in .*, or cut; write the shards again"):
        ShardSet.open(folder)
    (folder / first.file).unlink()
    with pytest.raises(CorpusError, match=rf"{first.file} and 1 more are missing"):
        ShardSet.open(folder)
    repaired = write_shards(corpus, folder, Cut(loops=4), lambda *_: None)
    assert repaired == shards
    index = json.loads((folder / "shards.json").read_text())
    twice = {**index, "training": [*index["training"], {**index["training"][0], "file": second.file}]}
    (folder / "shards.json").write_text(json.dumps(twice))
    with pytest.raises(CorpusError, match="holds the same loops twice"):
        ShardSet.open(folder)
    (folder / "shards.json").write_text('{"schema": 1')
    with pytest.raises(CorpusError, match="missing or damaged"):
        ShardSet.open(folder)


def test_a_damaged_shard_stops_who_reads_it(shards: ShardSet) -> None:
    path = shards.folder / shards.training[3].file
    content = bytearray(path.read_bytes())
    content[700] ^= 1
    path.write_bytes(content)
    loops = ShardedCorpus(ShardSet.open(shards.folder), Place(), 96, pool=100)  # it is as long as it was
    with pytest.raises(CorpusError, match=rf"{path.name} is damaged"):
        loops.batch()
    loops.close()


def test_shards_of_another_program_are_not_written_over(corpus: Path, tmp_path: Path) -> None:
    kept = tmp_path / "training-00000.tar"
    kept.write_bytes(b"photographs")
    with pytest.raises(ExportError, match="shards of another program"):
        write_shards(corpus, tmp_path, Cut(loops=100), lambda *_: None)
    assert kept.read_bytes() == b"photographs" and [path.name for path in tmp_path.iterdir()] == [kept.name]


def test_what_cannot_be_cut_is_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="holds no corpus"):
        write_shards(tmp_path / "nowhere", tmp_path / "out", Cut(), lambda *_: None)
    with pytest.raises(CorpusError, match="is no encoded corpus"):
        write_shards(tiny_corpus(tmp_path / "heard"), tmp_path / "out", Cut(), lambda *_: None)
    with pytest.raises(InvalidRequest, match="1 to 100000"):
        Cut(loops=0)
    plan = Plan.of(corpus, tmp_path, Cut(loops=4))
    vanished = plan.parts[0].__class__(0, 0, ("gone",))
    (tmp_path / "parts").mkdir()
    with pytest.raises(CorpusError, match=r"gone\.json is damaged"):
        write_part(plan, vanished)
    assert [path.name for path in tmp_path.iterdir() if path.suffix in (".tar", ".part")] == []


def draw_epoch(stream: LoopStream, ledger: LoopLedger, batches: int) -> Counter[tuple[int, int, int]]:
    drawn: Counter[tuple[int, int, int]] = Counter()
    for _ in range(batches):
        for loop in stream.draw(96)[1]:
            drawn[loop.epoch, loop.shard, loop.place] += 1
            ledger.draw(loop.epoch, loop.shard, loop.place)
    return drawn


@pytest.mark.parametrize("later", [1, 2, 3, 7])
def test_each_loop_comes_once_an_epoch_whoever_goes_on(shards: ShardSet, later: int) -> None:
    """Four processes draw a while and stop with full pools; others go on, and nothing is lost or comes twice."""
    sizes = [shard.loops for shard in shards.training]
    start, drawn = LoopLedger(shards.identity, sizes), Counter[tuple[int, int, int]]()
    ledgers = []
    for rank in range(4):
        ledgers.append(LoopLedger(shards.identity, sizes))
        stream = LoopStream(shards, Place(rank, 4, seed=3), start, pool=5)
        drawn += draw_epoch(stream, ledgers[-1], 2)
        stream.close()
    told = [json.loads(json.dumps(ledger.to_dict())) for ledger in ledgers]
    base = start.merged([start.read(row) for row in told])
    assert base.count(0) == sum(epoch == 0 for epoch, _, _ in drawn.elements()) and base.first == 0
    streams = [LoopStream(shards, Place(rank, later, seed=3), base, pool=5) for rank in range(later)]
    for _ in range(40):
        for stream in streams:
            drawn += draw_epoch(stream, base, 1)
        base = base.merged(())
    for stream in streams:
        stream.close()
    assert base.first >= 2
    for epoch in range(base.first):
        assert sum(1 for loop in drawn if loop[0] == epoch) == LOOPS - 2
    assert set(drawn.values()) == {1}


def test_the_seed_decides_the_order(shards: ShardSet) -> None:
    def order(seed: int, rank: int = 0) -> list[str]:
        ledger = LoopLedger(shards.identity, [shard.loops for shard in shards.training])
        stream = LoopStream(shards, Place(rank, 2, seed), ledger, pool=6)
        drawn = [each.loop.name for _ in range(6) for each in stream.draw(96)[1]]
        stream.close()
        return drawn

    assert order(0) == order(0) != order(1)
    assert not set(order(0)[:8]) & set(order(0, rank=1)[:8])
    with pytest.raises(CorpusError, match="7 shards are too few for 8 processes"):
        LoopStream(shards, Place(0, 8), LoopLedger("", []), pool=1)


def test_batches_are_those_of_a_corpus_in_memory(corpus: Path, shards: ShardSet) -> None:
    loops, held_out = ShardedCorpus(shards, Place(), 192), LatentCorpus(corpus, held_out=True)
    assert len(loops) == LOOPS - 2
    batch = loops.batch()
    assert batch.latent.shape == (4, 16, 48) and batch.ties.shape[-1] == 48
    for beat, kick in zip(batch.conditions.beat[:, 0], batch.conditions.pattern[:, 0], strict=True):
        assert (kick.roll(-1)[beat == 0] == 7 / 8).all()
    assert sum(len(row["begun"]) for row in loops.position()["epochs"].values()) >= 1
    images, given = loops.hits()
    assert images.shape[1:] == (8, 40, 32) and given[:, 0].all() and not given[:, 1:].any()
    kept = LatentCorpus(shards.folder, held_out=True, loops=held_out_loops(shards)).fixed_batches()
    own = [float(batch.latent.sum()) for batch in held_out.fixed_batches()]
    assert [float(batch.latent.sum()) for batch in kept] == pytest.approx(own)
    loops.close()


def test_a_ledger_of_other_shards_says_nothing(shards: ShardSet) -> None:
    ledger = LoopLedger("these", [3, 2])
    for place in range(3):
        ledger.draw(0, 0, place)
    told = ledger.to_dict()
    assert told["epochs"] == {"0": {"done": [0], "begun": {}}}
    assert LoopLedger("others", [3, 2]).read(told).count(0) == 0
    assert LoopLedger("these", [3, 2]).read(told).is_done(0, 0)
    ledger.draw(0, 1, 0)
    ledger.draw(1, 1, 1)
    both = ledger.merged([LoopLedger("these", [3, 2], drawn={0: {1: 2}})])
    assert (both.first, both.count(0), both.count(1)) == (1, 5, 1)
    with pytest.raises(CheckpointError, match="which shards were read"):
        ledger.read({"of": "these", "first": 0, "epochs": {"0": {"done": [7], "begun": {}}}})
    with tarfile.open(shards.folder / shards.training[0].file) as tar:
        assert all(member.isreg() and member.mtime == 0 for member in tar)
