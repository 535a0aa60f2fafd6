"""`loopgen pack create`, `convert-clap` and `fetch`: what they hand on, and what they say comes next."""

from pathlib import Path

import pytest

from engine.cli.app import run
from engine.cli.pack_pretrained import _bar
from engine.pretrained import sources


def no_window() -> int:
    raise AssertionError("a verb must not open the window")


@pytest.mark.parametrize(("what", "hint"), [("clap", True), ("encodec", False)])
def test_what_was_fetched_is_on_stdout_and_what_comes_next_beside_it(
    what: str, hint: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def fetched(name: str, out: Path | None, progress: object) -> list[Path]:
        asked.append((name, out))
        assert callable(progress)
        progress("weights", 5, 10)
        return [tmp_path / "a", tmp_path / "b.pt"]

    monkeypatch.setattr(sources, "fetch_source", fetched)
    assert run(["pack", "fetch", what, str(tmp_path / "out")], no_window) == 0
    told = capsys.readouterr()
    assert asked == [(what, tmp_path / "out")]
    assert told.out.splitlines() == [str(tmp_path / "a"), str(tmp_path / "b.pt")]
    assert (f"loopgen pack convert-clap {tmp_path / 'b.pt'}" in told.err) == hint


class Bar:
    """What tqdm would draw."""

    n, total, name = 0, 0, ""

    def __init__(self, **_: object) -> None:
        self.drawn: list[tuple[str, int, int]] = []

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None: ...

    def set_description(self, name: str, *, refresh: bool) -> None:
        self.name = name

    def update(self, more: int) -> None:
        self.n += more
        self.drawn.append((self.name, self.n, self.total))


def test_the_bar_shows_bytes_that_are_there_of_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    bar = Bar()
    monkeypatch.setattr("tqdm.tqdm", lambda **_options: bar)
    told = [("weights", 3, 10), ("weights", 10, 10), ("tokenizer", 2, 4)]
    with _bar() as progress:
        for step in told:
            progress(*step)
    assert bar.drawn == told


@pytest.mark.parametrize("text", ["encodec", "laion:/there", "encodec:", ":folder"])
def test_a_part_is_given_by_its_kind_and_folder(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["pack", "create", str(tmp_path / "pack"), "--codec", text], no_window) == 2
    assert "give encodec:FOLDER" in capsys.readouterr().err and not (tmp_path / "pack").exists()
