"""The experiments on applications: what their measures say where the answer is known, and what they write."""

import json
from pathlib import Path

import numpy as np
import pytest
from known_loops import RATE, hat, house
from tiny import tiny_pack

from engine.applications.inversion import Walk
from engine.applications.passage import Passage
from engine.applications.source import SourceLoop
from engine.audio.io import write_wav
from engine.errors import CorpusError, InvalidRequest
from engine.evaluation import sources
from engine.evaluation.experiments import interpolation as interpolation_experiment, steps as steps_experiment
from engine.evaluation.experiments.interpolation import evaluate_interpolation
from engine.evaluation.experiments.inversion import evaluate_inversion
from engine.evaluation.experiments.steps import evaluate_steps
from engine.evaluation.experiments.stretch import evaluate_stretch
from engine.evaluation.experiments.transition import evaluate_transition, local_tempo_errors, passage_bars
from engine.evaluation.judges.dsp_stretch import dsp_stretch
from engine.evaluation.judges.kinship import Portrait, kinship
from engine.evaluation.ledger import Ledger
from engine.evaluation.sources import SourceSettings, held_out_source
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest
from engine.tempo import LoopGeometry, TempoRamp

SETTINGS = SourceSettings(2, walk=Walk(2, corrections=0))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> LoopPipeline:
    return LoopPipeline.from_pack(tiny_pack(tmp_path_factory.mktemp("packs") / "tiny", clap=True), device="cpu")


def test_kinship_of_the_same_music() -> None:
    slow, slow_geometry = house(110, 2)
    fast, fast_geometry = house(140, 2)
    portrait = Portrait.of(slow, slow_geometry)
    same = kinship(portrait, portrait)
    assert (same.onset_f1, same.timbre, same.beat_ms, same.tempo_hit) == (1.0, 0.0, 0.0, True)
    faster = kinship(portrait, Portrait.of(fast, fast_geometry))
    assert faster.onset_f1 > 0.95 and faster.tempo_hit and faster.beat_ms < 1.0
    late, _ = house(140, 2, late_seconds=0.02)
    assert kinship(portrait, Portrait.of(late, fast_geometry)).beat_ms == pytest.approx(20, abs=1.5)


def test_the_dsp_stretcher_keeps_beats_and_length() -> None:
    pytest.importorskip("python_stretch", reason="the stretcher comes with the test extra")
    source, geometry = house(120, 2)
    to = LoopGeometry(150, 2)
    found = dsp_stretch(source, RATE, to.samples)
    near = kinship(Portrait.of(source, geometry), Portrait.of(found, to))
    assert found.shape == (2, to.samples)
    assert near.tempo_hit and near.onset_f1 > 0.9 and near.beat_ms < 5


def _clicks(ramp: TempoRamp, off: float = 0.0) -> Passage:
    """Hats on every sixteenth of a ramp, `off` of its tempo slower than it."""
    audio = np.zeros((2, ramp.samples), np.float32)
    seconds = ramp.beat_to_seconds(np.arange(ramp.bars * 16) / 4) * (1 + off)
    for start in np.round(seconds * RATE).astype(int):
        piece = hat()[: max(0, ramp.samples - start)]
        audio[:, start : start + len(piece)] += piece
    return Passage(audio, RATE, ramp, np.zeros((1, ramp.frames)), (), "", "", 0.0, 0.0)


def test_local_tempo_is_read_off_the_ramp() -> None:
    ramp = TempoRamp(120, 150, 8)
    assert np.abs(local_tempo_errors(_clicks(ramp))).max() < 0.002
    assert local_tempo_errors(_clicks(ramp, 0.01)) == pytest.approx(np.full(7, 0.01), abs=0.003)
    assert sum(bar.shape[1] for bar in passage_bars(_clicks(ramp))) == ramp.samples


def test_sources_know_all_or_what_a_file_tells() -> None:
    whole, file = held_out_source(1_000_001), held_out_source(1_000_001, imported=True)
    assert whole.request.pattern.rows and whole.request.tags
    assert not file.request.pattern.rows and not file.request.tags and len(file.request.curves) == 4
    assert np.array_equal(whole.audio, file.audio)
    with pytest.raises(InvalidRequest, match="1 to 10000"):
        SourceSettings(0)


