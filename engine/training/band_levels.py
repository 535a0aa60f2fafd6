"""`loopgen train levels`: the decoder's bands brought to the levels of what was encoded.

A decoder that learned logarithmic levels under an absolute loss aims at the middle of what it cannot tell; where what
it cannot tell is wide, the mean power of a band comes out lower than that of the corpus. A gain for each band and
partial mends it, measured on loops of the corpus and added to the biases of the decoder's gains.
"""

import itertools
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from engine.audio.third_octaves import THIRD_OCTAVES_HZ, band_errors
from engine.codec.networks import NOISE_SIZE
from engine.codec.spectral import SpectralCodec
from engine.corpus.store import read_manifest, stored_loops
from engine.errors import CorpusError, InvalidRequest
from engine.packs.models import load_own_codec, store_codec
from engine.packs.pack import Pack
from engine.tempo import FRAME_RATE

MOST_DB = 6.0
ROUNDS = 4
"""A correction has less effect than its decibels say: partials and noise overlap, and low bins are not raised."""

Doubles = NDArray[np.float64]


def train_levels(corpus: Path, pack: Path, *, loops: int = 100, within_db: float = 1.0) -> dict[str, list[float]]:
    """Bring the bands of the codec of `pack` to `within_db` of the first `loops` synthesised training loops of
    `corpus`; returns the mean errors in dB per third octave `before` and `after`.

    Latents stay what they are. What is off less is left alone: the middle is where spectral distances are least.

    Raises `InvalidRequest`, `CorpusError` or `PackError` on what cannot be used.
    """
    if not 1 <= loops <= 10_000 or not 0 <= within_db <= MOST_DB:
        raise InvalidRequest(
            f"--loops {loops}, --within {within_db:g}: possible are 1 to 10000 and 0 to {MOST_DB:g}."
        )
    opened = Pack.open(pack)
    codec = load_own_codec(opened)
    known = (loop for loop in stored_loops(corpus) if not loop.held_out and loop.annotation.captions)
    chosen = list(itertools.islice(known, loops))
    if not chosen:
        raise CorpusError(f"{corpus} has no loops to train on; build some with `loopgen corpus build {corpus}`.")
    errors = []
    for turn in range(ROUNDS + 1):
        bar = tqdm(chosen, desc=f"round {turn} of {ROUNDS}", unit="loop", disable=None, leave=False)
        errors.append(mean_band_errors(codec, (loop.audio() for loop in bar)))
        if turn < ROUNDS:
            raise_bands(codec, np.clip(errors[-1], -within_db, within_db) - errors[-1])
    figures = {"before": errors[0].tolist(), "after": errors[-1].tolist()}
    record: dict[str, Any] = {
        "run": f"levels-{opened.hash[:8]}",
        "settings": {"loops": len(chosen), "within_db": within_db},
        "corpus": read_manifest(corpus),
        "band_errors_db": figures,
    }
    store_codec(pack, codec, opened.name, record)
    return figures


@torch.inference_mode()
def mean_band_errors(codec: SpectralCodec, loops: Iterable[NDArray[np.float32]]) -> Doubles:
    """Decoded minus original level per third octave `[27]` in dB, mean over loops `[2, T]` that are heard there."""
    rows = []
    for audio in loops:
        original = torch.from_numpy(audio)[None]
        frames = max(1, round(original.shape[-1] * FRAME_RATE / codec.sample_rate))
        decoded = codec.decode(codec.encode(original, frames), original.shape[-1])[0].numpy()
        rows.append(band_errors(audio, decoded, codec.sample_rate))
    heard = np.isfinite(rows)
    return np.asarray(np.where(heard, rows, 0).sum(axis=0) / np.maximum(heard.sum(axis=0), 1))


@torch.no_grad()
def raise_bands(codec: SpectralCodec, gains_db: Doubles) -> None:
    """Raise the decoder's partials and noise by `gains_db` `[27]` at `THIRD_OCTAVES_HZ`, at most 6 dB either way."""
    shapes = codec.noise_shapes
    noise_hz = shapes.argmax(0).double() * codec.sample_rate / NOISE_SIZE
    nepers = np.clip(gains_db, -MOST_DB, MOST_DB) * math.log(10) / 20
    for layer, hertz in zip(codec.decoder.gains, (codec.config.played_hz, noise_hz), strict=True):
        octaves = np.log2(np.maximum(hertz.cpu().numpy(), 1.0))
        raised = torch.from_numpy(np.interp(octaves, np.log2(THIRD_OCTAVES_HZ), nepers)).float()
        bias = layer.bias
        assert isinstance(bias, torch.Tensor)
        bias.add_(raised.repeat(len(bias) // len(raised)).to(bias.device))
