"""What a pack is refused for: an entry that is wrong by one thing, a tensor that does not lie where it says."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from engine.errors import PackError
from engine.packs.checks import MAX_FILES, SCHEMA, check_manifest, check_safetensors, parse_json

FILE = {"bytes": 10, "sha256": "0" * 64}
GOOD: dict[str, Any] = {
    "schema": SCHEMA, "name": "tiny", "version": "1", "licence": "MIT", "sample_rate": 44100, "hop_length": None,
    "latent_dim": 16, "files": {"codec-1.safetensors": FILE},
    "components": {"codec": {"type": "spectral", "config": {}, "file": "codec-1.safetensors"}},
}  # fmt: skip


def changed(path: str, value: Any) -> dict[str, Any]:
    made = deepcopy(GOOD)
    *inner, last = path.split("/")
    place = made
    for name in inner:
        place = place[name]
    place[last] = value
    return made


def test_a_whole_manifest_passes_with_and_without_a_hop() -> None:
    check_manifest(GOOD)
    check_manifest(changed("hop_length", 65_536))


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("schema", 1, "schema '1'"), ("schema", None, "schema"), ("name", "", "'name'"),
        ("licence", "x" * 201, "'licence'"),
        ("version", 1, "'version'"), ("sample_rate", 7_999, "'sample_rate'"), ("sample_rate", True, "'sample_rate'"),
        ("sample_rate", 44100.0, "'sample_rate'"), ("hop_length", 0, "'hop_length'"), ("latent_dim", None, "'latent"),
        ("files", [], "'files'"), ("files", {f"{n}.bin": FILE for n in range(MAX_FILES + 1)}, "'files'"),
        ("files/..%2fx", FILE, "no file name"), ("files/pack.json", FILE, "no file name"),
        ("files/.hidden.bin", FILE, "no file name"), ("files/a.bin", {**FILE, "bytes": -1}, "'a.bin'"),
        ("files/a.bin", {**FILE, "sha256": "0" * 63}, "SHA-256"), ("files/a.bin", "x", "'a.bin'"),
        ("components/Codec", GOOD["components"]["codec"], "'Codec'"), ("components/codec", [], "'codec'"),
        ("components/codec/file", "codec-2.safetensors", "listed"), ("components/codec/config", None, "config"),
    ],
)  # fmt: skip
def test_one_wrong_entry_is_refused_by_its_name(path: str, value: Any, named: str) -> None:
    with pytest.raises(PackError) as refused:
        check_manifest(changed(path, value))
    assert named in str(refused.value) and "\n" not in str(refused.value)


def weights(path: Path, header: dict[str, Any], data: bytes = b"") -> Path:
    content = json.dumps(header).encode()
    path.write_bytes(len(content).to_bytes(8, "little") + content + data)
    return path


def test_what_safetensors_writes_passes_and_is_counted(tmp_path: Path) -> None:
    tensors = {"a": torch.ones(3, 4), "b": torch.ones(2, dtype=torch.bfloat16), "empty": torch.zeros(0)}
    save_file(tensors, tmp_path / "w.safetensors", metadata={"made": "here"})
    assert check_safetensors(tmp_path / "w.safetensors") == {"a": (3, 4), "b": (2,), "empty": (0,)}


def entry(begin: int, end: int, shape: object = (2,), kind: object = "F32") -> dict[str, Any]:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ({"a": entry(0, 8)}, 7), ({"a": entry(0, 8)}, 9),  # truncated, left over
        ({"a": entry(0, 8), "b": entry(4, 12)}, 12), ({"a": entry(0, 8), "b": entry(9, 17)}, 17),  # overlap, gap
        ({"a": entry(0, 8, (3,))}, 8), ({"a": entry(0, 8, (-1, -2))}, 8), ({"a": entry(0, 8, (2,) * 9)}, 8),
        ({"a": entry(0, 8, kind="F33")}, 8), ({"a": entry(0, 8, shape=None)}, 8), ({"a": 3}, 0),
        ({"a": entry(-8, 0)}, 0),
        ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0.0, 8.0]}}, 8), ({"a": entry(0, 8, kind=[])}, 8),
    ],
)  # fmt: skip
def test_tensors_that_do_not_fill_their_file_are_refused(tmp_path: Path, header: dict[str, Any], size: int) -> None:
    with pytest.raises(PackError, match="w\\.safetensors"):
        check_safetensors(weights(tmp_path / "w.safetensors", header, bytes(size)))


@pytest.mark.parametrize(
    "content", [b"", b"1234567", (2**62).to_bytes(8, "little"), (4).to_bytes(8, "little") + b"[[[["]
)
def test_what_has_no_header_is_refused_before_anything_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(PackError, match="w\\.safetensors"):
        check_safetensors(tmp_path / "w.safetensors")


@pytest.mark.parametrize("content", [b"[1]", b"\xff", b"{", b"[" * 100_000, b"null"])
def test_json_that_is_no_object_is_refused(content: bytes) -> None:
    with pytest.raises(PackError, match="'pack\\.json' is damaged"):
        parse_json(content, "pack.json")
