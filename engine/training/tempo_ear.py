"""Fitting the ear for tempi: on corpus loops, whose tempo is exact, at any speed, whole, cut wrong and cut to 3/4.

Beside them stand plain drums, and sounds that have no tempo.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.corpus.store import StoredLoop, stored_loops
from engine.errors import CorpusError
from engine.evaluation.plain_sounds import drone, plain_drums, stroke
from engine.listening.candidates import FEATURES, FILE_FEATURES, STEPS, Candidates, candidates
from engine.listening.ear import TempoEar
from engine.vocabulary import BEATS_PER_BAR

RATE: Final = 44_100
HIDDEN: Final = 16
_LONGEST_SECONDS: Final = 60.0
_SUB_SHARE, _CUT_SHARE, _THREE_SHARE = 0.3, 0.25, 0.25
_SPEED_SHARE: Final = 0.5
_SPEED_OCTAVES: Final = 0.35
"""Loops are heard faster and slower, as records are played: what is at no usual tempo is rare in a corpus."""
_ALONE_SHARE: Final = 0.11
"""Of the loops that one part plays alone: a corpus may have many, a musician's folder has few."""
_PLAIN_SHARE, _TONELESS_SHARE = 0.25, 0.17
_VALIDATED: Final = 6
"""One loop in so many tells when to stop, and how sharp to be."""
_RATE_OF_LEARNING: Final = 3e-3
_DECAY: Final = 1e-4

Sound = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TempoExample:
    """What may be said of a sound, which of its candidates is right (`right`; -1: none), whether it validates, and
    whether its bars have three beats."""

    found: Candidates
    right: int
    validates: bool
    in_three: bool = False


def fit_ear(
    folder: Path, progress: Callable[[int, int], None], *, loops: int = 4000, epochs: int = 12, seed: int = 0
) -> tuple[TempoEar, dict[str, float]]:
    """An ear fitted to at most `loops` training loops of the corpus in `folder`, which keeps its audio; and how it
    does on those that it was not fitted to: share `right`, mean log loss. Raises `CorpusError`."""
    known = [loop for loop in stored_loops(folder) if not loop.held_out]
    if not known:
        raise CorpusError(f"{folder} has no training loops; build some with `loopgen corpus build {folder}`.")
    rng = np.random.default_rng(seed)
    chosen = _chosen(known, loops, rng)
    examples: list[TempoExample] = []
    for done, loop in enumerate(chosen, 1):
        validates = zlib.crc32(loop.name.encode()) % _VALIDATED == 0
        for sound in _variants(loop.audio(), loop.annotation.bars * BEATS_PER_BAR, rng):
            speed = 2 ** rng.uniform(-_SPEED_OCTAVES, _SPEED_OCTAVES) if rng.random() < _SPEED_SHARE else 1.0
            examples += _example(sound, validates, round(RATE * speed))
        progress(done, len(chosen))
    for number, sound in enumerate(_plain(len(chosen), rng)):
        examples += _example(sound, number % _VALIDATED == 0)
    return _fitted(examples, epochs, seed)


def _chosen(known: list[StoredLoop], loops: int, rng: np.random.Generator) -> list[StoredLoop]:
    """At most `loops` of those that are `known`, few of them of one part alone."""
    known = [known[at] for at in rng.permutation(len(known))]
    alone = [loop for loop in known if loop.annotation.source == "synthesis" and _parts(loop) <= 1]
    whole = [loop for loop in known if not (loop.annotation.source == "synthesis" and _parts(loop) <= 1)]
    few = alone[: round(_ALONE_SHARE * min(loops, len(whole)))] if whole else alone
    return [*whole[: max(1, loops - len(few))], *few][:loops]


def _parts(loop: StoredLoop) -> int:
    return sum(bool(strokes) for strokes in loop.annotation.onsets.values())


@dataclass(frozen=True, eq=False)
class _Sound:
    """A sound `[C, T]`, the `beats` that it lasts, None where it has none, and whether its bars have three."""

    audio: Sound
    beats: float | None
    in_three: bool = False


