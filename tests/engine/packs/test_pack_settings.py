"""Settings that ask for more than a pack's weights can fill are refused before anything is made of them."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import tiny_pack
from torch import nn

from engine.errors import PackError
from engine.packs.budget import Budget
from engine.pipeline import LoopPipeline


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_pack(tmp_path_factory.mktemp("packs") / "tiny", clap=True)


ODD: list[tuple[str, str, Any, str]] = [
    ("denoiser", "blocks", 10**9, "asks for blocks = 1000000000, which its weights are too few for"),
    ("clap", "text_layers", 10**9, "asks for text_layers"),
    ("codec", "encoder_blocks", [10**9], "asks for encoder_blocks"),
    ("clap", "letters", 2**31, "asks for letters"),
    ("denoiser", "widths", [32] * 100, "asks for widths"),
    ("denoiser", "blocks", 150_000, "asks for a larger network than its weights can fill"),
    ("clap", "text_layers", 150_000, "larger network"),
    ("codec", "encoder_blocks", [1, 150_000], "larger network"),
    ("denoiser", "widths", [150_000] * 3, "larger network"),
    ("clap", "text_heads", 7, "does not fit its settings"),
    ("denoiser", "widths", [], "does not fit its settings"),
    ("denoiser", "groups", 0, "does not fit its settings"),
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: f"{odd[0]}.{odd[1]} = {str(odd[2])[:12]}")
def test_odd_settings_are_refused_in_one_sentence_and_at_once(
    pack: Path, tmp_path: Path, odd: tuple[str, str, Any, str]
) -> None:
    component, setting, value, sentence = odd
    for file in pack.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    manifest = json.loads((tmp_path / "pack.json").read_text())
    manifest["components"][component]["config"][setting] = value
    (tmp_path / "pack.json").write_text(json.dumps(manifest))

    def too_long(*_: object) -> None:
        raise TimeoutError("20 s of the processor")

    before = signal.signal(signal.SIGPROF, too_long)
    signal.setitimer(signal.ITIMER_PROF, 20)
    try:
        with pytest.raises(PackError, match=sentence) as caught:
            LoopPipeline.from_pack(tmp_path, "cpu")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_a_budget_is_spent_before_memory_is() -> None:
    shapes = {"weight": (1000, 1000)}
    with Budget(shapes, "codec"):
        assert nn.Linear(1000, 1000).weight.numel() == 10**6
    with pytest.raises(PackError, match="The codec asks for a larger network"), Budget(shapes, "codec"):
        torch.zeros(10**12)
    with pytest.raises(PackError, match="larger network"), Budget(shapes, "codec"):
        torch.randn(10**6, 10**6)


def test_words_that_do_not_fit_the_weights_are_refused(pack: Path, tmp_path: Path) -> None:
    for file in pack.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    manifest = json.loads((tmp_path / "pack.json").read_text())
    for words, sentence in (
        (["kick"], "does not fit its settings"),
        (["ocarina"], "no part that this LoopGen knows"),
    ):
        manifest["components"]["denoiser"]["vocabulary"]["parts"] = words
        (tmp_path / "pack.json").write_text(json.dumps(manifest))
        with pytest.raises(PackError, match=sentence):
            LoopPipeline.from_pack(tmp_path, "cpu")
