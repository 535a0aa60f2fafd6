"""What became of every file of an import: as records, as JSON, and as a table that can be read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from engine.files import shown
from engine.listening.told_tempo import Finding

Outcome = Literal["loop", "known", "copy", "one_shot", "refused", "passed_over"]
OUTCOMES: Final[dict[Outcome, str]] = {
    "loop": "loops imported",
    "known": "in the corpus already",
    "copy": "copies of others",
    "one_shot": "one-shots, no loops",
    "refused": "refused",
    "passed_over": "passed over",
}
"""What can become of a file, and how that is told."""
SOURCES: Final[dict[str, str]] = {
    "name": "its name",
    "chunk": "its tags",
    "folder": "its folder",
    "sound": "its sound",
    "given": "what was given",
    "recipe": "its recipe",
}
"""Who tells the tempo of a loop."""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of the file at `path`.

    `says` are sentences: why it was not taken, or what was done to it. Loops have a `finding` (tempo, bars, who told
    them, how surely), perhaps a `key`, and the `name` of the loop in the corpus; one-shots have the drum `part` that
    they may be, where their name tells.
    """

    path: Path
    outcome: Outcome
    says: tuple[str, ...] = ()
    finding: Finding | None = None
    key: str | None = None
    name: str | None = None
    part: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-able values; a path that is no text is told as far as it can be shown."""
        found = self.finding
        told = {} if found is None else {**found.__dict__, "key": self.key, "loop": self.name}
        part = {"part": self.part} if self.outcome == "one_shot" else {}
        return {"path": shown(str(self.path)), "outcome": self.outcome, "says": list(self.says)} | told | part


@dataclass(frozen=True)
class ImportReport:
    """What became of all files, in the order in which they were met."""

    files: tuple[ImportedFile, ...]

    def of(self, outcome: Outcome) -> list[ImportedFile]:
        """The files that became `outcome`."""
        return [file for file in self.files if file.outcome == outcome]

    @property
    def accepted(self) -> tuple[tuple[Path, Finding], ...]:
        """The loops that were added, with what their tempo was taken to be."""
        return tuple((file.path, file.finding) for file in self.of("loop") if file.finding is not None)

    @property
    def refused(self) -> tuple[tuple[Path, str], ...]:
        """The files that cannot be used, one-shots among them, and a sentence for each."""
        return tuple((file.path, file.says[0]) for file in self.files if file.outcome in ("refused", "one_shot"))

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences on what was done to files that were taken, and on tempi that were heard."""
        return tuple(said for file in self.of("loop") for said in file.says)

    @property
    def known(self) -> tuple[Path, ...]:
        """Files whose loop the corpus had already, or has from another of them."""
        return tuple(file.path for file in self.files if file.outcome in ("known", "copy"))

    def to_dict(self) -> dict[str, Any]:
        """Counts and every file, as JSON-able values."""
        counts = Counter(file.outcome for file in self.files)
        return {
            "counts": {outcome: counts[outcome] for outcome in OUTCOMES},
            "tempo_from": dict(Counter(finding.source for _, finding in self.accepted)),
            "files": [file.to_dict() for file in self.files],
        }

    def table(self) -> str:
        """The counts as lines; loops by who told their tempo, what was passed over by its reason."""
        counts = Counter(file.outcome for file in self.files)
        rows: list[tuple[int, str]] = []
        for outcome, words in OUTCOMES.items():
            if counts[outcome]:
                rows += [(counts[outcome], words), *self._details(outcome)]
        width = max((len(str(count)) for count, _ in rows), default=1)
        return "\n".join(f"{count:>{width}}  {words}" for count, words in rows)

    def _details(self, outcome: Outcome) -> Iterator[tuple[int, str]]:
        files = [file for file in self.files if file.outcome == outcome]
        if outcome == "loop":
            yield from _counted([f"tempo by {SOURCES[f.finding.source]}" for f in files if f.finding is not None])
        elif outcome == "one_shot":
            yield from _counted([file.part or "of no drum that is known by name" for file in files])
        elif outcome == "passed_over":
            yield from _counted([file.says[0].partition(" is ")[2].rstrip(".") for file in files])


def _counted(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each word with how often it is there, the most frequent first; the last line stands for all that are rare."""
    found = Counter(words).most_common()
    for word, count in found[:_MOST_ROWS]:
        yield count, f"  {word}"
    if len(found) > _MOST_ROWS:
        yield sum(count for _, count in found[_MOST_ROWS:]), "  of other kinds"


_MOST_ROWS: Final = 12
