"""A stored corpus is read by the names of its rows, whatever words there are by now."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from tiny import tiny_corpus

from engine.conditioning.assembly import annotation_conditions
from engine.corpus.score import Annotation
from engine.corpus.store import StoredLoop, stored_loops
from engine.errors import CorpusError
from engine.tempo import LoopGeometry
from engine.training.latents import frames_of_curves
from engine.vocabulary import CURVES, FIRST, PARTS, TAGS, TODAY, Vocabulary

KICK, LOUDNESS, NOISINESS = PARTS.index("kick"), CURVES.index("loudness"), CURVES.index("noisiness")


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    return tiny_corpus(tmp_path, loops=1)


def _told(folder: Path, **words: list[str]) -> StoredLoop:
    """The loop, as if it had been stored when there were the `words`; all that are not named are as they are."""
    path = folder / "loops" / "loop-0.json"
    row = json.loads(path.read_text())
    row["vocabulary"] = row.get("vocabulary", {}) | words
    path.write_text(json.dumps(row))
    return next(stored_loops(folder))


def test_a_loop_is_stored_with_the_words_of_its_rows(stored: Path) -> None:
    row = json.loads((stored / "loops" / "loop-0.json").read_text())
    assert row["vocabulary"] == {"parts": [*PARTS], "tags": [*TAGS], "curves": [*CURVES]}
    assert next(stored_loops(stored)).known == TODAY
    del row["vocabulary"]
    (stored / "loops" / "loop-0.json").write_text(json.dumps(row))
    assert next(stored_loops(stored)).known == FIRST


def test_rows_are_found_by_name_and_what_was_not_stored_is_not_given(stored: Path) -> None:
    path = stored / "loops" / "loop-0.safetensors"
    held = load_file(path)
    image = held["voices"][KICK].astype(np.float32)
    held["curves"] = np.stack([np.full(48, 0.1), np.full(48, 0.9)]).astype(np.float32)
    held["voices"], held["voices_given"] = held["voices"][[1, KICK]], held["voices_given"][[1, KICK]]
    save_file(held, path)
    loop = _told(stored, parts=["snare", "kick"], curves=["noisiness", "loudness"], tags=["techno", "dark"])
    images, given = loop.voices()
    assert given.tolist() == [float(part == "kick") for part in PARTS]
    assert images.shape[0] == len(PARTS) and np.array_equal(images[KICK], image) and not images[1:].any()
    curves = loop.curves()
    assert (curves[LOUDNESS, 0], curves[NOISINESS, 0]) == (np.float32(0.9), np.float32(0.1))
    geometry = LoopGeometry(loop.annotation.tempo_bpm, 1)
    told = annotation_conditions(
        loop.annotation, geometry, torch.from_numpy(frames_of_curves(curves, 48)), loop.known
    )
    assert told.curves_given[0].tolist() == [float(name in ("loudness", "noisiness")) for name in CURVES]


def test_a_tag_that_nobody_knew_is_not_absent() -> None:
    annotation = Annotation(1, 120.0, 1, "acid", None, ("acid",), {}, source="synthesis")
    geometry = LoopGeometry(120.0, 1)
    curves = torch.from_numpy(np.zeros((len(CURVES), geometry.frames), np.float32))
    older = Vocabulary(tags=tuple(tag for tag in TAGS if tag != "dark"))
    tags = dict(zip(TAGS, annotation_conditions(annotation, geometry, curves, older).tags[0].tolist(), strict=True))
    assert (tags["acid"], tags["bright"], tags["dark"]) == (1, -1, 0)


def test_damaged_words_are_one_sentence(stored: Path) -> None:
    with pytest.raises(CorpusError, match="is damaged"):
        _told(stored, parts=["kick", "kick"])
