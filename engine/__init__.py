"""The engine of LoopGen: everything public, loaded on first use, so that `import engine` costs nothing."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.audio.resampling import resample_periodic
    from engine.config import APP_NAME, RESOURCES, starter_pack, user_cache, user_data, user_packs
    from engine.errors import (
        AudioFileError,
        Cancelled,
        CorpusError,
        DeviceError,
        ExportError,
        InvalidRequest,
        LoopGenError,
        MissingDependency,
        PackError,
    )
    from engine.requests import MAX_SEED, SAMPLERS, SCHEDULES, LoopRequest, NoisePad, Pattern
    from engine.tempo import LoopGeometry
    from engine.vocabulary import (
        BEATS_PER_BAR,
        CHARACTERS,
        CURVES,
        KEYS,
        PARTS,
        STEPS_PER_BAR,
        STYLES,
        TAGS,
        TONICS,
    )

_HOMES = {
    "engine.audio.resampling": ("resample_periodic",),
    "engine.config": ("APP_NAME", "RESOURCES", "starter_pack", "user_cache", "user_data", "user_packs"),
    "engine.errors": (
        "AudioFileError",
        "Cancelled",
        "CorpusError",
        "DeviceError",
        "ExportError",
        "InvalidRequest",
        "LoopGenError",
        "MissingDependency",
        "PackError",
    ),
    "engine.requests": ("MAX_SEED", "SAMPLERS", "SCHEDULES", "LoopRequest", "NoisePad", "Pattern"),
    "engine.tempo": ("LoopGeometry",),
    "engine.vocabulary": (
        "BEATS_PER_BAR",
        "CHARACTERS",
        "CURVES",
        "KEYS",
        "PARTS",
        "STEPS_PER_BAR",
        "STYLES",
        "TAGS",
        "TONICS",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "APP_NAME",
    "BEATS_PER_BAR",
    "CHARACTERS",
    "CURVES",
    "KEYS",
    "MAX_SEED",
    "PARTS",
    "RESOURCES",
    "SAMPLERS",
    "SCHEDULES",
    "STEPS_PER_BAR",
    "STYLES",
    "TAGS",
    "TONICS",
    "AudioFileError",
    "Cancelled",
    "CorpusError",
    "DeviceError",
    "ExportError",
    "InvalidRequest",
    "LoopGenError",
    "LoopGeometry",
    "LoopRequest",
    "MissingDependency",
    "NoisePad",
    "PackError",
    "Pattern",
    "resample_periodic",
    "starter_pack",
    "user_cache",
    "user_data",
    "user_packs",
]


def __getattr__(name: str) -> Any:
    """Load the module that holds `name` and remember what it gave."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
