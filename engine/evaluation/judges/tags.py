"""Are requested tags heard? A logistic judge per tag, trained on corpus loops when an evaluation runs.

Its verdicts are compared as areas under the ROC curve: how often a loop that was asked to have a tag scores above one
that was not. The same figure on the corpus loops themselves is the judge's own ceiling.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy.optimize
import scipy.stats
from numpy.typing import NDArray

from engine.evaluation.judges.embedding import embed
from engine.evaluation.judges.levels import crest_factor, stereo_width
from engine.vocabulary import STEERS, TAGS

Doubles = NDArray[np.float64]

_FEWEST = 5


def loop_features(embedding: NDArray[np.float32], width: float, crest_db: float) -> Doubles:
    """One row per loop: mean and deviation of its windows' embeddings `[N, D]`, stereo width and crest factor."""
    return np.concatenate([embedding.mean(axis=0), embedding.std(axis=0), [4 * width, crest_db / 6]]).astype(
        np.float64
    )


@dataclass(frozen=True, eq=False)
class TagJudge:
    """Linear scores for every tag, `(features - mean) / scale @ weights + bias`."""

    mean: Doubles
    scale: Doubles
    weights: Doubles
    bias: Doubles

    @classmethod
    def train(cls, features: Doubles, tags: Sequence[Sequence[str]], ridge: float = 10.0) -> Self:
        """Fit on loops' `features [N, D]` and their tags, with a penalty of `ridge` on every weight."""
        mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
        normal = (features - mean) / scale
        wanted = tag_matrix(tags)
        weights = np.zeros((features.shape[1], len(TAGS)))
        bias = np.zeros(len(TAGS))
        for column in range(len(TAGS)):
            if 0 < wanted[:, column].sum() < len(wanted):
                found = _logistic(normal, wanted[:, column], ridge)
                weights[:, column], bias[column] = found[:-1], found[-1]
        return cls(mean, scale, weights, bias)

    def scores(self, features: Doubles) -> Doubles:
        """Log-odds `[N, len(TAGS)]`."""
        return np.asarray((features - self.mean) / self.scale @ self.weights + self.bias)


def steered_attributes(judge: TagJudge, audio: NDArray[np.float32], sample_rate: int) -> Doubles:
    """What `judge` makes of every steer of loop `audio [2, T]`, `[len(STEERS)]`: its tag's score less its
    opposite's."""
    features = loop_features(embed(audio, sample_rate), stereo_width(audio), crest_factor(audio))
    scores = dict(zip(TAGS, judge.scores(features[None])[0].tolist(), strict=True))
    return np.array([scores[towards] - scores.get(away, 0.0) for towards, away in STEERS.values()])


def tag_matrix(tags: Sequence[Sequence[str]]) -> Doubles:
    """Multi-hot `[N, len(TAGS)]`."""
    return np.array([[float(tag in loop) for tag in TAGS] for loop in tags])


def tag_agreement(scores: Doubles, tags: Sequence[Sequence[str]]) -> dict[str, float]:
    """Area under the ROC curve per tag that at least five loops have and five lack; 0.5 is chance, 1 is always."""
    wanted = tag_matrix(tags)
    areas = {}
    for column, tag in enumerate(TAGS):
        having = wanted[:, column] > 0
        if min(having.sum(), (~having).sum()) >= _FEWEST:
            ranks = scipy.stats.rankdata(scores[:, column])
            wins = ranks[having].sum() - having.sum() * (having.sum() + 1) / 2
            areas[tag] = float(wins / (having.sum() * (~having).sum()))
    return areas


def _logistic(features: Doubles, wanted: Doubles, ridge: float) -> Doubles:
    signs = 2 * wanted - 1

    def loss(parameters: Doubles) -> tuple[float, Doubles]:
        margins = signs * (features @ parameters[:-1] + parameters[-1])
        doubt = -signs / (1 + np.exp(np.clip(margins, -50, 50)))
        gradient = np.append(features.T @ doubt + ridge * parameters[:-1], doubt.sum())
        penalty = 0.5 * ridge * float(parameters[:-1] @ parameters[:-1])
        return float(np.logaddexp(0, -margins).sum()) + penalty, gradient

    start = np.zeros(features.shape[1] + 1)
    return np.asarray(scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x)
