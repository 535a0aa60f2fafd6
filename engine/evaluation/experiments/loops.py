"""`loopgen evaluate loops` and `guidance`: held-out requests rendered, measured, and set beside the corpus itself."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.corpus.render import render_loop
from engine.corpus.seeds import TAG_JUDGE
from engine.errors import InvalidRequest
from engine.evaluation.judges import embedding, musicnn
from engine.evaluation.judges.distribution import diversity, frechet_distance, split_half_floor
from engine.evaluation.judges.levels import crest_factor, stereo_width
from engine.evaluation.judges.measurement import Judges
from engine.evaluation.judges.tags import TagJudge, loop_features, tag_agreement
from engine.evaluation.loop_items import Item, LoopRenderer, LoopSettings, corpus_items, rendered_items
from engine.evaluation.loop_report import draw_guidance, draw_loops
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.evaluation.summary import band_figures, hits_over_tempo, summarise
from engine.files import write_atomically

GUIDANCE_SCALES = (0.0, 0.5, 1.0, 2.0, 4.0)
TAG_SEED = TAG_JUDGE.first
"""Training loops of the tag judge start here."""
DIVERSITY_REQUESTS, DIVERSITY_SEEDS = 8, 6


def evaluate_loops(
    renderer: LoopRenderer,
    out: Path,
    settings: LoopSettings,
    judges: Judges,
    *,
    tag_loops: int = 400,
    progress: bool = True,
) -> dict[str, Any]:
    """Figures of rendered loops beside those of the corpus: `loops.json`, `loops.md` and plots in `out`.

    `tag_loops` corpus loops train the tag judge (0 leaves tags out). Raises `ExportError` when `out` cannot be used.
    """
    out = results_folder(out)
    corpus = corpus_items(out, settings, judges, progress=progress)
    rendered = rendered_items(renderer, [item.request for item in corpus], out, settings, judges, progress=progress)
    figures = {name: _figures(items) for name, items in (("rendered", rendered), ("corpus", corpus))}
    figures["rendered"] |= band_figures(_split(rendered)[0], _split(corpus)[0])
    for name, sides in distances(rendered, corpus).items():
        for side, value in sides.items():
            figures[side][name] = value
    if tag_loops:
        judge = train_tag_judge(tag_loops, progress=progress)
        figures["rendered"] |= tag_figures(judge, rendered)
        figures["corpus"] |= tag_figures(judge, corpus)
    figures["rendered"] |= seed_diversity(renderer, corpus, settings, progress=progress)
    sets = {"rendered": rendered, "corpus": corpus}
    over_tempo = {side: hits_over_tempo(*_split(items), "comb") for side, items in sets.items()}
    results = {
        "pack": {"name": renderer.info.name, "hash": renderer.info.hash},
        "settings": asdict(settings),
        "judges": _judges(judges),
        "figures": figures,
        "hits over tempo": over_tempo,
    }
    write_json(out / "loops.json", results)
    write_atomically(out / "loops.md", f"{_heading(renderer, settings, judges)}\n{_table(figures)}".encode())
    draw_loops(out, {side: _split(items)[0] for side, items in sets.items()}, over_tempo["rendered"])
    return results


def _table(figures: dict[str, dict[str, Any]]) -> str:
    names = dict.fromkeys([*figures["corpus"], *figures["rendered"]])
    rows = [[name, figures["rendered"].get(name), figures["corpus"].get(name)] for name in names]
    return markdown_table(["figure", "rendered", "corpus (ceiling)"], rows)


def evaluate_guidance(
    renderer: LoopRenderer,
    out: Path,
    settings: LoopSettings,
    judges: Judges,
    *,
    scales: Sequence[float] = GUIDANCE_SCALES,
    progress: bool = True,
) -> dict[str, Any]:
    """The same figures as a curve over guidance: `guidance.json`, `guidance.md` and a plot in `out`."""
    if not scales:
        raise InvalidRequest("No guidance scale was given; give at least one, for example 2.")
    out = results_folder(out)
    corpus = corpus_items(out, settings, judges, progress=progress)
    requests = [item.request for item in corpus]
    curves: dict[str, dict[str, Any]] = {}
    for scale in scales:
        items = rendered_items(
            renderer, requests, out, replace(settings, guidance_scale=scale), judges, progress=progress
        )
        curves[f"{scale:g}"] = _figures(items)
        for name, sides in distances(items, corpus).items():
            curves[f"{scale:g}"][name] = sides["rendered"]
    results = {"pack": {"name": renderer.info.name, "hash": renderer.info.hash}, "figures": curves}
    write_json(out / "guidance.json", {**results, "corpus": _figures(corpus), "judges": _judges(judges)})
    ceiling = _figures(corpus)
    rows = [
        [name, *(figures.get(name) for figures in curves.values()), ceiling.get(name)]
        for name in next(iter(curves.values()))
    ]
    table = markdown_table(["figure", *(f"guidance {scale}" for scale in curves), "corpus"], rows)
    write_atomically(out / "guidance.md", f"{_heading(renderer, settings, judges)}\n{table}".encode())
    draw_guidance(out, curves, ceiling)
    return results


def train_tag_judge(count: int, *, first: int = TAG_SEED, progress: bool = True) -> TagJudge:
    """A tag judge trained on `count` corpus loops from seed `first` on, at the tempi and lengths that they draw."""
    features, tags = [], []
    for seed in tqdm(range(first, first + count), desc="tag judge", unit="loop", disable=not progress):
        loop = render_loop(seed)
        rows = embedding.embed(loop.audio, 44100)
        features.append(loop_features(rows, stereo_width(loop.audio), crest_factor(loop.audio)))
        tags.append(loop.annotation.tags)
    return TagJudge.train(np.stack(features), tags)


def tag_figures(judge: TagJudge, items: Sequence[Item]) -> dict[str, Any]:
    """How well requested tags are told from others, mean and per tag (see `engine.evaluation.judges.tags`)."""
    areas = tag_agreement(judge.scores(_features(items)), [item.request.tags for item in items])
    mean = float(np.mean(list(areas.values()))) if areas else None
    return {"tag agreement, mean AUC": mean} | {f"tag agreement, {tag}": area for tag, area in areas.items()}


def seed_diversity(
    renderer: LoopRenderer, corpus: Sequence[Item], settings: LoopSettings, *, progress: bool = True
) -> dict[str, float]:
    """Mean distance between loops of one request at six seeds, and how much that is of the corpus's own spread.

    The distance is Euclidean between mean embeddings; 1 would be seeds as different as different requests.
    """
    within = []
    for item in tqdm(corpus[:DIVERSITY_REQUESTS], desc="diversity", unit="request", disable=not progress):
        request = settings.apply(item.request)
        rows = [
            embedding.embed(loop.audio, loop.sample_rate).mean(axis=0)
            for loop in (renderer.render(request.with_(seed=seed)) for seed in range(DIVERSITY_SEEDS))
        ]
        within.append(diversity(np.stack(rows)))
    between = diversity(np.array([np.mean(item.measured["embedding"], axis=0) for item in corpus]))
    spread = float(np.mean(within))
    return {"diversity across seeds": spread, "diversity, share of the corpus's": spread / max(between, 1e-9)}


def _figures(items: Sequence[Item]) -> dict[str, Any]:
    return summarise(*_split(items))


def _split(items: Sequence[Item]) -> tuple[list[Mapping[str, Any]], list[Any]]:
    return [item.measured for item in items], [item.request for item in items]


def _features(items: Sequence[Item]) -> NDArray[np.float64]:
    return np.stack(
        [loop_features(np.array(i.measured["embedding"]), i.measured["width"], i.measured["crest_db"]) for i in items]
    )


def distances(rendered: Sequence[Item], corpus: Sequence[Item]) -> dict[str, dict[str, float]]:
    """Frechet distance of rendered to corpus loops per embedding; beside it the split-half floor of the corpus."""
    found = {}
    for field, name in (("embedding", embedding.NAME), ("musicnn", musicnn.NAME)):
        groups = [np.array(item.measured[field]) for item in corpus]
        if groups[0].size:
            ours = np.concatenate([np.array(item.measured[field]) for item in rendered])
            floor = split_half_floor(groups, np.random.default_rng(0))
            distance = frechet_distance(ours, np.concatenate(groups))
            found[f"Frechet distance to the corpus ({name})"] = {"rendered": distance, "corpus": floor[1]}
    return found


def _judges(judges: Judges) -> dict[str, Any]:
    return {
        "tempo": [judge.name for judge in judges.tempo],
        "part onsets, F1 on held-out corpus loops": dict(judges.detector.quality) if judges.detector else None,
        "musicnn": judges.musicnn is not None,
    }


def _heading(renderer: LoopRenderer, settings: LoopSettings, judges: Judges) -> str:
    heard = ", ".join(judge.name for judge in judges.tempo)
    return (
        f"# Loops of {renderer.info.name} ({renderer.info.hash[:12]})\n\n"
        f"{settings.count} held-out requests, {settings.num_steps} {settings.sampler} steps, temperature "
        f"{settings.temperature:g}. The corpus column is "
        f"the same measurement on the corpus loops that the requests were read off: the estimators' own ceiling, and "
        f"for Frechet distances the greatest split-half distance. Tempo estimators: {heard}.\n"
    )
