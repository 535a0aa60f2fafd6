"""One corpus encoded by several: each does its share, what is cut goes on, and no latent is of another codec."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import CODEC, tiny_corpus, tiny_pack

from engine.cli.app import run
from engine.codec.spectral import SpectralCodec
from engine.corpus.store import read_manifest, stored_loops, write_manifest
from engine.errors import CorpusError
from engine.packs.identities import encoder_hash
from engine.training.encoding import encode_corpus


def codec(seed: int) -> SpectralCodec:
    torch.manual_seed(seed)
    return SpectralCodec(CODEC)


def written(corpus: Path) -> dict[str, int]:
    """When each latent was written, by name."""
    return {path.stem: path.stat().st_mtime_ns for path in (corpus / "latents").glob("*.safetensors")}


def test_shares_are_apart_and_make_the_whole(tmp_path: Path) -> None:
    one, parts = tiny_corpus(tmp_path / "one", loops=7), tiny_corpus(tmp_path / "parts", loops=7)
    encode_corpus(one, codec(0), lambda *_: None)
    counts = [encode_corpus(parts, codec(0), lambda *_: None, share=share, shares=3) for share in (2, 0, 1)]
    assert counts == [2, 3, 2] and read_manifest(parts) == read_manifest(one)
    for ours, theirs in zip(stored_loops(parts), stored_loops(one), strict=True):
        assert np.abs(ours.latent() - theirs.latent()).max() < 0.05 * np.abs(theirs.latent()).max()


def test_what_was_cut_goes_on_where_it_stopped(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "corpus", loops=6)

    def cut(done: int, _total: int) -> None:
        if done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_corpus(corpus, codec(0), cut)
    assert read_manifest(corpus)["encoder"] == encoder_hash(codec(0))
    before = written(corpus)
    del before["loop-3"]
    (corpus / "latents" / "loop-3.safetensors").unlink()
    encode_corpus(corpus, codec(0), lambda *_: None)
    after = written(corpus)
    assert len(after) == 6 and before.items() <= after.items()  # nothing was done twice


def test_another_codec_leaves_no_latent_of_the_one_before(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "corpus", loops=4)
    encode_corpus(corpus, codec(0), lambda *_: None)
    encode_corpus(corpus, codec(1), lambda *_: None, share=0, shares=2)
    assert sorted(written(corpus)) == ["loop-0", "loop-2"]
    missing = next(loop for loop in stored_loops(corpus) if loop.name == "loop-1")
    with pytest.raises(CorpusError, match="corpus encode"):
        missing.latent()
    write_manifest(corpus, {"made": "elsewhere"})  # other steps note things, too
    encode_corpus(corpus, codec(1), lambda *_: None, share=1, shares=2)
    assert len(written(corpus)) == 4 and read_manifest(corpus)["made"] == "elsewhere"


def test_the_command_takes_a_share(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, pack = tiny_corpus(tmp_path / "corpus", loops=4), tiny_pack(tmp_path / "pack", denoiser=False)
    assert run(["corpus", "encode", str(corpus), "--pack", str(pack), "--share", "2/4"], lambda: 0) == 0
    assert sorted(written(corpus)) == ["loop-1"]
    assert run(["corpus", "encode", str(corpus), "--pack", str(pack), "--share", "5/4"], lambda: 0) == 2
    assert "--share '5/4' is not possible" in capsys.readouterr().err
