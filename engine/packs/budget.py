"""Models are built of settings that strangers wrote: never of more than the weights that come with them can fill."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from engine.errors import PackError

Shapes = Mapping[str, tuple[int, ...]]

LARGEST_SETTING: Final = 200_000
"""Largest whole number in a config that is no dimension of a tensor: a sample rate."""
OPERATIONS: Final = (4_000, 40)
"""Tensor operations that building may take, and how many more for each tensor of the file."""
VALUES: Final = (10_000_000, 8)
"""Numbers that building may write, and how many more for each in the file: filters are computed, weights drawn."""


def check_settings(config: Mapping[str, Any], shapes: Shapes, what: str) -> None:
    """Raise `PackError` where a number of `config` is beyond every dimension of `shapes`, or a list is as long."""
    most = max([LARGEST_SETTING, *(size for shape in shapes.values() for size in shape)])
    for name, value in config.items():
        values = value if isinstance(value, list) else [value]
        if len(values) > 64 or any(isinstance(v, int | float) and not abs(v) <= most for v in values):
            raise PackError(f"The {what} asks for {name} = {str(value)[:40]}, which its weights are too few for.")


class Budget(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the tensor operations of building a network whose weights have `shapes`, while it is active.

    An operation too many, or one that would make too many numbers, raises `PackError` before it is done.
    """

    def __init__(self, shapes: Shapes, what: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._what = what
        self._operations = OPERATIONS[0] + OPERATIONS[1] * len(shapes)
        self._values = VALUES[0] + VALUES[1] * sum(map(math.prod, shapes.values()))

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here; to be passed over by it, torch would import its compiler, for two seconds."""
        return False

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Count `func`, then do it."""
        self._operations -= 1
        self._values -= _asked(args)
        if self._operations < 0 or self._values < 0:
            raise PackError(f"The {self._what} asks for a larger network than its weights can fill.")
        return func(*args, **(kwargs or {}))


def _asked(args: tuple[Any, ...]) -> int:
    """How many numbers an operation makes, as far as its arguments say it: a size, a count, or what it copies."""
    if not args:
        return 0
    first = args[0]
    if isinstance(first, torch.Tensor):
        return first.numel()
    if isinstance(first, list | tuple):
        return math.prod(size for size in first if isinstance(size, int)) if first else 0
    return sum(int(abs(number)) for number in args if isinstance(number, int | float) and math.isfinite(number))
