"""Learning from a tiny corpus beside a tiny pack: the loss falls, the best is kept, files are shared, runs go on."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from tiny import tiny_corpus, tiny_pack

from engine.corpus.store import stored_loops
from engine.errors import CorpusError, ExportError, InvalidRequest, PackError
from engine.models.adapters import adapted
from engine.ownership import FolderLock
from engine.packs.learnt import load_adapter
from engine.packs.models import load_denoiser
from engine.packs.pack import Pack
from engine.packs.sharing import delete_pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest
from engine.training.checkpoints import load_checkpoint
from engine.training.learning_corpus import Split
from engine.training.learning_plan import FINISHED, LearningPlan
from engine.training.learning_run import LearningRun, RunBusyError
from engine.training.learning_told import LearningTold
from engine.training.learning_watch import LearningWishes

ROOT = Path(__file__).resolve().parents[3]


class Place:
    """A tiny base pack, sounds to learn from, and everything that was told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = tiny_pack(folder / "base", clap=True)
        self.told: list[LearningTold] = []

    @property
    def pack(self) -> Path:
        return self.folder / "packs" / "mine"

    def plan(self, source: Path | None = None, **changes: object) -> LearningPlan:
        source = source or self.folder / "sounds"
        made = LearningPlan(str(source), str(self.base), str(self.pack), "mine", minutes=10, rehearsal=0.0)
        return replace(made, **changes)  # type: ignore[arg-type]

    def run(self, plan: LearningPlan, steps: int = 12, **changes: object) -> LearningRun:
        run = LearningRun(
            plan, self.folder / "run", self.told.append, frames_per_batch=192, max_steps=steps, validate_every=4,
            judged_loops=1,
        )  # fmt: skip
        return replace(run, **changes)  # type: ignore[arg-type]

    def kinds(self, kind: str) -> list[LearningTold]:
        return [told for told in self.told if told.kind == kind]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def corpus(place: Place) -> Path:
    return tiny_corpus(place.folder / "corpus", loops=8)


def sounds(folder: Path, count: int = 4) -> Path:
    """Loops of a bar at 120 BPM that the corpus code did not make."""
    folder.mkdir(parents=True, exist_ok=True)
    time_ = np.arange(88_200) / 44_100
    for number in range(count):
        beat = np.sin(2 * np.pi * (60 + 30 * number) * time_) * np.exp(-9 * (time_ % 0.5))
        soundfile.write(folder / f"beat{number}_120bpm.wav", (0.5 * beat).astype(np.float32), 44_100)
    return folder


@pytest.mark.parametrize("method", ["low-rank", "full"])
def test_what_is_learnt_lowers_the_loss_and_leaves_the_base_alone(place: Place, corpus: Path, method: str) -> None:
    before = {path.name: path.read_bytes() for path in place.base.iterdir()}
    pack = place.run(place.plan(corpus, method=method), steps=40).learn()
    assert pack is not None and pack.folder == place.pack and pack.name == "mine"
    judged = place.kinds("held-out")
    assert judged[-1].folder < 0.97 * judged[0].folder
    record = pack.manifest["training"]["adapter"][-1]
    assert record["kept"]["folder"] <= min(told.folder for told in judged) + 1e-4
    assert str(place.folder) not in json.dumps(dict(pack.manifest))  # where things lie is no one's concern
    assert {path.name: path.read_bytes() for path in place.base.iterdir()} == before
    for name in before:
        if name.endswith(".safetensors"):
            assert (pack.folder / name).samefile(place.base / name)
    assert pack.manifest["base"]["hash"] == Pack.open(place.base).hash
    assert place.kinds("done")[0].path == str(place.pack) and (place.folder / "run" / FINISHED).exists()


def test_a_share_blends_between_the_base_and_what_was_learnt(place: Place, corpus: Path) -> None:
    place.run(place.plan(corpus), steps=16).learn()
    request = LoopRequest(tempo_bpm=174.0, bars=1, seed=3, num_steps=2)
    base, learnt = (LoopPipeline.from_pack(folder, "cpu") for folder in (place.base, place.pack))
    assert learnt.info.learnt and not base.info.learnt
    none, half, all_ = (learnt.render(request.with_(learnt=share)).latent for share in (0.0, 0.5, 1.0))
    assert np.array_equal(none, base.render(request).latent)
    assert np.array_equal(base.render(request.with_(learnt=0.0)).latent, none)  # it has nothing to blend
    far = float(np.abs(all_ - none).max())
    assert far > 1e-3 and 0 < float(np.abs(half - none).max()) < far
    assert np.array_equal(learnt.render(request).latent, all_)  # by default all of it
    opened = Pack.open(place.pack)
    denoiser = load_denoiser(opened)
    adapter = load_adapter(opened, denoiser)
    assert adapter is not None
    for name, weight in adapted(denoiser, adapter, 0.5).named_parameters():
        own = dict(denoiser.named_parameters())[name]
        assert torch.allclose(weight, own + 0.5 * adapter.changes().get(name, torch.zeros(())), atol=1e-6)
        assert name.startswith("voices.") <= torch.equal(weight, own)


