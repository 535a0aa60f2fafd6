"""Encoding and embedding a corpus: what denoisers are trained on, worked out once, by one process or by many.

`corpus.json` names the codec before the first latent of it is written, and what another codec left is deleted then: a
latent that is there is of the codec that is named, and whoever was cut, or does another share, goes on with the rest.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from engine.audio.resampling import resample_periodic
from engine.codec.base import LatentCodec
from engine.corpus.store import StoredLoop, read_manifest, stored_loops, write_manifest
from engine.devices import choose_device, fast_dtype
from engine.ownership import FolderLock
from engine.packs.identities import embedder_hash, encoder_hash
from engine.packs.models import load_clap
from engine.packs.pack import Pack

CORPUS_RATE: Final = 44_100
BATCH: Final = 8
"""Loops of one length that are encoded together; more than one at a time pays on a GPU."""
READ_AHEAD: Final = 4
"""Threads that read and resample what comes next while a batch is encoded."""
LOCK: Final = ".encode.lock"
WAIT_SECONDS: Final = 0.05


@torch.no_grad()
def encode_corpus(
    folder: Path,
    codec: LatentCodec,
    progress: Callable[[int, int], None],
    *,
    again: bool = False,
    share: int = 0,
    shares: int = 1,
) -> int:
    """Encode the audio of every loop in `folder` that has no latent of this encoder yet; returns their number.

    A loop becomes as many frames as the codec gives to its tempo and bars; its audio is brought to the exact length
    of those, and to the rate of the codec, by periodic resampling. Loops of one length are encoded together. Of
    `shares` processes, at the same time and on any computers, each does one in so many, beginning with `share`.
    With `again` those that are there are encoded anew. Raises `CorpusError` and `ExportError`.
    """
    told = {"encoder": encoder_hash(codec), "latent_dim": codec.latent_dim}
    rule = {"latent_sample_rate": codec.sample_rate, "latent_hop_length": codec.hop_length}
    _claim(folder, "latents", "encoder", {**told, **rule})
    loops = list(stored_loops(folder))[share::shares]
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
    return len(loops)


def _claim(folder: Path, kind: str, name: str, values: Mapping[str, Any]) -> None:
    """Note in the corpus whose files of `kind` it has from now on, by `name`, and delete those of another."""
    with _held(folder):
        if read_manifest(folder).get(name) == values[name]:
            return
        for path in (folder / kind).glob("*.safetensors"):
            path.unlink(missing_ok=True)
        write_manifest(folder, values)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Alone among those who encode this corpus."""
    lock = FolderLock(folder / LOCK)
    while not lock.take():
        time.sleep(WAIT_SECONDS)
    try:
        yield
    finally:
        lock.release()


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
    folder: Path,
    pack: Pack,
    progress: Callable[[int, int], None],
    *,
    again: bool = False,
    device: str = "auto",
    share: int = 0,
    shares: int = 1,
) -> int:
    """Embed the audio and the captions of every loop in `folder` that the embedder of `pack` has not embedded yet;
    returns their number. `again`, `share` and `shares` are as for `encode_corpus`."""
    _claim(folder, "embeddings", "embedder", {"embedder": embedder_hash(pack)})
    loops = list(stored_loops(folder))[share::shares]
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
    return len(loops)
