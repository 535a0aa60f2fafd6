"""`loopgen train directions`: where sliders lead in the semantic latent, and what tells loops of each tag there.

A linear support vector machine tells the `z_2` of corpus loops that have a tag from those that lack it, or have its
opposite; across its plane lies the direction (Yang et al. 2023, section 4). One tag seldom comes alone, so that its
direction moves others too: the sliders' are mixed of all of them on loops that are rendered in two evaluations, as
`engine.training.steers` mixes those of the embedding, and of each slider the better of both is kept.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.optimize
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from engine.conditioning.steers import Steers
from engine.corpus.store import StoredLoop, read_manifest, stored_loops
from engine.errors import CorpusError, InvalidRequest, PackError
from engine.evaluation.experiments.loops import train_tag_judge
from engine.evaluation.judges.embedding import NAME
from engine.evaluation.judges.tags import TagJudge
from engine.knobs import PROGRESSIVE
from engine.models.fewsteps import FewSteps
from engine.models.semantic_directions import DirectionConfig, SemanticDirections
from engine.models.unet import Denoiser
from engine.packs.directions import store_directions
from engine.packs.identities import encoder_hash
from engine.packs.models import load_clap, load_codec, load_denoiser, load_fewsteps, load_steers
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.training.fewsteps import FewStepTraining
from engine.training.steers import FIRST_SEED, JUDGE_SEED, Trial, better, calibrate, in_embedding, respond
from engine.vocabulary import STEERS, STYLES, TAGS

FEWEST: Final = 20
"""Loops that have a tag, and as many that lack it, below which no direction is looked for."""
SOFTNESS: Final = 1.0
"""What a loop on the wrong side of the plane costs, against the plane's slope."""

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]


def support_vector(z: Doubles, has: Bools, softness: float = SOFTNESS) -> Doubles:
    """The unit vector `[Z]` across the plane that tells rows of `z` `[N, Z]` that `has` `[N]` from the others: a
    linear support vector machine of squared hinge loss, both sides weighing the same."""
    signs = np.where(has, 1.0, -1.0)
    costs = softness * np.where(has, 0.5 / max(has.sum(), 1), 0.5 / max((~has).sum(), 1)) * len(z)

    def loss(plane: Doubles) -> tuple[float, Doubles]:
        short = np.maximum(1 - signs * (z @ plane[:-1] + plane[-1]), 0)
        pull = -2 * costs * short * signs
        gradient = np.append(plane[:-1] + z.T @ pull, pull.sum())
        return 0.5 * float(plane[:-1] @ plane[:-1]) + float(costs @ short**2), gradient

    start = np.zeros(z.shape[1] + 1)
    plane = scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return np.asarray(plane[:-1] / max(np.linalg.norm(plane[:-1]), 1e-12))


def told_apart(z: Doubles, has: Bools) -> tuple[Doubles, float]:
    """The unit vector `[Z]` towards the rows of `z` `[N, Z]` that `has`, and the share of rows that a plane tells
    right, of both sides alike, in every fifth row, which it was found without; nothing and a half where less than
    `FEWEST` have it or lack it."""
    if min(has.sum(), (~has).sum()) < FEWEST:
        return np.zeros(z.shape[1]), 0.5
    kept = np.arange(len(z)) % 5 > 0
    along = z @ support_vector(z[kept], has[kept])
    middle = (np.median(along[kept & has]) + np.median(along[kept & ~has])) / 2
    right = [(along[~kept & side] > middle) == positive for side, positive in ((has, True), (~has, False))]
    return support_vector(z, has), float(np.mean([r.mean() if len(r) else 0.5 for r in right]))


@torch.no_grad()
def semantics_of(loops: Sequence[StoredLoop], model: FewSteps, denoiser: Denoiser, *, progress: bool) -> Doubles:
    """The `z_2` `[N, Z]` of encoded loops."""
    bar = tqdm(loops, desc="semantics", unit="loop", disable=not progress)
    latents = (torch.from_numpy(loop.latent())[None] for loop in bar)
    return torch.cat([model.encoder(denoiser.standardise(latent)) for latent in latents]).double().numpy()


def find_directions(z: Doubles, tags: Sequence[Sequence[str]]) -> tuple[SemanticDirections, dict[str, float]]:
    """Directions of all steers and tags in the rows of `z` `[N, Z]`, loops with `tags`; and how well each is told
    from its opposite, or from its absence, in loops that it was not found by.

    They are looked for where `z_2` as it is trained with, some noise on it, is spread alike in all directions, as
    latents of the paper are. There they are one long.
    """
    found, right = SemanticDirections(DirectionConfig(z.shape[1])), dict[str, float]()
    level = FewStepTraining.latent_noise**2 * np.eye(z.shape[1])
    size, axes = np.linalg.eigh(np.cov(z.T) + level)
    spread, even = axes * np.sqrt(size) @ axes.T, (z - z.mean(axis=0)) @ (axes / np.sqrt(size)) @ axes.T
    having = {tag: np.array([tag in loop for loop in tags]) for tag in TAGS}
    for row, tag in enumerate(TAGS):
        vector, right[tag] = told_apart(even, having[tag])
        found.tags[row] = torch.from_numpy(spread @ vector)
    for row, (steer, (towards, away)) in enumerate(STEERS.items()):
        either = having[towards] ^ having[away] if away else np.ones(len(z), bool)
        vector, right[f"steer {steer}"] = told_apart(even[either], having[towards][either])
        found.steers[row] = torch.from_numpy(spread @ vector)
    return found, right


