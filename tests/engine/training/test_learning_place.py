"""A run of learning deletes nothing that it did not make, and says at once where its pack cannot be."""

from pathlib import Path

import pytest

from engine.errors import CorpusError, ExportError, PackError
from engine.training.checkpoints import FILE
from engine.training.learning_corpus import gather
from engine.training.learning_place import RUN_FOLDERS, check_place, check_target
from engine.training.learning_plan import FINISHED, LearningPlan
from engine.training.learning_run import LearningRun


def plan_of(folder: Path, **changes: str) -> LearningPlan:
    places = {"source": str(folder / "sounds"), "base": str(folder / "base"), "pack": str(folder / "packs" / "mine")}
    return LearningPlan(**{**places, "name": "mine", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [*RUN_FOLDERS, FILE])
def test_what_others_keep_in_the_folder_of_a_run_is_left_alone(tmp_path: Path, name: str) -> None:
    kept = tmp_path / "run" / name / "mine.wav"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"mine")
    with pytest.raises(PackError, match=f"holds '{name}'"):
        LearningRun(plan_of(tmp_path), tmp_path / "run", lambda _told: None).learn()
    assert kept.read_bytes() == b"mine"
    plan_of(tmp_path).store(tmp_path / "run")  # a run that was begun here has made it
    check_place(tmp_path / "run", plan_of(tmp_path))
    (tmp_path / "run" / "plan.json").rename(tmp_path / "run" / FINISHED)
    check_place(tmp_path / "run", plan_of(tmp_path))


@pytest.mark.parametrize("what", ["pack", "source", "base"])
@pytest.mark.parametrize("inside", ["pack", "corpus", "previews/deep/in"])
def test_nothing_of_a_plan_lies_in_what_a_run_deletes(tmp_path: Path, what: str, inside: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "run")
    for way in ("run", "link"):
        plan = plan_of(tmp_path, **{what: str(tmp_path / way / inside)})
        with pytest.raises(PackError, match=f"^The {what} .* lies in"):
            check_place(tmp_path / "run", plan)
    check_place(tmp_path / "run", plan_of(tmp_path, **{what: str(tmp_path / "run" / "other")}))


def test_where_no_pack_can_be_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "mine", tmp_path / ("x" * 300), tmp_path / "a\0b", Path("/proc/mine")):
        with pytest.raises(ExportError, match="The pack cannot be in"):
            check_target(folder)
    check_target(tmp_path / "packs" / "mine")
    check_target(tmp_path)
    assert not (tmp_path / "packs" / "mine").exists()


def test_a_source_that_no_system_can_name_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="does not exist"):
        gather(plan_of(tmp_path, source=str(tmp_path / ("x" * 300))), tmp_path / "corpus", lambda _told: None)
    assert not [*tmp_path.rglob("*.wav")]
