"""Packs: what goes in comes out, and nothing damaged, foreign or hostile gets past the door."""

import hashlib
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import engine.packs.pack
from engine.errors import PackError
from engine.files import write_atomically
from engine.packs.pack import Pack, find_pack, list_packs, write_pack
from engine.vocabulary import FIRST

MANIFEST: dict[str, Any] = {
    "name": "tiny",
    "version": "0.1.0",
    "licence": "MIT",
    "sample_rate": 44100,
    "hop_length": 1024,
    "latent_dim": 4,
    "components": {
        "codec": {"type": "spectral", "config": {"width": 8}},
        "denoiser": {"type": "unet", "config": {"widths": [8, 16]}},
    },
    "conditions": ["beat", "pattern"],
    "training": {"steps": 3},
}


def _weights(seed: int = 0) -> dict[str, dict[str, torch.Tensor]]:
    draw = torch.Generator().manual_seed(seed)
    return {
        "codec": {"conv.weight": torch.randn(8, 4, 3, generator=draw), "steps": torch.tensor(7)},
        "denoiser": {"out.bias": torch.randn(4, generator=draw), "empty": torch.zeros(0)},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pack(tmp_path / "tiny", MANIFEST, _weights())
    return tmp_path / "tiny"


def _edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / "pack.json").read_text())
    change(manifest)
    (folder / "pack.json").write_text(json.dumps(manifest))


def _file(folder: Path, component: str = "codec") -> Path:
    return folder / str(json.loads((folder / "pack.json").read_text())["components"][component]["file"])


def _replace(folder: Path, content: bytes) -> None:
    """Swap the codec's file for `content`, with the right size and checksum in the manifest."""
    path = _file(folder)
    path.write_bytes(content)
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    _edit(folder, lambda m: m["files"].update({path.name: entry}))


def test_what_was_written_is_read_in_half_precision(folder: Path) -> None:
    pack = Pack.open(folder)
    assert (pack.name, pack.sample_rate, pack.hop_length, pack.latent_dim) == ("tiny", 44100, 1024, 4)
    assert pack.components == ("codec", "denoiser") and pack.kind("codec") == "spectral"
    assert pack.config("denoiser") == {"widths": [8, 16]} and pack.manifest["training"] == {"steps": 3}
    codec = pack.tensors("codec")
    weight = _weights()["codec"]["conv.weight"]
    assert codec["conv.weight"].dtype == torch.float32 and codec["steps"] == 7
    assert torch.equal(codec["conv.weight"], weight.half().float())
    assert sum(path.stat().st_size for path in folder.iterdir()) < 4000


def test_a_pack_whose_frames_follow_the_beat_has_no_hop(folder: Path) -> None:
    _edit(folder, lambda m: m.update(hop_length=None))
    assert Pack.open(folder).hop_length is None


def test_a_pack_from_before_frames_followed_the_beat_is_one_line_that_says_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.cli.app import run

    _edit(folder, lambda m: m.update(schema=1))
    assert run(["render", "--pack", str(folder)], lambda: 0) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1 and "schema '1'" in said and "train them again with `loopgen train`" in said


def test_equal_packs_have_equal_hashes_and_other_weights_another(folder: Path, tmp_path: Path) -> None:
    assert write_pack(tmp_path / "same", MANIFEST, _weights()).hash == Pack.open(folder).hash
    assert write_pack(tmp_path / "other", MANIFEST, _weights(1)).hash != Pack.open(folder).hash


def test_a_component_without_new_weights_keeps_its_old_ones(folder: Path) -> None:
    before = Pack.open(folder).tensors("codec")
    denoiser = {"denoiser": {"out.bias": torch.ones(4)}}
    pack = write_pack(folder, {**MANIFEST, "version": "0.2.0"}, denoiser)
    assert torch.equal(pack.tensors("codec")["conv.weight"], before["conv.weight"])
    assert torch.equal(pack.tensors("denoiser")["out.bias"], torch.ones(4))
    assert len(list(folder.iterdir())) == 3  # the replaced file is gone


