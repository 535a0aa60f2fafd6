"""What rendering gives: the loop, and what is told on the way (plain data, loads without torch)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.requests import LoopRequest, Pattern


@dataclass(frozen=True)
class StepReport:
    """One finished sampling step.

    `step` counts from 1 to `num_steps`, `alpha` is where the step ended, in (0, 1]. `preview()` decodes what the loop
    would sound like now (`[C, T]` float32), or returns None where that is not possible; call it only to show it.
    """

    step: int
    num_steps: int
    alpha: float
    preview: Callable[[], NDArray[np.float32] | None]


@dataclass(frozen=True, eq=False)
class PackWords:
    """The words a pack takes: `own` are the musicians' own, worth suggesting; `knows(text)` is true when some word of
    a text says anything to it. Both may be used on any thread."""

    own: tuple[str, ...] = ()
    knows: Callable[[str], bool] = lambda text: bool(text.strip())


@dataclass(frozen=True)
class PackInfo:
    """The pack a pipeline plays; `hash` names its weights, `sample_rate` is in Hz; without `words` it takes neither
    words nor references nor steers."""

    name: str
    version: str
    hash: str
    sample_rate: int
    words: PackWords | None = None


@dataclass(frozen=True, eq=False)
class Loop:
    """A finished loop with its complete recipe.

    `audio [2, T]` float32 at `sample_rate`, `latent [D, F]` float32 as sampled; `seconds` says what each stage cost
    (conditioning, denoiser, codec, finishing). `composed` is what was written into the parts that the request left
    open.
    """

    audio: NDArray[np.float32]
    sample_rate: int
    request: LoopRequest
    latent: NDArray[np.float32]
    pack_name: str
    pack_hash: str
    loudness_lufs: float
    true_peak_dbtp: float
    seconds: Mapping[str, float] = field(default_factory=dict)
    composed: Pattern = field(default_factory=Pattern)
