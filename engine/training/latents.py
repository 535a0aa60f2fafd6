"""The latents of an encoded corpus, and batches of them for training a denoiser."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.conditioning.assembly import annotation_conditions
from engine.conditioning.conditions import Conditions
from engine.corpus.store import StoredLoop, read_manifest, stored_loops
from engine.diffusion.hit_noise import Ties, strikes_of
from engine.errors import CorpusError
from engine.models.voices import VoiceEncoder
from engine.tempo import LoopGeometry
from engine.training.encoding import CORPUS_RATE

CAPTION_SHARE: Final = 0.5
"""How often a training loop is described by a caption, not by its own sound."""
EMBEDDING_NOISE: Final = 0.6
"""Greatest length of the noise that is added to embeddings of length one."""
TIMED: Final = ("beat", "pattern", "notes", "waves", "curves")
"""Conditions over time, which turn with a loop."""


def frames_of_curves(curves: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """Curves `[4, F]`, each value measured at the middle of its frame, read at `frames` other frames of the loop."""
    measured = curves.shape[-1]
    if frames == measured:
        return curves
    at = (np.arange(frames) + 0.5) * measured / frames - 0.5
    rows = [np.interp(at, np.arange(measured), row, period=measured) for row in curves]
    return np.stack(rows).astype(np.float32)


@dataclass(frozen=True)
class FrameRule:
    """How a codec makes frames of loops: at a sample rate, and with a hop of its own or following the beat."""

    sample_rate: int = CORPUS_RATE
    hop_length: int | None = None

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """That of the codec which encoded the corpus of `manifest`."""
        return cls(manifest.get("latent_sample_rate", CORPUS_RATE), manifest.get("latent_hop_length"))

    def geometry(self, loop: StoredLoop) -> LoopGeometry:
        """The geometry of `loop` in frames of the codec."""
        told = loop.annotation
        return LoopGeometry(told.tempo_bpm, told.bars, self.sample_rate, self.hop_length)


@dataclass(frozen=True)
class LatentBatch:
    """Latents `[B, D, F]`, their conditions, pictures of the hits of their parts `[B, P, bands, columns]`, and which
    frames share what strikes in them: `ties` `[B, SLOTS, F]`, as `engine.diffusion.hit_noise.Ties` has them."""

    latent: Tensor
    conditions: Conditions
    images: Tensor
    ties: Tensor

    def voices(self, encoder: VoiceEncoder | None) -> Tensor:
        """The voices `[B, P, V]` that `encoder` hears in the pictures, on its device; without one, none."""
        if encoder is None:
            return self.conditions.voices
        voices: Tensor = encoder(self.images.to(next(encoder.parameters()).device, torch.float32))
        return voices


@dataclass(frozen=True)
class LoopsOfLength:
    """All loops of one length in memory, in half precision: latents `[N, D, F]` as the codec gave them, everything
    known of them, pictures of their hits, which frames are tied, and, where the corpus was embedded, the embeddings
    of their sounds `[N, 512]` and of their captions `[N, most, 512]`, of which each has `said` `[N]`.
    """

    latent: Tensor
    conditions: Conditions
    images: Tensor
    ties: Tensor
    sounds: Tensor | None = None
    captions: Tensor | None = None
    said: Tensor | None = None

    def __len__(self) -> int:
        return len(self.latent)

    @classmethod
    def load(cls, loops: Sequence[StoredLoop], geometry: LoopGeometry, *, embedded: bool) -> Self:
        """Read loops of one geometry but for the tempo, which each has its own; `CorpusError` on what is missing."""
        latents, conditions, images, ties, sounds, captions = [], [], [], [], [], []
        for loop in loops:
            latent = torch.from_numpy(loop.latent())
            if latent.shape[-1] != geometry.frames:
                raise CorpusError(f"The latent of {loop.name} has {latent.shape[-1]} frames, not {geometry.frames}.")
            own = replace(geometry, tempo_bpm=loop.annotation.tempo_bpm)
            curves = torch.from_numpy(frames_of_curves(loop.curves(), geometry.frames))
            pictures, heard = (torch.from_numpy(x)[None] for x in loop.voices())
            told = annotation_conditions(loop.annotation, own, curves, loop.known)
            known = replace(told, voices_given=heard)
            latents.append(latent.half())
            conditions.append(known.to("cpu", torch.float16))
            images.append(pictures.half())
            ties.append(Ties.of(strikes_of(loop.annotation.onsets, own), own).places)
            if embedded:
                sound, spoken = (torch.from_numpy(x) for x in loop.embeddings())
                sounds.append(sound.half())
                captions.append(spoken.half())
        stacked = torch.stack(latents), Conditions.stack(conditions), torch.cat(images), torch.stack(ties)
        if not embedded:
            return cls(*stacked)
        said = torch.tensor([len(spoken) for spoken in captions])
        padded = torch.zeros(len(captions), max(1, int(said.max())), sounds[0].shape[-1], dtype=torch.float16)
        for row, spoken in zip(padded, captions, strict=True):
            row[: len(spoken)] = spoken
        return cls(*stacked, torch.stack(sounds), padded, said)

    def to(self, device: torch.device) -> Self:
        """The same on `device`."""
        named = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "conditions"}
        moved: dict[str, Any] = {name: None if value is None else value.to(device) for name, value in named.items()}
        return replace(self, conditions=self.conditions.to(device, torch.float16), **moved)

    def take(
        self, chosen: Tensor, shifts: Tensor | None = None, generator: torch.Generator | None = None
    ) -> LatentBatch:
        """The loops `chosen` `[B]`, each turned in time by its shift `[B]` in frames; with a `generator` described by
        a caption or by its sound, as requests are by words or a reference, else by its sound."""
        device = self.latent.device
        chosen = chosen.to(device)
        known = Conditions(**{f.name: getattr(self.conditions, f.name)[chosen].float() for f in fields(Conditions)})
        latent, ties = self.latent[chosen].float(), self.ties[chosen]
        if shifts is not None and shifts.any():
            at = (torch.arange(latent.shape[-1]) - shifts[:, None]).remainder(latent.shape[-1]).to(device)[:, None]
            latent, ties = latent.gather(-1, at.expand_as(latent)), ties.gather(-1, at.expand_as(ties))
            rows = {name: getattr(known, name) for name in TIMED}
            known = replace(known, **{name: row.gather(-1, at.expand_as(row)) for name, row in rows.items()})
        if self.sounds is not None:
            clap = self._described(chosen, generator)
            known = replace(known, clap=clap, clap_given=torch.ones(len(chosen), 1, device=device))
        return LatentBatch(latent, known, self.images[chosen], ties)

    def _described(self, chosen: Tensor, generator: torch.Generator | None) -> Tensor:
        assert self.sounds is not None and self.captions is not None and self.said is not None
        sounds = self.sounds[chosen].float()
        if generator is None:
            return sounds
        count, device = len(chosen), chosen.device
        drawn = [torch.rand(count, 1, generator=generator).to(device) for _ in range(3)]
        noise = torch.randn(count, sounds.shape[1], generator=generator).to(device)
        said = self.said[chosen]
        spoken = self.captions[chosen, (drawn[0][:, 0] * said).long().clamp_max(self.captions.shape[1] - 1)].float()
        worded = (drawn[1] < CAPTION_SHARE) & (said[:, None] > 0)
        # Noise closes what is left of the gap between words and sounds (Nukrai et al. 2022).
        strength = EMBEDDING_NOISE * drawn[2] / sounds.shape[1] ** 0.5
        return functional.normalize(torch.where(worded, spoken, sounds) + strength * noise, dim=1)


def turns(bars: int, frames: int, size: int, generator: torch.Generator) -> Tensor:
    """How far each of `size` loops is turned in time, `[size]` frames: by whole bars, where frames come out even."""
    whole = bars if frames % bars == 0 else 1
    return frames // whole * torch.randint(whole, (size,), generator=generator)


class LatentCorpus:
    """The encoded loops of a corpus folder on a device, batched by bars and length.

    Loops of one number of bars and frames make a batch, so nothing is padded and time stays circular. A batch holds
    about `frames_per_batch` frames, however long its loops are. With `loops` it is those of them, in place of all
    that the folder has. Raises `CorpusError` where there is nothing to read.
    """

    def __init__(
        self,
        folder: Path,
        *,
        held_out: bool,
        frames_per_batch: int = 2048,
        embedded: bool = False,
        device: torch.device | None = None,
        loops: Iterable[StoredLoop] | None = None,
    ) -> None:
        self.frames_per_batch = frames_per_batch
        rule = FrameRule.of(read_manifest(folder))
        found: dict[tuple[int, int], list[StoredLoop]] = defaultdict(list)
        geometries: dict[tuple[int, int], LoopGeometry] = {}
        for loop in stored_loops(folder) if loops is None else loops:
            if loop.held_out == held_out:
                geometry = rule.geometry(loop)
                length = (geometry.bars, geometry.frames)
                found[length].append(loop)
                geometries[length] = geometry
        if not found:
            kind = "held-out" if held_out else "training"
            raise CorpusError(f"{folder} has no {kind} loops; build some with `loopgen corpus build {folder}`.")
        self.lengths = sorted(found)
        self.by_length = {
            length: LoopsOfLength.load(found[length], geometries[length], embedded=embedded)
            for length in self.lengths
        }
        if device is not None and device.type != "cpu":
            self.by_length = {length: loops.to(device) for length, loops in self.by_length.items()}
        # A length is drawn as often as it has frames, so that every second of audio is seen equally often.
        self.weights = torch.tensor([float(length[1] * len(self.by_length[length])) for length in self.lengths])

    def __len__(self) -> int:
        return sum(map(len, self.by_length.values()))

    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation `[D, 1]` of each latent channel over all frames."""
        frames = torch.cat([loops.latent.float().transpose(0, 1).flatten(1) for loops in self.by_length.values()], 1)
        return frames.mean(1, keepdim=True), frames.std(1, keepdim=True).clamp_min(1e-3)

    def hits(self) -> tuple[Tensor, Tensor]:
        """Pictures of the hits of all loops `[N, P, bands, columns]`, and the mask `[N, P]` of those there are."""
        loops = self.by_length.values()
        return torch.cat([x.images for x in loops]), torch.cat([x.conditions.voices_given for x in loops])

    def batch(self, generator: torch.Generator) -> LatentBatch:
        """A random batch of one length, each loop turned in time by whole bars together with its conditions.

        Where a hit lies in its frame and in the strides of the network is then as when it is played.
        """
        bars, frames = self.lengths[int(torch.multinomial(self.weights, 1, generator=generator))]
        loops = self.by_length[bars, frames]
        size = max(1, round(self.frames_per_batch / frames))
        chosen = torch.randint(len(loops), (size,), generator=generator)
        return loops.take(chosen, turns(bars, frames, size, generator), generator)

    def fixed_batches(self) -> list[LatentBatch]:
        """Every loop once, in batches of one length, as it is: for validation."""
        batches = []
        for length in self.lengths:
            loops = self.by_length[length]
            size = max(1, self.frames_per_batch // length[1])
            batches += [loops.take(chosen) for chosen in torch.split(torch.arange(len(loops)), size)]
        return batches
