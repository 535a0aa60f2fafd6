"""Directions in the latent of a pack's few-step model, as a component of the pack."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from engine.errors import PackError
from engine.models.fewsteps import FewStepConfig
from engine.models.semantic_directions import DirectionConfig, SemanticDirections
from engine.packs.components import check_kind, kept_manifest, load_component, store_component
from engine.packs.models import DIRECTIONS, config_from
from engine.packs.pack import Pack

KIND: Final = "svm"


def load_directions(pack: Pack) -> SemanticDirections | None:
    """The pack's directions; None when it has none, or no few-step model. Raises `PackError` where they belong to
    the latent of another one, else as `load_codec` does."""
    if not {DIRECTIONS, "fewsteps"} <= {*pack.components}:
        return None
    check_kind(pack, DIRECTIONS, (KIND,))
    known = pack.vocabulary(DIRECTIONS)
    found = load_component(
        pack, DIRECTIONS, lambda config: SemanticDirections(config_from(DirectionConfig, config), known)
    )
    if found.config.semantic_dim != config_from(FewStepConfig, pack.config("fewsteps")).semantic_dim:
        raise PackError(f"Pack {pack.name!r} has directions in the latent of another model of two evaluations.")
    return found


def store_directions(folder: Path, directions: SemanticDirections, training: Mapping[str, Any]) -> Pack:
    """Put `directions` into the pack in `folder`, in the latent of whose few-step model they were found; nothing of
    earlier ones stays."""
    manifest = kept_manifest(folder, None)
    manifest["training"] = {name: runs for name, runs in manifest.get("training", {}).items() if name != DIRECTIONS}
    known = directions.known.told("steers", "tags")
    return store_component(
        folder, manifest, (DIRECTIONS, KIND), directions, asdict(directions.config), training, known
    )
