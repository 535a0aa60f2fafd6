"""Shards, their index, files of requests and ledgers, mutated: only our own errors come out (`LOOPGEN_FUZZ`)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from harness import Reader, fuzz, report

from engine.corpus.score import Annotation, CorpusLoop
from engine.corpus.store import store_loop, stored_loops, write_manifest
from engine.documents import DocumentError, read_document
from engine.rendering.requests_file import RequestsFile
from engine.requests import LoopRequest
from engine.training.shards.files import Shard, read_shard
from engine.training.shards.index import ShardSet
from engine.training.shards.ledger import LoopLedger
from engine.training.shards.writing import Cut, write_shards


def cut(folder: Path) -> ShardSet:
    """Two loops, encoded, in a shard."""
    corpus = folder / "corpus"
    for number in range(2):
        annotation = Annotation(number, 120.0, 1, None, "Am", ("house",), {"kick": ((0.0, 1.0),)})
        loop = CorpusLoop(np.zeros((2, 64), np.float32), annotation)
        store_loop(corpus, f"{number}", loop, np.full((4, 8), 0.5, np.float32), keep_audio=False)
    for stored in stored_loops(corpus):
        stored.store_latent(np.ones((3, 8), np.float32))
    write_manifest(corpus, {"encoder": "e"})
    shards = write_shards(corpus, folder / "shards", Cut(), lambda *_: None)
    assert shards is not None
    return shards


def tars(folder: Path) -> list[bytes]:
    shards = cut(folder)
    return [(shards.folder / shards.training[0].file).read_bytes()]


def read_tar(content: bytes, folder: Path) -> None:
    """As a stranger's, whose index tells of just this file."""
    path = folder / "shards" / "training-00000.tar"
    path.write_bytes(content)
    row = json.loads((folder / "shards" / "parts" / "00000.json").read_text())["training"]
    told = replace(Shard.read(row), bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    for loop in read_shard(folder / "shards", told):
        loop.latent(), loop.curves(), loop.voices()


def indices(folder: Path) -> list[bytes]:
    return [(cut(folder).folder / "shards.json").read_bytes()]


def read_index(content: bytes, folder: Path) -> None:
    (folder / "shards" / "shards.json").write_bytes(content)
    ShardSet.open(folder / "shards").statistics()


def lines(folder: Path) -> list[bytes]:
    (folder / "asked.jsonl").touch()
    request = LoopRequest(prompt="dub", tags=("house",), curves={"loudness": (0.2,)}).to_dict()
    return [json.dumps(request).encode() + b'\n{"bars": 2}\n\n{"pattern": {"rows": {"kick": [1]}}}']


def read_lines(content: bytes, folder: Path) -> None:
    (folder / "asked.jsonl").write_bytes(content)
    asked = RequestsFile(folder / "asked.jsonl", LoopRequest())
    for window in asked.windows(2):
        list(asked.read(window))


def positions(_folder: Path) -> list[bytes]:
    ledger = LoopLedger("these", [3, 2])
    for epoch, shard, place in ((0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 1), (1, 0, 0)):
        ledger.draw(epoch, shard, place)
    return [json.dumps(ledger.to_dict()).encode()]


def read_position(content: bytes, _folder: Path) -> None:
    ledger = LoopLedger("these", [3, 2])
    ledger.merged([ledger.read(read_document(content))]).count(0)


READERS: Sequence[Reader] = (
    Reader("shard", tars, read_tar),
    Reader("index of shards", indices, read_index),
    Reader("file of requests", lines, read_lines),
    Reader("ledger", positions, read_position, (DocumentError,)),
)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_only_our_own_errors_come_out_of_shards(reader: Reader, tmp_path: Path) -> None:
    report(reader, fuzz(reader, tmp_path))
