"""`loopgen evaluate learning`: whether a pack that learnt plays more like the sounds than before, and copies none.

Loops at the tempi of the sounds are rendered with none, half and all of what was learnt, from the same seeds. How far
they are from the sounds is a Frechet distance by embeddings that are not the pack's; its floor is how far random
halves of the sounds are apart. What they are worth besides: how often the tempo is heard, how a kick that is drawn
keeps to its row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.audio.resampling import resample_periodic
from engine.corpus.folder import ImportedLoop, find_loops, import_loop
from engine.errors import CorpusError, PackError
from engine.evaluation.judges import embedding, musicnn
from engine.evaluation.judges.distribution import frechet_distance, split_half_floor
from engine.evaluation.judges.measurement import Judges
from engine.evaluation.judges.nearness import bar_of, nearness
from engine.evaluation.judges.onset_score import score_onsets
from engine.evaluation.judges.tempo import OCTAVES, comb_tempo, tempo_hit
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.loop import Loop
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest, Pattern

SHARES: Final = (0.0, 0.5, 1.0)
"""Of what was learnt: none is the pack as it was."""
BARS: Final = 4
RATE: Final = 44_100
"""Samples a second of loops that are imported."""
FEWEST: Final = 3
FIRST_SEED: Final = 1000
KICKS: Final = 24
"""Loops whose kick is drawn."""

Rows = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Folder:
    """The sounds: their tempi, embeddings of each by name, their bars as latents `[N, D * 16]`, and in what share of
    them their own tempo is heard."""

    tempi: tuple[float, ...]
    embeddings: Mapping[str, Sequence[Rows]]
    bars: Rows
    in_time: float


def evaluate_learning(
    pipeline: LoopPipeline,
    sounds: Path,
    out: Path,
    judges: Judges,
    *,
    loops: int = 60,
    request: LoopRequest | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Render `loops` loops with each of `SHARES`, otherwise as `request` or by default; writes `learning.json` and
    `learning.md`.

    Raises `PackError` on a pack that learnt nothing, `CorpusError` where there are too few `sounds` to compare with.
    """
    if not pipeline.info.learnt:
        raise PackError(f"Pack {pipeline.info.name!r} learnt nothing; `loopgen learn` makes one that does.")
    out = results_folder(out)
    folder = _heard(pipeline, sounds, judges)
    rng = np.random.default_rng(0)
    floors = {name: split_half_floor(groups, rng)[1] for name, groups in folder.embeddings.items()}
    shares: dict[str, dict[str, Any]] = {}
    drawn = _drawn(pipeline, [(request or LoopRequest()).with_(bars=BARS, seed=FIRST_SEED + n) for n in range(KICKS)])
    for share in SHARES:
        asked = (request or LoopRequest()).with_(bars=BARS, learnt=share)
        rows = [
            asked.with_(tempo_bpm=folder.tempi[number % len(folder.tempi)], seed=FIRST_SEED + number)
            for number in range(loops)
        ]
        told = tqdm(rows, desc=f"{share:.0%} of what was learnt", disable=not progress)
        found = _measured([pipeline.render(row) for row in told], folder, judges)
        found["kick F1"] = _kicks(pipeline, [row.with_(learnt=share) for row in drawn], judges)
        shares[f"{share:g}"] = found
    for found in shares.values():
        for name, floor in floors.items():
            found[f"way to the floor, {name}"] = _way(shares["0"], found, name, floor)
    own = {"tempo hit": folder.in_time}
    results = {"sounds": len(folder.tempi), "loops": loops, "floors": floors, "own": own, "shares": shares}
    write_json(out / "learning.json", results)
    write_atomically(out / "learning.md", _table(results).encode())
    return results


def _heard(pipeline: LoopPipeline, sounds: Path, judges: Judges) -> _Folder:
    loops: list[ImportedLoop] = []
    for path in find_loops(sounds):
        try:
            loops.append(import_loop(path))
        except CorpusError:  # `loopgen learn --look` says why
            continue
    if len(loops) < FEWEST:
        raise CorpusError(f"{sounds} holds {len(loops)} usable loops; {FEWEST} at least can be compared with.")
    heard = [_embeddings(loop.loop.audio, RATE, judges) for loop in loops]
    tempi = tuple(loop.loop.annotation.tempo_bpm for loop in loops)
    return _Folder(
        tempi,
        {name: [each[name] for each in heard] for name in heard[0]},
        np.stack([_bar(pipeline, loop) for loop in loops]),
        float(np.mean([_hit(loop.loop.audio, RATE, tempo) for loop, tempo in zip(loops, tempi, strict=True)])),
    )


