"""What is no file where one is looked for: pipes that nobody writes into, endless devices, folders, links in a ring.

None is waited for, none is read without end; each is refused in one sentence, or set aside.
"""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import watched

from engine import FolderLock
from engine.cli.options import read_pattern
from engine.corpus.drumkits import DESCRIPTION, MOST_BYTES, read_drumkit
from engine.corpus.folder import import_loop
from engine.corpus.materials import one_shot_material
from engine.corpus.one_shots import OneShots
from engine.corpus.recordings import find_tracks, read_recording
from engine.corpus.store import read_manifest, stored_loops
from engine.documents import read_document_file, read_file
from engine.errors import CorpusError, ExportError, LoopGenError
from engine.evaluation.ledger import Ledger
from engine.files import write_atomically
from engine.packs.pack import Pack
from engine.patterns.midi import read_midi
from engine.pretrained.folders import read_text
from engine.training.checkpoints import load_checkpoint
from engine.training.metrics import validation_curve
from loopgen_app.application import end_logging, start_logging
from loopgen_app.drops import look_at
from loopgen_app.settings import Settings
from loopgen_app.state.crates import Crates
from loopgen_app.state.loop_bank import LoopBank
from loopgen_app.state.session import open_session

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and devices with names")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _ring(path: Path) -> None:
    path.symlink_to(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        where = Path.cwd()
        os.chdir(path.parent)  # addresses are short
        try:
            made.bind(path.name)
        finally:
            os.chdir(where)


NO_FILES: dict[str, Callable[[Path], None]] = {
    "pipe": _pipe, "folder": Path.mkdir, "ring": _ring, "endless": _endless, "socket": _socket,
}  # fmt: skip


@pytest.fixture(params=NO_FILES)
def put(request: pytest.FixtureRequest) -> Callable[[Path], Path]:
    """Puts what is no file at a path."""

    def putting(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        NO_FILES[request.param](path)
        return path

    return putting


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with watched():
        yield


READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "audio": ("a.wav", look_at),
    "loop": ("a_120bpm.wav", import_loop),
    "midi": ("a.mid", read_midi),
    "pattern": ("a.json", read_pattern),
    "session": ("a.json", open_session),
    "track": ("a.wav", read_recording),
    "tokenizer": ("tokenizer.json", lambda path: read_text(path.parent, path.name)),
    "pack": ("pack.json", lambda path: Pack.open(path.parent)),
}


@pytest.mark.parametrize("reader", READERS)
def test_it_is_refused_in_one_sentence(reader: str, put: Callable[[Path], Path], tmp_path: Path) -> None:
    name, read = READERS[reader]
    path = put(tmp_path / "there" / name)
    with pytest.raises(LoopGenError) as refused:
        read(path)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_what_belongs_to_a_corpus_a_run_or_a_kit_is_passed_over_or_refused(
    put: Callable[[Path], Path], tmp_path: Path
) -> None:
    put(tmp_path / "corpus" / "corpus.json")
    put(tmp_path / "corpus" / "loops" / "a.json")
    assert read_manifest(tmp_path / "corpus") == {}
    with pytest.raises(CorpusError):
        list(stored_loops(tmp_path / "corpus"))
    assert load_checkpoint(put(tmp_path / "run" / "checkpoint.safetensors").parent) is None
    put(tmp_path / "run" / "metrics.jsonl")
    with pytest.raises((LoopGenError, ValueError)):
        validation_curve(tmp_path / "run")
    assert read_drumkit(put(tmp_path / "kit" / DESCRIPTION).parent) is None
    assert one_shot_material(tmp_path / "kit") == "one-shots of the folder kit"
    put(tmp_path / "kit" / "kick.wav")
    with pytest.raises(CorpusError, match="is no file"):
        OneShots.load(tmp_path / "kit")
    put(tmp_path / "tracks" / "a.wav")
    assert find_tracks([tmp_path / "tracks"]) == []
    with pytest.raises(ExportError):
        Ledger(put(tmp_path / "ledger.jsonl"))


def test_it_is_never_replaced_by_a_file(put: Callable[[Path], Path], tmp_path: Path) -> None:
    path = put(tmp_path / "a.wav")
    if path.is_symlink() and not path.exists():
        pytest.skip("a link to itself leads to nothing that could be lost")
    before = path.lstat()
    with pytest.raises(ExportError, match="Cannot write"):
        write_atomically(path, b"x")
    assert (path.lstat().st_ino, path.lstat().st_mode) == (before.st_ino, before.st_mode)
    assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]


def test_what_the_window_keeps_is_made_anew(put: Callable[[Path], Path], tmp_path: Path) -> None:
    assert Settings.load(put(tmp_path / "settings.json")) == Settings()
    assert Crates(put(tmp_path / "crates.json")).names() == []
    end_logging(start_logging(put(tmp_path / "loopgen.log")))
    lock = FolderLock(put(tmp_path / "running"))
    assert lock.take()
    lock.release()
    for name in ("loops.sqlite", "loops.sqlite-wal"):
        put(tmp_path / name)
        bank = LoopBank(tmp_path / "loops.sqlite")
        assert not bank.loops() and bank.notice
        bank.close()


def test_the_one_door_reads_files_alone_and_no_more_than_it_is_asked_for(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.json", b"[1, 2]")
    (tmp_path / "link.json").symlink_to("a.json")
    assert read_file(tmp_path / "a.json", 4) == b"[1, " and read_file(tmp_path / "link.json", 100) == b"[1, 2]"
    assert read_document_file(tmp_path / "link.json") == [1, 2]
    for name, kind in NO_FILES.items():
        kind(tmp_path / name)
        with pytest.raises(OSError):
            read_file(tmp_path / name, 4)
    with pytest.raises(OSError):
        read_file(tmp_path / "a\0b", 4)


LAUGHS = b"<!DOCTYPE k [<!ENTITY a '" + b"ha" * 50 + b"'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (letter, b"&%c;" % (letter - 1) * 20) for letter in b"bcdefghi"
) + b"]><k><name>&i;</name></k>"  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        LAUGHS,
        b"<!DOCTYPE k [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><k><name>&x;</name></k>",
        b"<k>" * 200_000,
        b"<?xml version='1.0' encoding='nonsense'?><k/>",
        b"\xff\xfe\x00",
        b"<k a=",
        b"",
        b"<k>" + b" " * MOST_BYTES + b"</k>",
    ],
)
def test_a_drum_kit_is_believed_as_little_as_any_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / DESCRIPTION).write_bytes(content)
    with pytest.raises(CorpusError, match="drum kit"):
        read_drumkit(tmp_path)
    assert one_shot_material(tmp_path) == f"one-shots of the folder {tmp_path.name}"
