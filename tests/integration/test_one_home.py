"""Each thing that is known is written down once: words for it, suffixes of files, sentences of errors."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import engine
from engine import AUDIO_SUFFIXES

ROOT = Path(engine.__file__).parent.parent
SUFFIX_HOMES = {"engine/audio/io.py", "engine/export.py"}
"""What can be read, and what can be written."""
FOREIGN_ERRORS = {"loopgen_app/sound/child.py"}
"""PortAudio has no type for its library not being there."""


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for package in ("engine", "loopgen_app"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_no_class_has_the_name_of_another() -> None:
    names = Counter(node.name for _, tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []


def test_suffixes_of_audio_files_are_listed_where_they_are_read_and_written_alone() -> None:
    lists = {
        name
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict)
        for texts in [[each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]]
        if len({*AUDIO_SUFFIXES} & {*filter(lambda text: isinstance(text, str), texts)}) > 1
    }
    assert lists == SUFFIX_HOMES


def test_no_module_reads_the_sentence_of_an_error() -> None:
    def reads(node: ast.AST) -> bool:
        """`... in str(error)`, or a method of `str(error)` that looks into it."""
        if isinstance(node, ast.Compare):
            return any(_is_sentence(each) for each in node.comparators)
        looks = isinstance(node, ast.Attribute) and node.attr in (
            "startswith",
            "endswith",
            "find",
            "split",
            "partition",
        )
        return looks and _is_sentence(node.value)  # type: ignore[attr-defined]

    found = {name for name, tree in _trees() if any(map(reads, ast.walk(tree)))}
    assert found == FOREIGN_ERRORS


def _is_sentence(node: ast.AST) -> bool:
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str"
    return called and any(isinstance(each, ast.Name) and "error" in each.id for each in node.args)  # type: ignore[attr-defined]
