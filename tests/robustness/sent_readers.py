"""More readers to fuzz: of packs that are sent, of tables and requests, and of learning."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from harness import Reader
from tiny import tiny_pack

from engine import LoopRequest, export_pack, import_pack
from engine.corpus.import_captions import ImportCaptions
from engine.packs.pack import Pack
from engine.rendering.requests_file import RequestsFile
from engine.training.learning_plan import PLAN, LearningPlan
from engine.training.learning_told import LearningTold


@contextmanager
def own_packs(folder: Path) -> Iterator[None]:
    """The user's packs are in `folder`, and the starter pack is `folder`'s `pack`."""
    with ExitStack() as patches:
        for module in ("pack", "sharing", "bundle"):
            patches.enter_context(patch(f"engine.packs.{module}.user_packs", lambda: folder / "packs"))
            patches.enter_context(patch(f"engine.packs.{module}.starter_pack", lambda: folder / "pack"))
        yield


def sent_packs(folder: Path) -> list[bytes]:
    pack = Pack.open(tiny_pack(folder / "pack", denoiser=False))
    (folder / "packs").mkdir()
    (folder / "sent.loopgenpack").touch()
    with own_packs(folder):
        files = [export_pack(pack, folder / f"{whole}.loopgenpack", whole=whole) for whole in (True, False)]
    contents = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    return contents


def read_sent_pack(content: bytes, folder: Path) -> None:
    (folder / "sent.loopgenpack").write_bytes(content)
    with own_packs(folder):
        came = import_pack(folder / "sent.loopgenpack")
    assert came.folder.parent == folder / "packs"
    shutil.rmtree(came.folder)


def asked(folder: Path) -> list[bytes]:
    (folder / "asked.jsonl").touch()
    lines = [LoopRequest(prompt="warm dub", tags=("house",)).to_dict(), {"bars": 2}, {"pattern": {"rows": {}}}]
    return ["\n".join(map(json.dumps, lines)).encode(), b'{"seed": 1}\r\n\r\n{"key": "Am"}']


def read_asked(content: bytes, folder: Path) -> None:
    (folder / "asked.jsonl").write_bytes(content)
    file = RequestsFile(folder / "asked.jsonl", LoopRequest())
    assert all(len(list(file.read(window))) == window.lines for window in file.windows(2))


def captions(folder: Path) -> list[bytes]:
    (folder / "captions.csv").touch()
    return [b"file,caption,caption2\na.wav,warm dub,dark\nb.wav,acid,\n", 'x;"caf\u00e9; dub"\n'.encode("utf-16")]


def read_captions(content: bytes, folder: Path) -> None:
    (folder / "captions.csv").write_bytes(content)
    told = ImportCaptions.read(folder / "captions.csv").of(folder / "a.wav", ("Dub Techno",))
    assert all(caption.encode() for caption in told[0])


def plans(folder: Path) -> list[bytes]:
    plan = LearningPlan("/sounds", "/base", "/packs/mine", "mine", left_out=("a.wav",))
    plan.store(folder)
    return [(folder / PLAN).read_bytes()]


def read_plan(content: bytes, folder: Path) -> None:
    (folder / PLAN).write_bytes(content)
    LearningPlan.read(folder)


def lines(_folder: Path) -> list[bytes]:
    told = (LearningTold("file", "ok", "a.wav", 4, 126.5, usable=True), LearningTold("step", minutes=1.0, loss=0.5))
    return [each.to_line().encode() for each in told]


SENT: Sequence[Reader] = (
    Reader("pack that was sent", sent_packs, read_sent_pack),
    Reader("requests", asked, read_asked),
    Reader("captions", captions, read_captions),
    Reader("plan of learning", plans, read_plan),
    Reader("line of learning", lines, lambda content, _folder: LearningTold.read(content)),
)
