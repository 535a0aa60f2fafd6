"""Distances between sets of embeddings: Frechet, its split-half floor, and diversity within a set."""

from collections.abc import Sequence

import numpy as np
import scipy.linalg
import scipy.spatial.distance
from numpy.typing import NDArray

from engine.errors import InvalidRequest

Embeddings = NDArray[np.floating]

_RIDGE = 1e-3


def frechet_distance(a: Embeddings, b: Embeddings, ridge: float = _RIDGE) -> float:
    """Frechet (2-Wasserstein, squared) distance of two sets `[N, D]` taken as Gaussians (Heusel et al. 2017).

    `ridge` keeps the covariance of small sets invertible. Small sets read too high: about 250 rows a side are needed,
    and the split-half floor says how far two halves of one set already are apart.
    """
    for rows in (a, b):
        if rows.ndim != 2 or len(rows) < 2:
            raise InvalidRequest(f"A Frechet distance needs at least two embeddings a side, not shape {rows.shape}.")
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    identity = ridge * np.eye(a.shape[1])
    cov_a, cov_b = np.cov(a.T).reshape(identity.shape) + identity, np.cov(b.T).reshape(identity.shape) + identity
    # trace sqrt(A B) = trace sqrt(A^1/2 B A^1/2), which is symmetric: no complex square root is needed.
    values, vectors = scipy.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    inner = scipy.linalg.eigvalsh(root @ cov_b @ root)
    mean = float(np.square(a.mean(axis=0) - b.mean(axis=0)).sum())
    return mean + float(np.trace(cov_a) + np.trace(cov_b) - 2 * np.sqrt(np.maximum(inner, 0)).sum())


def split_half_floor(groups: Sequence[Embeddings], rng: np.random.Generator, splits: int = 5) -> tuple[float, float]:
    """Least and greatest distance between random halves of a set; windows of one file (a group) stay together."""
    if len(groups) < 2:
        raise InvalidRequest("A split-half floor needs at least two files.")
    distances = []
    for _ in range(splits):
        order = rng.permutation(len(groups))
        halves = [np.concatenate([groups[i] for i in half]) for half in np.array_split(order, 2)]
        if min(len(half) for half in halves) >= 2:
            distances.append(frechet_distance(halves[0], halves[1]))
    if not distances:
        raise InvalidRequest("A split-half floor needs at least two windows in each half.")
    return min(distances), max(distances)


def diversity(embeddings: Embeddings) -> float:
    """Mean Euclidean distance over all pairs of rows `[N, D]`; 0 for fewer than two."""
    return float(scipy.spatial.distance.pdist(embeddings).mean()) if len(embeddings) > 1 else 0.0
