"""Noise that was found in a loop, kept under a seed of its own, so that it can lie in a corner of the noise pad."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from engine.config import user_data
from engine.errors import ExportError, InvalidRequest
from engine.files import write_atomically

FIRST_SEED: Final = 2**62
"""Seeds from here on name noises that were found; all others draw theirs."""


def is_found(seed: int) -> bool:
    """Whether `seed` names a noise that was found."""
    return seed >= FIRST_SEED


@dataclass(frozen=True)
class NoiseShelf:
    """Found noises as files in `folder`, by default in the user's data."""

    folder: Path | None = None

    def keep(self, noise: Tensor, pack_hash: str) -> int:
        """Keep `noise` `[1, D, F]`, which means something to the pack of that hash alone; returns its seed.

        The same noise has the same seed. Raises `ExportError` when the folder cannot be used.
        """
        content = noise.detach().cpu().float().contiguous()
        digest = hashlib.sha256(content.numpy().tobytes() + pack_hash.encode()).digest()
        seed = FIRST_SEED + int.from_bytes(digest[:8], "big") % FIRST_SEED
        path = self._path(seed)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ExportError(f"Cannot make the folder {str(path.parent)!r}: {error.strerror or error}.") from error
        write_atomically(path, save({"noise": content}, {"pack": pack_hash}), private=True)
        return seed

    def fetch(self, seed: int, pack_hash: str) -> Tensor:
        """The noise `[1, D, F]` of `seed`; raises `InvalidRequest` when it is not here or belongs to another pack."""
        again = "invert its loop again and put it in the corner"
        try:
            with safe_open(self._path(seed), "pt") as file:
                owner, noise = (file.metadata() or {}).get("pack"), file.get_tensor("noise")
        except (OSError, SafetensorError) as error:
            raise InvalidRequest(
                f"The noise {seed} of this pad was found in a loop and is not here; {again}."
            ) from error
        if owner != pack_hash:
            raise InvalidRequest(f"The noise {seed} of this pad was found with another pack; {again}.")
        found: Tensor = noise
        return found

    def _path(self, seed: int) -> Path:
        return (self.folder or user_data() / "noises") / f"{seed}.safetensors"
