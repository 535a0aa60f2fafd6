"""Which commands a report is made of, on how many loops each, in the order of what they are worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from engine.knobs import check_choice
from engine.vocabulary import STYLES

MACHINE: Final = ("pack", "device")
REQUESTS: Final = "library.jsonl"
"""The file of requests, beside the results, whose loops are heard."""
LIBRARY: Final = "library"
REAL: Final = "real"
"""The experiment that real music is needed for."""


@dataclass(frozen=True)
class Experiment:
    """One `loopgen` command: what it `asks`, its `verb`, and its options for a full report and for a quick one (None:
    a quick one is without it). `takes` names the options of the report that it has too."""

    name: str
    asks: str
    verb: tuple[str, ...]
    full: tuple[str, ...]
    quick: tuple[str, ...] | None
    takes: tuple[str, ...] = MACHINE
    writes: bool = True

    def arguments(self, folder: Path, given: Mapping[str, str], *, quick: bool) -> list[str]:
        """The command's arguments, its files into a folder of its own below `folder`."""
        out = ["--out", str(folder / self.name)] if self.writes else []
        told = [word for name in self.takes if name in given for word in (f"--{name}", given[name])]
        options = self.quick if quick and self.quick is not None else self.full
        verb = [str(folder / REQUESTS) if word == REQUESTS else word for word in self.verb]
        return [*verb, *options, *out, *told, "--json"]


def _evaluation(name: str, asks: str, full: str, quick: str | None, takes: tuple[str, ...] = MACHINE) -> Experiment:
    few = None if quick is None else tuple(quick.split())
    return Experiment(name, asks, ("evaluate", name), tuple(full.split()), few, takes)


_WALK: Final = "--guidance 1 --way"
PLAN: Final = (
    Experiment(
        "bench",
        "How long does a loop take?",
        ("bench",),
        ("--repeats", "5"),
        ("--repeats", "3", "--quick"),
        writes=False,
    ),
    _evaluation(
        "loops",
        "Are held-out requests in time, without a seam, and what was asked for?",
        "--count 100 --tag-loops 0",
        "--count 6 --tag-loops 0",
        (*MACHINE, "musicnn"),
    ),
    Experiment(
        LIBRARY,
        "What does it sound like?",
        ("render", "--requests", REQUESTS),
        ("--steps", "16", "--bit-depth", "16"),
        ("--steps", "16", "--bit-depth", "16"),
    ),
    _evaluation("hits", "Is every hit played that was asked for, and no other?", "--patterns 60", "--patterns 3"),
    _evaluation("voices", "Is a drum the same from hit to hit, is silence silent?", "--loops 32", "--loops 3"),
    _evaluation("stems", "How near are the parts of loops that are taken apart?", "--loops 60", "--loops 4"),
    _evaluation("kits", "Does another voice change its own part alone?", "--loops 21", "--loops 3"),
    _evaluation("codec", "What does the codec do to loops?", "--count 100", "--count 6"),
    _evaluation(
        "patterns",
        "Do scores come back, and do the operations on them do what they promise?",
        "--scores 2000 --tried 100 --judged 2000",
        "--scores 100 --tried 10 --judged 200",
        ("pack",),
    ),
    Experiment(
        "import",
        "Do files as they lie about become loops at their tempo, and nothing else?",
        ("evaluate", "import"),
        ("--count", "300"),
        ("--count", "20"),
        takes=(),
    ),
    _evaluation("words", "Do loops do what words say?", "--count 0 --seeds 3 --tag-loops 200", None),
    _evaluation("controls", "Do negations, weights, steers and references work?", "--seeds 2 --references 20", None),
    Experiment(
        "inversion",
        "How nearly do loops come back from their noise?",
        ("evaluate", "inversion"),
        ("--count", "6", *_WALK.split(), "heun, cosine, corrected", "--steps", "16", "--steps", "50"),
        ("--count", "1", *_WALK.split(), "heun, cosine, corrected", "--steps", "8"),
    ),
    _evaluation("transition", "Do transitions lead from loop to loop?", "--count 8 --steps 8", "--count 2 --steps 4"),
    _evaluation(
        "stretch", "Do loops keep themselves at another tempo?", "--count 8 --steps 8 --route inversion", None
    ),
    _evaluation("interpolation", "Are blends and variations even?", "--count 3 --steps 8", None),
    _evaluation("steps", "What do fewer steps cost?", "--count 6", None),
)


@dataclass(frozen=True)
class ReportOptions:
    """A report into `out`: all of the plan, `only` some of it, or the quick one; none begins after `minutes`.

    `given` are options that commands take over: pack, device, musicnn. With `real`, a folder of real music, loops and
    corpus are set beside that too.
    """

    out: Path
    quick: bool = False
    minutes: float = 55.0
    given: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    real: Path | None = None

    def plan(self) -> list[Experiment]:
        """All that a report of its kind is made of, in order."""
        found = [each for each in PLAN if not self.quick or each.quick is not None]
        return found if self.real is None else [*found, real_music(self.real, self.out / LIBRARY)]

    def experiments(self) -> list[Experiment]:
        """What is run, in order. Raises `InvalidRequest` on a name in `only` that there is not."""
        names = [each.name for each in PLAN] + ([REAL] if self.real is not None else [])
        for name in self.only:
            check_choice("experiment", name, tuple(names))
        return [each for each in self.plan() if not self.only or each.name in self.only]


def requests(*, quick: bool) -> list[dict[str, Any]]:
    """A report's own loops, of all styles in turn: 44, of a quick one six."""
    tempi = (124.0, 132.0, 118.0, 140.0)
    asked = [
        {"tags": [style], "tempo_bpm": tempo, "bars": 4, "seed": 1 + len(STYLES) * take + number}
        for take, tempo in enumerate(tempi)
        for number, style in enumerate(STYLES)
    ]
    return asked[: 6 if quick else 44]


def real_music(folder: Path, loops: Path) -> Experiment:
    """How far the corpus, and the `loops` of the report, are from real music in `folder`."""
    return Experiment(
        REAL,
        "How far from real music are corpus and loops?",
        ("evaluate", "corpus", str(folder), "--contrast", str(loops)),
        ("--count", "44"),
        ("--count", "11"),
        ("musicnn",),
    )
