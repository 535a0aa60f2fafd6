"""Between packs and models: building a codec or denoiser from a pack, and putting a trained one into a pack."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from torch import nn

from engine.clap import starter
from engine.clap.base import ClapEmbedder
from engine.clap.config import StarterClapConfig
from engine.clap.laion import LaionAudio, LaionAudioConfig, LaionClap, LaionText, LaionTextConfig
from engine.clap.starter import StarterClap
from engine.codec.base import LatentCodec
from engine.codec.encodec import EncodecCodec, EncodecCodecConfig
from engine.codec.networks import SpectralCodecConfig
from engine.codec.spectral import SpectralCodec
from engine.conditioning.steers import Steers
from engine.conditioning.voices import VoiceTable
from engine.errors import PackError
from engine.models import word_rows
from engine.models.fewsteps import FewStepConfig, FewSteps
from engine.models.unet import Denoiser, DenoiserConfig
from engine.packs.components import check_kind, kept_manifest, load_component, store_component
from engine.packs.pack import Pack
from engine.patterns.asked import PatternRequest, Written
from engine.patterns.network import PatternConfig, PatternNetwork
from engine.patterns.writer import PatternWriter
from engine.stems.network import StemConfig, StemNetwork
from engine.vocabulary import PARTS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

M = TypeVar("M", bound=nn.Module)

CODECS: dict[str, Callable[[Mapping[str, Any]], LatentCodec]] = {
    "spectral": lambda config: SpectralCodec(config_from(SpectralCodecConfig, config)),
    "encodec": lambda config: EncodecCodec(config_from(EncodecCodecConfig, config)).fuse_weight_norm(),
}
CLAPS = ("starter", "laion")
DENOISERS = ("unet",)
STEER_KINDS = ("calibrated",)
VOICES = ("table",)
PATTERNS = ("autoencoder",)
STEMS = ("masks",)
FEW_STEPS = ("progressive",)
DIRECTIONS = "directions"
"""What is found in the latent of a few-step model, and goes with it."""


def load_codec(pack: Pack) -> LatentCodec:
    """The pack's codec in evaluation mode.

    Raises `PackError` when it has none or its weights do not fit its config, `MissingDependency` for EnCodec without
    transformers.
    """
    check_kind(pack, "codec", CODECS)
    return load_component(pack, "codec", CODECS[pack.kind("codec")])


def load_clap(pack: Pack) -> ClapEmbedder:
    """The pack's embedder of words and sounds in evaluation mode; raises as `load_codec` does."""
    check_kind(pack, "clap", CLAPS)
    if pack.kind("clap") == "starter":
        known = pack.vocabulary("clap")
        return load_component(pack, "clap", lambda config: StarterClap(config_from(StarterClapConfig, config), known))
    return _laion(pack).eval()


def load_own_codec(pack: Pack) -> SpectralCodec:
    """The pack's codec, to train; raises `PackError` on a pretrained one, else as `load_codec` does."""
    codec = load_codec(pack)
    if not isinstance(codec, SpectralCodec):
        raise _pretrained(pack, "codec")
    return codec


def load_own_clap(pack: Pack) -> StarterClap:
    """The pack's embedder, to train or calibrate by; raises `PackError` on a pretrained one, else as `load_codec`."""
    clap = load_clap(pack)
    if not isinstance(clap, StarterClap):
        raise _pretrained(pack, "embedder")
    return clap


def _pretrained(pack: Pack, what: str) -> PackError:
    return PackError(f"The {what} of {pack.folder} is pretrained and is not trained here; choose another --pack.")


def load_denoiser(pack: Pack) -> Denoiser:
    """The pack's denoiser in evaluation mode; `PackError` as for `load_codec`."""
    check_kind(pack, "denoiser", DENOISERS)
    known = pack.vocabulary("denoiser")
    if not {*known.parts} & {*PARTS}:
        raise PackError(f"Pack {pack.name!r} has no part that this LoopGen knows; it needs another version.")
    denoiser = load_component(pack, "denoiser", lambda config: Denoiser(config_from(DenoiserConfig, config), known))
    if denoiser.config.latent_dim != pack.latent_dim:
        raise PackError(f"Pack {pack.name!r} joins a codec and a denoiser of different latents.")
    return denoiser


