"""The wheel holds what an installed copy needs, and nothing else; it is built without any network."""

import re
import zipfile
from pathlib import Path

import pytest

builder = pytest.importorskip("hatchling.builders.wheel")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel that is built here, of stored and not of packed files: that is quicker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile, "ZIP_DEFLATED", zipfile.ZIP_STORED)
        patch.chdir(ROOT)
        folder = tmp_path_factory.mktemp("wheel")
        (wheel,) = builder.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _files(folder: str) -> set[str]:
    found = (ROOT / folder).rglob("*")
    return {path.relative_to(ROOT).as_posix() for path in found if path.is_file() and "__pycache__" not in path.parts}


@pytest.mark.parametrize("folder", ["packs/starter", "icons", "presets", "theme", "desktop", "evaluation"])
def test_it_holds_every_file_of_a_kind_of_resource(names: set[str], folder: str) -> None:
    wanted = _files(f"resources/{folder}")
    assert wanted and wanted <= names


def test_it_holds_every_module_and_what_the_engine_is_loaded_by(names: set[str]) -> None:
    modules = {name for package in ("engine", "loopgen_app") for name in _files(package) if name.endswith(".py")}
    assert len(modules) > 400 and modules <= names and "engine/__init__.pyi" in names


def test_nothing_else_is_in_it(names: set[str]) -> None:
    own = re.compile(r"(engine|loopgen_app)/.*\.pyi?|resources/(?!pictures/).*|loopgen-[^/]*\.dist-info/.*")
    assert [name for name in names if not own.fullmatch(name)] == []
    assert [name for name in names if re.search(r"__pycache__|\.pyc|test|\.part$|\.DS_Store", name)] == []


def test_it_brings_the_command_and_the_licence(names: set[str]) -> None:
    told = {name.partition(".dist-info/")[2] for name in names if ".dist-info/" in name}
    assert {"entry_points.txt", "licenses/LICENSE", "METADATA"} <= told