def test_a_folder_of_loops_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    audio, _ = house(120, 1)
    for name, sound in (("b_120bpm", audio), ("a_120bpm", audio[:1]), ("c", audio)):
        write_wav(tmp_path / f"{name}.wav", sound, RATE)
    settings = SourceSettings(2, folder=tmp_path)
    assert [settings.name(seed) for seed in settings.seeds] == ["a_120bpm.wav", "b_120bpm.wav"]
    loop = settings.source(1)
    assert (loop.request.tempo_bpm, loop.request.bars, loop.request.seed) == (120, 1, 1)
    assert len(loop.request.curves) == 4 and not loop.request.tags
    assert SourceSettings(9, folder=tmp_path).count == 3
    with pytest.raises(CorpusError, match="does not exist"):
        SourceSettings(1, folder=tmp_path / "none")


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "found.jsonl"
    first = Ledger(path)
    assert first("a", lambda: {"x": 1.23456789}) == {"x": 1.23457} == first("a", lambda: {"x": 2})
    with path.open("a") as file:
        file.write('{"key": "b", "fou')  # cut off
    again = Ledger(path)
    assert again("a", lambda: 0) == {"x": 1.23457} and "b" not in again
    assert again("b", lambda: [1]) == [1]
    assert Ledger(path)("b", lambda: 0) == [1]


@pytest.fixture
def short_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar of house at 230 BPM in place of every corpus loop."""
    audio = house(230, 1)[0]
    tone = 0.2 * np.sin(np.arange(audio.shape[1]) / 20).astype(np.float32)

    def request(seed: int) -> LoopRequest:
        return LoopRequest(tempo_bpm=230, bars=1, seed=seed, compose=False, num_steps=2)

    for module in (steps_experiment, interpolation_experiment):
        monkeypatch.setattr(module, "held_out_request", lambda seed: (request(seed), None))
    monkeypatch.setattr(
        sources,
        "held_out_source",
        lambda seed, imported: SourceLoop.from_audio(audio + seed % 2 * tone, RATE, request(seed)),
    )


@pytest.mark.slow
@pytest.mark.usefixtures("short_loops")
def test_every_experiment_writes_its_table(pipeline: LoopPipeline, tmp_path: Path) -> None:
    once = SourceSettings(1, walk=SETTINGS.walk)
    evaluate_steps(pipeline, tmp_path, once, steps=(1, 2), reference_steps=4, progress=False)
    evaluate_inversion(pipeline, tmp_path, once, steps=(2,), progress=False)
    evaluate_stretch(pipeline, tmp_path, once, percent=(-15,), progress=False)
    evaluate_transition(pipeline, tmp_path, SETTINGS, bars=3, progress=False)
    for name in ("steps", "inversion", "stretch", "transition"):
        assert json.loads((tmp_path / f"{name}.json").read_text())["pack"]["name"] == "tiny"
        assert (tmp_path / f"{name}.md").read_text().startswith("# ")
    rows = json.loads((tmp_path / "inversion.json").read_text())["rows"]
    assert all(0 <= row["mean_error"] < 2 for row in rows) and len(rows) == 8
    written = [(tmp_path / f"stretch.{ending}").read_text() for ending in ("jsonl", "md")]
    evaluate_stretch(pipeline, tmp_path, once, percent=(-15,), progress=False)
    assert [(tmp_path / f"stretch.{ending}").read_text() for ending in ("jsonl", "md")] == written
    ways = {row["way"]: row for row in json.loads((tmp_path / "stretch.json").read_text())["rows"]}
    assert {"inversion, turned at alpha 0.4", "conditions, new noise"} < set(ways)
    assert ways["codec alone, not stretched"]["timbre against the codec's"] == 0
    pairs = json.loads((tmp_path / "transition.json").read_text())["pairs"]
    assert pairs[0]["first_bar_latent_error"] < 1e-4


@pytest.mark.slow
@pytest.mark.usefixtures("short_loops")
def test_blends_and_variations_are_tabled(pipeline: LoopPipeline, tmp_path: Path) -> None:
    once = SourceSettings(1, walk=SETTINGS.walk)
    results = evaluate_interpolation(pipeline, tmp_path, once, points=3, strengths=(0.1, 0.5, 1.0), progress=False)
    assert len(results["paths"]) == 6
    assert results["variations"]["figures"]["Spearman of strength and mel distance, mean curve"] == pytest.approx(1.0)