def test_a_folder_of_sounds_is_learnt_from_without_what_is_left_out(place: Place) -> None:
    folder = sounds(place.folder / "sounds", 5)
    (folder / "photo.wav").write_bytes(b"no sound at all")
    plan = place.plan(folder, left_out=(str(folder / "beat4_120bpm.wav"),), preview_minutes=0.05)
    assert place.run(plan, steps=6).learn() is not None
    looked = place.kinds("file")
    assert [told.usable for told in looked] == [True] * 4 + [False] and "photo.wav" in looked[-1].words
    assert looked[0].tempo_bpm == 120 and looked[0].bars == 1
    split = Split.of(place.folder / "run" / "corpus")
    assert (len(split.training), len(split.held_out)) == (3, 1)
    assert any("codec" in told.words for told in place.kinds("remark"))
    learnt_from = list(stored_loops(place.folder / "run" / "corpus"))
    assert "beat4" not in " ".join(loop.name for loop in learnt_from)
    assert all(loop.is_heard and "kick" in loop.annotation.onsets for loop in learnt_from)


def test_a_paused_run_goes_on_and_ends_where_one_that_was_not_paused_does(place: Place, corpus: Path) -> None:
    wishes, seen = LearningWishes(), []

    def pause_at_five(told: LearningTold) -> None:
        place.told.append(told)
        seen.append(told)
        if sum(told.kind == "step" for told in seen) == 5:
            wishes.pause.set()

    run = place.run(place.plan(corpus), tell=pause_at_five, wishes=wishes)
    assert run.learn() is None and not place.pack.exists()
    saved = load_checkpoint(place.folder / "run")
    assert saved is not None and saved[1]["step"] == 5
    assert LearningPlan.read(place.folder / "run") == place.plan(corpus)
    again = replace(run, wishes=LearningWishes(), tell=place.told.append, max_steps=7)
    assert again.learn() is not None
    after = load_checkpoint(place.folder / "run")
    assert after is not None and after[1]["step"] == 12
    assert Pack.open(place.pack).manifest["training"]["adapter"][-1]["run"] == saved[1]["run"]


def test_finishing_early_keeps_the_best_so_far(place: Place, corpus: Path) -> None:
    wishes = LearningWishes()

    def finish_at_nine(told: LearningTold) -> None:
        place.told.append(told)
        if len(place.kinds("step")) == 9:
            wishes.finish.set()

    pack = place.run(place.plan(corpus), 1000, tell=finish_at_nine, wishes=wishes).learn()
    assert pack is not None and len(place.kinds("step")) == 9
    best = min(told.folder for told in place.kinds("held-out"))
    assert pack.manifest["training"]["adapter"][-1]["kept"]["folder"] == pytest.approx(best, abs=1e-5)


