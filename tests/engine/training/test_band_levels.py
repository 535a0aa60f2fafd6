"""`loopgen train levels`: a codec whose bands were lowered gets them back, latents stay, and it says what it did."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_corpus, tiny_pack

from engine.audio.third_octaves import THIRD_OCTAVES_HZ
from engine.cli.app import run
from engine.codec.spectral import SpectralCodec
from engine.errors import CorpusError, InvalidRequest
from engine.packs.models import load_codec
from engine.packs.pack import Pack
from engine.training.band_levels import mean_band_errors, raise_bands, train_levels


def codec_of(pack: Path) -> SpectralCodec:
    codec = load_codec(Pack.open(pack))
    assert isinstance(codec, SpectralCodec)
    return codec


def noise() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return (0.1 * np.random.default_rng(0).normal(size=(2, 48 * 1024))).astype(np.float32)


def test_a_raised_band_is_louder_by_about_as_much(tmp_path: Path) -> None:
    codec, audio = codec_of(tiny_pack(tmp_path)), noise()
    before = mean_band_errors(codec, [audio])
    raise_bands(codec, np.full(27, 3.0))
    moved = mean_band_errors(codec, [audio]) - before
    high = THIRD_OCTAVES_HZ > 2000  # below, bins with their phase are not raised
    assert moved[high] == pytest.approx(np.full(high.sum(), 3.0), abs=0.3)
    raise_bands(codec, np.full(27, -30.0))
    fallen = mean_band_errors(codec, [audio]) - before
    assert fallen[high] == pytest.approx(np.full(high.sum(), -3.0), abs=0.3)  # by 6 dB at the most


def test_bands_come_within_what_was_asked_and_latents_stay(tmp_path: Path) -> None:
    corpus, pack = tiny_corpus(tmp_path / "corpus"), tiny_pack(tmp_path / "pack")
    with torch.no_grad():
        latent = codec_of(pack).encode(torch.from_numpy(noise())[None], 48)
    assert run(["train", "levels", str(corpus), "--pack", str(pack), "--within", "0.5"], lambda: 0) == 0
    record = Pack.open(pack).manifest["training"]["codec"][-1]
    before, after = (np.abs(record["band_errors_db"][when]) for when in ("before", "after"))
    assert after.sum() < before.sum()
    assert record["settings"] == {"loops": 4, "within_db": 0.5}
    with torch.no_grad():
        assert torch.equal(codec_of(pack).encode(torch.from_numpy(noise())[None], 48), latent)


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "pack")
    with pytest.raises(InvalidRequest, match="1 to 10000 and 0 to 6"):
        train_levels(tmp_path, pack, within_db=7)
    with pytest.raises(CorpusError, match="no corpus"):
        train_levels(tmp_path / "none", pack)
