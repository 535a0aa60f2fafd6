"""The engine of LoopGen: everything public, loaded on first use, so that `import engine` costs nothing."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.applications.interpolation import End, blend
    from engine.applications.inversion import InvertedLoop, RoundTrip, Walk, invert_loop, keep_noise, replay
    from engine.applications.noise_path import render_path
    from engine.applications.passage import Passage
    from engine.applications.source import NotWholeBars, SourceLoop, TempoUnsure, read_source
    from engine.applications.time_stretch import stretch, stretched_request
    from engine.applications.transition import transition
    from engine.applications.variation import vary
    from engine.audio.chunks import LoopMetadata
    from engine.audio.descriptors import measure_curves, onset_envelope, onset_times
    from engine.audio.io import AudioFile, export_name, read_audio, read_metadata, write_flac, write_wav
    from engine.audio.loudness import LevelledLoop, integrated_loudness, level_match, true_peak
    from engine.audio.resampling import resample, resample_loop, resample_periodic
    from engine.audio.spectrum import mel_spectrogram
    from engine.conditioning.composition import Composition, compose
    from engine.conditioning.phrases import MAX_WEIGHT, Phrase, phrases
    from engine.config import APP_NAME, RESOURCES, starter_pack, user_cache, user_data, user_packs
    from engine.errors import (
        AudioFileError,
        Cancelled,
        CorpusError,
        DeviceError,
        DownloadError,
        ExportError,
        InvalidRequest,
        LoopGenError,
        MissingDependency,
        PackError,
    )
    from engine.files import free_path, sweep_stale_files, write_atomically
    from engine.loop import Loop, PackInfo, PackWords, StepReport
    from engine.packs import Pack, PackEntry, find_pack, list_packs
    from engine.pipeline import LoopPipeline
    from engine.requests import MAX_SEED, MAX_STEER, SAMPLERS, SCHEDULES, LoopRequest, NoisePad, Pattern
    from engine.service import GenerationService, Renderer, ServiceEvents
    from engine.tempo import LoopGeometry
    from engine.vocabulary import (
        BEATS_PER_BAR,
        CHARACTERS,
        CURVES,
        EMBEDDING_DIM,
        KEYS,
        PARTS,
        STEERS,
        STEPS_PER_BAR,
        STYLES,
        TAGS,
        TONICS,
    )

_HOMES = {
    "engine.applications.interpolation": (
        "End",
        "blend",
    ),
    "engine.applications.inversion": (
        "InvertedLoop",
        "RoundTrip",
        "Walk",
        "invert_loop",
        "keep_noise",
        "replay",
    ),
    "engine.applications.noise_path": ("render_path",),
    "engine.applications.passage": ("Passage",),
    "engine.applications.source": (
        "NotWholeBars",
        "SourceLoop",
        "TempoUnsure",
        "read_source",
    ),
    "engine.applications.time_stretch": ("stretch", "stretched_request"),
    "engine.applications.transition": ("transition",),
    "engine.applications.variation": ("vary",),
    "engine.audio.chunks": ("LoopMetadata",),
    "engine.audio.descriptors": (
        "measure_curves",
        "onset_envelope",
        "onset_times",
    ),
    "engine.audio.io": (
        "AudioFile",
        "export_name",
        "read_audio",
        "read_metadata",
        "write_flac",
        "write_wav",
    ),
    "engine.audio.loudness": (
        "LevelledLoop",
        "integrated_loudness",
        "level_match",
        "true_peak",
    ),
    "engine.audio.resampling": (
        "resample",
        "resample_loop",
        "resample_periodic",
    ),
    "engine.audio.spectrum": ("mel_spectrogram",),
    "engine.conditioning.composition": ("Composition", "compose"),
    "engine.conditioning.phrases": (
        "MAX_WEIGHT",
        "Phrase",
        "phrases",
    ),
    "engine.config": (
        "APP_NAME",
        "RESOURCES",
        "starter_pack",
        "user_cache",
        "user_data",
        "user_packs",
    ),
    "engine.errors": (
        "AudioFileError",
        "Cancelled",
        "CorpusError",
        "DeviceError",
        "DownloadError",
        "ExportError",
        "InvalidRequest",
        "LoopGenError",
        "MissingDependency",
        "PackError",
    ),
    "engine.files": (
        "free_path",
        "sweep_stale_files",
        "write_atomically",
    ),
    "engine.loop": (
        "Loop",
        "PackInfo",
        "PackWords",
        "StepReport",
    ),
    "engine.packs": (
        "Pack",
        "PackEntry",
        "find_pack",
        "list_packs",
    ),
    "engine.pipeline": ("LoopPipeline",),
    "engine.requests": (
        "LoopRequest",
        "MAX_SEED",
        "MAX_STEER",
        "NoisePad",
        "Pattern",
        "SAMPLERS",
        "SCHEDULES",
    ),
    "engine.service": (
        "GenerationService",
        "Renderer",
        "ServiceEvents",
    ),
    "engine.tempo": ("LoopGeometry",),
    "engine.vocabulary": (
        "BEATS_PER_BAR",
        "CHARACTERS",
        "CURVES",
        "EMBEDDING_DIM",
        "KEYS",
        "PARTS",
        "STEERS",
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
    "EMBEDDING_DIM",
    "KEYS",
    "MAX_SEED",
    "MAX_STEER",
    "MAX_WEIGHT",
    "PARTS",
    "RESOURCES",
    "SAMPLERS",
    "SCHEDULES",
    "STEERS",
    "STEPS_PER_BAR",
    "STYLES",
    "TAGS",
    "TONICS",
    "AudioFile",
    "AudioFileError",
    "Cancelled",
    "Composition",
    "CorpusError",
    "DeviceError",
    "DownloadError",
    "End",
    "ExportError",
    "GenerationService",
    "InvalidRequest",
    "InvertedLoop",
    "LevelledLoop",
    "Loop",
    "LoopGenError",
    "LoopGeometry",
    "LoopMetadata",
    "LoopPipeline",
    "LoopRequest",
    "MissingDependency",
    "NoisePad",
    "NotWholeBars",
    "Pack",
    "PackEntry",
    "PackError",
    "PackInfo",
    "PackWords",
    "Passage",
    "Pattern",
    "Phrase",
    "Renderer",
    "RoundTrip",
    "ServiceEvents",
    "SourceLoop",
    "StepReport",
    "TempoUnsure",
    "Walk",
    "blend",
    "compose",
    "export_name",
    "find_pack",
    "free_path",
    "integrated_loudness",
    "invert_loop",
    "keep_noise",
    "level_match",
    "list_packs",
    "measure_curves",
    "mel_spectrogram",
    "onset_envelope",
    "onset_times",
    "phrases",
    "read_audio",
    "read_metadata",
    "read_source",
    "render_path",
    "replay",
    "resample",
    "resample_loop",
    "resample_periodic",
    "starter_pack",
    "stretch",
    "stretched_request",
    "sweep_stale_files",
    "transition",
    "true_peak",
    "user_cache",
    "user_data",
    "user_packs",
    "vary",
    "write_atomically",
    "write_flac",
    "write_wav",
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
