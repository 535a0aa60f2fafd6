"""The README stays short, names every package, and links to what exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_short() -> None:
    assert len(README.split()) < 1200


def test_its_map_names_every_package() -> None:
    for root in ("engine", "loopgen_app"):
        packages = [path.parent.name for path in (ROOT / root).glob("*/__init__.py")]
        assert len(packages) >= 5
        assert not [name for name in packages if not re.search(rf"`(\w+/)*{name}/?`", README)]


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", README)
    assert len(links) >= 4
    assert not [link for link in links if not (ROOT / link).exists()]


def test_every_row_of_its_results_has_one_figure_a_cell() -> None:
    table = README[README.index("| what | measured | ceiling |") :].split("\n\n")[0].splitlines()[2:]
    assert len(table) >= 8
    for row in table:
        what, measured, ceiling = (cell.strip() for cell in row.strip("|").split("|"))
        assert what and measured
        assert not re.search(r"[;/]|, \d", measured + ceiling), row


def test_every_place_where_something_is_changed_is_there() -> None:
    table = README[README.index("| to change | write it into |") :].split("\n\n")[0].splitlines()[2:]
    assert len(table) >= 11
    for row in table:
        places = re.findall(r"`((?:engine|loopgen_app)/[\w/.]*)`", row)
        assert places and not [place for place in places if not (ROOT / place).exists()], row
