"""What names the latents and the embeddings that a pack makes, so that a corpus knows whether they are its own."""

import hashlib

from engine.codec.base import LatentCodec
from engine.packs.pack import Pack


def encoder_hash(codec: LatentCodec) -> str:
    """Names the latents a codec makes: SHA-256 of its encoder as packs store it.

    Training the decoder alone does not change it, so corpora stay encoded and denoisers stay usable.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(codec.state_dict().items()):
        if name.startswith("encoder."):
            digest.update(name.encode() + tensor.detach().cpu().half().contiguous().numpy().tobytes())
    return digest.hexdigest()


def embedder_hash(pack: Pack) -> str:
    """Names the embeddings that the pack's embedder makes: SHA-256 over the checksums of its files."""
    parts = sorted(name for name in pack.components if name == "clap" or name.startswith("clap_"))
    files = [pack.manifest["files"][pack.manifest["components"][name]["file"]]["sha256"] for name in parts]
    return hashlib.sha256(" ".join(files).encode()).hexdigest()
