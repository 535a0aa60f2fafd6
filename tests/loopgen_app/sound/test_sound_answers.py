"""The sound process is believed as little as a file: nothing it says deletes or breaks anything."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loopgen_app.sound import loop_files
from loopgen_app.sound.answers import Answer, read_answer
from loopgen_app.sound.loop_files import Playable
from loopgen_app.sound.status import FIELDS, StatusBlock
from loopgen_app.sound.supervisor import SoundHealth, Supervisor


class Pipe:
    """A sound process that takes every order."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []

    def send(self, order: dict[str, Any]) -> None:
        self.orders.append(order)

    def end(self) -> None:
        pass


def supervisor_in(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Supervisor, Pipe, list[SoundHealth]]:
    monkeypatch.setattr(loop_files, "shared_root", lambda: root)
    heard: list[SoundHealth] = []
    supervisor, pipe = Supervisor(heard.append, command=["true"]), Pipe()
    supervisor._process, supervisor._opened = pipe, True  # type: ignore[assignment]
    return supervisor, pipe, heard


def playable(loop_id: int) -> Playable:
    return Playable(loop_id, np.full((2, 1000), 0.5, np.float32), 44100, 4, 120.0)


def test_only_files_that_were_put_there_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "music" / "songs").mkdir(parents=True)
    (tmp_path / "song.wav").touch()
    supervisor, pipe, _ = supervisor_in(tmp_path, monkeypatch)
    supervisor.cue(playable(1))
    sent = Path(pipe.orders[0]["path"])
    monkeypatch.chdir(tmp_path / "music")
    for named in ("", ".", str(tmp_path / "song.wav"), str(tmp_path / "music"), str(supervisor._folder), "\0"):
        supervisor._take({"event": "loaded", "id": 1, "path": named}, 0.0)
    assert (tmp_path / "music" / "songs").is_dir() and (tmp_path / "song.wav").is_file() and sent.is_file()
    supervisor._take({"event": "loaded", "id": 1, "path": str(sent)}, 0.0)
    assert not sent.exists()
    supervisor.close()


def test_loops_that_never_arrived_are_removed_with_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor, _, _ = supervisor_in(tmp_path, monkeypatch)
    for loop_id in range(5):
        supervisor.cue(playable(loop_id))
    folder = supervisor._folder
    assert len(list(folder.iterdir())) == 6  # with the status
    supervisor.restart("")
    assert [path.name for path in folder.iterdir()] == ["status"]
    supervisor.close()
    assert not folder.exists()


@pytest.mark.parametrize(
    "told",
    [5, None, [], {}, {"event": 3}, {"event": "loaded"}, {"event": "loaded", "path": 7}, {"event": "opened"},
     {"event": "opened", "rate": "x"}, {"event": "opened", "rate": 10**17}, {"event": "devices", "names": 5},
     {"event": "devices", "names": [{}, 1]}, {"event": "failed"}, {"event": "failed", "order": []},
     {"event": ["ready"]}],
)  # fmt: skip
def test_odd_answers_change_nothing(told: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor, _, heard = supervisor_in(tmp_path, monkeypatch)
    supervisor._take(told, 0.0)
    assert not heard and supervisor.devices == [] and supervisor._rate == 44100
    supervisor.close()


def test_an_answer_is_read_whole() -> None:
    assert read_answer({"event": "opened", "device": "Card", "rate": 48000, "missed": ""}) == Answer(
        "opened", device="Card", rate=48000
    )
    assert read_answer({"event": "devices", "names": ["a", "b"]}) == Answer("devices", names=("a", "b"))


def test_a_full_disk_is_said_and_the_next_loop_that_fits_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor, pipe, heard = supervisor_in(tmp_path, monkeypatch)
    real = Path.write_bytes

    def half(path: Path, content: bytes) -> int:
        real(path, content[:100])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", half)
    supervisor.cue(playable(1))
    monkeypatch.undo()
    assert [one.health for one in heard] == ["no_room"] and "no room" in heard[0].message
    assert [order["do"] for order in pipe.orders] == ["forget"]
    assert [path.name for path in supervisor._folder.iterdir()] == ["status"]
    supervisor.cue(playable(2))
    assert heard[-1].health == "ok" and [order["do"] for order in pipe.orders[1:]] == ["load", "cue", "forget"]
    supervisor.close()


def test_without_room_in_memory_the_folder_is_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, disk = tmp_path / "memory", tmp_path / "disk"
    memory.mkdir()
    disk.mkdir()
    monkeypatch.setattr(loop_files, "shared_root", lambda: memory)
    monkeypatch.setattr("tempfile.tempdir", str(disk))
    free = shutil.disk_usage(memory).free
    assert loop_files.make_folder(least_bytes=1).parent == memory
    assert loop_files.make_folder(least_bytes=2 * free).parent == disk
    memory.joinpath(f"{loop_files.PREFIX}x").touch()
    shutil.rmtree(memory)
    assert loop_files.make_folder(least_bytes=1).parent == disk


@pytest.mark.parametrize("pid", ["99999999999999999999", "\u00b2", "0", "-1", "", "\u0663"])
def test_names_that_speak_of_no_process_are_left_alone(
    pid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_files, "shared_root", lambda: tmp_path)
    foreign = tmp_path / f"{loop_files.PREFIX}{pid}-x"
    foreign.mkdir()
    assert loop_files.make_folder(least_bytes=1).parent == tmp_path
    assert foreign.is_dir()


def test_a_status_that_is_no_number_is_nothing(tmp_path: Path) -> None:
    block = StatusBlock(tmp_path / "status", create=True)
    block.slots[:] = np.tile([np.nan, np.inf, -np.inf], len(FIELDS))[: len(FIELDS)]
    status = block.read()
    assert (status.frames, status.loop_id, status.beat, status.peak_left, status.playing) == (0, 0, 0.0, 0.0, False)