def _bar(pipeline: LoopPipeline, loop: ImportedLoop) -> Rows:
    """A bar of the latent of `loop`, as those of rendered loops are."""
    told = loop.loop.annotation
    geometry = pipeline.geometry(LoopRequest(tempo_bpm=told.tempo_bpm, bars=told.bars))
    latent = pipeline.latents.restore(
        pipeline.latents.encode(resample_periodic(loop.loop.audio, geometry.samples), geometry.frames)
    )
    return bar_of(latent[0].float().cpu().numpy(), told.bars)


def _embeddings(audio: Rows, rate: int, judges: Judges) -> dict[str, Rows]:
    found = {embedding.NAME: embedding.embed(audio, rate)}
    if judges.musicnn is not None:
        found[musicnn.NAME] = judges.musicnn.embed(audio, rate)
    return found


def _measured(loops: Sequence[Loop], folder: _Folder, judges: Judges) -> dict[str, Any]:
    heard = [_embeddings(loop.audio, loop.sample_rate, judges) for loop in loops]
    near = nearness(np.stack([bar_of(loop.latent, loop.request.bars) for loop in loops]), folder.bars)
    return {
        **{
            f"Frechet, {name}": frechet_distance(
                np.concatenate([each[name] for each in heard]), np.concatenate(list(groups))
            )
            for name, groups in folder.embeddings.items()
        },
        "tempo hit": float(np.mean([_hit(loop.audio, loop.sample_rate, loop.request.tempo_bpm) for loop in loops])),
        "nearer than sounds are to each other": near.copies,
        "nearest": float(near.nearest.min()),
        "one in a hundred pairs of sounds": near.limit,
    }


def _hit(audio: Rows, rate: int, tempo_bpm: float) -> bool:
    return tempo_hit(comb_tempo(audio, rate).tempo_bpm, tempo_bpm, ratios=OCTAVES)


def _drawn(pipeline: LoopPipeline, requests: Sequence[LoopRequest]) -> list[LoopRequest]:
    """`requests` whose kick is drawn, as the engine writes it for each; without those for which it writes none."""
    rows = [(request, pipeline.compose(request.with_(learnt=0.0))) for request in requests]
    written = [(request, found.pattern(BARS).rows) for request, found in rows if found is not None]
    return [request.with_(pattern=Pattern({"kick": rows["kick"]})) for request, rows in written if "kick" in rows]


def _kicks(pipeline: LoopPipeline, drawn: Sequence[LoopRequest], judges: Judges) -> float | None:
    """Mean F1 of the kicks that are heard against those that were `drawn`; None where nobody listens."""
    if judges.detector is None or not drawn:
        return None
    scores = []
    for request in drawn:
        loop, beat = pipeline.render(request), 60 / request.tempo_bpm
        wanted = [at * beat for at, _ in request.pattern.onsets("kick", request.bars)]
        found = judges.detector.detect(loop.audio, loop.sample_rate)["kick"]
        scores.append(score_onsets(wanted, found, loop.audio.shape[-1] / loop.sample_rate).f1)
    return float(np.mean(scores))


def _way(before: Mapping[str, Any], after: Mapping[str, Any], name: str, floor: float) -> float | None:
    """What share of the way from `before` to the `floor` has been gone; None where that was reached before."""
    first, now = before[f"Frechet, {name}"], after[f"Frechet, {name}"]
    return float((first - now) / (first - floor)) if first > floor else None


def _table(results: Mapping[str, Any]) -> str:
    shares: Mapping[str, Mapping[str, Any]] = results["shares"]
    header = [
        "figure",
        *(f"{float(share):.0%} of what was learnt" for share in shares),
        "the sounds, or halves of them",
    ]
    own = {**{f"Frechet, {name}": floor for name, floor in results["floors"].items()}, **results["own"]}
    rows = [[name, *(found[name] for found in shares.values()), own.get(name)] for name in shares["1"]]
    return f"# {results['loops']} loops beside {results['sounds']} sounds\n\n{markdown_table(header, rows)}"
