"""`loopgen evaluate` and `bench`: bad input is one sentence and exit code 2, before anything is loaded or written."""

from pathlib import Path

import pytest

from engine.cli.app import run


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("evaluate loops --out {out} --count 1", "2 to 10000"),
        ("evaluate loops --out {out} --steps 0", "1 to 256"),
        ("evaluate loops --out {out} --sampler magic", "euler, heun, midpoint"),
        ("evaluate loops --out {out} --guidance 99", "0 to 10"),
        ("evaluate loops --out {out} --tag-loops -1", "0 to 10000"),
        ("evaluate loops --out {out} --pack {out}/none", "no pack"),
        ("evaluate guidance --out {out} --guidance 1 --guidance -1", "0 to 10"),
        ("evaluate codec --out {out} --count 0", "--recordings"),
        ("evaluate codec --out {out} --count -3", "0 to 10000"),
        ("evaluate corpus {out}/none --out {out}", "No audio"),
        ("evaluate corpus {out} --out {out} --count 1", "2 to 10000"),
        ("evaluate point-cloud --out {out} --steps 0", "1 to 1000000"),
        ("evaluate words --out {out} --count 3", "20 to 100000"),
        ("evaluate words --out {out} --count 0 --seeds 0", "Nothing is left to measure"),
        ("evaluate controls --out {out} --seeds 0", "--seeds 1 to 1000"),
        ("evaluate controls --out {out} --kind magic", "negations, weights, steers, references"),
        ("evaluate controls --out {out} --guidance 99", "0 to 10"),
        ("evaluate likeness --out {out} --seeds 1", "2 to 1000"),
        ("evaluate likeness --out {out} --guidance 99", "0 to 10"),
        ("evaluate steps --out {out} --count 0", "1 to 10000"),
        ("evaluate inversion --out {out} --count 99999", "1 to 10000"),
        ("evaluate interpolation --out {out} --sampler magic", "euler, heun, midpoint"),
        ("evaluate stretch --out {out} --steps 0", "1 to 256"),
        ("evaluate stretch --out {out} --change 120", "-50 to 100"),
        ("evaluate stretch --out {out} --change 0", "not 0"),
        ("evaluate stretch --out {out} --route magic", "inversion, conditions"),
        ("evaluate stretch --out {out} --loops {out}/none", "does not exist"),
        ("evaluate inversion --out {out} --loops {out}", "No audio"),
        ("evaluate inversion --out {out} --way magic", "heun, cosine, corrected"),
        ("evaluate inversion --out {out} --steps 0", "1 to 256"),
        ("evaluate inversion --out {out} --guidance 99", "0 to 10"),
        ("evaluate architectures {out}/none --out {out}/o", "corpus"),
        ("evaluate architectures {out} --out {out}/o --steps 1", "4 to 100000"),
        ("evaluate transition --out {out} --bars 2", "3 to 64"),
        ("evaluate transition --out {out} --pack {out}/none", "no pack"),
        ("evaluate train-detector --loops 3", "10 to 100000"),
        ("evaluate patterns --out {out} --scores 19", "--scores 20 to 10000"),
        ("evaluate patterns --out {out} --scores 100 --tried 101", "--tried 10 to as many"),
        ("evaluate patterns --out {out} --judged 50001", "--judged 20 to 50000"),
        ("evaluate patterns --out {out} --steps -1", "--steps 0 to 1000000"),
        ("evaluate patterns --out {out} --pack {out}/none", "no pack"),
        ("bench --pack {out}/none", "no pack"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word.format(out=tmp_path) for word in arguments.split()]
    assert run(words, lambda: 0) == 2
    told = capsys.readouterr()
    assert sentence in told.err and told.err.count("\n") == 1
    assert not list(tmp_path.iterdir())
