"""Encoding a corpus into latents, and batches of them for training a denoiser."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.audio.resampling import resample_periodic
from engine.codec.base import LatentCodec
from engine.conditioning.assembly import annotation_conditions
from engine.conditioning.conditions import Conditions
from engine.corpus.store import StoredLoop, read_manifest, stored_loops, write_manifest
from engine.devices import choose_device
from engine.errors import CorpusError
from engine.pack_models import embedder_hash, encoder_hash, load_clap
from engine.packs import Pack
from engine.tempo import LoopGeometry

CORPUS_GEOMETRY: Final = {"sample_rate": 44_100, "hop_length": 1024}
"""Of corpora that were encoded before other codecs than the starter's were possible."""
CAPTION_SHARE: Final = 0.5
"""How often a training loop is described by a caption, not by its own sound."""
EMBEDDING_NOISE: Final = 0.6
"""Greatest length of the noise that is added to embeddings of length one."""


@torch.no_grad()
def encode_corpus(
    folder: Path, codec: LatentCodec, progress: Callable[[int, int], None], *, again: bool = False
) -> int:
    """Encode the audio of every loop in `folder` that has no latent of this encoder yet; returns their number.

    A loop becomes as many frames as `LoopGeometry` gives it at the codec's rate and hop: corpus audio, 44.1 kHz and
    whole multiples of 1024 samples, is brought to exactly those by periodic resampling, as the pipeline undoes it.
    With `again`, or when another encoder made the latents that are there, all are encoded anew.
    """
    loops = list(stored_loops(folder))
    again = again or read_manifest(folder).get("encoder") != encoder_hash(codec)
    device = next(codec.parameters()).device
    for done, loop in enumerate(loops):
        if again or not loop.latent_path.exists():
            geometry = _geometry(loop, codec.sample_rate, codec.hop_length)
            fitted = resample_periodic(loop.audio(), geometry.decoded_samples)
            audio = torch.from_numpy(fitted)[None].to(device)
            with torch.autocast(device.type, torch.bfloat16):
                latent = codec.eval().encode(audio, circular=True)
            loop.store_latent(latent[0].float().cpu().numpy())
        progress(done + 1, len(loops))
    write_manifest(
        folder,
        {
            "encoder": encoder_hash(codec),
            "latent_dim": codec.latent_dim,
            "latent_sample_rate": codec.sample_rate,
            "latent_hop_length": codec.hop_length,
        },
    )
    return len(loops)


@torch.no_grad()
def embed_corpus(
    folder: Path, pack: Pack, progress: Callable[[int, int], None], *, again: bool = False, device: str = "auto"
) -> int:
    """Embed the audio and the captions of every loop in `folder` that the embedder of `pack` has not embedded yet;
    returns their number."""
    loops = list(stored_loops(folder))
    again = again or read_manifest(folder).get("embedder") != embedder_hash(pack)
    place = choose_device(device)
    clap = load_clap(pack).to(place)
    for done, loop in enumerate(loops):
        if again or not loop.embedding_path.exists():
            audio = torch.from_numpy(loop.audio())[None].to(place)
            sound = clap.embed_audio(audio, CORPUS_GEOMETRY["sample_rate"])[0]
            captions = loop.annotation.captions
            said = clap.embed_text(captions) if captions else sound.new_zeros(0, len(sound))
            loop.store_embeddings(sound.float().cpu().numpy(), said.float().cpu().numpy())
        progress(done + 1, len(loops))
    write_manifest(folder, {"embedder": embedder_hash(pack)})
    return len(loops)