def test_killed_at_any_write_the_old_pack_still_opens(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every prefix of the writes is a state that a kill could leave behind."""
    old = Pack.open(folder)
    for allowed in range(3):
        left = [allowed]

        def write(path: Path, content: bytes, left: list[int] = left) -> Path:
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            return write_atomically(path, content)

        monkeypatch.setattr(engine.packs.pack, "write_atomically", write)
        with pytest.raises(KeyboardInterrupt):
            write_pack(folder, MANIFEST, _weights(allowed + 10))
        monkeypatch.undo()
        survivor = Pack.open(folder)
        assert survivor.hash == old.hash
        assert torch.equal(survivor.tensors("codec")["conv.weight"], old.tensors("codec")["conv.weight"])
    write_pack(folder, MANIFEST, _weights(99))
    assert len(list(folder.iterdir())) == 3  # what the kills left is gone


def test_files_that_are_not_the_packs_stay_when_it_is_written(folder: Path) -> None:
    """A folder of a codec's own weights, or of somebody's, may become a pack's; only what a pack listed goes."""
    for name in ("model.safetensors", "mine-0123abcd.safetensors"):
        (folder / name).write_bytes(b"mine")
    replaced, kept = _file(folder, "codec"), _file(folder, "denoiser")
    write_pack(folder, MANIFEST, {"codec": _weights(1)["codec"]})
    assert not replaced.exists() and kept.exists() and len(list(folder.iterdir())) == 5
    (folder / "pack.json").unlink()
    write_pack(folder, MANIFEST, _weights(2))  # a new pack there lists nothing of what lies about
    assert (
        (folder / "model.safetensors").read_bytes() == (folder / "mine-0123abcd.safetensors").read_bytes() == b"mine"
    )


def test_words_are_those_that_the_pack_carries_else_the_first(folder: Path) -> None:
    assert Pack.open(folder).vocabulary("codec") == FIRST
    _words(folder, {"tags": ["new", "acid"], "notes": [["bass", 30, 40]]})
    read = Pack.open(folder).vocabulary("codec")
    assert (read.tags, read.notes, read.parts) == (("new", "acid"), (("bass", 30, 40),), FIRST.parts)
    assert read.told("tags", "notes") == {"tags": ["new", "acid"], "notes": [["bass", 30, 40]]}


def _truncate(folder: Path) -> None:
    _file(folder).write_bytes(_file(folder).read_bytes()[:-1])


def _flip_a_bit(folder: Path) -> None:
    content = bytearray(_file(folder).read_bytes())
    content[-1] ^= 1
    _file(folder).write_bytes(content)


def _rename_file(name: str) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        def change(manifest: dict[str, Any]) -> None:
            old = manifest["components"]["codec"]["file"]
            manifest["components"]["codec"]["file"] = name
            manifest["files"][name] = manifest["files"].pop(old)

        _edit(folder, change)

    return act


def _link_outside(folder: Path) -> None:
    outside = folder.parent / "outside.safetensors"
    _file(folder).rename(outside)
    _file(folder).symlink_to(outside)


def _header(text: bytes, length: int | None = None, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def _words(folder: Path, words: object) -> None:
    _edit(folder, lambda m: m["components"]["codec"].update(vocabulary=words))


def _tensor(shape: list[int], begin: int, end: int, dtype: str = "F16") -> bytes:
    return json.dumps({"a": {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}}).encode()


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda f: (f / "pack.json").unlink(), "is no model pack"),
    "not json": (lambda f: (f / "pack.json").write_text("{"), "readable JSON"),
    "not utf-8": (lambda f: (f / "pack.json").write_bytes(b"\xff\xfe{}"), "readable JSON"),
    "nested json": (lambda f: (f / "pack.json").write_text("[" * 100_000), "readable JSON"),
    "a list": (lambda f: (f / "pack.json").write_text("[]"), "JSON object"),
    "huge manifest": (lambda f: (f / "pack.json").write_bytes(b" " * 4_000_001), "too large"),
    "newer schema": (lambda f: _edit(f, lambda m: m.update(schema=3)), "schema '3'; this LoopGen reads schema 2"),
    "older schema": (lambda f: _edit(f, lambda m: m.update(schema=1)), "schema '1'.*again with `loopgen train`"),
    "no name": (lambda f: _edit(f, lambda m: m.pop("name")), "'name' has to be a text"),
    "odd rate": (lambda f: _edit(f, lambda m: m.update(sample_rate="44100")), "'sample_rate' has to be a whole"),
    "no hop": (lambda f: _edit(f, lambda m: m.update(hop_length=0)), "from 1 to 65536"),
    "hop left out": (lambda f: _edit(f, lambda m: m.pop("hop_length")), "'hop_length' has to be a whole number"),
    "rate none": (lambda f: _edit(f, lambda m: m.update(sample_rate=None)), "'sample_rate' has to be a whole"),
    "wide latents": (lambda f: _edit(f, lambda m: m.update(latent_dim=10**9)), "from 1 to 4096"),
    "no files": (lambda f: _edit(f, lambda m: m.update(files=[])), "'files' has to be an object"),
    "no config": (lambda f: _edit(f, lambda m: m["components"]["codec"].pop("config")), "'codec' needs"),
    "unlisted": (lambda f: _edit(f, lambda m: m["components"]["codec"].update(file="x.safetensors")), "not a listed"),
    "pickle": (_rename_file("weights.pt"), "not a listed safetensors file"),
    "missing": (lambda f: _file(f).unlink(), "is missing"),
    "truncated": (_truncate, "bytes instead of"),
    "bit flipped": (_flip_a_bit, "checksum"),
    "up": (_rename_file("../secret.safetensors"), "no file name that a pack may have"),
    "absolute": (_rename_file("/etc/passwd"), "no file name that a pack may have"),
    "back": (_rename_file("..\\x.safetensors"), "no file name that a pack may have"),
    "long": (_rename_file("x" * 300 + ".safetensors"), "no file name that a pack may have"),
    "newline": (_rename_file("a.safetensors\n"), "no file name that a pack may have"),
    "link": (_link_outside, "is missing"),
    "negative size": (lambda f: _edit(f, lambda m: m["files"][_file(f).name].update(bytes=-1)), "may have 0 to"),
    "huge size": (lambda f: _edit(f, lambda m: m["files"][_file(f).name].update(bytes=10**15)), "may have 0 to"),
    "short hash": (lambda f: _edit(f, lambda m: m["files"][_file(f).name].update(sha256="00")), "SHA-256"),
    "empty weights": (lambda f: _replace(f, b""), "no safetensors file"),
    "100 GB header": (lambda f: _replace(f, _header(b"{}", 10**11)), "header does not fit"),
    "no header": (lambda f: _replace(f, _header(b"xx")), "readable JSON"),
    "beyond": (lambda f: _replace(f, _header(_tensor([10**12], 0, 2 * 10**12))), "truncated or has bytes left"),
    "overlap": (lambda f: _replace(f, _header(_tensor([2], 2, 6), data=b"\0" * 6)), "do not agree"),
    "wrong size": (lambda f: _replace(f, _header(_tensor([3], 0, 4), data=b"\0" * 4)), "do not agree"),
    "negative": (lambda f: _replace(f, _header(_tensor([-1, -2], 0, 4), data=b"\0" * 4)), "do not agree"),
    "odd type": (lambda f: _replace(f, _header(_tensor([2], 0, 4, "PY"), data=b"\0" * 4)), "do not agree"),
    "left over": (lambda f: _replace(f, _header(_tensor([2], 0, 4), data=b"\0" * 9)), "bytes left over"),
    "odd words": (lambda f: _words(f, {"tags": ["a", 3]}), "vocabulary of component 'codec' a word has 1 to 60"),
    "words twice": (lambda f: _words(f, {"parts": ["a", "a"]}), "one of the parts is there twice"),
    "no words": (lambda f: _words(f, []), "there have to be lists of words by their kind"),
    "odd notes": (lambda f: _words(f, {"notes": [["bass", 90, 20]]}), "whole numbers from 0 to 127"),
    "no entry": (lambda f: _replace(f, _header(b'{"a": 1}')), "do not agree"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_said_in_one_sentence(folder: Path, damage: str) -> None:
    act, sentence = DAMAGE[damage]
    act(folder)
    with pytest.raises(PackError, match=sentence) as caught:
        Pack.open(folder)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_without_verification_damage_is_found_when_the_weights_are_read(folder: Path) -> None:
    _flip_a_bit(folder)
    pack = Pack.open(folder, verify=False)
    with pytest.raises(PackError, match="checksum"):
        pack.tensors("codec")
    assert pack.tensors("denoiser")["out.bias"].shape == (4,)


def test_weights_that_are_no_numbers_are_refused_both_ways(folder: Path) -> None:
    for bad in (float("nan"), 1e6):  # float16 ends at 65504
        with pytest.raises(PackError, match="too large for float16"):
            write_pack(folder, MANIFEST, {"codec": {"w": torch.tensor([bad])}})
    _replace(folder, _header(_tensor([1], 0, 2), data=b"\x00\x7e"))  # a float16 NaN
    with pytest.raises(PackError, match="not all numbers"):
        Pack.open(folder).tensors("codec")


def test_unknown_components_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(PackError, match="has no clap; it has codec, denoiser"):
        Pack.open(folder).config("clap")
    with pytest.raises(PackError, match="'clap', which the manifest does not name"):
        write_pack(folder, MANIFEST, {"clap": {}})
    with pytest.raises(PackError, match="is no model pack"):
        write_pack(tmp_path / "new", MANIFEST, {"codec": _weights()["codec"]})


def test_lists_show_good_and_damaged_packs(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.packs.pack, "starter_pack", lambda: tmp_path / "nowhere")
    monkeypatch.setattr(engine.packs.pack, "user_packs", lambda: tmp_path)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "pack.json").write_text("{")
    (tmp_path / "no-pack").mkdir()
    broken, tiny = list_packs()
    assert broken.pack is None and "readable JSON" in str(broken.problem)
    assert tiny.pack is not None and tiny.pack.name == "tiny" and tiny.problem is None
    assert find_pack("tiny") == find_pack(folder) == folder
    monkeypatch.setattr(engine.packs.pack, "user_packs", lambda: tmp_path / "nothing")
    monkeypatch.setattr(engine.packs.pack, "starter_pack", lambda: folder)
    assert find_pack("tiny") == find_pack(None) == folder  # as `list_packs` names it
    monkeypatch.setattr(engine.packs.pack, "starter_pack", lambda: tmp_path / "nowhere")
    monkeypatch.setattr(engine.packs.pack, "user_packs", lambda: tmp_path)
    with pytest.raises(PackError, match="starter pack is missing"):
        find_pack(None)
    with pytest.raises(PackError, match="one of: broken, tiny"):
        find_pack("massive")


def test_packs_are_verified_without_torch(folder: Path) -> None:

    opened = f"from engine.packs.pack import Pack; Pack.open({str(folder)!r})"
    code = f"import sys; {opened}; sys.exit('torch' in sys.modules)"
    root = Path(engine.packs.pack.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=root).returncode == 0
