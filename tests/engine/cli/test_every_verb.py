"""Every module of verbs adds its own, and refuses what cannot be with one sentence and exit code 2."""

import pkgutil
from importlib import import_module
from pathlib import Path

import pytest
import typer

import engine.cli
from engine.cli.app import run
from engine.cli.options import MAX_PATTERN_BYTES, parse_choices, parse_numbers, read_pattern
from engine.errors import InvalidRequest
from engine.requests import Pattern

VERBS = {
    "engine.cli.bench": {"bench"},
    "engine.cli.blend": {"blend"},
    "engine.cli.corpus": {f"corpus {name}" for name in ("build", "import", "hear", "encode", "shards", "show")},
    "engine.cli.doctor": {"doctor"},
    "engine.cli.evaluate": {f"evaluate {name}" for name in (
        "all", "loops", "guidance", "codec", "words", "controls", "likeness", "corpus", "point-cloud",
        "train-detector", "import", "train-ear",
    )},
    "engine.cli.invert": {"invert"},
    "engine.cli.learn": {"learn"},
    "engine.cli.pack": {f"pack {name}" for name in (
        "show", "verify", "list", "create", "convert-clap", "fetch",
        "rename", "describe", "export", "import", "delete",
    )},
    "engine.cli.pattern": {f"pattern {name}" for name in ("new", "vary", "blend", "answer", "fill", "convert")},
    "engine.cli.render": {"render"},
    "engine.cli.stems": {"stems"},
    "engine.cli.stretch": {"stretch"},
    "engine.cli.train": {f"train {name}" for name in (
        "codec", "levels", "clap", "denoiser", "patterns", "stems", "fewsteps", "all", "steers",
        "directions", "cost",
    )},
    "engine.cli.transition": {"transition"},
    "engine.cli.vary": {"vary"},
}  # fmt: skip


def verbs_of(module: str) -> set[str]:
    """The verbs that a module adds to an empty command."""
    app = typer.Typer()
    import_module(module).register(app)
    inner = {f"{group.name} {verb.name}" for group in app.registered_groups
             for verb in group.typer_instance.registered_commands}  # fmt: skip
    return {str(command.name) for command in app.registered_commands} | inner


@pytest.mark.parametrize("module", VERBS)
def test_a_module_adds_its_verbs(module: str) -> None:
    assert verbs_of(module) >= VERBS[module]


def test_experiments_of_other_files_are_verbs_of_evaluate() -> None:
    added = {f"evaluate {name}" for file in ("evaluate_parts", "evaluate_applications") for name in (
        import_module(f"engine.cli.{file}").__dict__.get("PARTS_ALONE")
        or import_module(f"engine.cli.{file}").__dict__["EXPERIMENTS"]
    )}  # fmt: skip
    assert verbs_of("engine.cli.evaluate") == VERBS["engine.cli.evaluate"] | added and len(added) >= 4


def test_no_module_of_verbs_is_left_out_here() -> None:
    modules = {f"engine.cli.{module.name}" for module in pkgutil.iter_modules(engine.cli.__path__)}
    assert {name for name in modules if hasattr(import_module(name), "register")} == set(VERBS)


BAD = [
    ("bench --pack nowhere", "nowhere"),
    ("blend --count 1", "from 2 to 256"),
    ("blend --prompt one", "two"),
    ("corpus import CORPUS nowhere", "nowhere"),
    ("corpus encode CORPUS --pack nowhere", "nowhere"),
    ("doctor --pack nowhere", "nowhere"),
    ("corpus shards nowhere --out OUT --share 3/2", "1/8 to 8/8"),
    ("evaluate all --out OUT --pack nowhere", "nowhere"),
    ("evaluate all --out OUT --only drums", "drums"),
    ("evaluate all --out OUT --check nowhere.md", "nowhere.md"),
    ("evaluate loops --out OUT --pack nowhere", "nowhere"),
    ("evaluate steps --out OUT --count 0", "0"),
    ("invert loop.wav --steps 0", "0"),
    ("invert loop.wav --bit-depth 20", "20"),
    ("pack show nowhere", "nowhere"),
    ("pack create PACK --codec laion:DIR", "--codec"),
    ("pack fetch drums", "drums"),
    ("render --bpm 999", "40 to 240"),
    ("render --steer warp=1", "warp"),
    ("stems loop.wav --out nowhere", "nowhere"),
    ("stretch loop.wav --bpm 999", "40 to 240"),
    ("render --requests nowhere.jsonl --out .", "nowhere.jsonl"),
    ("render --shard 4", "--requests"),
    ("train cost --gpus 0", "1 to 100000"),
    ("train cost --corpus nowhere", "no folder of shards"),
    ("train directions CORPUS --pack nowhere", "nowhere"),
    ("train levels CORPUS --pack nowhere", "nowhere"),
    ("transition a.wav b.wav --from-bpm 81 --from-bpm 82 --from-bpm 83", "3 tempi"),
    ("vary loop.wav --count 0", "from 1 to 1000"),
    ("vary loop.wav --strength 2", "2"),
]


@pytest.mark.parametrize(("line", "told"), BAD, ids=[line for line, _ in BAD])
def test_what_cannot_be_is_one_sentence(
    line: str, told: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(line.split(), lambda: 0) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1
    assert said.err.startswith("loopgen: ") and told in said.err and said.err.rstrip().endswith((".", "'"))
    assert list(tmp_path.iterdir()) == []


def test_numbers_and_choices_are_read_as_written() -> None:
    assert parse_numbers(["a=0.2,0.8", " b =1"], "Curve") == {"a": (0.2, 0.8), "b": (1.0,)}
    assert parse_choices(["kick=12", "snare= hit=1.wav "], "Voice") == {"kick": "12", "snare": "hit=1.wav"}
    for bad in ("a", "a=", "a=x", "a=1,,2", "="):
        with pytest.raises(InvalidRequest, match="NAME=NUMBER"):
            parse_numbers([bad], "Curve")
    for bad in ("kick", "kick=", "=12"):
        with pytest.raises(InvalidRequest, match="PART=SEED"):
            parse_choices([bad], "Voice")


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"{", "not JSON"), (b"[1]", "JSON object"), (b"[" * 100_000, "not JSON"),
     (b" " * (MAX_PATTERN_BYTES + 1), "larger"), (b'{"rows": {}, "swung": 1}', "'swung'")],
)  # fmt: skip
def test_a_file_that_is_no_pattern_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "p.json").write_bytes(content)
    with pytest.raises(InvalidRequest, match=told):
        read_pattern(tmp_path / "p.json")


def test_a_pattern_is_read_with_its_swing_or_as_rows_alone(tmp_path: Path) -> None:
    path, row = tmp_path / "p.json", [1.0, 0.0, 0.0, 0.0] * 4
    path.write_text(f'{{"rows": {{"kick": {row}}}, "swing": 0.2}}')
    assert read_pattern(path) == Pattern({"kick": tuple(row)}, swing=0.2)
    path.write_text(f'{{"kick": {row}}}')
    assert read_pattern(path) == Pattern({"kick": tuple(row)})
    assert read_pattern(None) == Pattern()
    with pytest.raises(InvalidRequest, match="nowhere"):
        read_pattern(tmp_path / "nowhere.json")
