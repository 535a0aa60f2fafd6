"""How likely each tempo is that a file may be at: a small network over `engine.listening.candidates`.

Each candidate gets a utility, and so does that there is no tempo; their softmax is the answer (a conditional logit,
McFadden 1974, with one hidden layer), so that a lone candidate is as doubtful as the file. It is fitted and brought
to say what it means (temperature, Guo et al. 2017) by `loopgen evaluate train-ear`, on loops whose tempo is exact.
Beside it a logistic regression on the same numbers tells bars of three beats from bars of four.
"""

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from engine.config import RESOURCES
from engine.errors import MissingDependency
from engine.files import write_atomically
from engine.listening.candidates import FEATURES, FILE_FEATURES, Candidates

SHIPPED: Final = RESOURCES / "listening" / "tempo_ear.safetensors"

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TempoEar:
    """Weights: features are moved by `mean` and divided by `scale` `[FEATURES]`; `linear` `[FEATURES]` and `hidden`
    `[FEATURES, H]`, `bias` `[H]`, `out` `[H]` give utilities, `none` `[FILE_FEATURES]` that of no tempo; `sharpness`
    `[1]` multiplies them all. `three` `[FEATURES]` and `three_bias` `[1]` are of bars of three beats."""

    mean: Doubles
    scale: Doubles
    linear: Doubles
    hidden: Doubles
    bias: Doubles
    out: Doubles
    none: Doubles
    sharpness: Doubles
    three: Doubles
    three_bias: Doubles

    @classmethod
    def load(cls, path: Path = SHIPPED) -> Self:
        """Read the weights; raises `MissingDependency` where they are not there, or are of other features."""
        try:
            rows = load_file(path)
            ear = cls(**{field.name: rows[field.name].astype(np.float64) for field in fields(cls)})
        except (OSError, SafetensorError, KeyError) as error:
            raise MissingDependency(f"No ear for tempi at {path}; train one: loopgen evaluate train-ear.") from error
        if not len(ear.linear) == len(ear.three) == FEATURES or len(ear.none) != FILE_FEATURES:
            raise MissingDependency(f"The ear for tempi at {path} is of another version; train one anew.")
        return ear

    def store(self, path: Path) -> Path:
        """Write the weights in single precision; raises `ExportError`."""
        return write_atomically(path, save({f.name: getattr(self, f.name).astype(np.float32) for f in fields(self)}))

    def probabilities(self, found: Candidates) -> tuple[Doubles, float]:
        """Of each candidate, `[N]`, and of there being no tempo; together 1."""
        standard = self._standard(found)
        utility = standard @ self.linear + np.tanh(standard @ self.hidden + self.bias) @ self.out
        all_of_them = float(self.sharpness[0]) * np.append(utility, found.file_features @ self.none)
        weights = np.exp(all_of_them - all_of_them.max())
        shares = weights / weights.sum()
        return shares[:-1], float(shares[-1])

    def in_three(self, found: Candidates) -> Doubles:
        """Of each candidate, `[N]`, how probable it is that, were it right, its bars would have three beats."""
        return np.asarray(1 / (1 + np.exp(-(self._standard(found) @ self.three + self.three_bias[0]))))

    def _standard(self, found: Candidates) -> Doubles:
        return (found.features - self.mean) / self.scale


@lru_cache(maxsize=1)
def shipped_ear() -> TempoEar:
    """The ear that comes with LoopGen, read once."""
    return TempoEar.load()
