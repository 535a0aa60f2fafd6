"""What was learnt beside the denoiser of a pack, and from what: components of a pack that shares all else with it."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from engine.conditioning.learnt_sounds import LearntSounds, LearntSoundsConfig
from engine.errors import PackError
from engine.models.adapters import METHODS, Adapter, AdapterConfig
from engine.models.unet import Denoiser
from engine.packs.components import check_kind, kept_manifest, load_component, store_component
from engine.packs.models import config_from
from engine.packs.pack import Pack
from engine.packs.sharing import ADAPTER

KIND: Final = "weights"
SOUNDS: Final = "sounds"
SOUNDS_KIND: Final = "heard"


def load_adapter(pack: Pack, denoiser: Denoiser) -> Adapter | None:
    """What the pack learnt beside its `denoiser`; None when that is nothing, raises as `load_codec` does."""
    if ADAPTER not in pack.components:
        return None
    check_kind(pack, ADAPTER, (KIND,))

    def build(config: Mapping[str, Any]) -> Adapter:
        settings = config_from(AdapterConfig, config)
        if settings.method not in METHODS or not 1 <= settings.rank <= 4096:
            raise PackError(f"Pack {pack.name!r} learnt in a way that this LoopGen does not know.")
        return Adapter.beside(denoiser, settings)

    return load_component(pack, ADAPTER, build)


def store_adapter(folder: Path, adapter: Adapter, training: Mapping[str, Any]) -> Pack:
    """Put `adapter` into the pack in `folder`, beside whose denoiser it was trained."""
    manifest = kept_manifest(folder, None)
    return store_component(folder, manifest, (ADAPTER, KIND), adapter, asdict(adapter.config), training)


def load_learnt_sounds(pack: Pack) -> LearntSounds | None:
    """What the pack heard in the sounds that it learnt from; None where it kept nothing of them."""
    if SOUNDS not in pack.components:
        return None
    check_kind(pack, SOUNDS, (SOUNDS_KIND,))
    return load_component(pack, SOUNDS, lambda config: LearntSounds(config_from(LearntSoundsConfig, config)))


def store_learnt_sounds(folder: Path, sounds: LearntSounds) -> Pack:
    """Put `sounds` into the pack in `folder`, which learnt from them."""
    manifest = kept_manifest(folder, None)
    return store_component(folder, manifest, (SOUNDS, SOUNDS_KIND), sounds, asdict(sounds.config), {"run": SOUNDS})