def _variants(audio: Sound, beats: int, rng: np.random.Generator) -> Iterator[_Sound]:
    """A loop, and now and then its first bars, or what is left when it is cut by sixteenths; or three beats of each
    of its bars."""
    yield _Sound(audio, beats)
    samples, bars, kind = audio.shape[1], beats // BEATS_PER_BAR, rng.random()
    if kind < _SUB_SHARE and bars > 1:
        part = int(rng.integers(1, bars))
        yield _Sound(audio[:, : round(part * samples / bars)], part * BEATS_PER_BAR)
    elif kind < _SUB_SHARE + _CUT_SHARE:
        whole = STEPS * beats
        part = whole - int(rng.integers(1, 9)) if rng.random() < 0.5 else int(rng.integers(beats, whole))
        yield _Sound(audio[:, : round(part * samples / whole)], part / STEPS)
    if rng.random() < _THREE_SHARE:
        yield _Sound(in_three(audio, bars), 3 * bars, in_three=True)


def in_three(audio: Sound, bars: int) -> Sound:
    """A loop `audio` `[C, T]` of `bars` bars in 4/4 without the last beat of each."""
    bar = audio.shape[1] / bars
    return np.concatenate([audio[:, round(at * bar) : round((at + 0.75) * bar)] for at in range(bars)], axis=1)


def _plain(loops: int, rng: np.random.Generator) -> Iterator[_Sound]:
    """Drums as plain as can be, some of them in three, and sounds without a tempo."""
    for number in range(round(loops * _PLAIN_SHARE)):
        tempo = float(np.clip(2 ** rng.normal(np.log2(122), 0.35), 60, 200))
        bars = int(rng.choice([1, 2, 2, 4, 4, 4, 8, 8, 5, 3, 10]))
        if number % 4 == 0:
            yield _Sound(plain_drums(tempo, 3 * bars, rng, waltz=True), 3 * bars, in_three=True)
        else:
            yield from _variants(plain_drums(tempo, BEATS_PER_BAR * bars, rng), BEATS_PER_BAR * bars, rng)
    for _ in range(round(loops * _TONELESS_SHARE)):
        seconds, kind = float(2 ** rng.uniform(-0.5, 3.3)), rng.random()
        if kind < 0.5:
            yield _Sound(stroke(seconds, rng), None)
        elif kind < 0.65:
            yield _Sound(rng.normal(0, 0.1, (1, round(seconds * RATE))).astype(np.float32), None)
        else:
            yield _Sound(drone(seconds, rng), None)


def _example(sound: _Sound, validates: bool, rate: int = RATE) -> Iterator[TempoExample]:
    """What is known of `sound`, heard at `rate`."""
    audio, beats = sound.audio, sound.beats
    if audio.shape[1] > _LONGEST_SECONDS * rate:
        return
    found = candidates(audio, rate)
    at = np.flatnonzero(found.places == round(beats * STEPS)) if beats is not None else np.array([-1])
    if len(found.places) and len(at):
        yield TempoExample(found, int(at[0]), validates, sound.in_three)


@dataclass(frozen=True, eq=False)
class _Batch:
    features: Tensor
    there: Tensor
    of_file: Tensor
    right: Tensor
    in_three: Tensor

    @classmethod
    def of(cls, examples: Sequence[TempoExample], mean: Tensor, scale: Tensor) -> "_Batch":
        """Candidates `[B, N, FEATURES]`, padded; the last answer is that there is no tempo."""
        most = max(len(each.found.places) for each in examples)
        features = torch.zeros(len(examples), most, FEATURES)
        there = torch.zeros(len(examples), most, dtype=torch.bool)
        for row, each in enumerate(examples):
            own = torch.from_numpy(each.found.features).float()
            features[row, : len(own)], there[row, : len(own)] = (own - mean) / scale, True
        of_file = torch.from_numpy(np.stack([each.found.file_features for each in examples])).float()
        right = torch.tensor([each.right if each.right >= 0 else most for each in examples])
        in_three = torch.tensor([float(each.in_three) for each in examples])
        return cls(features, there, of_file, right, in_three)


