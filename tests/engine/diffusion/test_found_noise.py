"""Noises that were found in loops: kept and read again, and where they are not what is wanted."""

from pathlib import Path

import pytest
import torch

from engine.diffusion.found_noise import FIRST_SEED, NoiseShelf, is_found
from engine.errors import ExportError, InvalidRequest
from engine.requests import MAX_SEED, NoisePad


def test_a_kept_noise_has_a_seed_of_its_own(tmp_path: Path) -> None:
    shelf, noise = NoiseShelf(tmp_path / "noises"), torch.randn(1, 8, 40)
    seed = shelf.keep(noise, "pack")
    assert is_found(seed) and FIRST_SEED <= seed <= MAX_SEED and not is_found(2**40)
    assert NoisePad((1, seed, 3, 4)).corners[1] == seed
    assert torch.equal(NoiseShelf(tmp_path / "noises").fetch(seed, "pack"), noise)
    assert shelf.keep(noise.clone(), "pack") == seed != shelf.keep(noise, "other")
    assert shelf.keep(noise + 1, "pack") != seed


def test_a_noise_that_is_not_here_or_of_another_pack_is_said(tmp_path: Path) -> None:
    shelf = NoiseShelf(tmp_path)
    seed = shelf.keep(torch.randn(1, 8, 40), "pack")
    with pytest.raises(InvalidRequest, match="found with another pack"):
        shelf.fetch(seed, "other")
    with pytest.raises(InvalidRequest, match="is not here; invert its loop again"):
        shelf.fetch(seed - 1, "pack")
    (tmp_path / f"{seed}.safetensors").write_bytes(b"no tensor")
    with pytest.raises(InvalidRequest, match="is not here"):
        shelf.fetch(seed, "pack")
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="Cannot make the folder"):
        NoiseShelf(tmp_path / "file" / "noises").keep(torch.zeros(1, 2, 3), "pack")
