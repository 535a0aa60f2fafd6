"""A network as a component of a pack: checked and built from its settings, or put there with a record of its run."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from engine.devices import check_torch
from engine.errors import PackError
from engine.files import is_file
from engine.packs.budget import Budget, check_settings
from engine.packs.eight_bits import in_eight_bits
from engine.packs.pack import Pack, write_pack

M = TypeVar("M", bound=nn.Module)

UNFIT = (RuntimeError, TypeError, ValueError, ArithmeticError, AssertionError, LookupError, AttributeError)
"""What networks raise when they are built of settings that make no sense."""


def check_kind(pack: Pack, component: str, known: Collection[str]) -> None:
    """Raise `PackError` where `component` is of no type that is `known`, or there is none."""
    kind = pack.kind(component)
    if kind not in known:
        raise PackError(f"Pack {pack.name!r} has a {component} of type {kind!r}; possible here: {', '.join(known)}.")


def load_component(pack: Pack, component: str, build: Callable[[Mapping[str, Any]], M], *, assign: bool = False) -> M:
    """What `build` makes of the settings of `component`, with its weights, in evaluation mode.

    Raises `PackError` where there is none, a file is damaged, or weights and settings do not fit each other.
    """
    check_torch()
    shapes, what = pack.shapes(component), f"{component} of pack {pack.name!r}"
    check_settings(pack.config(component), shapes, what)
    try:
        with Budget(shapes, what):
            model = build(pack.config(component))
        model.load_state_dict(pack.tensors(component), assign=assign)
    except UNFIT as error:
        raise PackError(f"The {what} does not fit its settings.") from error
    return model.eval()


def kept_manifest(folder: Path, name: str | None) -> dict[str, Any]:
    """The manifest of the pack in `folder`, called `name` where that is given; of a new one where there is no pack.

    Raises `PackError` where there is neither pack nor name.
    """
    if is_file(folder / "pack.json"):
        kept = dict(Pack.open(folder, verify=False).manifest)
        return kept | ({"name": name} if name else {})
    if name is None:
        raise PackError(f"{folder} holds no pack; train a codec first: `loopgen train codec`.")
    return {"name": name, "version": "1", "licence": "MIT", "components": {}, "conditions": [], "training": {}}


def store_component(  # noqa: PLR0917
    folder: Path,
    manifest: dict[str, Any],
    slot: tuple[str, str],
    model: nn.Module,
    config: Mapping[str, Any],
    training: Mapping[str, Any],
    known: Mapping[str, Any] | None = None,
    *,
    coarse: str | None = None,
) -> Pack:
    """Put `model` into the pack in `folder` as the component and of the type that `slot` names; open the pack.

    `manifest` is that of the pack so far, `known` the words that the model has rows for, `training` the record of its
    run. Weights whose names begin with `coarse` are kept in eight bits. Raises as `write_pack`.
    """
    component, kind = slot
    told = {} if known is None else {"vocabulary": known}
    manifest["components"] = {**manifest["components"], component: {"type": kind, "config": dict(config), **told}}
    history = manifest.get("training", {})
    # One record a run: a checkpoint replaces what its own run wrote before, and a later run adds to it.
    earlier = [record for record in history.get(component, []) if record.get("run") != training.get("run")]
    manifest["training"] = {**history, component: [*earlier, dict(training)]}
    state = model.state_dict()
    return write_pack(folder, manifest, {component: state if coarse is None else in_eight_bits(state, coarse)})
