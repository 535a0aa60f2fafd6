"""What a pack is checked for before anything is allocated for it: its manifest, and the headers of its weights.

A safetensors file is 8 bytes of length, a JSON header of that length, and the data of the tensors.
"""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from engine.documents import DocumentError, read_document
from engine.errors import PackError
from engine.vocabulary import Vocabulary

SCHEMA: Final = 2
MANIFEST: Final = "pack.json"
MAX_MANIFEST_BYTES: Final = 4_000_000
MAX_FILE_BYTES: Final = 2_000_000_000
MAX_FILES: Final = 64
MAX_HEADER_BYTES: Final = 100_000_000
MAX_TENSORS: Final = 20_000

_TEXTS = ("name", "version", "licence")
_NUMBERS = {"sample_rate": (8_000, 192_000), "hop_length": (1, 65_536), "latent_dim": (1, 4_096)}
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}(\.[A-Za-z0-9]{1,20}){1,2}")
_COMPONENT_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_ITEM_BYTES = {"F16": 2, "BF16": 2, "F32": 4, "F64": 8, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def check_manifest(manifest: Mapping[str, Any]) -> None:
    """Check every entry that the engine relies on; raises `PackError` saying which one is wrong."""
    if manifest.get("schema") != SCHEMA:
        raise PackError(
            f"The pack has schema {str(manifest.get('schema'))[:20]!r}; this LoopGen reads schema {SCHEMA}. Packs of "
            "schema 1 have frames that do not follow the beat: train them again with `loopgen train`."
        )
    for name in _TEXTS:
        if not isinstance(manifest.get(name), str) or not 1 <= len(manifest[name]) <= 200:
            raise PackError(f"{MANIFEST} is damaged: {name!r} has to be a text of 1 to 200 characters.")
    for name, (low, high) in _NUMBERS.items():
        if name == "hop_length" and manifest.get(name, 0) is None:  # frames that follow the beat
            continue
        if type(manifest.get(name)) is not int or not low <= manifest[name] <= high:
            raise PackError(f"{MANIFEST} is damaged: {name!r} has to be a whole number from {low} to {high}.")
    for name in ("components", "files"):
        if not isinstance(manifest.get(name), dict) or len(manifest[name]) > MAX_FILES:
            raise PackError(f"{MANIFEST} is damaged: {name!r} has to be an object of at most {MAX_FILES} entries.")
    for name, entry in manifest["files"].items():
        _check_file_entry(name, entry)
    for name, entry in manifest["components"].items():
        _check_component_entry(name, entry, manifest["files"])


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """The file of a manifest; halves of characters, which no file can hold, are question marks."""
    return (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def check_safetensors(path: Path) -> dict[str, tuple[int, ...]]:
    """Check that every tensor of the file lies inside it and has the size its shape says; returns their shapes.

    Raises `PackError` on anything else, reading the header alone.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(MAX_HEADER_BYTES, size - 8):
            raise PackError(f"{path.name!r} is truncated or no safetensors file: its header does not fit into it.")
        header = parse_json(file.read(length), path.name)
    header.pop("__metadata__", None)
    if len(header) > MAX_TENSORS:
        raise PackError(f"{path.name!r} lists {len(header)} tensors; at most {MAX_TENSORS} are possible.")
    end = 0
    for name, entry in sorted(header.items(), key=_place):
        end = _check_tensor(path.name, name, entry, end)
    if end != size - 8 - length:
        raise PackError(f"{path.name!r} is truncated or has bytes left over: its tensors end at {end} of {size}.")
    return {name: tuple(entry["shape"]) for name, entry in header.items()}


def parse_json(content: bytes, name: str) -> dict[str, Any]:
    """The JSON object in `content`; raises `PackError` naming the file when it is none."""
    try:
        value = read_document(content, most_bytes=MAX_HEADER_BYTES)
    except DocumentError as error:
        raise PackError(f"{name!r} is damaged: it does not hold readable JSON.") from error
    if not isinstance(value, dict):
        raise PackError(f"{name!r} is damaged: it does not hold a JSON object.")
    return value


def _place(item: tuple[str, Any]) -> list[int]:
    entry = item[1]
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    whole = isinstance(offsets, list) and all(type(offset) is int for offset in offsets)
    return offsets if whole and offsets else [-1]  # malformed entries come first and are refused there


def _check_tensor(file_name: str, name: str, entry: Any, begin: int) -> int:
    """Where the tensor of `entry` ends; it has to begin at `begin`: no overlaps, no gaps."""
    try:
        shape, (first, end), item_bytes = entry["shape"], entry["data_offsets"], _ITEM_BYTES[entry["dtype"]]
        whole = len(shape) <= 8 and all(type(n) is int and n >= 0 for n in (*shape, first, end))
        fits = whole and first == begin and end - first == math.prod(shape) * item_bytes
    except (KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise PackError(f"{file_name!r} is damaged: the shape, type and place of tensor {name[:80]!r} do not agree.")
    return int(end)


def _check_file_entry(name: str, entry: Any) -> None:
    if not _FILE_NAME.fullmatch(name) or name == MANIFEST:
        raise PackError(f"{MANIFEST} is damaged: {name[:80]!r} is no file name that a pack may have.")
    size = entry.get("bytes") if isinstance(entry, dict) else None
    if type(size) is not int or not 0 <= size <= MAX_FILE_BYTES:
        raise PackError(f"{MANIFEST} is damaged: {name!r} may have 0 to {MAX_FILE_BYTES} bytes.")
    if not isinstance(entry.get("sha256"), str) or not re.fullmatch("[0-9a-f]{64}", entry["sha256"]):
        raise PackError(f"{MANIFEST} is damaged: {name!r} has no SHA-256 of 64 hexadecimal digits.")


def _check_component_entry(name: str, entry: Any, files: Mapping[str, Any]) -> None:
    whole = (
        isinstance(entry, dict)
        and isinstance(entry.get("type"), str)
        and isinstance(entry.get("config"), dict)
        and isinstance(entry.get("file"), str)
    )
    if not _COMPONENT_NAME.fullmatch(name) or not whole:
        raise PackError(f"{MANIFEST} is damaged: component {name[:80]!r} needs a type, a config and a file.")
    try:
        Vocabulary.read(entry.get("vocabulary", {}))
    except ValueError as error:
        raise PackError(f"{MANIFEST} is damaged: in the vocabulary of component {name!r} {error}.") from error
    if entry["file"] not in files or not entry["file"].endswith(".safetensors"):
        raise PackError(f"{MANIFEST} is damaged: the file of component {name!r} is not a listed safetensors file.")
