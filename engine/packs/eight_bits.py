"""Weights in eight bits: whole numbers from -127 to 127, and for each row the one number that they are multiples of.

A convolution's weights are rounded so with an error of about 45 dB below themselves, in half the bytes of float16.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import torch

STEP: Final = ":step"
"""What the name of a tensor of steps has beside that of its weights."""
MOST: Final = 127


def in_eight_bits(tensors: Mapping[str, "torch.Tensor"], prefix: str) -> dict[str, "torch.Tensor"]:
    """State dict `tensors`, each matrix or kernel `[rows, ...]` whose name begins with `prefix` as int8 with float16
    steps `[rows]`; all others as they are."""
    import torch  # noqa: PLC0415  (packs are listed and verified without it)

    stored = dict(tensors)
    for name, tensor in tensors.items():
        if not name.startswith(prefix) or tensor.ndim < 2 or not tensor.is_floating_point():
            continue
        rows = tensor.detach().cpu().float().flatten(1)
        steps = (rows.abs().amax(1) / MOST).half()
        whole = (rows / steps.float().clamp_min(1e-12)[:, None]).round().clamp(-MOST, MOST)
        stored[name], stored[name + STEP] = whole.to(torch.int8).view(tensor.shape), steps
    return stored


def from_eight_bits(tensors: Mapping[str, "torch.Tensor"]) -> dict[str, "torch.Tensor"]:
    """The float32 weights of what `in_eight_bits` made; all other tensors as they are.

    Raises `ValueError` where steps belong to no weights, or are not one for each row.
    """
    restored = {name: tensor for name, tensor in tensors.items() if not name.endswith(STEP)}
    for name, steps in tensors.items():
        if name.endswith(STEP):
            whole = restored.get(name.removesuffix(STEP))
            if whole is None or whole.ndim < 2 or steps.shape != whole.shape[:1]:
                raise ValueError(f"{name!r} does not fit any weights")
            restored[name.removesuffix(STEP)] = whole.float() * steps.float().view(-1, *[1] * (whole.ndim - 1))
    return restored
