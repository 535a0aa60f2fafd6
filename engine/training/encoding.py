"""Encoding and embedding a corpus: what denoisers are trained on, worked out once."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from engine.audio.resampling import resample_periodic
from engine.codec.base import LatentCodec
from engine.corpus.store import StoredLoop, read_manifest, stored_loops, write_manifest
from engine.devices import choose_device, fast_dtype
from engine.packs.identities import embedder_hash, encoder_hash
from engine.packs.models import load_clap
from engine.packs.pack import Pack

CORPUS_RATE: Final = 44_100
BATCH: Final = 8
"""Loops of one length that are encoded together; more than one at a time pays on a GPU."""
READ_AHEAD: Final = 4
"""Threads that read and resample what comes next while a batch is encoded."""


@torch.no_grad()
def encode_corpus(
    folder: Path, codec: LatentCodec, progress: Callable[[int, int], None], *, again: bool = False
) -> int:
    """Encode the audio of every loop in `folder` that has no latent of this encoder yet; returns their number.

    A loop becomes as many frames as the codec gives to its tempo and bars; its audio is brought to the exact length
    of those, and to the rate of the codec, by periodic resampling. Loops of one length are encoded together.
    With `again`, or when another encoder made the latents that are there, all are encoded anew.
    """
    loops = list(stored_loops(folder))
    again = again or read_manifest(folder).get("encoder") != encoder_hash(codec)
    device = next(codec.parameters()).device
    codec.eval()
    missing = [loop for loop in loops if again or not loop.latent_path.exists()]
    done = len(loops) - len(missing)
    for batch, sounds in _read(_by_length(missing, codec), codec):
        geometry = codec.geometry(batch[0].annotation.tempo_bpm, batch[0].annotation.bars)
        audio = torch.from_numpy(np.stack(sounds)).to(device)
        with torch.autocast(device.type, fast_dtype(device), enabled=fast_dtype(device) != torch.float32):
            latents = codec.encode(audio, geometry.frames, circular=True).float().cpu().numpy()
        for loop, latent in zip(batch, latents, strict=True):
            loop.store_latent(latent)
        done += len(batch)
        progress(done, len(loops))
    progress(len(loops), len(loops))
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


def _by_length(loops: Sequence[StoredLoop], codec: LatentCodec) -> Iterator[list[StoredLoop]]:
    """`loops` in batches of one length in samples and frames."""
    lengths: dict[tuple[int, int], list[StoredLoop]] = {}
    for loop in loops:
        geometry = codec.geometry(loop.annotation.tempo_bpm, loop.annotation.bars)
        lengths.setdefault((geometry.samples, geometry.frames), []).append(loop)
    for own in lengths.values():
        for first in range(0, len(own), BATCH):
            yield own[first : first + BATCH]


def _read(
    batches: Iterator[list[StoredLoop]], codec: LatentCodec
) -> Iterator[tuple[list[StoredLoop], list[NDArray[np.float32]]]]:
    """Each batch with its audio `[2, T]`; those that come next are read meanwhile."""

    def read(batch: list[StoredLoop]) -> tuple[list[StoredLoop], list[NDArray[np.float32]]]:
        samples = codec.geometry(batch[0].annotation.tempo_bpm, batch[0].annotation.bars).samples
        return batch, [resample_periodic(loop.audio(), samples) for loop in batch]

    with ThreadPoolExecutor(READ_AHEAD) as pool:
        waiting = [pool.submit(read, batch) for batch in islice(batches, READ_AHEAD)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(read, batch) for batch in islice(batches, 1)]


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
            sound = clap.embed_audio(audio, CORPUS_RATE)[0]
            captions = loop.annotation.captions
            said = clap.embed_text(captions) if captions else sound.new_zeros(0, len(sound))
            loop.store_embeddings(sound.float().cpu().numpy(), said.float().cpu().numpy())
        progress(done + 1, len(loops))
    write_manifest(folder, {"embedder": embedder_hash(pack)})
    return len(loops)
