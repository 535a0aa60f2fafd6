"""Between packs and what was measured of the bands of their loops."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.models.balance import Balance, BalanceConfig
from engine.packs.components import check_kind, kept_manifest, load_component, store_component
from engine.packs.models import config_from
from engine.packs.pack import Pack

KINDS = ("third_octaves",)


def load_balance(pack: Pack) -> Balance | None:
    """What the bands of the pack's loops lack; None where nobody measured it, raises as `load_codec` does."""
    if "balance" not in pack.components:
        return None
    check_kind(pack, "balance", KINDS)
    return load_component(pack, "balance", lambda config: Balance(config_from(BalanceConfig, config)))


def store_balance(folder: Path, balance: Balance, training: Mapping[str, Any]) -> Pack:
    """Put `balance`, measured on loops of the pack in `folder`, there; nothing of an earlier one stays."""
    manifest = kept_manifest(folder, None)
    manifest["training"] = {name: runs for name, runs in manifest.get("training", {}).items() if name != "balance"}
    return store_component(folder, manifest, ("balance", "third_octaves"), balance, asdict(balance.config), training)
