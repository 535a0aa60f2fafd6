"""The loops of a corpus as an embedder hears them, with everything that may be said of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from engine.audio.resampling import resample_periodic
from engine.clap.listening import HOP, LISTENING_RATE, Listening
from engine.clap.summary import summarise
from engine.conditioning.pattern import pattern_condition
from engine.corpus.build import fitted_plan
from engine.corpus.captions import write_captions
from engine.corpus.forms import DRUMS
from engine.corpus.render import facts_of
from engine.corpus.store import StoredLoop, stored_loops
from engine.corpus.streams import Streams
from engine.errors import CorpusError
from engine.tempo import LoopGeometry
from engine.vocabulary import CHARACTERS, KEYS, TAGS

WINDOW = 256
"""Frames of a loop that are heard at once in training, 6 s."""
EQUALISED = 0.2
"""Deviation of the levels that training raises or lowers bands by: 3 dB."""
HISS = 0.15
"""Usual deviation of the noise that training adds to every level."""


@dataclass(frozen=True, eq=False)
class EmbedderLoop:
    """`heard` `[rows, F]` and its `summary` `[SUMMARY]`; true `captions`; `tags` `[len(TAGS)]` 1 present, 0 absent,
    and `known` where that is so; `played` `[P, F]`, the ramps of `pattern_condition`, and `parts_known` `[P]` where
    they are; index of the key in `KEYS` (-1 unknown or none); tempo in BPM."""

    heard: Tensor
    summary: Tensor
    captions: tuple[str, ...]
    tags: Tensor
    known: Tensor
    played: Tensor
    parts_known: Tensor
    key: int
    tempo_bpm: float


@dataclass(frozen=True, eq=False)
class EmbedderBatch:
    """Windows `[B, rows, WINDOW]`, summaries of the whole loops `[B, SUMMARY]`, a caption each, and what is known of
    them, as in `EmbedderLoop`; `played` is that of the windows, `[B, P, WINDOW]`."""

    heard: Tensor
    summary: Tensor
    captions: list[str]
    tags: Tensor
    known: Tensor
    played: Tensor
    parts_known: Tensor
    key: Tensor
    tempo_bpm: Tensor


class Sounds:
    """Loops with audio and captions. `captions` is how many are written for each synthesised loop."""

    def __init__(self, folder: Path, *, held_out: bool, captions: int = 4) -> None:
        listening = Listening()
        chosen = [loop for loop in stored_loops(folder) if loop.held_out == held_out]
        self.loops = [
            _hear(loop, listening, captions)
            for loop in tqdm(chosen, desc="listening", unit="loop", disable=None, leave=False)
            if loop.annotation.captions
        ]
        if not self.loops:
            raise CorpusError(
                f"{folder} has no loops with captions; build some with `loopgen corpus build {folder}`."
            )

    def batch(self, size: int, generator: torch.Generator) -> EmbedderBatch:
        """Windows of different loops from anywhere around them, each with one of its captions."""
        order = torch.randperm(len(self.loops), generator=generator)[:size].tolist()
        loops = [self.loops[index] for index in order]
        starts = torch.randint(1 << 30, (len(loops),), generator=generator).tolist()
        said = torch.randint(1 << 30, (len(loops),), generator=generator).tolist()
        heard, played = (
            torch.stack([window(rows, start) for rows, start in zip(found, starts, strict=True)])
            for found in ([loop.heard for loop in loops], [loop.played for loop in loops])
        )
        return EmbedderBatch(
            vary(heard, generator),
            torch.stack([loop.summary for loop in loops]),
            [loop.captions[number % len(loop.captions)] for loop, number in zip(loops, said, strict=True)],
            torch.stack([loop.tags for loop in loops]),
            torch.stack([loop.known for loop in loops]),
            played,
            torch.stack([loop.parts_known for loop in loops]),
            torch.tensor([loop.key for loop in loops]),
            torch.tensor([loop.tempo_bpm for loop in loops]),
        )


def window(rows: Tensor, start: int, frames: int = WINDOW) -> Tensor:
    """`frames` frames `[rows, frames]` from `start` on, around the loop as often as it takes."""
    length = rows.shape[-1]
    return rows[:, (start + torch.arange(frames)) % length]


def vary(heard: Tensor, generator: torch.Generator) -> Tensor:
    """Equalise, add noise, and blank two bands of rows and two stretches of time (SpecAugment; Park et al. 2019),
    each loop in its own way: what never sounds the same twice is harder to learn by heart."""
    count, rows, frames = heard.shape
    bands = EQUALISED * torch.randn(count, 1, 8, generator=generator)
    varied = heard + functional.interpolate(bands, rows, mode="linear", align_corners=True).transpose(1, 2)
    varied += HISS * torch.randn(count, 1, 1, generator=generator) * torch.randn(heard.shape, generator=generator)
    for axis, (length, most) in ((1, (rows, 24)), (2, (frames, 32))) * 2:
        width = torch.randint(most, (count,), generator=generator)
        start = (torch.rand(count, generator=generator) * (length - width)).long()
        at = torch.arange(length)
        blank = (at >= start[:, None]) & (at < (start + width)[:, None])
        varied = varied.masked_fill(blank[:, :, None] if axis == 1 else blank[:, None, :], 0.0)
    return varied


@torch.no_grad()
def _hear(loop: StoredLoop, listening: Listening, captions: int) -> EmbedderLoop:
    annotation = loop.annotation
    exact = annotation.source == "synthesis"
    tags = torch.tensor([float(tag in annotation.tags) for tag in TAGS])
    geometry = LoopGeometry(annotation.tempo_bpm, annotation.bars, LISTENING_RATE, HOP)
    audio = resample_periodic(loop.audio(), geometry.frames * HOP)
    heard = listening(torch.from_numpy(audio)[None])[0]
    played, parts_known = pattern_condition(annotation.onsets, geometry)
    return EmbedderLoop(
        heard,
        summarise(heard[None])[0],
        (*annotation.captions, *(_more_captions(loop, captions) if exact else ())),
        tags,
        torch.tensor([float(tag in loop.known.tags) for tag in TAGS]) if exact else tags,
        played[0],
        parts_known[0],
        KEYS.index(annotation.key) if annotation.key else -1,
        annotation.tempo_bpm,
    )


def _more_captions(loop: StoredLoop, count: int) -> Sequence[str]:
    plan = fitted_plan(loop.annotation.seed)
    characters = tuple(tag for tag in loop.annotation.tags if tag in CHARACTERS)
    # Which drums one-shots play is not known any more: of none of them the voice is named.
    facts = facts_of(plan, characters, sampled=DRUMS)
    return write_captions(facts, Streams(plan.seed)("more captions"), count)