def load_steers(pack: Pack) -> Steers | None:
    """The pack's calibrated steers; None when it has none, raises as `load_codec` does."""
    if "steers" not in pack.components:
        return None
    check_kind(pack, "steers", STEER_KINDS)
    return load_component(pack, "steers", lambda _: Steers(pack.vocabulary("steers")))


def load_voices(pack: Pack) -> VoiceTable | None:
    """The pack's voices; None when it has none, raises as `load_codec` does."""
    if "voices" not in pack.components:
        return None
    check_kind(pack, "voices", VOICES)
    known = pack.vocabulary("voices")
    return load_component(pack, "voices", lambda config: VoiceTable(known, tuned=bool(config.get("tuned"))))


def store_voices(folder: Path, voices: VoiceTable, training: Mapping[str, Any]) -> Pack:
    """Put `voices`, as the encoder of its denoiser hears them, into the pack in `folder`; nothing of earlier ones
    stays."""
    manifest = kept_manifest(folder, None)
    manifest["training"] = {name: runs for name, runs in manifest.get("training", {}).items() if name != "voices"}
    known, settings = voices.known.told("parts", "styles"), {"tuned": True} if voices.is_tuned else {}
    return store_component(folder, manifest, ("voices", "table"), voices, settings, training, known)


def load_patterns(pack: Pack) -> PatternNetwork | None:
    """The pack's autoencoder of patterns; None when it has none, raises as `load_codec` does."""
    if "patterns" not in pack.components:
        return None
    check_kind(pack, "patterns", PATTERNS)
    known = pack.vocabulary("patterns")
    return load_component(pack, "patterns", lambda config: PatternNetwork(config_from(PatternConfig, config), known))


def pattern_writer(pack: Pack) -> PatternWriter:
    """What writes patterns with the pack's autoencoder; raises `PackError` when it has none, else as `load_codec`."""
    network = load_patterns(pack)
    if network is None:
        raise PackError(f"Pack {pack.name!r} writes no patterns: choose another, or see `loopgen train patterns`.")
    return PatternWriter(network)


def writes_patterns(pack: Pack) -> Callable[[PatternRequest], Written] | None:
    """What writes patterns by the pack; None when it has no autoencoder of them, raises as `load_codec` does."""
    return pattern_writer(pack).write if "patterns" in pack.components else None


def store_patterns(folder: Path, patterns: PatternNetwork, training: Mapping[str, Any]) -> Pack:
    """Put `patterns` into the pack in `folder`; it needs none of the other components."""
    known = patterns.known.told("parts", "styles")
    slot = ("patterns", "autoencoder")
    return store_component(
        folder, kept_manifest(folder, None), slot, patterns, asdict(patterns.config), training, known
    )


def load_stems(pack: Pack) -> StemNetwork | None:
    """The pack's separator; None when it has none, raises as `load_codec` does."""
    if "stems" not in pack.components:
        return None
    check_kind(pack, "stems", STEMS)
    known = pack.vocabulary("stems")
    return load_component(pack, "stems", lambda config: StemNetwork(config_from(StemConfig, config), known))


def store_stems(folder: Path, stems: StemNetwork, training: Mapping[str, Any]) -> Pack:
    """Put `stems` into the pack in `folder`; it needs none of the other components."""
    known = stems.known.told("parts", "notes")
    return store_component(
        folder, kept_manifest(folder, None), ("stems", "masks"), stems, asdict(stems.config), training, known
    )


def load_fewsteps(pack: Pack, denoiser: Denoiser) -> FewSteps | None:
    """The pack's few-step model, over its `denoiser`; None when it has none, raises as `load_codec` does."""
    if "fewsteps" not in pack.components:
        return None
    check_kind(pack, "fewsteps", FEW_STEPS)
    return load_component(
        pack, "fewsteps", lambda config: FewSteps.over(denoiser, config_from(FewStepConfig, config))
    )


def store_fewsteps(folder: Path, model: FewSteps, training: Mapping[str, Any]) -> Pack:
    """Put `model` into the pack in `folder`, over whose denoiser it was trained; directions in the latent of an
    earlier one go."""
    slot, manifest = ("fewsteps", "progressive"), kept_manifest(folder, None)
    manifest["components"] = _without(manifest, DIRECTIONS)
    return store_component(folder, manifest, slot, model, asdict(model.config), training)


