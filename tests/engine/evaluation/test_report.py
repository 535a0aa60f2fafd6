"""One report: what is run, kept and taken over; the page; and the README's table beside what was measured."""

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.main import get_command

from engine.audio.io import write_wav
from engine.cli.app import build_app
from engine.errors import InvalidRequest
from engine.evaluation.report.figures import (
    FIGURES,
    Row,
    claim,
    claimed,
    differences,
    read_figures,
    rows_in,
    rows_of,
    table,
)
from engine.evaluation.report.page import markdown_to_html
from engine.evaluation.report.plan import PLAN, ReportOptions, requests
from engine.evaluation.report.players import as_opus
from engine.evaluation.report.running import Outcome, run_command, run_report
from engine.requests import LoopRequest

ROOT = Path(__file__).resolve().parents[3]
TOLD = {"pack": "tiny 0123456789ab", "cores": 2}


def nested(where: tuple[str, ...], value: Any) -> dict[str, Any]:
    """`value` under the keys of `where`."""
    return {where[0]: nested(where[1:], value) if len(where) > 1 else value}


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Both, down to their numbers."""
    both = dict(one)
    for key, value in other.items():
        both[key] = merged(both[key], value) if isinstance(value, dict) and key in both else value
    return both


def results_like(rows: list[Row]) -> dict[str, Any]:
    """Results of experiments in which the numbers of `rows` are found."""
    results: dict[str, Any] = {}
    for figure, row in zip(FIGURES, rows, strict=True):
        for where, text in ((figure.measured, row.measured), (figure.ceiling, row.ceiling)):
            if where is not None:
                found = re.search(r"[\d.]+", text)
                assert found is not None
                value = float(found[0]) / (100 if "%" in figure.form else 1)
                results[figure.experiment] = merged(results.get(figure.experiment, {}), nested(where, value))
    return results


def test_the_table_of_the_readme_is_that_of_the_report_it_was_written_from() -> None:
    rows = claimed()
    assert rows == rows_in(ROOT / "README.md")
    assert [row.what for row in rows] == [figure.what for figure in FIGURES]
    assert rows_of(results_like(rows)) == rows  # each from its place, written as it is there
    assert rows_of({})[0] == Row(rows[0].what, "–")


def test_what_differs_is_told() -> None:
    rows = claimed()
    assert differences(rows, rows) == []
    changed = [Row(rows[0].what, "9.99 s"), *rows[1:-1], Row(rows[-1].what, "–")]
    assert differences(rows, changed) == [f"{rows[0].what}: {rows[0].measured}, not 9.99 s"]
    assert differences([*rows, Row("another", "1")], rows) == ["another: no such row"]
    assert table(rows).splitlines()[2] == f"| {rows[0].what} | {rows[0].measured} | |"


@pytest.mark.parametrize(("text", "told"), [(None, "Cannot read"), ("# Nothing", "no table of results")])
def test_a_readme_without_a_table_is_refused(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "README.md"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidRequest, match=told):
        rows_in(path)
    with pytest.raises(InvalidRequest, match="no figures"):
        read_figures(path)


class Commands:
    """What runs instead of `loopgen`: experiments named in `failing` fail, others tell what they were asked."""

    def __init__(self, failing: tuple[str, ...] = ()) -> None:
        self.failing, self.seen = failing, list[list[str]]()

    def __call__(self, arguments: list[str]) -> tuple[int, str, str]:
        self.seen.append(arguments)
        name = arguments[1] if arguments[0] == "evaluate" else arguments[0]
        if name in self.failing:
            return 2, "", "loopgen: the disk is full.\n"
        if name == "hits":
            folder = Path(arguments[arguments.index("--out") + 1])
            (folder / "hits.md").write_text("# Hits\n\n| part | share |\n|---|---|\n| kick <b> | 1 |\n")
            (folder / "hits.png").write_bytes(b"\x89PNG")
            return 0, 'progress\n{"kick": {"asked hits played": 1.0}}\n', ""
        if name == "render":
            folder = Path(arguments[arguments.index("--out") + 1])
            sound = np.sin(np.arange(44100) / 20)[None].repeat(2, 0) * 0.5
            write_wav(folder / "0000001-01234567_loop_124bpm.wav", sound, 44100, tempo_bpm=120, beats=2)
        return 0, json.dumps({"figure": 0.5}), ""


def names(outcomes: list[Outcome], status: str) -> list[str]:
    return [outcome.name for outcome in outcomes if outcome.status == status]


def test_a_report_goes_on_when_something_fails_and_takes_over_what_was_done(tmp_path: Path) -> None:
    options = ReportOptions(tmp_path, quick=True, given={"pack": "tiny", "device": "cpu"})
    first = Commands(failing=("stems", "codec"))
    outcomes = run_report(options, TOLD, lambda _: None, first)
    assert names(outcomes, "failed") == ["stems", "codec"]
    assert len(names(outcomes, "done")) == len(outcomes) - 2 >= 8
    assert next(each for each in outcomes if each.name == "stems").said == "loopgen: the disk is full."
    second = Commands()
    again = run_report(options, TOLD, lambda _: None, second)
    assert [arguments[1] for arguments in second.seen] == ["stems", "codec"]
    assert names(again, "done") == [each.name for each in options.experiments()]
    other = Commands()
    run_report(options, {**TOLD, "pack": "another"}, lambda _: None, other)
    assert len(other.seen) == len(again)  # of another pack nothing is taken over
    assert {row.what: row.measured for row in read_figures(tmp_path / "figures.json")}[
        "drawn hits of a kick that are played"
    ] == "100 %"


def test_a_report_is_made_in_parts(tmp_path: Path) -> None:
    run_report(ReportOptions(tmp_path, only=("bench", "hits")), TOLD, lambda _: None, Commands())
    second = Commands(failing=("codec",))
    asked = run_report(ReportOptions(tmp_path, only=("codec", "hits")), TOLD, lambda _: None, second)
    assert [arguments[1] for arguments in second.seen] == ["codec"] and names(asked, "failed") == ["codec"]
    report = json.loads((tmp_path / "report.json").read_text())
    assert [row["name"] for row in report["experiments"]] == ["bench", "hits", "codec"]
    assert report["experiments"][1]["results"] == {"kick": {"asked hits played": 1.0}}
    real = ReportOptions(tmp_path, only=("real",), real=tmp_path)
    run_report(real, TOLD, lambda _: None, Commands())
    third = Commands()
    whole = run_report(ReportOptions(tmp_path), TOLD, lambda _: None, third)
    assert (
        len(third.seen) == len(whole) - 2 and "<h2>How far from real music" in (tmp_path / "report.html").read_text()
    )


def test_what_was_measured_is_claimed_and_the_rest_stays(tmp_path: Path) -> None:
    readme, claims = tmp_path / "README.md", tmp_path / "figures.json"
    text = (ROOT / "README.md").read_text()
    readme.write_text(text)
    rows = [Row(rows.what, "9.99 s" if not number else "–") for number, rows in enumerate(claimed())]
    kept = claim(rows, {"pack": "tiny 01234567"}, readme, claims)
    assert kept == [row.what for row in rows[1:]]
    assert rows_in(readme) == read_figures(claims) == [rows[0], *claimed()[1:]]
    told = json.loads(claims.read_text())
    assert told["pack"] == "tiny 01234567" and told["kept from before"] == kept
    before, after = text.splitlines(), readme.read_text().splitlines()
    assert [line for line in after if line not in before] == [f"| {rows[0].what} | 9.99 s | |"]
    assert len(before) == len(after)
    (tmp_path / "none.md").write_text("# Nothing")
    with pytest.raises(InvalidRequest, match="no table"):
        claim(rows, {}, tmp_path / "none.md", claims)


def test_no_experiment_begins_when_the_time_is_over(tmp_path: Path) -> None:
    options = ReportOptions(tmp_path, minutes=1e-9, only=("bench", "hits"))
    outcomes = run_report(options, TOLD, lambda _: None, Commands())
    assert names(outcomes, "left out") == ["bench", "hits"]
    with pytest.raises(InvalidRequest, match="drums"):
        ReportOptions(tmp_path, only=("drums",)).experiments()


def test_the_page_needs_no_other_file(tmp_path: Path) -> None:
    options = ReportOptions(tmp_path, quick=True, only=("library", "hits", "kits"))
    run_report(options, TOLD, lambda _: None, Commands(failing=("kits",)))
    page = (tmp_path / "report.html").read_text()
    assert page.count("<audio controls") == 1 and "data:audio/ogg;base64,T2dnUw" in page  # OggS
    assert "data:image/png;base64,iVBORw==" in page
    assert "kick &lt;b&gt;" in page and "Not measured: kits." in page and "the disk is full" in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert all(row.what in page for row in claimed())


def test_markdown_of_experiments_becomes_html() -> None:
    html = markdown_to_html("# Head & tail\n\nTwo\nlines.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert html == (
        "<h3>Head &amp; tail</h3>\n<p>Two lines.</p>\n"
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
    )


def test_opus_keeps_the_sound() -> None:
    audio = np.stack([np.sin(2 * np.pi * 440 * np.arange(44100) / 44100)] * 2).astype(np.float32) * 0.5
    content = as_opus(audio, 44100)
    heard, rate = soundfile.read(io.BytesIO(content))
    assert rate == 48000 and abs(len(heard) - 48000) <= 960 and len(content) < 40_000
    spectrum = np.abs(np.fft.rfft(heard[4800:43200, 0]))
    assert abs(np.argmax(spectrum) * 48000 / 38400 - 440) < 2
    assert np.sqrt(np.mean(heard[4800:43200] ** 2)) == pytest.approx(0.5 / 2**0.5, rel=0.05)


def test_every_experiment_is_a_command_that_there_is(tmp_path: Path) -> None:
    """Of each the options are known and possible, full and quick; none is run."""
    given = {"pack": "starter", "device": "cpu"}
    for quick in (False, True):
        for experiment in ReportOptions(tmp_path, quick=quick, real=tmp_path).experiments():
            command, words = get_command(build_app()), experiment.arguments(tmp_path, given, quick=quick)
            while hasattr(command, "commands"):
                command, words = command.commands[words[0]], words[1:]
            with command.make_context(experiment.name, words) as context:
                assert context.params["json"] is True, experiment.name
    lines = requests(quick=False)
    assert len({LoopRequest.from_dict(line) for line in lines}) == len(lines) == 44
    assert {each.experiment for each in FIGURES} <= {each.name for each in PLAN} | {"real"}


@pytest.mark.slow
def test_a_command_is_run_as_a_process() -> None:
    code, said, _ = run_command(["train", "cost", "--loops", "1000", "--json"])
    assert code == 0 and json.loads(said)["stages"]
    code, _, told = run_command(["evaluate", "hits", "--patterns", "0", "--out", "x"])
    assert code == 2 and told == "loopgen: --patterns 0 is not possible: 1 to 10000.\n"
