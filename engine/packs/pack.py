"""Model packs: a folder with `pack.json` and safetensors weights, verified before use; nothing is ever unpickled.

`pack.json` names the pack (name, version, licence), its format (schema, sample_rate, hop_length or null, latent_dim),
its components ({name: {type, config, vocabulary, file}}), what it was trained with (conditions, training), and size
and SHA-256 of each file. It knows nothing of model classes, only plain configs and state dicts.
"""

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from engine.config import starter_pack, user_packs
from engine.errors import ExportError, PackError
from engine.files import is_file, sweep_stale_files, write_atomically
from engine.packs.checks import (
    MANIFEST,
    MAX_MANIFEST_BYTES,
    SCHEMA,
    check_manifest,
    check_safetensors,
    manifest_bytes,
    parse_json,
)
from engine.packs.eight_bits import from_eight_bits
from engine.vocabulary import Vocabulary

if TYPE_CHECKING:
    import torch

_WRITTEN = re.compile(r"[a-z][a-z0-9_]*-([0-9a-f]{8})\.safetensors")


@dataclass(frozen=True, eq=False)
class Pack:
    """An open pack: `folder`, its `manifest`, and `hash`, the SHA-256 of the manifest (and so of every weight)."""

    folder: Path
    manifest: Mapping[str, Any]
    hash: str

    @classmethod
    def open(cls, folder: Path | str, *, verify: bool = True) -> Self:
        """Open the pack in `folder`; with `verify` every file is hashed, else only sizes and headers are checked.

        Raises `PackError` when it is missing, damaged, foreign or of another schema.
        """
        folder = Path(folder)
        path = folder / MANIFEST
        if not is_file(path):
            raise PackError(f"{str(folder)!r} is no model pack: it has no {MANIFEST}.")
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise PackError(f"{MANIFEST} of {str(folder)!r} is too large to be one.")
        content = _read(path)
        manifest = parse_json(content, MANIFEST)
        check_manifest(manifest)
        pack = cls(folder, MappingProxyType(manifest), hashlib.sha256(content).hexdigest())
        for name in manifest["files"]:
            pack._check_file(name, hashed=verify)
        return pack

    @property
    def name(self) -> str:
        """The pack's name, as shown to the user."""
        return str(self.manifest["name"])

    @property
    def sample_rate(self) -> int:
        """Hz of the audio its codec makes."""
        return int(self.manifest["sample_rate"])

    @property
    def hop_length(self) -> int | None:
        """Samples per latent frame; None where frames follow the beat."""
        hop = self.manifest["hop_length"]
        return None if hop is None else int(hop)

    @property
    def latent_dim(self) -> int:
        """Latent channels D."""
        return int(self.manifest["latent_dim"])

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the models in it (codec, denoiser, clap, ...)."""
        return tuple(self.manifest["components"])

    def kind(self, component: str) -> str:
        """The type of a component, e.g. `spectral` for a codec; raises `PackError` when the pack has none such."""
        return str(self._component(component)["type"])

    def config(self, component: str) -> Mapping[str, Any]:
        """The plain settings a component is built from; raises `PackError` when the pack has none such."""
        return MappingProxyType(self._component(component)["config"])

    def vocabulary(self, component: str) -> Vocabulary:
        """The words that a component has rows for, in their order: those of `FIRST` where the pack does not say."""
        return Vocabulary.read(self._component(component).get("vocabulary", {}))

    def shapes(self, component: str) -> dict[str, tuple[int, ...]]:
        """Shapes of a component's tensors, as the header of its file says; raises as `tensors` does."""
        return check_safetensors(self._check_file(self._component(component)["file"], hashed=False))

    def tensors(self, component: str) -> dict[str, "torch.Tensor"]:
        """State dict of a component on the CPU, weights as float32; hashed again as it is read.

        Raises `PackError` when the pack has no such component, its file changed, or weights are no numbers;
        `DeviceError` where torch cannot compute at all.
        """
        import torch  # noqa: PLC0415  (packs are listed and verified without it)
        from safetensors.torch import load  # noqa: PLC0415

        from engine.devices import check_torch  # noqa: PLC0415

        check_torch()
        name = self._component(component)["file"]
        path = self._check_file(name, hashed=False)
        content = _read(path)
        if hashlib.sha256(content).hexdigest() != self.manifest["files"][name]["sha256"]:
            raise PackError(f"{name!r} of pack {self.name!r} is damaged: its checksum is not the pack's.")
        weights = {}
        for key, tensor in load(content).items():
            weights[key] = tensor.to(torch.float32) if tensor.is_floating_point() else tensor
            if not bool(torch.isfinite(weights[key]).all()):
                raise PackError(f"{name!r} of pack {self.name!r} is damaged: {key!r} is not all numbers.")
        try:
            return from_eight_bits(weights)
        except ValueError as error:
            raise PackError(f"{name!r} of pack {self.name!r} is damaged: {error}.") from error

    def _component(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self.manifest["components"][name]
        except KeyError:
            raise PackError(
                f"Pack {self.name!r} has no {name}; it has {', '.join(self.components) or 'no components'}."
            ) from None
        return found

    def _check_file(self, name: str, *, hashed: bool) -> Path:
        path, expected = self.folder / name, self.manifest["files"][name]
        if not is_file(path) or path.resolve().parent != self.folder.resolve():
            raise PackError(f"Pack {self.name!r} is incomplete: the file {name!r} is missing.")
        size = path.stat().st_size
        if size != expected["bytes"]:
            raise PackError(f"{name!r} of pack {self.name!r} has {size} bytes instead of {expected['bytes']}.")
        if path.suffix == ".safetensors":
            check_safetensors(path)
        if hashed and _sha256(path) != expected["sha256"]:
            raise PackError(f"{name!r} of pack {self.name!r} is damaged: its checksum is not the pack's.")
        return path


@dataclass(frozen=True, eq=False)
class PackEntry:
    """A pack in a list: the open `pack`, or the sentence that says what is wrong with it."""

    folder: Path
    pack: Pack | None
    problem: str | None


def list_packs(*, verify: bool = False) -> tuple[PackEntry, ...]:
    """The starter pack, if it is there, then the user's packs by folder name, damaged ones included."""
    folders = [starter_pack()]
    with suppress(OSError):
        # Those that are on their way begin with a dot.
        folders += sorted(folder for folder in user_packs().iterdir() if not folder.name.startswith("."))
    entries = []
    for folder in folders:
        if is_file(folder / MANIFEST):
            try:
                entries.append(PackEntry(folder, Pack.open(folder, verify=verify), None))
            except PackError as error:
                entries.append(PackEntry(folder, None, str(error)))
    return tuple(entries)


def find_pack(where: str | Path | None) -> Path:
    """Folder of a pack given by folder or by the name of one that `list_packs` lists; None is the starter pack.

    Where the user has a pack of the starter pack's name, that one is meant. Raises `PackError` when there is none.
    """
    if where is None:
        if not is_file(starter_pack() / MANIFEST):
            raise PackError("The starter pack is missing from this copy; give --pack, or train one: `loopgen train`.")
        return starter_pack()
    named = [starter_pack()] if str(where) == starter_pack().name else []
    for folder in (Path(where), user_packs() / where, *named):
        if is_file(folder / MANIFEST):
            return folder
    known = [entry.folder.name for entry in list_packs()]
    raise PackError(f"There is no pack {str(where)!r}; give its folder, or one of: {', '.join(known) or '(none)'}.")


def write_pack(
    folder: Path | str, manifest: Mapping[str, Any], tensors: Mapping[str, Mapping[str, "torch.Tensor"]]
) -> Pack:
    """Write the pack `manifest` with the state dicts `tensors` (by component), floats as float16, and open it.

    Components named in the manifest without tensors keep the weights they have in `folder`. Files get names of their
    own and `pack.json` is replaced last, so the old pack stays usable until the new one is complete. Then the weights
    that only the old one listed go, and those that an interrupted writing left; files of anybody else stay.
    Raises `PackError` on a malformed manifest or unusable weights, `ExportError` when the folder cannot be written.
    """
    folder = Path(folder)
    components = {name: dict(entry) for name, entry in dict(manifest["components"]).items()}
    if unknown := sorted(set(tensors) - set(components)):
        raise PackError(f"Weights for {unknown[0]!r}, which the manifest does not name.")
    replaced = own_weights(folder)
    contents: dict[str, bytes] = {}
    files: dict[str, dict[str, Any]] = {}
    for name, component in components.items():
        if name in tensors:
            content = _serialised(name, tensors[name])
            digest = hashlib.sha256(content).hexdigest()
            component["file"] = f"{name}-{digest[:8]}.safetensors"
            contents[component["file"]] = content
            files[component["file"]] = {"sha256": digest, "bytes": len(content)}
        else:
            kept = Pack.open(folder, verify=False)
            component["file"] = kept._component(name)["file"]
            files[component["file"]] = kept.manifest["files"][component["file"]]
    complete = {**manifest, "schema": SCHEMA, "components": components, "files": files}
    check_manifest(complete)
    _put(folder, contents, complete)
    for leftover in folder.glob("*.safetensors"):
        with suppress(OSError):  # a program may still be reading it (on Windows that forbids deleting)
            if leftover.name not in files and leftover in replaced:
                leftover.unlink()
    return Pack.open(folder)


def _put(folder: Path, contents: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Write the files of a pack, and what lists them last."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"Cannot make the folder {str(folder)!r}: {error.strerror or error}.") from error
    sweep_stale_files(folder)
    for file_name, content in contents.items():
        write_atomically(folder / file_name, content)
    write_atomically(folder / MANIFEST, manifest_bytes(manifest))


def own_weights(folder: Path) -> frozenset[Path]:
    """The files in `folder` that are a pack's, before or after it was damaged: those that it lists, and those that
    were written as one's."""
    try:
        listed = frozenset(folder / name for name in Pack.open(folder, verify=False).manifest["files"])
    except PackError:
        listed = frozenset()
    with suppress(OSError):
        listed |= {path for path in folder.glob("*.safetensors") if path not in listed and _written_here(path)}
    return listed


def _written_here(path: Path) -> bool:
    """True for a file whose name ends in the checksum of what is in it, as `write_pack` names them."""
    named = _WRITTEN.fullmatch(path.name)
    return named is not None and _sha256(path).startswith(named[1])


def _serialised(component: str, tensors: Mapping[str, "torch.Tensor"]) -> bytes:
    import torch  # noqa: PLC0415
    from safetensors.torch import save  # noqa: PLC0415

    halves = {}
    for key, tensor in tensors.items():
        stored = tensor.detach().cpu()
        stored = (stored.to(torch.float16) if stored.is_floating_point() else stored).clone().contiguous()
        if not bool(torch.isfinite(stored).all()):
            raise PackError(f"Weights {key!r} of the {component} are no numbers, or too large for float16.")
        halves[key] = stored
    return bytes(save(halves))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackError(f"Cannot read {str(path)!r}: {error.strerror or error}.") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
