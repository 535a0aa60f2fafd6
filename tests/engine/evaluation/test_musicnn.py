"""musicnn: the checkpoint reader and mel filters without the weights, the whole network where they are."""

import os
from pathlib import Path

import numpy as np
import pytest
from known_loops import RATE, house

from engine.errors import MissingDependency
from engine.evaluation.judges import musicnn


def test_missing_weights_say_what_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingDependency, match="LOOPGEN_MUSICNN"):
        musicnn.Musicnn(tmp_path)
    monkeypatch.delenv(musicnn.VARIABLE, raising=False)
    assert musicnn.Musicnn.find() is None


@pytest.mark.parametrize("index", [b"", b"\xff" * 48, bytes(range(256)) * 4, b"\0" * 5000])
def test_damaged_weights_are_one_sentence(tmp_path: Path, index: bytes) -> None:
    (tmp_path / ".index").write_bytes(index)
    (tmp_path / ".data-00000-of-00001").write_bytes(b"x" * 100)
    with pytest.raises(MissingDependency, match="damaged; unpack them again"):
        musicnn.Musicnn(tmp_path)


def test_mel_filters_have_unit_area_where_bins_are_dense() -> None:
    filters = musicnn._slaney_mel()
    assert filters.shape == (96, 257)
    areas = filters.sum(axis=1) * musicnn._RATE / musicnn._WINDOW
    np.testing.assert_allclose(areas[-30:], 1.0, atol=0.02)


@pytest.mark.parametrize(("data", "value"), [(b"\x05", 5), (b"\xac\x02", 300), (b"\xff\xff\x03", 65535)])
def test_variable_length_integers(data: bytes, value: int) -> None:
    assert musicnn._varint(data, 0) == (value, len(data))


@pytest.mark.skipif(musicnn.VARIABLE not in os.environ, reason="no musicnn weights given")
def test_embeddings_tell_a_loop_from_noise() -> None:
    model = musicnn.Musicnn.find()
    assert model is not None
    loop, again, noise = (
        model.embed(audio, RATE).mean(axis=0)
        for audio in (house(126)[0], house(128)[0], np.random.default_rng(0).standard_normal((2, 8 * RATE)))
    )
    assert loop.shape == (200,)
    assert np.linalg.norm(loop - noise) > 2 * np.linalg.norm(loop - again)
