"""The engine of LoopGen: everything public, loaded on first use, so that `import engine` costs nothing."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.applications.interpolation import End, blend
    from engine.applications.inversion import InvertedLoop, Replay, RoundTrip, Walk, invert_loops, keep_noise, replay
    from engine.applications.noise_path import render_path
    from engine.applications.passage import Passage
    from engine.applications.source import SourceLoop, read_source
    from engine.applications.time_stretch import stretch, stretched_request
    from engine.applications.transition import transition
    from engine.applications.variation import vary
    from engine.audio.chunks import LoopMetadata
    from engine.audio.descriptors import measure_curves, onset_envelope, onset_times
    from engine.audio.io import (
        AUDIO_SUFFIXES,
        AudioFile,
        read_audio,
        read_metadata,
        write_aiff,
        write_flac,
        write_wav,
    )
    from engine.audio.joining import JOIN_SECONDS, join_loops
    from engine.audio.loudness import LevelledLoop, integrated_loudness, level_match, true_peak
    from engine.audio.resampling import resample, resample_loop, resample_periodic
    from engine.audio.spectrum import mel_spectrogram
    from engine.conditioning.composition import Composition, compose
    from engine.conditioning.phrases import MAX_WEIGHT, Phrase, phrases
    from engine.config import APP_NAME, RESOURCES, starter_pack, user_data, user_packs
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
    from engine.export import DEFAULT_FORMAT, FORMATS, Format, export_name, file_name, find_format, write_sound
    from engine.files import free_path, sweep_stale_files, write_atomically
    from engine.knobs import GOOD_STRETCHES, KNOBS, LIVE_STEPS, QUALITY_STEPS, STRETCH_RATIOS, Knob
    from engine.listening.errors import NotWholeBars, TempoUnsure
    from engine.loop import Loop, PackInfo, PackWords
    from engine.packs.pack import Pack, PackEntry, find_pack, list_packs
    from engine.pipeline import LoopPipeline
    from engine.progress import Progress, StepReport
    from engine.recipe import Origin, Recipe, find_recipe
    from engine.rendering.service import GenerationService, Renderer, ServiceEvents
    from engine.requests import LoopRequest, NoisePad, Pattern
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
        TODAY,
        TONICS,
    )

_HOMES = {
    "engine.applications.interpolation": (
        "End",
        "blend",
    ),
    "engine.applications.inversion": (
        "InvertedLoop",
        "Replay",
        "RoundTrip",
        "Walk",
        "invert_loops",
        "keep_noise",
        "replay",
    ),
    "engine.applications.noise_path": ("render_path",),
    "engine.applications.passage": ("Passage",),
    "engine.applications.source": (
        "SourceLoop",
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
        "AUDIO_SUFFIXES",
        "AudioFile",
        "read_audio",
        "read_metadata",
        "write_aiff",
        "write_flac",
        "write_wav",
    ),
    "engine.audio.joining": ("JOIN_SECONDS", "join_loops"),
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
    "engine.export": (
        "DEFAULT_FORMAT",
        "FORMATS",
        "Format",
        "export_name",
        "file_name",
        "find_format",
        "write_sound",
    ),
    "engine.files": (
        "free_path",
        "sweep_stale_files",
        "write_atomically",
    ),
    "engine.knobs": (
        "GOOD_STRETCHES",
        "KNOBS",
        "Knob",
        "LIVE_STEPS",
        "QUALITY_STEPS",
        "STRETCH_RATIOS",
    ),
    "engine.listening.errors": ("NotWholeBars", "TempoUnsure"),
    "engine.loop": (
        "Loop",
        "PackInfo",
        "PackWords",
    ),
    "engine.packs.pack": (
        "Pack",
        "PackEntry",
        "find_pack",
        "list_packs",
    ),
    "engine.progress": ("Progress", "StepReport"),
    "engine.recipe": (
        "Origin",
        "Recipe",
        "find_recipe",
    ),
    "engine.pipeline": ("LoopPipeline",),
    "engine.requests": (
        "LoopRequest",
        "NoisePad",
        "Pattern",
    ),
    "engine.rendering.service": (
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
        "TODAY",
        "TONICS",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "APP_NAME",
    "AUDIO_SUFFIXES",
    "BEATS_PER_BAR",
    "CHARACTERS",
    "CURVES",
    "DEFAULT_FORMAT",
    "EMBEDDING_DIM",
    "FORMATS",
    "GOOD_STRETCHES",
    "JOIN_SECONDS",
    "KEYS",
    "KNOBS",
    "LIVE_STEPS",
    "MAX_WEIGHT",
    "PARTS",
    "QUALITY_STEPS",
    "RESOURCES",
    "STEERS",
    "STEPS_PER_BAR",
    "STRETCH_RATIOS",
    "STYLES",
    "TAGS",
    "TODAY",
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
    "Format",
    "GenerationService",
    "InvalidRequest",
    "InvertedLoop",
    "Knob",
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
    "Origin",
    "Pack",
    "PackEntry",
    "PackError",
    "PackInfo",
    "PackWords",
    "Passage",
    "Pattern",
    "Phrase",
    "Progress",
    "Recipe",
    "Renderer",
    "Replay",
    "RoundTrip",
    "ServiceEvents",
    "SourceLoop",
    "StepReport",
    "TempoUnsure",
    "Walk",
    "blend",
    "compose",
    "export_name",
    "file_name",
    "find_format",
    "find_pack",
    "find_recipe",
    "free_path",
    "integrated_loudness",
    "invert_loops",
    "join_loops",
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
    "user_data",
    "user_packs",
    "vary",
    "write_aiff",
    "write_atomically",
    "write_flac",
    "write_sound",
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