def frames_of_curves(curves: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """Curves `[4, F]`, each value measured at the middle of its frame, read at `frames` other frames of the loop."""
    measured = curves.shape[-1]
    if frames == measured:
        return curves
    at = (np.arange(frames) + 0.5) * measured / frames - 0.5
    rows = [np.interp(at, np.arange(measured), row, period=measured) for row in curves]
    return np.stack(rows).astype(np.float32)


@dataclass(frozen=True)
class LatentLoop:
    """One loop in memory: latent `[1, D, F]` as the codec gave it, everything known of it, and, where the corpus was
    embedded, the embeddings `[1, 512]` of its sound and `[N, 512]` of its captions."""

    latent: Tensor
    conditions: Conditions
    sound: Tensor | None = None
    captions: Tensor | None = None

    def said(self, generator: torch.Generator) -> "LatentLoop":
        """The loop conditioned on a caption or on its sound, as requests are on words or on a reference."""
        if self.sound is None or self.captions is None:
            return self
        words, noise = torch.rand(2, generator=generator).tolist()
        embedded = self.sound
        if len(self.captions) and words < CAPTION_SHARE:
            chosen = int(torch.randint(len(self.captions), (1,), generator=generator))
            embedded = self.captions[chosen : chosen + 1]
        # Noise closes what is left of the gap between words and sounds (Nukrai et al. 2022).
        strength = EMBEDDING_NOISE * noise / embedded.shape[1] ** 0.5
        embedded = functional.normalize(embedded + strength * torch.randn(embedded.shape, generator=generator), dim=1)
        given = torch.ones(1, 1)
        return replace(self, conditions=replace(self.conditions, clap=embedded, clap_given=given))


@dataclass(frozen=True)
class LatentBatch:
    """Latents `[B, D, F]` and their conditions."""

    latent: Tensor
    conditions: Conditions


class LatentCorpus:
    """The encoded loops of a corpus folder, batched by length.

    Loops of one number of frames make a batch, so nothing is padded and time stays circular. A batch holds about
    `frames_per_batch` frames, however long its loops are.
    """

    def __init__(self, folder: Path, *, held_out: bool, frames_per_batch: int = 2048, embedded: bool = False) -> None:
        self.frames_per_batch = frames_per_batch
        self.by_frames: dict[int, list[LatentLoop]] = defaultdict(list)
        manifest = read_manifest(folder)
        rate, hop = (int(manifest.get(f"latent_{name}", usual)) for name, usual in CORPUS_GEOMETRY.items())
        for loop in stored_loops(folder):
            if loop.held_out == held_out:
                loaded = _load(loop, _geometry(loop, rate, hop), embedded=embedded)
                self.by_frames[loaded.latent.shape[-1]].append(loaded)
        if not self.by_frames:
            kind = "held-out" if held_out else "training"
            raise CorpusError(f"{folder} has no {kind} loops; build some with `loopgen corpus build {folder}`.")
        self.lengths = sorted(self.by_frames)
        # A length is drawn as often as it has frames, so that every second of audio is seen equally often.
        self.weights = torch.tensor([float(frames * len(self.by_frames[frames])) for frames in self.lengths])

    def __len__(self) -> int:
        return sum(map(len, self.by_frames.values()))

    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation `[D, 1]` of each latent channel over all frames."""
        frames = torch.cat([loop.latent[0] for loops in self.by_frames.values() for loop in loops], dim=1)
        return frames.mean(1, keepdim=True), frames.std(1, keepdim=True).clamp_min(1e-3)

    def batch(self, generator: torch.Generator) -> LatentBatch:
        """A random batch of one length, each loop rotated in time together with its conditions."""
        frames = self.lengths[int(torch.multinomial(self.weights, 1, generator=generator))]
        loops = self.by_frames[frames]
        size = max(1, round(self.frames_per_batch / frames))
        chosen = torch.randint(len(loops), (size,), generator=generator).tolist()
        return self._rotated([loops[i].said(generator) for i in chosen], generator)

    def fixed_batches(self) -> list[LatentBatch]:
        """Every loop once, in batches of one length, unrotated: for validation."""
        batches = []
        for frames in self.lengths:
            loops = self.by_frames[frames]
            size = max(1, self.frames_per_batch // frames)
            batches += [_stacked(loops[i : i + size]) for i in range(0, len(loops), size)]
        return batches

    def _rotated(self, loops: list[LatentLoop], generator: torch.Generator) -> LatentBatch:
        # Where a loop begins must not matter; strided convolutions would otherwise see each onset at one offset.
        frames = loops[0].latent.shape[-1]
        shifts = torch.randint(frames, (len(loops),), generator=generator).tolist()
        return _stacked([_rotate(loop, shift) for loop, shift in zip(loops, shifts, strict=True)])


def _geometry(loop: StoredLoop, sample_rate: int, hop_length: int) -> LoopGeometry:
    return LoopGeometry(loop.annotation.tempo_bpm, loop.annotation.bars, sample_rate, hop_length)


def _load(loop: StoredLoop, geometry: LoopGeometry, *, embedded: bool) -> LatentLoop:
    latent = torch.from_numpy(loop.latent())[None]
    if latent.shape[-1] != geometry.frames:
        raise CorpusError(f"The latent of {loop.name} has {latent.shape[-1]} frames, not {geometry.frames}.")
    curves = torch.from_numpy(frames_of_curves(loop.curves(), geometry.frames))
    conditions = annotation_conditions(loop.annotation, geometry, curves)
    if not embedded:
        return LatentLoop(latent, conditions)
    sound, captions = (torch.from_numpy(x) for x in loop.embeddings())
    known = replace(conditions, clap=sound[None], clap_given=torch.ones(1, 1))
    return LatentLoop(latent, known, sound[None], captions)


def _rotate(loop: LatentLoop, shift: int) -> LatentLoop:
    conditions = loop.conditions
    turned = {
        name: torch.roll(getattr(conditions, name), shift, -1) for name in ("beat", "pattern", "notes", "curves")
    }
    return replace(loop, latent=torch.roll(loop.latent, shift, -1), conditions=replace(conditions, **turned))


def _stacked(loops: list[LatentLoop]) -> LatentBatch:
    latent = torch.cat([loop.latent for loop in loops])
    return LatentBatch(latent, Conditions.stack([loop.conditions for loop in loops]))
