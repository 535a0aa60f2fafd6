"""`loopgen evaluate likeness`: how like its prompt a loop is, over guidance, beside its quality and its variety."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from engine.clap.base import ClapEmbedder
from engine.conditioning.prompts import read_prompt
from engine.corpus.seeds import LIKENESS_CORPUS, LIKENESS_REQUESTS
from engine.errors import InvalidRequest
from engine.evaluation.experiments.words import HandWritten
from engine.evaluation.held_out import SAMPLE_RATE, held_out_case
from engine.evaluation.judges.distribution import diversity, frechet_distance, split_half_floor
from engine.evaluation.judges.embedding import NAME, embed
from engine.evaluation.ledger import Ledger
from engine.evaluation.loop_items import LoopRenderer
from engine.evaluation.plots import new_figure, save_figure
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.loop import PackInfo
from engine.requests import LoopRequest

SCALES: Final = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)
FIRST_SEED: Final = LIKENESS_REQUESTS.first
CORPUS_SEED: Final = LIKENESS_CORPUS.first
CORPUS_LOOPS: Final = 100

Rows = NDArray[np.float64]


def evaluate_likeness(
    renderer: LoopRenderer,
    clap: ClapEmbedder,
    out: Path,
    *,
    scales: Sequence[float] = SCALES,
    seeds: int = 2,
    progress: bool = True,
) -> dict[str, Any]:
    """Every hand-written prompt that wants something, at every guidance of `scales` and `seeds` seeds: cosine of its
    embedding and its loops' by the pack's own `clap`, how often that is above the cosine of a prompt and another
    prompt's loop, the distance of all loops to corpus loops, and the spread of a prompt's loops. `likeness.json`,
    `.md` and `.png` in `out`; goes on where it was stopped.

    A pack's own embedder likes what its own denoiser was led to: read it together with `evaluate words`.
    """
    if not scales:
        raise InvalidRequest("No guidance scale was given; give at least one, for example 3.")
    out = results_folder(out)
    ledger = Ledger(out / "likeness.jsonl")
    prompts, said = _wanting(clap)
    groups = _corpus(ledger, progress=progress)
    corpus = np.concatenate(groups)
    found: dict[str, dict[str, float]] = {}
    for scale in scales:
        by_prompt = [
            _loops(renderer, clap, ledger, LoopRequest(bars=2, guidance_scale=scale, prompt=prompt), seeds)
            for prompt in tqdm(prompts, desc=f"guidance {scale:g}", unit="prompt", disable=not progress)
        ]
        found[f"{scale:g}"] = _figures(said, by_prompt, corpus)
    results = {
        "pack": {"name": renderer.info.name, "hash": renderer.info.hash},
        "prompts": len(prompts),
        "seeds": seeds,
        "guidance": found,
        "halves of the corpus": split_half_floor(groups, np.random.default_rng(0))[1],
    }
    write_json(out / "likeness.json", results)
    _write(out, renderer.info, results)
    return results


def _corpus(ledger: Ledger, *, progress: bool) -> list[NDArray[Any]]:
    """The windows of each corpus loop, `[N, D]`."""
    seeds = range(CORPUS_SEED, CORPUS_SEED + CORPUS_LOOPS)
    return [
        np.array(ledger(f"corpus {seed}", partial(_windows, seed)))
        for seed in tqdm(seeds, desc="corpus", disable=not progress)
    ]


def _loops(
    renderer: LoopRenderer, clap: ClapEmbedder, ledger: Ledger, asked: LoopRequest, seeds: int
) -> list[dict[str, Any]]:
    """What is heard of loops of `asked` with `seeds` seeds."""
    told = f"{renderer.info.hash[:12]} {asked.guidance_scale:g}"
    return [
        ledger(f"{told} {seed} {asked.prompt}", partial(_rendered, renderer, clap, asked.with_(seed=seed)))
        for seed in range(FIRST_SEED, FIRST_SEED + seeds)
    ]


def _figures(said: Rows, by_prompt: Sequence[Sequence[dict[str, Any]]], corpus: NDArray[Any]) -> dict[str, float]:
    """Of prompts embedded as `said` `[N, D]` and the loops of each: likeness, the distance of all loops to the
    windows `corpus` `[M, D']`, and the mean distance between the loops of a prompt."""
    windows = [[np.array(loop["windows"]) for loop in loops] for loops in by_prompt]
    spreads = [diversity(np.stack([rows.mean(axis=0) for rows in loops])) for loops in windows]
    figures = likeness(said, np.array([[loop["heard"] for loop in loops] for loops in by_prompt]))
    figures["Frechet distance to the corpus"] = frechet_distance(
        np.concatenate([rows for loops in windows for rows in loops]), corpus
    )
    figures["distance between seeds"] = float(np.mean(spreads))
    return figures


def _write(out: Path, info: PackInfo, results: dict[str, Any]) -> None:
    found = results["guidance"]
    names = list(next(iter(found.values())))
    table = markdown_table(
        ["figure", *(f"guidance {scale}" for scale in found)],
        [[name, *(figures[name] for figures in found.values())] for name in names],
    )
    heading = (
        f"# Likeness of prompts and loops of {info.name} ({info.hash[:12]})\n\n"
        f"{results['prompts']} prompts at {results['seeds']} seeds. "
        f"Distances by {NAME}; halves of the corpus: {results['halves of the corpus']:.3g}.\n\n"
    )
    write_atomically(out / "likeness.md", f"{heading}{table}".encode())
    _draw(out / "likeness.png", found)


def likeness(said: Rows, heard: Rows) -> dict[str, float]:
    """From embeddings of N prompts `[N, D]` and of their loops `[N, seeds, D]`, all of unit norm: mean cosine of a
    prompt and its loops, mean cosine of a prompt and other prompts' loops, and how often the first is greater."""
    cosines = np.einsum("nd,msd->nms", said, heard)
    own = np.diagonal(cosines, axis1=0, axis2=1).T
    others = cosines[~np.eye(len(said), dtype=bool)].reshape(len(said), -1)
    above = own[:, :, None] > others[:, None, :]
    return {
        "cosine, own prompt": float(own.mean()),
        "cosine, other prompts": float(others.mean()),
        "own above mismatched": float(above.mean()),
    }


