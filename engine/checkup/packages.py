"""Which Python, and which packages: those that LoopGen needs, and those that add something."""

import platform
import re
import shlex
import sys
from dataclasses import dataclass
from importlib import metadata, util

from engine.checkup.diagnosis import Diagnosis

_LEFT_OUT = "This build leaves it out: install LoopGen with pip if you want that."
OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class OptionalPackage:
    """A package by its name in the index and when imported: what it is for, and how it comes."""

    name: str
    module: str
    purpose: str
    install: str


OPTIONAL = (
    OptionalPackage("mido", "mido", "MIDI controllers", "pip install mido"),
    OptionalPackage("python-rtmidi", "rtmidi", "the ports of MIDI controllers", "pip install python-rtmidi"),
    OptionalPackage("accelerate", "accelerate", "training on several GPUs", "pip install 'loopgen[train]'"),
    OptionalPackage("matplotlib", "matplotlib", "plots of evaluations", "pip install 'loopgen[train]'"),
    OptionalPackage(
        "transformers", "transformers", "packs of EnCodec and LAION-CLAP", "pip install 'loopgen[pretrained]'"
    ),
    OptionalPackage(
        "tinysoundfont", "tinysoundfont", "sampled instruments in a corpus", "pip install --no-deps tinysoundfont"
    ),
)


def check_python() -> Diagnosis:
    """The interpreter."""
    told = f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    if sys.version_info[:2] < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return Diagnosis(
            "python", "broken", told, f"LoopGen needs Python {oldest} or newer: install it anew with that."
        )
    return Diagnosis("python", "ok", told)


def check_needed() -> Diagnosis:
    """The packages that LoopGen names as needed, by what is installed."""
    try:
        version, required = metadata.version("loopgen"), metadata.requires("loopgen") or []
    except metadata.PackageNotFoundError:
        mend = "Nothing to do where it runs; 'pip install -e .' in its folder makes the command and this check."
        return Diagnosis(
            "packages", "missing", "LoopGen itself is not installed: it runs from its source folder", mend
        )
    needed: dict[str, str] = {}
    for one in required:
        if "extra ==" not in one:  # of two for different Pythons the first suits both
            needed.setdefault(re.split(r"[^\w.-]", one, maxsplit=1)[0], one.partition(";")[0].strip())
    missing = sorted(name for name in needed if not _version(name))
    if missing:
        wanted = shlex.join(needed[name] for name in missing)
        return Diagnosis("packages", "missing", ", ".join(missing), f"Install: pip install {wanted}.")
    return Diagnosis("packages", "ok", f"loopgen {version} and the {len(needed)} that it needs")


def check_optional() -> tuple[Diagnosis, ...]:
    """One diagnosis for each package that adds something."""
    return tuple(map(_optional, OPTIONAL))


def _optional(package: OptionalPackage) -> Diagnosis:
    if util.find_spec(package.module) is None:
        left_out = getattr(sys, "frozen", False)
        mend = _LEFT_OUT if left_out else f"Only if you want that: {package.install}."
        return Diagnosis(package.name, "missing", f"for {package.purpose}", mend)
    version = _version(package.name)
    return Diagnosis(package.name, "ok", f"{version + ', ' if version else ''}for {package.purpose}")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
