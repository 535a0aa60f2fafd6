"""The one door to the transformers package: optional, loaded when a model needs it, and never online."""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from engine.errors import MissingDependency


def transformers() -> Any:
    """The package, told before it loads that there is no network: else a missing file costs minutes of retries.

    Raises `MissingDependency` where it is not installed.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        return import_module("transformers")
    except ImportError as error:
        raise MissingDependency(
            "EnCodec and LAION-CLAP need the package transformers: pip install 'loopgen[pretrained]'."
        ) from error


def tokenizers() -> Any:
    """The package tokenizers, which comes with transformers; raises `MissingDependency` like `transformers`."""
    transformers()
    return import_module("tokenizers")


def model_config(kind: str, settings: Mapping[str, Any]) -> Any:
    """A config of transformers, e.g. `EncodecConfig`; raises `ValueError` on settings of a wrong type."""
    library = transformers()
    wrong: type[Exception] = import_module("huggingface_hub.errors").StrictDataclassError
    try:
        return getattr(library, kind)(**settings)
    except wrong as error:
        raise ValueError(f"These settings are no {kind}.") from error
