"""What lies around a loop: itself, or silence."""

import torch
from torch import Tensor
from torch.nn import functional


def wrap_pad(x: Tensor, left: int, right: int, circular: bool) -> Tensor:
    """Pad the last axis by wrapping around (any amount, also more than its length) or with zeros."""
    if not circular:
        return functional.pad(x, (left, right))
    length = x.shape[-1]
    if left <= length and right <= length:
        return torch.cat((x[..., length - left :], x, x[..., :right]), dim=-1)
    index = torch.arange(-left, length + right, device=x.device) % length
    return x[..., index]