@torch.inference_mode()
def _wanting(clap: ClapEmbedder) -> tuple[list[str], Rows]:
    """The prompts that want something (not those that only ask away), and their embeddings."""
    read = {claim.text: read_prompt(clap, claim.text).embedded for claim in HandWritten.load().prompts}
    wanting = {text: embedded for text, embedded in read.items() if embedded is not None}
    return list(wanting), torch.cat(list(wanting.values())).double().numpy()


@torch.inference_mode()
def _rendered(renderer: LoopRenderer, clap: ClapEmbedder, request: LoopRequest) -> dict[str, Any]:
    loop = renderer.render(request)
    heard = clap.embed_audio(torch.from_numpy(loop.audio)[None], loop.sample_rate)[0]
    return {"heard": heard.tolist(), "windows": embed(loop.audio, loop.sample_rate)}


def _windows(seed: int) -> NDArray[np.float32]:
    return embed(held_out_case(seed).audio, SAMPLE_RATE)


def _draw(path: Path, found: dict[str, dict[str, float]]) -> None:
    scales = [float(scale) for scale in found]
    figure = new_figure(12, 3.6)
    shown = (
        ("cosine, own prompt", "cosine, other prompts"),
        ("Frechet distance to the corpus",),
        ("distance between seeds",),
    )
    for axis, names in zip(figure.subplots(1, 3), shown, strict=True):
        for name in names:
            axis.plot(scales, [figures[name] for figures in found.values()], marker="o", label=name)
        axis.set_xlabel("guidance")
        axis.legend(fontsize=8)
    save_figure(figure, path)