class _Weights(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Parameter(torch.zeros(FEATURES))
        self.hidden = torch.nn.Parameter(torch.randn(FEATURES, HIDDEN) * 0.1)
        self.bias = torch.nn.Parameter(torch.zeros(HIDDEN))
        self.out = torch.nn.Parameter(torch.randn(HIDDEN) * 0.1)
        self.none = torch.nn.Parameter(torch.zeros(FILE_FEATURES))
        self.three = torch.nn.Parameter(torch.zeros(FEATURES))
        self.three_bias = torch.nn.Parameter(torch.zeros(1))

    def forward(self, batch: _Batch) -> Tensor:
        """Utilities `[B, N + 1]`."""
        utility = batch.features @ self.linear + torch.tanh(batch.features @ self.hidden + self.bias) @ self.out
        none = (batch.of_file @ self.none)[:, None]
        return torch.cat([utility.masked_fill(~batch.there, -1e9), none], 1)

    def meter_loss(self, batch: _Batch) -> Tensor:
        """How badly three beats are told from four at the tempo that is right, where there is one."""
        has_tempo = batch.right < batch.features.shape[1]
        at = batch.right.clamp(max=batch.features.shape[1] - 1)
        rows = batch.features[torch.arange(len(at)), at]
        logits = rows @ self.three + self.three_bias
        every = functional.binary_cross_entropy_with_logits(logits, batch.in_three, reduction="none")
        return (every * has_tempo).sum() / has_tempo.sum().clamp_min(1)


def _fitted(examples: list[TempoExample], epochs: int, seed: int) -> tuple[TempoEar, dict[str, float]]:
    training = [each for each in examples if not each.validates] or examples
    held = [each for each in examples if each.validates] or examples
    rows = np.concatenate([each.found.features for each in training])
    mean, scale = (torch.from_numpy(row).float() for row in (rows.mean(0), rows.std(0) + 1e-3))
    torch.manual_seed(seed)
    rng, weights = np.random.default_rng(seed), _Weights()
    optimiser = torch.optim.Adam(weights.parameters(), lr=_RATE_OF_LEARNING)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    best, kept = float("inf"), weights.state_dict()
    for _ in range(epochs):
        order = rng.permutation(len(training))
        for first in range(0, len(order), 64):
            batch = _Batch.of([training[at] for at in order[first : first + 64]], mean, scale)
            small = sum((each.square().sum() for each in weights.parameters()), torch.zeros(()))
            loss = functional.cross_entropy(weights(batch), batch.right) + weights.meter_loss(batch) + _DECAY * small
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        schedule.step()
        loss_now, _ = _measured(weights, held, mean, scale, 1.0)
        if loss_now < best:
            best, kept = loss_now, {name: row.clone() for name, row in weights.state_dict().items()}
    weights.load_state_dict(kept)
    sharpness = min(np.geomspace(0.5, 2.0, 41), key=lambda s: _measured(weights, held, mean, scale, float(s))[0])
    loss_then, right = _measured(weights, held, mean, scale, float(sharpness))
    told = {"mean": mean, "scale": scale, "sharpness": torch.tensor([float(sharpness)])} | weights.state_dict()
    ear = TempoEar(**{field.name: told[field.name].double().numpy() for field in fields(TempoEar)})
    return ear, {"examples": float(len(held)), "right": right, "log loss": loss_then}


@torch.no_grad()
def _measured(
    weights: _Weights, examples: list[TempoExample], mean: Tensor, scale: Tensor, sharpness: float
) -> tuple[float, float]:
    """Mean log loss, and the share that is right."""
    loss, right = 0.0, 0
    for first in range(0, len(examples), 128):
        batch = _Batch.of(examples[first : first + 128], mean, scale)
        utility = sharpness * weights(batch)
        loss += float(functional.cross_entropy(utility, batch.right, reduction="sum"))
        right += int((utility.argmax(1) == batch.right).sum())
    return loss / len(examples), right / len(examples)
