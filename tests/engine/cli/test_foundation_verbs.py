"""The verbs that measure foundations: what they take of recordings, and that nothing is trained on bad numbers."""

from pathlib import Path

import numpy as np
import pytest

from engine.audio.io import write_wav
from engine.cli.app import run
from engine.cli.evaluate_foundations import _recordings
from engine.evaluation.experiments.corpus import EXCERPT_SECONDS

RATE = 8000


def test_of_every_recording_the_first_four_excerpts_are_measured(tmp_path: Path) -> None:
    for name, excerpts in (("a.wav", 6), ("b.wav", 1)):
        level = 0.25 if name == "a.wav" else 0.5
        write_wav(tmp_path / name, np.full((1, round(excerpts * EXCERPT_SECONDS * RATE)), level), RATE)
    found = _recordings(tmp_path)
    assert [loop.name for loop in found] == ["0", "1", "2", "3", "4"]
    assert {loop.audio.shape for loop in found} == {(2, round(EXCERPT_SECONDS * 44100))}
    middle = [round(float(loop.audio[0, 44100]), 2) for loop in found]
    assert middle == [0.25] * 4 + [0.5]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("train-detector --out {out}/d.safetensors --loops 9", "possible are 10 to 100000"),
        ("train-detector --out {out}/d.safetensors --steps 0", "1 to 1000000"),
        ("corpus {out} --out {out} --ablation 1", "0, or 2 to 10000"),
        ("codec --out {out} --count 0", "--count above 0 or --recordings DIR"),
    ],
)
def test_bad_numbers_are_refused_before_anything_is_written(
    arguments: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", *(word.format(out=tmp_path) for word in arguments.split())], lambda: 0) == 2
    assert sentence in capsys.readouterr().err and not list(tmp_path.iterdir())
