"""`loopgen evaluate import`: whether files as they lie about become loops at their tempo, and nothing else does."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from tqdm import tqdm

from engine.audio.io import read_audio
from engine.corpus.build import fitted_plan
from engine.corpus.folder import find_loops
from engine.corpus.import_report import ImportedFile, ImportReport
from engine.corpus.importing import import_loops
from engine.corpus.render import render_plan
from engine.corpus.score import CorpusLoop
from engine.corpus.seeds import IMPORTED
from engine.corpus.store import StoredLoop, stored_loops
from engine.errors import LoopGenError
from engine.evaluation.made_files import RATE, MadeFile, make_files
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.listening.by_ear import hear_tempo
from engine.listening.names import tempo_in_name
from engine.listening.tempo import MIN_CONFIDENCE

SAME_TEMPO: Final = 0.005
BINS: Final = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.97, 1.0)
_PITCH_HZ: Final = (150.0, 4000.0)
_CENTS: Final = 40


@dataclass(frozen=True)
class Guess:
    """A tempo by ear, its `confidence`, and whether it is `right`, or half or twice that (`octave`)."""

    name: str
    true_bpm: float
    heard_bpm: float
    bars: int
    confidence: float

    @property
    def right(self) -> bool:
        """The tempo is right, whole bars included."""
        return self.bars > 0 and abs(self.heard_bpm / self.true_bpm - 1) < SAME_TEMPO

    @property
    def octave(self) -> bool:
        """Right, or half or twice the tempo."""
        ratio = self.heard_bpm / self.true_bpm
        return any(abs(ratio / factor - 1) < SAME_TEMPO for factor in (0.5, 1.0, 2.0))

    @property
    def taken(self) -> bool:
        """An import would believe it."""
        return self.bars > 0 and self.confidence >= MIN_CONFIDENCE


def evaluate_import(
    out: Path, *, count: int = 300, corpus: Path | None = None, real: Path | None = None, progress: bool = True
) -> dict[str, Any]:
    """Make `count` files and import them; listen to every loop among them, and to those in the folder `real`, whose
    names tell their tempo; writes `import.json` and `import.md`.

    The loops are held-out ones of the folder `corpus`, where it has some, and rendered beyond these.
    """
    out = results_folder(out)
    with tempfile.TemporaryDirectory(dir=out, prefix="files-") as place:
        folder = Path(place)
        making = make_files(folder / "files", _loops(corpus), count, np.random.default_rng(0))
        made = list(tqdm(making, desc="files", total=count, disable=not progress))
        with tqdm(desc="import", total=count, disable=not progress) as bar:
            report = import_loops(folder / "corpus", folder / "files", progress=lambda _done, _total: bar.update())
        results = _judged(made, report, folder / "corpus")
    results["by ear"] = _told(_heard(made, progress))
    if real is not None:
        results["real loops by ear"] = _told(_heard_in(real, progress))
    write_json(out / "import.json", results)
    write_atomically(out / "import.md", _table(results).encode())
    return results


def _loops(corpus: Path | None) -> Iterator[CorpusLoop]:
    stored = (loop for loop in stored_loops(corpus) if loop.held_out) if corpus is not None else iter(())
    kept = (CorpusLoop(loop.audio(), loop.annotation) for loop in stored if loop.annotation.source == "synthesis")
    return chain(kept, (render_plan(fitted_plan(seed)) for seed in range(IMPORTED.first, IMPORTED.end)))


def _judged(made: Sequence[MadeFile], report: ImportReport, corpus: Path) -> dict[str, Any]:
    became = {file.path: file for file in report.files}
    stored = {loop.name: loop for loop in stored_loops(corpus)}
    kinds: dict[str, Any] = {}
    for kind in dict.fromkeys(file.kind for file in made):
        own = [(file, became.get(file.path)) for file in made if file.kind == kind]
        kinds[kind] = {
            "files": len(own),
            **Counter(file.outcome if file is not None else "passed_over" for _, file in own),
            "tempo right": sum(_is_right(file, found) for file, found in own),
        }
    wrong = [_miss(file, became.get(file.path)) for file in made if _is_missed(file, became.get(file.path))]
    cents = [_cents(file, stored[found.name or ""]) for file, found in _imported(made, became)]
    return {"kinds": kinds, "misses": wrong, "pitch off by, cents, at most": max(cents, default=0.0)}


def _imported(made: Sequence[MadeFile], became: dict[Path, ImportedFile]) -> Iterator[tuple[MadeFile, ImportedFile]]:
    for file in made:
        found = became.get(file.path)
        if file.audio is not None and found is not None and found.outcome == "loop":
            yield file, found


def _is_right(file: MadeFile, found: ImportedFile | None) -> bool:
    if found is None or found.outcome != "loop" or found.finding is None or file.tempo_bpm is None:
        return False
    return found.finding.bars == file.bars and abs(found.finding.tempo_bpm / file.tempo_bpm - 1) < SAME_TEMPO


def _is_missed(file: MadeFile, found: ImportedFile | None) -> bool:
    """A loop that was not taken at its tempo, or what is none and was taken."""
    if file.tempo_bpm is not None:
        return not _is_right(file, found)
    return found is not None and found.outcome == "loop"


def _miss(file: MadeFile, found: ImportedFile | None) -> dict[str, Any]:
    heard = found.finding.tempo_bpm if found is not None and found.finding is not None else None
    says = found.says[0] if found is not None and found.says else ""
    became = found.outcome if found is not None else "passed_over"
    return {
        "file": file.path.name,
        "way": file.way,
        "true": file.tempo_bpm,
        "told": heard,
        "became": became,
        "says": says,
    }


def _heard(made: Sequence[MadeFile], progress: bool) -> list[Guess]:
    loops = [file for file in made if file.audio is not None]
    return [
        _guess(file.path.name, file.audio, RATE, file.tempo_bpm)
        for file in tqdm(loops, desc="listening", disable=not progress)
        if file.audio is not None and file.tempo_bpm is not None
    ]


def _heard_in(real: Path, progress: bool) -> list[Guess]:
    guesses = []
    for path in tqdm(find_loops(real), desc="real loops", disable=not progress):
        tempo = tempo_in_name(path.stem)
        try:
            file = read_audio(path)
        except LoopGenError:
            continue
        if tempo is not None:
            guesses.append(_guess(path.name, file.audio, file.sample_rate, tempo))
    return guesses


def _guess(name: str, audio: NDArray[np.float32], rate: int, tempo: float) -> Guess:
    heard = hear_tempo(audio, rate)
    return Guess(name, tempo, heard.tempo_bpm, heard.bars, heard.confidence)


def _told(guesses: Sequence[Guess]) -> dict[str, Any]:
    """Shares that are right, and how right each confidence is."""
    taken = [guess for guess in guesses if guess.taken]
    curve = []
    for low, high in pairwise(BINS):
        own = [g for g in guesses if low <= g.confidence < high or (high == 1.0 and g.confidence == 1.0)]
        share = sum(g.right for g in own) / len(own) if own else None
        mean = sum(g.confidence for g in own) / len(own) if own else None
        curve.append({"from": low, "to": high, "loops": len(own), "confidence": mean, "right": share})
    return {
        "loops": len(guesses),
        "right": sum(g.right for g in guesses),
        "right or an octave off": sum(g.octave for g in guesses),
        "taken": len(taken),
        "right of those taken": sum(g.right for g in taken),
        "sure": len([g for g in guesses if g.confidence >= 0.9]),
        "right of those sure": sum(g.right for g in guesses if g.confidence >= 0.9),
        "curve": curve,
        "wrong": [{**g.__dict__} for g in guesses if g.taken and not g.right],
    }


def _cents(file: MadeFile, stored: StoredLoop) -> float:
    """By how many cents the spectrum of what was stored is moved against that of the loop itself."""
    assert file.audio is not None
    hertz = np.geomspace(*_PITCH_HZ, round(1200 * np.log2(_PITCH_HZ[1] / _PITCH_HZ[0])))
    ours, theirs = (_levels(audio, hertz) for audio in (stored.audio(), file.audio))
    moves = np.arange(-_CENTS, _CENTS + 1)
    inner = slice(_CENTS, -_CENTS)
    fits = [float(np.dot(np.roll(ours, -move)[inner], theirs[inner])) for move in moves]
    return float(abs(moves[int(np.argmax(fits))]))


def _levels(audio: NDArray[np.float32], hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    samples = audio.shape[1]
    level = np.abs(scipy.fft.rfft(audio.mean(axis=0) * np.hanning(samples)))
    found = np.interp(hertz, np.arange(len(level)) * RATE / samples, level)
    smooth = np.convolve(np.log(found + 1e-6 * found.max() + 1e-12), np.ones(5) / 5, mode="same")
    return np.asarray(smooth - smooth.mean())


def _table(results: dict[str, Any]) -> str:
    kinds = results["kinds"]
    columns = ("files", "loop", "known", "copy", "one_shot", "refused", "passed_over", "tempo right")
    text = markdown_table(
        ("kind", *columns), [(kind, *(row.get(column, 0) for column in columns)) for kind, row in kinds.items()]
    )
    text += f"\nPitch moved by at most {results['pitch off by, cents, at most']:g} cents.\n"
    for name in ("by ear", "real loops by ear"):
        if name in results:
            found = results[name]
            text += (
                f"\n{name}: {found['right']} of {found['loops']} right ({found['right or an octave off']} with half "
                f"and double); {found['right of those taken']} of the {found['taken']} that are taken; "
                f"{found['right of those sure']} of the {found['sure']} at .9 and more.\n\n"
            )
            rows = [
                (f"{row['from']:g}-{row['to']:g}", row["loops"], row["confidence"], row["right"])
                for row in found["curve"]
            ]
            text += markdown_table(("confidence", "loops", "mean", "right"), rows)
    return text
