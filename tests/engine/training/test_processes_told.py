"""What `torchrun` tells a process is read, or refused in one sentence before anything waits."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import tiny_corpus

from engine.config import child_environment
from engine.errors import DeviceError, InvalidRequest
from engine.training.processes import Processes, finding_each_other
from engine.training.run import process_seed
from engine.training.shards.stream import Place

TOLD = {"RANK": "1", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}
WRONG = [
    ({"RANK": "abc"}, "RANK is 'abc', which is no whole number"),
    ({"RANK": ""}, "RANK is '', which"),
    ({"WORLD_SIZE": "2.5"}, "WORLD_SIZE is '2.5'"),
    ({"LOCAL_RANK": "0x1"}, "LOCAL_RANK is '0x1'"),
    ({"MASTER_PORT": "http"}, "MASTER_PORT is 'http'"),
    ({"RANK": "9" * 5000}, "RANK is '[...]'"),
    ({"WORLD_SIZE": "0"}, "WORLD_SIZE is 0"),
    ({"RANK": "1"}, "RANK is 1, and WORLD_SIZE 1"),
    ({"RANK": "-1", "WORLD_SIZE": "2"}, "RANK is -1"),
    ({"WORLD_SIZE": "2"}, "WORLD_SIZE is set, and RANK, MASTER_ADDR, MASTER_PORT not"),
    ({"LOCAL_RANK": "0"}, "LOCAL_RANK is set, and RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT not"),
    (TOLD | {"MASTER_PORT": "70000"}, "MASTER_PORT is 70000"),
    (TOLD | {"MASTER_ADDR": "no such computer"}, "MASTER_ADDR is 'no such computer'"),
]


@pytest.fixture(autouse=True)
def _by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*TOLD, "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)


def test_a_process_by_itself_is_the_first_of_one() -> None:
    assert (
        Processes.told({}) == Processes(0, 1) and process_seed(7) == 7 and Place.of_this_process(3) == Place(0, 1, 3)
    )
    assert Processes.told({"LOCAL_RANK": "-1"}) == Processes(0, 1)  # accelerate's word for none


def test_one_of_several_has_its_seed_and_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in TOLD.items():
        monkeypatch.setenv(name, value)
    assert Processes.told() == Processes(1, 4)
    assert process_seed(7) == 8 and Place.of_this_process(3) == Place(1, 4, 3)


@pytest.mark.parametrize(("variables", "sentence"), WRONG)
def test_variables_that_cannot_be_are_told_by_name(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as told:
        Processes.told(variables)
    assert str(told.value).startswith(sentence.replace("'[...]'", "'[")) and "torchrun" in str(told.value)
    assert len(str(told.value)) < 200 and "\n" not in str(told.value)


def test_a_meeting_place_that_is_taken_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from accelerate import Accelerator
    from accelerate.state import PartialState

    with socket.create_server(("localhost", 0)) as taken:
        place = {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "MASTER_PORT": str(taken.getsockname()[1])}
        for name, value in (TOLD | place).items():
            monkeypatch.setenv(name, value)
        PartialState._reset_state()
        try:
            told = f"with the processes at localhost:{place['MASTER_PORT']}: "
            with pytest.raises(DeviceError, match=told), finding_each_other():
                Accelerator(cpu=True)
        finally:
            PartialState._reset_state()


def test_the_command_says_it_in_one_line(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "corpus", loops=8)
    command = ["-m", "engine", "train", "codec", str(corpus), "--pack", "p", "--run", "r", "--steps", "1"]
    environment = child_environment() | {"HOME": str(tmp_path), "OMP_NUM_THREADS": "1", "RANK": "abc"}
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "loopgen: RANK is 'abc', which is no whole number." in done.stderr
    assert not (tmp_path / "p" / "pack.json").exists() and "RANK" not in os.environ
