"""Between two conditions: blends that move evenly for the network, and conditions read along another timeline."""

from dataclasses import replace

import torch
from torch import Tensor

from engine.conditioning.conditions import Conditions
from engine.conditioning.notes import ROLLS

_OVER_TIME = ("beat", "pattern", "notes", "waves", "curves")
_MASKED = ("beat", "pattern", "notes", "curves", "clap", "voices")


def blend_conditions(a: Conditions, b: Conditions, t: float) -> Conditions:
    """From `a` (t = 0) to `b` (t = 1), of the same B and F; `a` and `b` themselves are returned at the ends.

    The network reads values times masks, and masks; both move on straight lines. A value that only one side gives
    comes or goes with its mask. CLAP embeddings that both give move on the sphere.
    """
    if t <= 0 or t >= 1:
        return a if t <= 0 else b
    blended = {name: torch.lerp(getattr(a, name), getattr(b, name), t) for name in ("tags", "key", "rate", "repeats")}
    for name in _MASKED:
        masks = [getattr(side, f"{name}_given") for side in (a, b)]
        mask = torch.lerp(masks[0], masks[1], t)
        read = [getattr(side, name) * _wide(name, given) for side, given in zip((a, b), masks, strict=True)]
        blended[f"{name}_given"] = mask
        blended[name] = torch.lerp(read[0], read[1], t) / _wide(name, mask).clamp_min(1e-6)
    given = torch.lerp(a.waves_given, b.waves_given, t).clamp_min(1e-6)
    blended["waves"] = torch.lerp(a.waves * a.waves_given, b.waves * b.waves_given, t) / given
    both = a.clap_given * b.clap_given
    blended["clap"] = torch.where(both > 0, _on_sphere(a.clap, b.clap, t), blended["clap"])
    return replace(a, **blended)


def read_conditions(conditions: Conditions, positions: Tensor) -> Conditions:
    """Conditions of a loop of F frames read at fractional frames `positions` `[F']` (modulo F), at the nearest.

    Their `bars` are 0, no whole number of bars, until a caller says otherwise; and there are no waves, which run
    otherwise where frames lie otherwise in time.
    """
    frames = positions.round().long() % conditions.frames
    rows = {name: getattr(conditions, name)[..., frames] for name in _OVER_TIME}
    rows["waves"] = torch.zeros_like(rows["waves"])
    return replace(conditions, bars=torch.zeros_like(conditions.bars), **rows)


def slice_conditions(conditions: Conditions, start: int, frames: int) -> Conditions:
    """Frames `start` to `start + frames` of conditions."""
    rows = {name: getattr(conditions, name)[..., start : start + frames] for name in _OVER_TIME}
    return replace(conditions, **rows)


def _wide(name: str, mask: Tensor) -> Tensor:
    """The mask of a field in the shape of its values."""
    if name == "notes":
        mask = mask.repeat_interleave(torch.tensor(ROLLS), dim=1)
    return mask if name == "clap" else mask[:, :, None]


def _on_sphere(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Vectors `[B, N]` of unit norm between `a` and `b`, row by row."""
    angle = torch.acos((a * b).sum(dim=1, keepdim=True).clamp(-1 + 1e-6, 1 - 1e-6))
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
