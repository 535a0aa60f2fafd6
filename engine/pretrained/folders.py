"""A folder of pretrained weights as transformers writes it: `config.json`, `model.safetensors`, no pickles."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from safetensors.torch import load_file
from torch import Tensor

from engine.clap.tokens import tokenizer_from_merges
from engine.errors import PackError
from engine.files import is_file, is_folder
from engine.offline_transformers import model_config
from engine.packs.checks import check_safetensors, parse_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CONFIG: Final = "config.json"
WEIGHTS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"
MAX_TEXT_BYTES: Final = 50_000_000

_PICKLES: Final = (".bin", ".ckpt", ".pt", ".pth", ".th")

C = TypeVar("C", bound="DataclassInstance")


def read_config(folder: Path, model_type: str, kind: str) -> Any:
    """The `config.json` of a folder as the config `kind` of transformers.

    Raises `PackError` when there is none, or it is that of another model than `model_type`.
    """
    settings = parse_json(read_text(folder, CONFIG), CONFIG)
    found = settings.get("model_type")
    if found != model_type:
        raise PackError(f"{str(folder)!r} holds a model of type {str(found)[:40]!r}, and {model_type!r} is needed.")
    try:
        return model_config(kind, settings)
    except (ValueError, TypeError) as error:
        raise PackError(f"{CONFIG} of {str(folder)!r} is damaged: it is no {kind}.") from error


def config_subset(kind: type[C], config: Any, **more: Any) -> C:
    """Our config `kind` from one of transformers that has attributes of the same names, and from `more`."""
    names = [field.name for field in fields(kind) if field.name not in more]
    values = {name: getattr(config, name) for name in names}
    return kind(**more, **{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def read_weights(folder: Path) -> dict[str, Tensor]:
    """The weights of a folder, every header entry checked first.

    Raises `PackError` when they are missing, damaged, or only there as a pickle, which is never read here.
    """
    path = folder / WEIGHTS
    if not is_file(path):
        pickles = sorted(found.name for found in folder.glob("*") if found.suffix in _PICKLES)
        if pickles:
            raise PackError(
                f"{str(folder)!r} has no {WEIGHTS}; {pickles[0]!r} is a pickle, which could run programs and is not "
                "read: take the safetensors of the same model, or use `loopgen pack convert-clap` for LAION's CLAP."
            )
        raise PackError(f"{str(folder)!r} has no {WEIGHTS}; put the weights of the model there.")
    check_safetensors(path)
    return load_file(path)


def read_tokenizer(folder: Path) -> bytes:
    """The `tokenizer.json` of a folder, or what its `vocab.json` and `merges.txt` amount to.

    Raises `PackError` when neither is there.
    """
    if is_file(folder / TOKENIZER):
        return read_text(folder, TOKENIZER)
    if is_file(folder / "vocab.json") and is_file(folder / "merges.txt"):
        return tokenizer_from_merges(read_text(folder, "vocab.json"), read_text(folder, "merges.txt"))
    raise PackError(
        f"{str(folder)!r} has no tokenizer: put {TOKENIZER}, or vocab.json and merges.txt, of roberta-base there."
    )


def read_text(folder: Path, name: str) -> bytes:
    """The content of a small file; raises `PackError` when it is missing, unreadable or not small."""
    path = folder / name
    if not is_folder(folder):
        raise PackError(f"There is no folder {str(folder)!r}.")
    if not is_file(path):
        raise PackError(f"{str(folder)!r} has no {name}.")
    try:
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise PackError(f"{name} of {str(folder)!r} is too large to be one.")
        return path.read_bytes()
    except OSError as error:
        raise PackError(f"Cannot read {str(path)!r}: {error.strerror or error}.") from error
