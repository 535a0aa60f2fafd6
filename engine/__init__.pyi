"""What the engine exports, and where it is defined: type checkers read this, and `engine/__init__.py` loads by it."""

from .applications.interpolation import End as End, blend as blend
from .applications.inversion import (
    InvertedLoop as InvertedLoop,
    Replay as Replay,
    RoundTrip as RoundTrip,
    Walk as Walk,
    invert_loops as invert_loops,
    keep_noise as keep_noise,
    replay as replay,
)
from .applications.morph import morph as morph
from .applications.noise_path import render_path as render_path
from .applications.passage import Passage as Passage
from .applications.source import SourceLoop as SourceLoop, read_source as read_source
from .applications.stems import take_apart as take_apart
from .applications.time_stretch import stretch as stretch, stretched_request as stretched_request
from .applications.transition import transition as transition
from .applications.variation import vary as vary
from .audio.chunks import LoopMetadata as LoopMetadata
from .audio.descriptors import (
    measure_curves as measure_curves,
    onset_envelope as onset_envelope,
    onset_times as onset_times,
)
from .audio.io import (
    AUDIO_SUFFIXES as AUDIO_SUFFIXES,
    AudioFile as AudioFile,
    read_audio as read_audio,
    read_metadata as read_metadata,
    write_aiff as write_aiff,
    write_flac as write_flac,
    write_wav as write_wav,
)
from .audio.joining import JOIN_SECONDS as JOIN_SECONDS, join_loops as join_loops
from .audio.loudness import (
    LevelledLoop as LevelledLoop,
    integrated_loudness as integrated_loudness,
    level_match as level_match,
    true_peak as true_peak,
)
from .audio.resampling import (
    resample as resample,
    resample_loop as resample_loop,
    resample_periodic as resample_periodic,
)
from .audio.spectrum import mel_spectrogram as mel_spectrogram
from .checkup.diagnosis import Diagnosis as Diagnosis, unloadable as unloadable
from .conditioning.composition import Composition as Composition, compose as compose
from .conditioning.phrases import MAX_WEIGHT as MAX_WEIGHT, Phrase as Phrase, phrases as phrases
from .config import (
    APP_NAME as APP_NAME,
    RESOURCES as RESOURCES,
    child_environment as child_environment,
    starter_pack as starter_pack,
    user_data as user_data,
    user_music as user_music,
    user_packs as user_packs,
)
from .documents import (
    DocumentError as DocumentError,
    read_document as read_document,
    read_document_file as read_document_file,
    read_file as read_file,
)
from .errors import (
    AudioFileError as AudioFileError,
    Cancelled as Cancelled,
    CorpusError as CorpusError,
    DeviceError as DeviceError,
    DownloadError as DownloadError,
    ExportError as ExportError,
    InvalidRequest as InvalidRequest,
    LoopGenError as LoopGenError,
    MissingDependency as MissingDependency,
    PackError as PackError,
)
from .export import (
    DEFAULT_FORMAT as DEFAULT_FORMAT,
    FORMATS as FORMATS,
    Format as Format,
    export_name as export_name,
    file_name as file_name,
    find_format as find_format,
    write_sound as write_sound,
    write_stems as write_stems,
)
from .files import (
    RESERVED_NAMES as RESERVED_NAMES,
    free_path as free_path,
    is_file as is_file,
    is_folder as is_folder,
    is_running as is_running,
    set_aside as set_aside,
    sweep_stale_files as sweep_stale_files,
    write_atomically as write_atomically,
)
from .knobs import (
    GOOD_STRETCHES as GOOD_STRETCHES,
    KNOBS as KNOBS,
    LIVE_STEPS as LIVE_STEPS,
    PROGRESSIVE as PROGRESSIVE,
    PROGRESSIVE_STEPS as PROGRESSIVE_STEPS,
    QUALITY_STEPS as QUALITY_STEPS,
    STRETCH_RATIOS as STRETCH_RATIOS,
    Knob as Knob,
)
from .listening.errors import NotWholeBars as NotWholeBars, TempoUnsure as TempoUnsure
from .loop import Loop as Loop, PackInfo as PackInfo, PackWords as PackWords
from .ownership import FolderLock as FolderLock
from .packs.bundle import (
    PACK_SUFFIX as PACK_SUFFIX,
    export_pack as export_pack,
    import_pack as import_pack,
    sweep_arrivals as sweep_arrivals,
)
from .packs.checks import MANIFEST as MANIFEST
from .packs.pack import Pack as Pack, PackEntry as PackEntry, find_pack as find_pack, list_packs as list_packs
from .packs.sharing import (
    ADAPTER as ADAPTER,
    delete_pack as delete_pack,
    describe_pack as describe_pack,
    description_of as description_of,
    free_pack_folder as free_pack_folder,
    rename_pack as rename_pack,
)
from .patterns.asked import PatternRequest as PatternRequest, Written as Written
from .patterns.midi import (
    MidiPattern as MidiPattern,
    midi_bytes as midi_bytes,
    read_midi as read_midi,
    write_midi as write_midi,
)
from .pipeline import LoopPipeline as LoopPipeline
from .progress import Progress as Progress, StepReport as StepReport
from .recipe import Origin as Origin, Recipe as Recipe, find_recipe as find_recipe
from .rendering.service import (
    GenerationService as GenerationService,
    Renderer as Renderer,
    ServiceEvents as ServiceEvents,
)
from .requests import LoopRequest as LoopRequest, NoisePad as NoisePad, Pattern as Pattern
from .tempo import LoopGeometry as LoopGeometry
from .training.learning_plan import LEARNING_MINUTES as LEARNING_MINUTES, LearningPlan as LearningPlan
from .training.learning_told import LearningTold as LearningTold
from .vocabulary import (
    BEATS_PER_BAR as BEATS_PER_BAR,
    CHARACTERS as CHARACTERS,
    CURVES as CURVES,
    EMBEDDING_DIM as EMBEDDING_DIM,
    KEYS as KEYS,
    NOTE_RANGES as NOTE_RANGES,
    PARTS as PARTS,
    STEERS as STEERS,
    STEPS_PER_BAR as STEPS_PER_BAR,
    STYLES as STYLES,
    TAGS as TAGS,
    TODAY as TODAY,
    TONICS as TONICS,
)
