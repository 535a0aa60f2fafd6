"""The window always starts: whatever its files hold, in every locale, and beside another one."""

import ast
import errno
import json
import locale
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Stage

import loopgen_app
from engine import FolderLock
from loopgen_app import __main__ as main_module
from loopgen_app.midi import MidiMap
from loopgen_app.settings import Settings
from loopgen_app.state.instrument import Instrument

ROOT = Path(loopgen_app.__file__).parent.parent


def knobs(**values: object) -> str:
    return json.dumps({"loopgen_session": 1, "knobs": values})


@pytest.mark.parametrize(
    ("name", "content", "kept_aside"),
    [
        ("autosave.json", "[" * 100_000, True),
        ("autosave.json", "{", True),
        ("autosave.json", '{"loopgen_session": 1, "knobs": [], "loop": 5}', True),
        ("autosave.json", '{"loopgen_session": 1, "knobs": {}, "loop": 1' + "0" * 30 + "}", False),
        ("autosave.json", '{"loopgen_session": 1, "knobs": {"bars": 1e999, "seed": 5}}', False),
        ("autosave.json", knobs(tempo_bpm=10**400, pad_corners=[1e308] * 4, pattern={"rows": 5}, tags=[[]]), False),
        ("settings.json", "[" * 100_000, True),
        ("settings.json", "\udcff", True),
        ("settings.json", "[1]", True),
        ("settings.json", json.dumps({"pack": "A" * 5000, "export_folder": "\0", "buffer_frames": 10**9}), False),
        ("settings.json", json.dumps({"midi": {"1/7": ["x"]}, "prompts": [[]], "recent": [5, "a"]}), False),
    ],
)
def test_no_file_keeps_the_window_from_starting(
    name: str, content: str, kept_aside: bool, make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    stage = make_stage(data)
    stage.generate()
    assert stage.studio.bank.loops()
    aside = list(data.glob(f"{Path(name).stem}.damaged-*"))
    assert len(aside) == kept_aside
    if kept_aside:
        assert aside[0].read_bytes() == content.encode("utf-8", "surrogateescape")
        assert aside[0].name in stage.studio.sessions.notice
    stage.window.close()
    again = make_stage(data)
    assert again.studio.sessions.notice == ""


def test_the_second_window_of_a_folder_keeps_nothing_and_says_so(
    make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    first, second = make_stage(data), make_stage(data)
    assert "Another LoopGen window" in second.said() and "unexpectedly" not in second.said()
    first.studio.instrument.set("tempo_bpm", 97.0)
    first.studio.sessions.autosave()
    second.studio.instrument.set("tempo_bpm", 151.0)
    second.studio.settings.pack = "elsewhere"
    second.generate()
    second.window.close()
    assert (data / "running").exists()
    assert json.loads((data / "autosave.json").read_text())["knobs"]["tempo_bpm"] == 97.0
    assert not (data / "settings.json").exists()
    first.generate()
    assert len(first.studio.bank.loops()) == 2
    first.window.close()
    third = make_stage(data)
    assert third.studio.sessions.notice == "" and third.value("tempo_bpm") == 97.0


@pytest.mark.parametrize("name", ["de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8", "ja_JP.UTF-8"])
def test_what_the_system_says_of_an_error_is_in_the_language_of_our_sentences(
    name: str, make_stage: Callable[..., Stage]
) -> None:
    before = locale.setlocale(locale.LC_ALL)
    try:
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error:
            pytest.skip(f"no locale {name} on this computer")
        make_stage()
        assert os.strerror(errno.ENOENT) == "No such file or directory"
        assert locale.localeconv()["decimal_point"] == "."
    finally:
        locale.setlocale(locale.LC_ALL, before)


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from engine import FolderLock\n"
        "lock = FolderLock(Path(sys.argv[1])); print(lock.take(), flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "lock")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert other.stdout is not None and other.stdout.readline() == "True\n"
    mine = FolderLock(tmp_path / "lock")
    assert not mine.take()
    other.kill()
    other.communicate()
    assert mine.take()
    mine.release()


def test_what_is_kept_is_the_owners_alone(make_stage: Callable[..., Stage], tmp_path: Path) -> None:
    stage = make_stage(tmp_path / "data")
    stage.generate()
    stage.window.close()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    for name in ("autosave.json", "settings.json", "bank/loops.sqlite"):
        assert (tmp_path / "data" / name).stat().st_mode & 0o777 == 0o600, name


def test_without_a_place_to_keep_things_the_window_starts_and_says_so(
    make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    stage = make_stage(tmp_path / "data")
    assert "Nothing can be kept" in stage.said() and "bank" in stage.said()
    stage.generate()
    assert stage.studio.audition.current is not None


def test_why_there_is_no_window_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("no room on the moon")

    monkeypatch.setattr("loopgen_app.application.Application", fail)
    assert main_module.main([]) == 1
    assert "LoopGen cannot start (RuntimeError: no room on the moon)." in capsys.readouterr().err


def test_controllers_that_settings_cannot_name_turn_nothing() -> None:
    class Message:
        type, channel, control, value = "control_change", 0, 7, 5

    MidiMap(Instrument(), {"1/7": ["x"]}).feed(Message())  # type: ignore[dict-item]
    settings = Settings(prompts=[[], "b"])  # type: ignore[list-item]
    settings.remember_prompts("a", "")
    assert settings.prompts == ["a", "b"]


def test_no_property_is_set_by_its_name_in_a_call() -> None:
    """PySide capitalises such names by the C library: in a Turkish locale `interval` has no such setter."""
    found = []
    for path in sorted((ROOT / "loopgen_app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            made = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and made[:1] == "Q" and made[1:2].isupper() and node.keywords:
                found.append(f"{path.name}:{node.lineno} {made}")
    assert found == []


@pytest.mark.parametrize("locale", ["C", "de_DE", "fr_FR", "tr_TR", "ja_JP"])
def test_the_window_starts_in_every_locale_and_numbers_mean_what_they_say(locale: str, tmp_path: Path) -> None:
    environment = os.environ | {"LC_ALL": locale, "QT_QPA_PLATFORM": "offscreen"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    if locale != "C":
        environment |= {"LOCPATH": str(tmp_path), "LC_ALL": made_locale(locale, tmp_path)}
    run = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "typed_numbers.py"), str(tmp_path / "data")],
        capture_output=True, text=True, cwd=ROOT, env=environment, timeout=240, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_turkish_system_understands_how_threads_wait(tmp_path: Path) -> None:
    """The library of threads reads the word by its letters, in tr_TR `I` is no `i`: it complained at each start."""
    environment = os.environ | {"LOCPATH": str(tmp_path), "LC_ALL": made_locale("tr_TR", tmp_path)}
    environment.pop("OMP_WAIT_POLICY", None)
    code = (
        "import locale; locale.setlocale(locale.LC_ALL, ''); from loopgen_app import __main__ as window\n"
        "window._screenshot = lambda _options: 0\n"
        "window.main(['--screenshot', 'window.png']); import torch"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=ROOT, check=True
    )
    assert run.stderr == ""


def made_locale(locale: str, folder: Path) -> str:
    """The name of a locale that is made in `folder`; skips where none can be."""
    if shutil.which("localedef") is None:
        pytest.skip("no localedef on this machine")
    name = f"{locale}.UTF-8"
    made = subprocess.run(
        ["localedef", "-i", locale, "-f", "UTF-8", str(folder / name)], capture_output=True, check=False
    )
    if not (folder / name).is_dir():
        pytest.skip(f"no source of {locale}: {made.stderr.decode(errors='replace')[:80]}")
    return name
