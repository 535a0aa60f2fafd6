"""This process among those that train one model together, as `torchrun` and `accelerate launch` tell it."""

import atexit
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import shorten
from typing import Final

from torch import distributed

from engine.errors import DeviceError, InvalidRequest

WHOLE: Final = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_PORT")
"""Variables that are numbers where they are there. Accelerate takes each for one."""
WAY_OUT: Final = "Start with torchrun, or unset it to train in one process."


@dataclass(frozen=True)
class Processes:
    """The `rank` of this process among all of a `world`."""

    rank: int = 0
    world: int = 1

    @classmethod
    def told(cls, environment: Mapping[str, str] = os.environ) -> "Processes":
        """What the variables say; one process where there are none.

        Raises `InvalidRequest`, naming the variable, where they are no numbers, contradict each other, or are too few
        to find the other processes: those would be waited for.
        """
        numbers = {name: _whole(name, environment[name]) for name in WHOLE if name in environment}
        rank, world = numbers.get("RANK", 0), numbers.get("WORLD_SIZE", 1)
        if world < 1:
            raise InvalidRequest(f"WORLD_SIZE is {world}, and there is at least one process. {WAY_OUT}")
        if not 0 <= rank < world:
            raise InvalidRequest(f"RANK is {rank}, and WORLD_SIZE {world}: ranks begin at 0. {WAY_OUT}")
        if world > 1 or numbers.get("LOCAL_RANK", -1) != -1:
            _check_meeting_place(environment, numbers)
        return cls(rank, world)


@contextmanager
def finding_each_other() -> Iterator[None]:
    """Around what makes this process one of those that are told; it takes its leave of them when it ends.

    Raises `InvalidRequest` as `Processes.told`, and `DeviceError` where they do not find each other.
    """
    Processes.told()
    try:
        yield
    except (RuntimeError, ValueError, OSError) as error:
        place = ":".join(filter(None, (os.environ.get("MASTER_ADDR"), os.environ.get("MASTER_PORT"))))
        where = f" with the processes at {place}" if place else ""
        raise DeviceError(f"Training cannot begin{where}: {shorten(str(error), 300).rstrip('.')}.") from error
    atexit.unregister(_take_leave)
    atexit.register(_take_leave)


def _take_leave() -> None:
    """End the threads that talk to other processes while there is an interpreter: later they abort the process."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def _whole(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise InvalidRequest(f"{name} is {shorten(value, 40)!r}, which is no whole number. {WAY_OUT}") from None


def _check_meeting_place(environment: Mapping[str, str], numbers: Mapping[str, int]) -> None:
    asked = next(name for name in ("LOCAL_RANK", "WORLD_SIZE") if name in numbers)
    needed = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    missing = [name for name in needed if not environment.get(name)]
    if missing:
        raise InvalidRequest(f"{asked} is set, and {', '.join(missing)} not. {WAY_OUT}")
    address, port = environment["MASTER_ADDR"], numbers["MASTER_PORT"]
    if not 0 < port < 1 << 16:
        raise InvalidRequest(f"MASTER_PORT is {port}, and ports are 1 to 65535. {WAY_OUT}")
    try:
        socket.getaddrinfo(address, port)
    except (OSError, UnicodeError):
        raise InvalidRequest(
            f"MASTER_ADDR is {shorten(address, 80)!r}, which no computer here is. {WAY_OUT}"
        ) from None
