"""What must not change by accident: every command's help, and what a small pack with fixed weights plays.

`LOOPGEN_GOLDEN=write pytest tests/integration/test_golden.py` writes both anew, after a change that was meant.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import tiny_pack
from typer.main import get_command

from engine.cli.app import build_app
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest, Pattern

GOLDEN = Path(__file__).parents[1] / "golden"
EVERY = 97
"""Of a loop, one sample in so many is kept."""


def _pages(command: Any, path: str = "loopgen") -> list[str]:
    """What every command says of itself and of its options: the words, not how some version sets them."""
    lines = [f"$ {path}", " ".join((command.help or "").split())]
    for option in command.params:
        names = " / ".join([*option.opts, *option.secondary_opts])
        default = "" if callable(option.default) else f" [{option.default}]"
        lines.append(f"  {names}{default}: {' '.join((getattr(option, 'help', '') or '').split())}")
    verbs = getattr(command, "commands", {})
    return ["\n".join(lines), *(page for name in sorted(verbs) for page in _pages(verbs[name], f"{path} {name}"))]


def _golden(name: str, now: str) -> str:
    path = GOLDEN / name
    if os.environ.get("LOOPGEN_GOLDEN") == "write":
        path.write_text(now, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def test_help_says_what_it_said() -> None:
    pages = _pages(get_command(build_app()))
    now = "\n\n".join(pages) + "\n"
    assert len(pages) > 30
    assert now == _golden("help.txt", now)


@pytest.mark.parametrize("name", ["plain", "asked"])
def test_a_request_plays_what_it_played(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.devices.cpu_has_bfloat16", lambda: False)  # in float32 on every processor
    asked = {
        "plain": LoopRequest(tempo_bpm=174.0, bars=1, seed=11, num_steps=4),
        "asked": LoopRequest(
            tempo_bpm=128.0, bars=1, seed=3, prompt="bright techno", tags=("house", "kick"), key="Am", num_steps=3,
            pattern=Pattern(rows={"kick": [1.0, 0.0, 0.0, 0.0] * 4}, swing=0.2), sampler="heun", repeat=0.5,
            curves={"brightness": (0.2, 0.9)}, voices={"kick": 5},
        ),
    }[name]  # fmt: skip
    loop = LoopPipeline.from_pack(tiny_pack(tmp_path / "pack", clap=True), "cpu").render(asked)
    samples = loop.audio[:, ::EVERY]
    now = json.dumps({"shape": loop.audio.shape, "samples": samples.round(5).tolist()})
    golden = json.loads(_golden(f"{name}.json", now))
    assert list(loop.audio.shape) == golden["shape"]
    # Other processors add in another order.
    off = float(np.abs(samples - np.array(golden["samples"])).max())
    assert off < 2e-3
