"""A part, a tag, a style and a steer are added: packs written before play as before, and say what is new."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import added_words
import numpy as np
import pytest
from tiny import tiny_pack

from engine.packs.pack import Pack, write_pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest, Pattern
from engine.vocabulary import FIRST, TODAY

ROOT = Path(__file__).parents[2]
REQUESTS = (
    LoopRequest(tempo_bpm=140.0, bars=2, seed=77, num_steps=2),
    LoopRequest(
        tempo_bpm=128.0, bars=1, seed=3, prompt="bright techno, no kick", tags=("house",), key="Am", num_steps=3,
        steer={"bright": 0.7, "dense": 0.4}, curves={"brightness": (0.2, 0.9)}, voices={"kick": 5}, repeat=0.5,
        pattern=Pattern(rows={"snare": [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0] * 2}),
    ),
)  # fmt: skip


def _without_vocabulary(folder: Path) -> None:
    manifest = dict(Pack.open(folder).manifest)
    for entry in manifest["components"].values():
        entry.pop("vocabulary", None)
    write_pack(folder, manifest, {})


@pytest.fixture(scope="module", params=["carries its words", "older"])
def added(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, list[Any], list[Any]]:
    """What the LoopGen with more words told, what it played, and what is played today."""
    folder = tmp_path_factory.mktemp("added")
    pack = tiny_pack(folder / "pack", clap=True)
    if request.param == "older":
        _without_vocabulary(pack)
        assert "vocabulary" not in (pack / "pack.json").read_text()
    pipeline = LoopPipeline.from_pack(pack, "cpu")
    now = [pipeline.render(asked).audio for asked in REQUESTS]
    (folder / "requests.json").write_text(json.dumps([asked.to_dict() for asked in REQUESTS]))
    command = [
        sys.executable,
        added_words.__file__,
        str(pack),
        str(folder / "requests.json"),
        str(folder / "out.npz"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    with np.load(folder / "out.npz") as played:
        return json.loads(done.stdout.splitlines()[-1]), [played[name] for name in sorted(played)], now


def test_a_request_without_the_new_words_plays_exactly_what_it_played(added: Any) -> None:
    _, then, now = added
    assert len(then) == len(now) == len(REQUESTS)
    for ours, theirs in zip(now, then, strict=True):
        assert np.array_equal(ours, theirs) and np.abs(ours).max() > 0.01


def test_new_words_are_told_as_unknown_in_one_sentence_and_old_ones_are_not(added: Any) -> None:
    told, _, _ = added
    assert told["words"] == [len(TODAY.parts) + 1, len(TODAY.tags) + 3, len(TODAY.steers) + 1]
    assert told["unknown"] == [
        "",
        "",
        "Pack 'tiny' does not know part 'shaker', tag 'trance', tag 'glassy', steer 'glass': it plays without.",
    ]
    assert not {*told["composed"]} & {"shaker", "trance"}


def test_new_words_are_played_by_the_corpus_and_learnt_by_a_denoiser_that_keeps_its_old_rows(added: Any) -> None:
    told, _, _ = added
    assert told["peak"] > 0.1
    assert all(told["widened"]) and told["kept"] and told["heard"] and told["new"] == 0.0


def test_the_first_vocabulary_is_what_it_always_was() -> None:
    """Packs without words of their own are read by it: were it changed, their rows would shift."""
    sizes = [len(getattr(FIRST, kind)) for kind in ("parts", "styles", "tags", "keys", "curves", "steers")]
    assert sizes == [8, 12, 38, 24, 4, 6] and FIRST.tags == (*FIRST.styles, *FIRST.parts, *FIRST.tags[20:])
    assert sum(high - low + 1 for _, low, high in FIRST.notes) == 141
    assert (FIRST.tags[6], FIRST.tags[20], FIRST.tags[37], FIRST.keys[21]) == ("acid", "dark", "hypnotic", "Am")


def test_the_readme_says_where_words_are_added() -> None:
    rows = re.findall(r"^\| a (\w+) \| (.+) \|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    told = {kind: re.findall(r"`([\w/]+(?:\.py|/))`", files) for kind, files in rows}
    words = {"part", "style", "character", "steer"}
    assert set(told) >= words | {"sampler", "codec", "verb"}
    assert all(told[kind][0] == "engine/vocabulary.py" for kind in words)
    assert all(files and (ROOT / name).exists() for files in told.values() for name in files)
    for kind, files in added_words.CHANGED.items():
        assert {*files} <= {*told[kind]}, kind
