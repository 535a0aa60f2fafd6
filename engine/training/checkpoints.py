"""Checkpoints of a training run: safetensors and JSON, written whole or not at all, nothing pickled."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.documents import read_document
from engine.errors import LoopGenError
from engine.files import is_file, sweep_stale_files, temporary_path
from engine.packs.checks import MAX_HEADER_BYTES

FILE = "checkpoint.safetensors"


class CheckpointError(LoopGenError):
    """A checkpoint that is damaged or belongs to another model."""


def save_checkpoint(folder: Path, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
    """Write `tensors` and `state` to `folder`, replacing the last checkpoint only when the new one is complete.

    Raises `CheckpointError` when that cannot be done, say on a full disk; the last one is intact then.
    """
    part = temporary_path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # State rides in the same file, so that weights and step count can never disagree after a kill.
        save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, part, {"state": json.dumps(state)})
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(folder / FILE)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise CheckpointError(
            f"Cannot write the checkpoint {folder / FILE} ({error}); an earlier one stays."
        ) from error


def sweep_checkpoints(folder: Path) -> None:
    """Delete what runs that were killed left in `folder`: hundreds of megabytes each."""
    sweep_stale_files(folder)
    with suppress(OSError):
        (folder / f"{FILE}.part").unlink(missing_ok=True)  # as earlier versions named it


def has_checkpoint(folder: Path) -> bool:
    """True where a run has left a checkpoint to go on from."""
    return is_file(folder / FILE)


def seconds_trained(folder: Path) -> float:
    """How long the run in `folder` has trained up to its checkpoint; 0 without one."""
    saved = load_checkpoint(folder)
    return float(saved[1].get("seconds", 0.0)) if saved else 0.0


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Tensors and state of the checkpoint in `folder`, or None where there is none yet."""
    path = folder / FILE
    if not is_file(path):
        return None
    try:
        tensors = load_file(path)
        with path.open("rb") as file:
            header = read_document(file.read(int.from_bytes(file.read(8), "little")), most_bytes=MAX_HEADER_BYTES)
        state = read_document(header["__metadata__"]["state"])
        _check_state(state)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise CheckpointError(f"The checkpoint {path} is damaged ({error}); delete it to start again.") from error
    return tensors, state


def _check_state(state: Any) -> None:
    """Raise `ValueError` where a run could not go on from `state`."""
    if not isinstance(state, dict):
        raise ValueError("it has no state")
    for name in ("step", "seconds"):
        if not (isinstance(state.get(name), int | float) and state[name] >= 0):
            raise ValueError(f"its {name} is no number")


def optimizer_tensors(optimizer: torch.optim.Optimizer, model: nn.Module, prefix: str) -> dict[str, Tensor]:
    """Adam's moments as `{prefix}.{parameter}.{moment}`."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {
        f"{prefix}.{names[id(parameter)]}.{moment}": value
        for parameter, moments in optimizer.state.items()
        for moment, value in moments.items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, model: nn.Module, tensors: dict[str, Tensor], prefix: str
) -> None:
    """Put the moments of `optimizer_tensors` back; parameters without saved moments start fresh.

    Frozen parameters get none: the optimizer does not have them.
    """
    for name, parameter in model.named_parameters():
        start = f"{prefix}.{name}."
        moments = {key[len(start) :]: value for key, value in tensors.items() if key.startswith(start)}
        if parameter.requires_grad and "exp_avg" in moments and moments["exp_avg"].shape == parameter.shape:
            optimizer.state[parameter] = {k: v.to(parameter.device) for k, v in moments.items()}


def prefixed(prefix: str, module: nn.Module) -> dict[str, Tensor]:
    """The module's state with `prefix.` before each name."""
    return {f"{prefix}.{name}": value for name, value in module.state_dict().items()}


def without_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of `prefixed`."""
    start = prefix + "."
    return {name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)}
