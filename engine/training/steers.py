"""`loopgen train steers`: sliders that move their own attribute of rendered loops and leave the others alone.

Directions that can be steered along (of the embedder's classifiers, between descriptions in words) are tried on
rendered loops, and linear classifiers of corpus tags say what each did to every attribute. The mixes of directions
that answer for one attribute alone follow by least squares, and are tried and mended a few times.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from engine.clap.starter import StarterClap
from engine.conditioning.steers import STEER_LENGTH, Steers, raw_direction, tag_direction
from engine.corpus.seeds import STEER_JUDGE, STEER_REQUESTS
from engine.errors import InvalidRequest, PackError
from engine.evaluation.experiments.loops import train_tag_judge
from engine.evaluation.judges.embedding import NAME
from engine.evaluation.judges.tags import TagJudge, steered_attributes
from engine.packs.models import load_own_clap, store_steers
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest
from engine.vocabulary import STEERS, STYLES

FIRST_SEED: Final = STEER_REQUESTS.first
"""Seed of the first loop that is steered; no experiment shares them."""
JUDGE_SEED: Final = STEER_JUDGE.first
"""Seed of the first corpus loop that the classifiers learn from; no evaluation shares them."""
STEPS: Final = 8
"""Steps of a loop that is judged, enough to tell what moved."""
RIDGE: Final = 0.3
"""How much a mix of size one has to improve the fit, in squared deviations, to be worth it."""
DAMPING: Final = 0.7
"""Share of the remaining error that one round corrects."""
STRENGTH: Final = 1.5
"""How far a slider should move its own attribute from end to end, in standard deviations."""
MOST: Final = 4.0
"""Largest size of a mix of directions, at a slider of 1."""

WORDS: Final = {
    "bright": ("bright shiny sparkling", "dark gloomy muffled"),
    "dense": ("busy, dense, lots of notes", "sparse, minimal, empty"),
    "hard": ("hard, aggressive, pounding", "soft, gentle, mellow"),
    "dub": ("dubby, drenched in reverb and echo", "dry, close, no reverb"),
    "acid": ("acid, squelchy 303", "plain loop"),
    "lo_fi": ("lo-fi, dusty, crackling vinyl", "clean, polished"),
}
CHARACTERS: Final = ("warm", "distorted", "swung", "evolving", "hypnotic", "sub", "pad", "closed_hat", "lead")
"""Tags without a slider, whose directions cancel side effects of the sliders."""

WEAKER: Final = 0.5
"""How much weaker a slider may become at the most so that it moves less besides its own."""
Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Probe = Callable[[str, Tensor], Doubles]
"""What a slider at 1 instead of -1 does to every attribute `[S]` when it adds a row `[E]`."""
UNCOMPOSED: Final = "bright"
"""A slider whose only effect is on the embedding; the density slider changes the composition as well."""


def train_steers(
    pack: Path, *, loops: int = 22, rounds: int = 4, judged: int = 800, device: str = "auto", progress: bool = True
) -> dict[str, Any]:
    """Calibrate the sliders of `pack` on `loops` loops of all styles in turn and store them there.

    Returns, in deviations of each attribute over those loops, the `responses` of all attributes to each slider going
    from -1 to 1: the plain ones, those of every one of `rounds`, and what plain and mixed ones do to as many other
    loops, by which the better of each slider is taken. Raises `InvalidRequest` on numbers out of range and
    `PackError` where the embedder is pretrained or missing.
    """
    for name, value, most in (("loops", loops, 1000), ("rounds", rounds, 8), ("judged", judged, 10_000)):
        if not 1 <= value <= most:
            raise InvalidRequest(f"--{name} {value} is not possible: 1 to {most}.")
    opened = Pack.open(pack)
    clap = load_own_clap(opened)
    if {*STEERS} - {*clap.known.steers}:
        raise PackError(f"The embedder of {pack} is older than some sliders; train it again: `loopgen train clap`.")
    judge = train_tag_judge(judged, first=JUDGE_SEED, progress=progress)
    pipeline = LoopPipeline.from_pack(pack, device)
    trial = Trial(pipeline, judge, loops)
    with tqdm(desc="steering", unit="loop", total=trial.cost(len(basis(clap)), rounds), disable=not progress) as bar:
        trial.tell = bar.update
        plain = Steers.plain(clap).embedding
        mixed, tried = calibrate(trial, plain, basis(clap), rounds)
        check = Trial(pipeline, judge, loops, first=FIRST_SEED + loops)
        check.tell = bar.update
        checked = respond(check, plain), respond(check, mixed)
    steers = Steers()
    steers.embedding.copy_(better(checked[1], checked[0], mixed, plain))
    names = ("plain", *(f"round {number}" for number in range(1, rounds + 1)), "plain, checked", "mixed, checked")
    responses = {name: response.tolist() for name, response in zip(names, (*tried, *checked), strict=True)}
    record = {
        "run": f"steers-{opened.hash[:8]}",
        "settings": {"loops": loops, "rounds": rounds, "judged": judged, "embedding": NAME},
        "responses": responses,
    }
    store_steers(pack, steers, record)
    return responses


Lead = Callable[[LoopPipeline, str, Tensor], AbstractContextManager[None]]
"""Makes a slider add a row while it lasts."""


def in_embedding(pipeline: LoopPipeline, name: str, row: Tensor) -> AbstractContextManager[None]:
    """Slider `name` alone moves embeddings, by `row` `[512]`."""
    steers = Steers()
    steers.embedding[list(STEERS).index(name)] = row
    return pipeline.steered(steers)


class Trial:
    """`loops` loops of all styles in turn from seed `first` on, judged with and without what is steered by: rows that
    sliders add where `lead` says."""

    def __init__(
        self,
        pipeline: LoopPipeline,
        judge: TagJudge,
        loops: int,
        first: int = FIRST_SEED,
        *,
        lead: Lead = in_embedding,
        sampler: str = LoopRequest.sampler,
    ) -> None:
        self._pipeline, self._judge, self._lead = pipeline, judge, lead
        base = LoopRequest(bars=2, num_steps=STEPS).with_(sampler=sampler)
        styles = itertools.islice(itertools.cycle(STYLES), loops)
        self._requests = [
            base.with_(prompt=f"{style.replace('_', ' ')} loop", seed=first + number)
            for number, style in enumerate(styles)
        ]
        self.tell: Callable[[], object] = lambda: None
        self._scale: Doubles | None = None

    def cost(self, directions: int, rounds: int) -> int:
        """Loops that plain sliders, `directions` and `rounds` of mixes take, and the check."""
        return len(self._requests) * (2 + 2 * (directions + (3 + rounds) * len(STEERS)))

    def __call__(self, name: str, row: Tensor) -> Doubles:
        """As `Probe`, in deviations of each attribute over the loops as they are."""
        with self._lead(self._pipeline, name, row):
            if self._scale is None:
                at_rest = np.array(list(self._attributes({})))
                self._scale = np.maximum(at_rest.std(axis=0), 1e-3)
            up, down = (np.mean(list(self._attributes({name: at})), axis=0) for at in (1.0, -1.0))
        return np.asarray((up - down) / self._scale)

    def _attributes(self, sliders: dict[str, float]) -> Iterator[Doubles]:
        for request in self._requests:
            loop = self._pipeline.render(request.with_(steer=sliders))
            yield steered_attributes(self._judge, loop.audio, loop.sample_rate)
            self.tell()


def basis(clap: StarterClap) -> Tensor:
    """Directions in the embedding that can be steered along, `[K, 512]`, each of the length of a plain steer."""
    with torch.no_grad():
        words = clap.embed_text([text for pair in WORDS.values() for text in pair]).cpu()
    directions = [raw_direction(clap, name) for name in STEERS]
    directions += [functional.normalize(up - down, dim=0) for up, down in zip(words[::2], words[1::2], strict=True)]
    directions += [tag_direction(clap, tag) for tag in CHARACTERS]
    return STEER_LENGTH * torch.stack(directions)


def calibrate(probe: Probe, plain: Tensor, directions: Tensor, rounds: int) -> tuple[Tensor, list[Doubles]]:
    """The rows `[S, E]` of sliders that move one attribute each by `STRENGTH`, as far as mixes of `directions`
    `[K, E]` go, and the responses of the `plain` ones `[S, E]` and of every round, `[S, S]` (slider, attribute). Of
    each slider the best that was tried is taken."""
    best, responses = plain, [respond(probe, plain)]
    best_response = responses[0]
    single = np.array([probe(UNCOMPOSED, move) for move in directions])
    wanted = STRENGTH * np.eye(len(STEERS))
    mix = _limited(_mixes(single, wanted))
    for _ in range(rounds):
        rows = torch.from_numpy(mix).float() @ directions
        response = respond(probe, rows)
        best = better(response, best_response, rows, best)
        best_response = np.where(ahead(response, best_response)[:, None], response, best_response)
        responses.append(response)
        mix = _limited(mix + DAMPING * _mixes(single, wanted - response))
    return best, responses


def better(response: Doubles, than: Doubles, rows: Tensor, others: Tensor) -> Tensor:
    """Of each slider its row of `rows` `[S, E]` where its `response` is ahead of the response of `others`, else of
    theirs."""
    return torch.where(torch.from_numpy(ahead(response, than))[:, None], rows, others)


def ahead(response: Doubles, than: Doubles) -> Bools:
    """Which sliders `[S]` spill less by one `response` `[S, S]` than by another, and move their own attribute by no
    less than a share `WEAKER` of it: what moves nothing spills nothing."""
    strong = np.diag(response) >= WEAKER * np.diag(than)
    return np.asarray((spills(response) < spills(than)) & strong, dtype=np.bool_)


def respond(probe: Probe, rows: Tensor) -> Doubles:
    """What every slider does to every attribute, `[S, S]`, by its row of `[S, E]`."""
    return np.array([probe(*slider) for slider in zip(STEERS, rows, strict=True)])


def spills(response: Doubles) -> Doubles:
    """How far each slider `[S]` moves another attribute than its own, at the most, of how far it moves its own: from
    the `response` `[S, S]`, 2 at the most and for one that moves its own the wrong way."""
    own = np.diag(response)
    others = np.abs(response - np.diag(own)).max(axis=1)
    return np.asarray(np.minimum(others / np.maximum(own, 1e-3), 2.0))


def _mixes(single: Doubles, wanted: Doubles) -> Doubles:
    """Mixes `[S, K]` of directions with responses `single` `[K, S]` that answer `wanted` `[S, S]`, small ones."""
    normal = single @ single.T + RIDGE * np.eye(len(single))
    return np.asarray(np.linalg.solve(normal, single @ wanted.T).T)


def _limited(mix: Doubles) -> Doubles:
    """Every mix brought to the size `MOST` at the most."""
    return np.asarray(mix / np.maximum(np.linalg.norm(mix, axis=1, keepdims=True) / MOST, 1.0))
