"""What rendering gives: the loop, and the pack it was made with (plain data, loads without torch)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.requests import LoopRequest, Pattern
from engine.vocabulary import TODAY, Vocabulary


@dataclass(frozen=True, eq=False)
class PackWords:
    """The words a pack takes: `own` are the musicians' own, worth suggesting; `knows(text)` is true when some word of
    a text says anything to it. Both may be used on any thread."""

    own: tuple[str, ...] = ()
    knows: Callable[[str], bool] = lambda text: bool(text.strip())


@dataclass(frozen=True)
class PackInfo:
    """The pack a pipeline plays; `hash` names its weights, `sample_rate` is in Hz; without `words` it takes neither
    words nor references nor steers. `composes(request)` is what it would write into the parts that a request leaves
    open, as it reads the words; on any thread. `known` are the words that it was trained with: parts, tags, keys,
    curves and steers. `writes(request)` does what a `PatternRequest` asks and returns what was `Written`, on any
    thread; None for a pack that writes no patterns. `takes_apart(audio, request)` gives by part the stems `[2, T]` of
    a loop `audio [2, T]` that was made as `request` says, on any thread; None for a pack that takes none apart.
    `learnt` says whether it has something that a request's `learnt` blends in. A `progressive` one has the few-step
    model, for the sampler of that name."""

    name: str
    version: str
    hash: str
    sample_rate: int
    words: PackWords | None = None
    composes: Callable[[LoopRequest], Pattern] | None = field(default=None, compare=False)
    known: Vocabulary = TODAY
    writes: Callable[[Any], Any] | None = field(default=None, compare=False)
    takes_apart: Callable[[NDArray[np.float32], LoopRequest], dict[str, NDArray[np.float32]]] | None = field(
        default=None, compare=False
    )
    learnt: bool = False
    progressive: bool = False

    def unknown(self, request: LoopRequest) -> str:
        """One sentence on what `request` names that the pack was never trained with; "" where it knows all."""
        parts = dict.fromkeys((*request.pattern.rows, *request.voices))
        tags = dict.fromkeys(tag for tag in (*request.tags, *request.negative_tags) if tag not in parts)
        asked: dict[str, tuple[Iterable[str], tuple[str, ...]]] = {
            "part": (parts, self.known.parts),
            "tag": (tags, self.known.tags),
            "key": ([request.key] if request.key else [], self.known.keys),
            "curve": (request.curves, self.known.curves),
            "steer": ([name for name, amount in request.steer.items() if amount], self.known.steers),
        }
        missing = [
            f"{kind} {word!r}" for kind, (words, known) in asked.items() for word in words if word not in known
        ]
        return f"Pack {self.name!r} does not know {', '.join(missing)}: it plays without." if missing else ""


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