def test_rehearsal_renders_loops_and_judges_what_was_known(
    place: Place, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.learning_corpus.REHEARSED", (3, 3))
    monkeypatch.setattr("engine.training.learning_corpus.REHEARSED_HELD_OUT", 1)
    assert place.run(place.plan(corpus, rehearsal=0.5), steps=4).learn() is not None
    assert all(told.known > 0 for told in place.kinds("held-out"))
    assert not (place.folder / "run" / "rehearsal").exists()  # it goes when the pack is there


def test_what_cannot_be_learnt_from_is_said(place: Place, corpus: Path) -> None:
    with pytest.raises(CorpusError, match="does not exist"):
        place.run(place.plan(place.folder / "nowhere")).learn()
    empty = place.folder / "empty"
    empty.mkdir()
    with pytest.raises(CorpusError, match="No audio"):
        place.run(place.plan(empty)).learn()
    with pytest.raises(CorpusError, match="2 usable loops are too few"):
        place.run(place.plan(sounds(place.folder / "two", 2))).learn()
    for changes in ({"minutes": 0.0}, {"rehearsal": 1.0}, {"method": "magic"}, {"minutes": float("nan")}):
        with pytest.raises(InvalidRequest):
            place.plan(corpus, **changes)
    assert not place.pack.exists()


def test_a_pack_that_is_there_or_has_learnt_is_left_alone(place: Place, corpus: Path) -> None:
    place.run(place.plan(corpus), steps=2).learn()
    with pytest.raises(PackError, match="already"):
        place.run(place.plan(corpus), steps=2, run=place.folder / "other").learn()
    second = replace(place.plan(corpus), base=str(place.pack), pack=str(place.folder / "packs" / "next"))
    with pytest.raises(PackError, match="has learnt already"):
        place.run(second, run=place.folder / "third").learn()


def test_a_run_that_was_cut_after_its_pack_was_there_is_only_finished(place: Place, corpus: Path) -> None:
    wishes = LearningWishes()
    run = place.run(place.plan(corpus), steps=2, wishes=wishes)
    wishes.pause.set()
    assert run.learn() is None
    with pytest.MonkeyPatch.context() as cut:
        cut.setattr(LearningRun, "_done", lambda *_: None)
        replace(run, wishes=LearningWishes()).learn()
    hashed = Pack.open(place.pack).hash
    again = replace(run, wishes=LearningWishes()).learn()
    assert again is not None and again.hash == hashed and (place.folder / "run" / FINISHED).exists()


def test_a_pack_that_was_deleted_is_learnt_anew_in_its_folder(place: Place, corpus: Path) -> None:
    run = place.run(place.plan(corpus), steps=3)
    assert run.learn() is not None
    delete_pack(place.pack)
    pack = run.learn()
    assert pack is not None and pack.manifest["training"]["adapter"][-1]["step"] == 3


def test_two_runs_in_one_folder_do_not_meet(place: Place, corpus: Path) -> None:
    (place.folder / "run").mkdir()
    lock = FolderLock(place.folder / "run" / "lock")
    assert lock.take()
    with pytest.raises(RunBusyError, match="right now"):
        place.run(place.plan(corpus)).learn()
    lock.release()
    assert place.run(place.plan(corpus), steps=2).learn() is not None


def test_another_plan_does_not_take_over_a_run(place: Place, corpus: Path) -> None:
    wishes = LearningWishes()
    run = place.run(place.plan(corpus), wishes=wishes, steps=3)
    place.run(place.plan(corpus), steps=3, tell=lambda told: wishes.pause.set() if told.kind == "step" else None,
              wishes=wishes).learn()  # fmt: skip
    with pytest.raises(PackError, match="another plan"):
        replace(run, plan=place.plan(corpus, method="full"), wishes=LearningWishes()).learn()
    (place.folder / "run" / "plan.json").write_text('{"source": 3}')
    with pytest.raises(InvalidRequest, match="damaged"):
        replace(run, wishes=LearningWishes()).learn()


def test_a_full_disk_is_a_sentence_and_the_run_goes_on_later(
    place: Place, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = place.run(place.plan(corpus), steps=4)

    with monkeypatch.context() as patch:
        patch.setattr("engine.packs.pack.write_atomically", _refuses)
        with pytest.raises(ExportError, match="disk is full"):
            run.learn()
    assert not place.pack.exists()
    assert run.learn() is not None


def _refuses(path: Path, content: bytes) -> None:
    raise ExportError(f"Cannot write {path.name!r}: the disk is full; free some space or choose another folder.")


def _command(place: Place, corpus: Path) -> list[str]:
    code = (
        "import sys; from pathlib import Path; sys.path[:0] = sys.argv[1:3]\n"
        "from engine.training.learning_plan import LearningPlan\n"
        "from engine.training.learning_run import LearningRun\n"
        "import engine.training.learning_run as run\n"
        "run.CHECKPOINT_MINUTES = 0.002\n"
        "plan = LearningPlan(sys.argv[3], sys.argv[4], sys.argv[5], 'mine', minutes=10, rehearsal=0.0)\n"
        "tell = lambda told: print(told.to_line(), flush=True)\n"
        "LearningRun(plan, Path(sys.argv[6]), tell, frames_per_batch=192, max_steps=int(sys.argv[7]),"
        " validate_every=4, judged_loops=1).learn()\n"
    )
    paths = [str(ROOT), str(ROOT / "tests"), str(corpus), str(place.base), str(place.pack), str(place.folder / "run")]
    return [sys.executable, "-c", code, *paths]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs signals")
@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_from_its_last_checkpoint(place: Place, corpus: Path) -> None:
    steps_seen = []
    for _ in range(2):
        child = subprocess.Popen([*_command(place, corpus), "100000"], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        last = 0
        for line in child.stdout:
            told = LearningTold.read(line)
            if told is not None and told.kind == "step":
                last += 1
                saved = load_checkpoint(place.folder / "run")
                if last >= 10 and saved is not None and saved[1]["step"] > sum(steps_seen):
                    break
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        saved = load_checkpoint(place.folder / "run")
        assert saved is not None
        steps_seen.append(int(saved[1]["step"]) - sum(steps_seen))
        assert not place.pack.exists()
    assert min(steps_seen) > 0
    done = subprocess.run([*_command(place, corpus), "3"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1500:]
    pack = Pack.open(place.pack)
    assert pack.manifest["training"]["adapter"][-1]["step"] == sum(steps_seen) + 3
    assert not list(place.pack.glob(".loopgen*"))


def test_lines_between_processes_are_believed_only_where_they_are_ours() -> None:
    told = LearningTold("held-out", minutes=1.5, folder=0.5, known=0.25, best=True)
    assert LearningTold.read(told.to_line()) == told
    for line in ("", "{}", "[]", '{"kind": "party"}', "loss 0.3, 4 min left", '{"kind": ["file"]}', "{" * 500):
        assert LearningTold.read(line) is None
    odd = LearningTold.read('{"kind": "step", "minutes": "many", "loss": true, "bars": 1.5, "words": null}')
    assert odd == LearningTold("step")
