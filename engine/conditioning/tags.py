"""The tags condition: what a loop is and is not, and its key."""

from collections.abc import Iterable
from typing import Final

import torch
from torch import Tensor

from engine.conditioning.conditions import KEY_CLASSES
from engine.vocabulary import KEYS, TAGS

MOST: Final = 1.5
"""How strongly a tag can be asked for; trained on is 1."""


def tags_condition(present: Iterable[str], absent: Iterable[str] = ()) -> Tensor:
    """Tags `[1, len(TAGS)]`: 1 where asked for, -1 where asked away, 0 where open."""
    vector = torch.zeros(1, len(TAGS))
    for value, tags in ((-1.0, absent), (1.0, present)):
        for tag in tags:
            vector[0, TAGS.index(tag)] = value
    return vector


def lean_tags(tags: Tensor, lean: Tensor | None) -> Tensor:
    """Tags `[1, len(TAGS)]` asked for more or less by `lean` of the same shape, as far as `MOST` either way."""
    return tags if lean is None else (tags + lean).clamp(-MOST, MOST)


def key_condition(key: str | None, *, keyless: bool = False) -> Tensor:
    """Key `[1, 25]`: one-hot of a key name, the last class for `keyless`, all zero when open."""
    vector = torch.zeros(1, KEY_CLASSES)
    if key is not None:
        vector[0, KEYS.index(key)] = 1
    elif keyless:
        vector[0, -1] = 1
    return vector
