"""How runs are started over processes: what accelerate reads of the file that ships, and what is refused."""

import subprocess
from pathlib import Path

import pytest
from accelerate.commands.config.config_args import ClusterConfig
from accelerate.utils import DistributedType

from engine.config import RESOURCES
from engine.errors import LoopGenError
from engine.training.launch import check_launch

ROOT = Path(__file__).resolve().parents[3]


def test_accelerate_reads_the_file_that_ships() -> None:
    read = ClusterConfig.from_yaml_file(str(RESOURCES / "training" / "accelerate.yaml"))
    assert read.distributed_type == DistributedType.MULTI_GPU and read.mixed_precision == "bf16"
    assert (read.num_machines, read.num_processes, read.use_cpu) == (1, 8, False)
    assert not read.fsdp_config and not read.deepspeed_config


@pytest.mark.parametrize(("variable", "name"), [("FSDP", "FSDP"), ("DEEPSPEED", "DeepSpeed")])
def test_a_model_is_not_spread_over_processes(variable: str, name: str) -> None:
    with pytest.raises(LoopGenError, match=f"by {name} is not possible"):
        check_launch({f"ACCELERATE_USE_{variable}": "true"})
    check_launch({f"ACCELERATE_USE_{variable}": "false", "RANK": "1"})


def test_recipes_of_builds_can_be_read_and_name_what_there_is() -> None:
    for name in ("run", "setup", "smoke", "macos"):
        script = ROOT / ".ci" / name
        assert subprocess.run(["bash", "-n", str(script)], capture_output=True, check=False).returncode == 0
        assert script.stat().st_mode & 0o100
    mac, windows = (ROOT / ".ci" / "macos").read_text(), (ROOT / ".ci" / "windows.ps1").read_text()
    for text in (mac, windows):
        assert all(step in text for step in ('".[test]"', "loopgen.spec", "--version", "pytest"))
    assert ".ci/smoke" in mac and (ROOT / ".ci" / "loopgen.spec").is_file()
    assert windows.count("{") == windows.count("}") and windows.count("(") == windows.count(")")
