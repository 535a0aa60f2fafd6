"""Compute devices: which there are, which to use, and the precision each is fastest in."""

import ctypes
import logging
import os
import sys
from functools import cache
from textwrap import shorten

import torch

from engine.errors import DeviceError

logger = logging.getLogger(__name__)

DEVICES = ("auto", "cpu", "cuda", "mps")


@cache
def check_torch() -> None:
    """Raise `DeviceError` where torch cannot compute at all: on Linux it needs /proc, which containers may lack."""
    try:
        torch.ones(8, dtype=torch.float16).to(torch.float32)
    except RuntimeError as error:
        reason = shorten(str(error), 300).rstrip(".!")
        needed = " On Linux it needs /proc." if sys.platform == "linux" else ""
        raise DeviceError(f"torch cannot compute on this computer: {reason}.{needed}") from error


def available_devices() -> tuple[str, ...]:
    """The devices of this machine, fastest first; always ends with `cpu`."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; `auto` takes the fastest there is and says so in the log.

    Raises `DeviceError`, naming what is there, for a device this machine does not have.
    """
    there = available_devices()
    if name not in DEVICES:
        raise DeviceError(f"Unknown device {name!r}; possible: {', '.join(DEVICES)}.")
    if name != "auto" and name not in there:
        raise DeviceError(f"This machine has no {name} device; possible here: auto, {', '.join(there)}.")
    chosen = there[0] if name == "auto" else name
    logger.info("Using the %s device.", chosen)
    return torch.device(chosen)


def fast_dtype(device: torch.device) -> torch.dtype:
    """The precision models run fastest in: half on GPUs, bfloat16 on CPUs that multiply in it, else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "cpu" and cpu_has_bfloat16():
        return torch.bfloat16
    return torch.float32


def cpu_has_bfloat16() -> bool:
    """True on CPUs with bfloat16 instructions (AVX-512 bf16, AMX); elsewhere it is emulated and slow."""
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(probe()) if probe is not None else False


def keep_few_shapes() -> None:
    """Let oneDNN keep what it compiled for 128 shapes, in place of 1,024: a loop has 85, and each other number of
    frames as many. Heard when it is called before the first product; not for training, which has more."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")


def return_free_memory() -> None:
    """Give the system back what was freed: glibc keeps it, in pieces that the next length does not fit into."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
