"""`loopgen evaluate corpus`: how near the synthesised corpus (or any folder) stands to a folder of real music."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.audio.io import AUDIO_SUFFIXES, read_audio
from engine.audio.resampling import resample
from engine.audio.third_octaves import THIRD_OCTAVES_HZ, third_octave_levels
from engine.corpus.render import render_loop
from engine.corpus.seeds import HELD_OUT_SEED
from engine.errors import InvalidRequest
from engine.evaluation.judges import embedding, musicnn
from engine.evaluation.judges.distribution import frechet_distance, split_half_floor
from engine.evaluation.judges.levels import Levels, measure_levels
from engine.evaluation.judges.musicnn import Musicnn
from engine.evaluation.plots import new_figure, save_figure
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically

EXCERPT_SECONDS = 10.0
"""Recordings are heard in excerpts as long as loops; levels and spectra are taken of each."""
MAX_EXCERPTS = 12

Audio = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SoundSet:
    """What was measured on a set: per file its embeddings by name, per loop or excerpt its levels and spectrum."""

    name: str
    embeddings: Mapping[str, Sequence[NDArray[np.float32]]]
    levels: Sequence[Levels]
    spectra: NDArray[np.float64]


def corpus_files(count: int, first_seed: int = HELD_OUT_SEED) -> Iterable[list[Audio]]:
    """`count` held-out corpus loops as their seeds draw them, each a file of one excerpt."""
    for seed in range(first_seed, first_seed + count):
        yield [render_loop(seed).audio]


def folder_files(folder: Path) -> Iterable[list[Audio]]:
    """Every audio file under `folder`: up to 12 excerpts of 10 s, evenly spread, stereo at 44.1 kHz.

    Raises `InvalidRequest` when there is none.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in AUDIO_SUFFIXES) if folder.is_dir() else []
    if not paths:
        raise InvalidRequest(f"No audio in {str(folder)!r}; a folder of {', '.join(AUDIO_SUFFIXES)} files is needed.")
    for path in paths:
        file = read_audio(path)
        audio = resample(file.audio[:2], file.sample_rate, 44100)
        yield excerpts(audio if len(audio) == 2 else np.repeat(audio[:1], 2, axis=0), 44100)


def excerpts(audio: Audio, sample_rate: int) -> list[Audio]:
    """Pieces of 10 s, at most 12 and evenly spread; what is shorter stays whole."""
    length = round(EXCERPT_SECONDS * sample_rate)
    count = max(1, audio.shape[-1] // length)
    starts = np.arange(count) * length
    if count > MAX_EXCERPTS:
        starts = np.linspace(0, audio.shape[-1] - length, MAX_EXCERPTS).astype(np.int64)
    return [audio[:, start : start + length] if count > 1 else audio for start in starts]


def measure_set(name: str, files: Iterable[list[Audio]], judge: Musicnn | None, *, progress: bool = True) -> SoundSet:
    """Embeddings, levels and spectra of every file; silent excerpts are left out."""
    heard: dict[str, list[NDArray[np.float32]]] = {embedding.NAME: []}
    if judge is not None:
        heard[musicnn.NAME] = []
    levels, spectra = [], []
    for pieces in tqdm(files, desc=name, unit="file", disable=not progress):
        loud = [piece for piece in pieces if np.sqrt(np.mean(np.square(piece))) > 1e-4]
        if not loud:
            continue
        heard[embedding.NAME].append(np.concatenate([embedding.embed(piece, 44100) for piece in loud]))
        if judge is not None:
            heard[musicnn.NAME].append(np.concatenate([judge.embed(piece, 44100) for piece in loud]))
        levels += [measure_levels(piece, 44100) for piece in loud]
        spectra += [third_octave_levels(piece, 44100) for piece in loud]
    return SoundSet(name, heard, levels, np.array(spectra))


def compare_sets(real: SoundSet, others: Sequence[SoundSet], out: Path) -> dict[str, Any]:
    """Distances of `others` to `real`, levels and spectra: `corpus.json`, `corpus.md` and `corpus.png` in `out`."""
    out = results_folder(out)
    rows = {real.name: _describe(real)} | {other.name: _describe(other) for other in others}
    for name, groups in real.embeddings.items():
        low, high = split_half_floor(groups, np.random.default_rng(0))
        rows[real.name][f"Frechet, {name}"] = high
        rows[real.name][f"Frechet, {name}, least split half"] = low
        reference = np.concatenate(groups)
        for other in others:
            rows[other.name][f"Frechet, {name}"] = frechet_distance(reference, np.concatenate(other.embeddings[name]))
    write_json(out / "corpus.json", {"reference": real.name, "sets": rows})
    names = list(dict.fromkeys(figure for row in rows.values() for figure in row))
    table = markdown_table(["figure", *rows], [[name, *(row.get(name) for row in rows.values())] for name in names])
    heading = (
        f"# Distance to {real.name}\n\nIts own column holds the greatest distance between random halves of it.\n\n"
    )
    write_atomically(out / "corpus.md", (heading + table).encode())
    _draw(out, [real, *others])
    return rows


def _describe(sounds: SoundSet) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "files": len(sounds.embeddings[embedding.NAME]),
        "windows": sum(len(rows) for rows in sounds.embeddings[embedding.NAME]),
    }
    for field, label in (
        ("loudness_lufs", "loudness LUFS"),
        ("crest_db", "crest factor dB"),
        ("width", "stereo width"),
    ):
        values = np.array([getattr(level, field) for level in sounds.levels])
        for percent in (10, 50, 90):
            figures[f"{label}, {percent} %"] = float(np.percentile(values, percent))
    return figures


def _draw(out: Path, sets: Sequence[SoundSet]) -> None:
    figure = new_figure(12, 4)
    spectrum, crest, width = figure.subplots(1, 3)
    for sounds in sets:
        # Spectra are compared at equal level.
        relative = sounds.spectra - 10 * np.log10(np.sum(10 ** (sounds.spectra / 10), axis=1, keepdims=True))
        spectrum.semilogx(THIRD_OCTAVES_HZ, np.median(relative, axis=0), label=sounds.name)
        for axis, field in ((crest, "crest_db"), (width, "width")):
            values = np.sort([getattr(level, field) for level in sounds.levels])
            axis.plot(values, np.linspace(0, 100, len(values)), label=sounds.name)
    spectrum.set(title="third-octave spectrum, median", xlabel="Hz", ylabel="dB of the whole")
    crest.set(title="crest factor", xlabel="dB", ylabel="% of excerpts below")
    width.set(title="stereo width", xlabel="share of energy in the side", xlim=(0, 0.5))
    spectrum.legend(fontsize=8)
    save_figure(figure, out / "corpus.png")