def train_directions(
    corpus: Path,
    pack: Path,
    *,
    loops: int = 12,
    rounds: int = 2,
    judged: int = 800,
    device: str = "auto",
    progress: bool = True,
) -> dict[str, Any]:
    """Find the directions of `pack` on the training loops of `corpus`, mix those of the sliders on `loops` rendered
    loops of all styles in turn in `rounds` rounds, and store them there; with `loops` 0, or where the tags of no
    slider are told apart, they are kept as found.

    Returns how well directions tell loops apart (`told`) and, as `train_steers`, the `responses` of attributes to
    sliders; a slider stays with the embedding where that moves less besides its own on as many other loops. Raises
    `InvalidRequest` on numbers out of range, `PackError` without a few-step model, `CorpusError` where the corpus is
    not encoded by the pack's codec.
    """
    _check(loops, rounds, judged)
    opened = Pack.open(pack)
    denoiser = load_denoiser(opened)
    model = load_fewsteps(opened, denoiser)
    if model is None:
        raise PackError(f"Pack {opened.name!r} has no model of two evaluations; see `loopgen train fewsteps`.")
    if read_manifest(corpus).get("encoder") != encoder_hash(load_codec(opened)):
        raise CorpusError(f"The corpus was not encoded by this pack's codec; run `loopgen corpus encode {corpus}`.")
    kept = [loop for loop in stored_loops(corpus) if not loop.held_out]
    z = semantics_of(kept, model, denoiser, progress=progress)
    found, told = find_directions(z, [loop.annotation.tags for loop in kept])
    responses: dict[str, Any] = {}
    if loops and found.led:
        judge = train_tag_judge(judged, first=JUDGE_SEED, progress=progress)
        found, responses = mixed(pack, judge, found, loops, rounds, device=device, progress=progress)
    settings = {"loops": loops, "rounds": rounds, "judged": judged, "embedding": NAME, "corpus": len(kept)}
    record = {"run": f"directions-{opened.hash[:8]}", "settings": settings, "told": told, "responses": responses}
    store_directions(pack, found, record)
    return {"told": told, "responses": responses, "led": sorted(found.led)}


def _check(loops: int, rounds: int, judged: int) -> None:
    for name, value, least, most in (
        ("loops", loops, 0, 1000),
        ("rounds", rounds, 1, 8),
        ("judged", judged, 20, 10_000),
    ):
        if not least <= value <= most:
            raise InvalidRequest(f"--{name} {value} is not possible: {least} to {most}.")


@contextmanager
def in_semantics(pipeline: LoopPipeline, name: str, row: Tensor) -> Iterator[None]:
    """Slider `name` alone leads in `z_2`, by `row` `[Z]`."""
    few = pipeline.few_steps
    kept, few.directions = few.directions, SemanticDirections(DirectionConfig(row.numel()))
    few.directions.steers[list(STEERS).index(name)] = row
    try:
        yield
    finally:
        few.directions = kept


def mixed(
    pack: Path, judge: TagJudge, found: SemanticDirections, loops: int, rounds: int, *, device: str, progress: bool
) -> tuple[SemanticDirections, dict[str, Any]]:
    """Sliders whose rows are mixes of all that was `found`, but for those that the pack's steers of the embedding are
    better for at two evaluations; and the responses to all that was tried."""
    pipeline = LoopPipeline.from_pack(pack, device)
    pipeline.few_steps.directions = None
    opened = Pack.open(pack)
    steers = (load_steers(opened) or Steers.plain(load_clap(opened))).embedding
    basis = torch.cat((found.steers, found.tags[[tag not in STYLES for tag in TAGS]]))
    basis = basis[basis.any(1)]
    made = partial(Trial, pipeline, judge, loops, sampler=PROGRESSIVE)
    trial, check = made(lead=in_semantics), made(FIRST_SEED + loops, lead=in_semantics)
    other = made(FIRST_SEED + loops, lead=in_embedding)
    with tqdm(desc="steering", unit="loop", total=trial.cost(len(basis), rounds), disable=not progress) as bar:
        trial.tell = check.tell = other.tell = bar.update
        rows, tried = calibrate(trial, found.steers, basis, rounds)
        checked = respond(other, steers), respond(check, rows)
    kept = SemanticDirections(found.config)
    kept.tags.copy_(found.tags)
    kept.steers.copy_(better(checked[1], checked[0], rows, torch.zeros_like(rows)))
    names = (
        "as found",
        *(f"round {number}" for number in range(1, rounds + 1)),
        "embedding, checked",
        "mixed, checked",
    )
    return kept, {name: response.tolist() for name, response in zip(names, (*tried, *checked), strict=True)}