def store_codec(
    folder: Path,
    codec: SpectralCodec | EncodecCodec,
    name: str,
    training: Mapping[str, Any],
    *,
    licence: str | None = None,
) -> Pack:
    """Put `codec` into the pack in `folder` (made if missing), with the `training` record of its run.

    A new pack is MIT unless `licence` says otherwise. The decoder of our own codec is kept in eight bits: what it
    plays differs by about 43 dB below itself, and its mel distance to music not at all.
    A denoiser that is already there stays: only retrain a codec's decoder under it, or train it again.
    """
    manifest = kept_manifest(folder, name)
    manifest |= {
        "sample_rate": codec.sample_rate,
        "hop_length": codec.hop_length,
        "latent_dim": codec.latent_dim,
    } | ({"licence": licence} if licence else {})
    coarse = "decoder." if isinstance(codec, SpectralCodec) else None
    slot = ("codec", codec.kind)
    return store_component(folder, manifest, slot, codec, asdict(codec.config), training, coarse=coarse)


def store_denoiser(folder: Path, denoiser: Denoiser, training: Mapping[str, Any]) -> Pack:
    """Put `denoiser` into the pack in `folder`, whose codec it was trained on.

    A few-step model that is there stays over one of the same shape, to be trained on; over another it means nothing
    and goes. So does what was measured of the bands of its loops.
    """
    manifest = kept_manifest(folder, None)
    manifest["components"] = _without(manifest, "balance")
    earlier = manifest["components"].get("denoiser")
    if earlier is not None and config_from(DenoiserConfig, earlier["config"]) != denoiser.config:
        manifest["components"] = _without(manifest, "fewsteps", DIRECTIONS)
    rows = [*["notes"] * denoiser.config.notes, *["waves"] * denoiser.config.waves]
    manifest["conditions"] = ["beat", "pattern", *rows, "curves", "tags", "clap"]
    known = denoiser.known.told(*word_rows.KINDS)
    return store_component(folder, manifest, ("denoiser", "unet"), denoiser, asdict(denoiser.config), training, known)


def store_clap(folder: Path, clap: StarterClap, training: Mapping[str, Any]) -> Pack:
    """Put `clap` into the pack in `folder`; a denoiser trained on another one has to be trained again, and steers
    along its directions go."""
    manifest = kept_manifest(folder, None)
    manifest["components"] = _without(manifest, "steers")
    known = clap.known.told(*starter.KINDS)
    return store_component(folder, manifest, ("clap", "starter"), clap, asdict(clap.config), training, known)


def store_steers(folder: Path, steers: Steers, training: Mapping[str, Any]) -> Pack:
    """Put `steers` into the pack in `folder`, on whose loops they were calibrated; nothing of earlier ones stays."""
    manifest = kept_manifest(folder, None)
    manifest["training"] = {name: runs for name, runs in manifest.get("training", {}).items() if name != "steers"}
    return store_component(
        folder, manifest, ("steers", "calibrated"), steers, {}, training, steers.known.told("steers")
    )


def store_laion(folder: Path, text: LaionText, audio: LaionAudio, training: Mapping[str, Any]) -> Pack:
    """Put LAION's CLAP into the pack in `folder`, which has a codec: a component for each tower.

    With `training` goes where its weights came from.
    """
    slots: tuple[tuple[str, LaionText | LaionAudio], ...] = (("clap_audio", audio), ("clap", text))
    for component, tower in slots:
        slot = (component, "laion")
        pack = store_component(folder, kept_manifest(folder, None), slot, tower, asdict(tower.config), training)
    return pack


def _without(manifest: Mapping[str, Any], *gone: str) -> dict[str, Any]:
    return {name: part for name, part in manifest["components"].items() if name not in gone}


C = TypeVar("C", bound="DataclassInstance")


def config_from(kind: type[C], values: Mapping[str, Any]) -> C:
    """A config from plain JSON values; raises `PackError` on settings it does not have."""
    if unknown := sorted(set(values) - {f.name for f in fields(kind)}):
        raise PackError(f"Unknown setting {unknown[0]!r} for {kind.__name__}; this pack needs a newer LoopGen.")
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return kind(**plain)


def _laion(pack: Pack) -> LaionClap:
    text = load_component(pack, "clap", lambda config: LaionText(config_from(LaionTextConfig, config)), assign=True)

    def load_audio() -> LaionAudio:
        check_kind(pack, "clap_audio", ("laion",))
        return load_component(pack, "clap_audio", lambda c: LaionAudio(config_from(LaionAudioConfig, c)), assign=True)

    return LaionClap(text.requires_grad_(False), load_audio)
