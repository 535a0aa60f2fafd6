"""Rendered loops: exact length, no seam, drums where the annotation says, tags that the audio bears out."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.corpus.arrangement import LoopPlan, plan_loop
from engine.corpus.impressions import band_levels, centre_hz, measured_characters, punch_db, sub_share
from engine.corpus.mixing import characters_of
from engine.corpus.one_shots import FOLDERS_VARIABLE
from engine.corpus.render import dry_stems, facts_of, render_loop, render_plan, sampled_stems
from engine.corpus.score import Annotation, Audio, CorpusLoop, Note
from engine.corpus.wording import PART_WORDS
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS, TAGS

SEEDS = tuple(range(8))
SAMPLE_RATE = 44100
DRUMS = PARTS[:5]


@pytest.fixture(scope="module", autouse=True)
def no_one_shots() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(FOLDERS_VARIABLE, raising=False)
        yield


@pytest.fixture(scope="module")
def loops() -> dict[int, CorpusLoop]:
    return {seed: render_loop(seed, with_stems=True) for seed in SEEDS}


def test_length_is_exact_and_levels_are_sane(loops: dict[int, CorpusLoop]) -> None:
    for seed, loop in loops.items():
        plan = plan_loop(seed)
        assert loop.audio.shape == (2, LoopGeometry(plan.tempo_bpm, plan.bars).samples)
        assert loop.audio.dtype == np.float32
        assert np.isfinite(loop.audio).all()
        assert 0.05 < np.abs(loop.audio).max() <= 0.981
        assert set(loop.stems) == set(plan.parts)
        assert all(stem.shape == loop.audio.shape for stem in loop.stems.values())


def test_annotation_is_that_of_the_plan(loops: dict[int, CorpusLoop]) -> None:
    for seed, loop in loops.items():
        plan, found = plan_loop(seed), loop.annotation
        assert (found.seed, found.tempo_bpm, found.bars) == (seed, plan.tempo_bpm, plan.bars)
        assert (found.style, found.key) == (plan.style, plan.key)
        assert found.onsets == plan.onsets()
        assert set(plan.tags) <= set(found.tags) <= set(TAGS)
        assert set(characters_of(plan.mix)) <= set(found.tags)
        assert not {"dark", "bright"} <= set(found.tags)
        assert len(found.captions) == 4
        assert Annotation.from_dict(found.to_dict()) == found


def test_the_same_seed_renders_the_same_samples(loops: dict[int, CorpusLoop]) -> None:
    again = render_loop(3)
    with_stems = loops[3]
    assert again.annotation == with_stems.annotation
    assert again.stems == {}
    # Mixing without stems sums the sends first: equal up to rounding, and exactly repeatable.
    np.testing.assert_allclose(again.audio, with_stems.audio, atol=2e-3)
    np.testing.assert_array_equal(again.audio, render_loop(3).audio)


def spectral_jumps(audio: Audio, bars: int) -> tuple[float, list[float]]:
    """Log-spectral change at the seam and at the other beats, each over 23 ms on both sides."""
    mono = np.tile(audio.mean(axis=0), 2)
    samples, width = audio.shape[1], 1024
    window = np.hanning(width)

    def jump(at: int) -> float:
        before, after = (
            np.log10(np.abs(np.fft.rfft(window * mono[at + o : at + o + width])) + 1e-3) for o in (-width, 0)
        )
        return float(np.abs(before - after).mean())

    beats = [round(samples * k / (bars * 4)) + samples for k in range(-bars * 4 + 1, 0)]
    return jump(samples), [jump(at) for at in beats]


def test_there_is_no_seam(loops: dict[int, CorpusLoop]) -> None:
    ratios = []
    for loop in loops.values():
        seam, others = spectral_jumps(loop.audio, loop.annotation.bars)
        ratios.append(seam / max(np.percentile(others, 90), 1e-3))
        steps = np.abs(np.diff(loop.audio, axis=1)).max(axis=0)
        assert np.abs(loop.audio[:, 0] - loop.audio[:, -1]).max() <= max(np.percentile(steps, 99.9), 0.02)
    assert np.median(ratios) < 1.25
    assert max(ratios) < 2.5


def measured_onsets(stem: Audio) -> np.ndarray:
    """Samples where the level of a mono stem rises from a millisecond of less than a tenth of what follows."""
    level = np.abs(stem)
    block = 22
    peaks = level[: len(level) // block * block].reshape(-1, block).max(axis=1)
    after = np.max([np.roll(peaks, -k) for k in range(8)], axis=0)
    rising = (peaks > 0.08 * after) & (np.roll(peaks, 1) < 0.08 * after) & (after > 0.05 * level.max())
    return np.flatnonzero(rising) * block


def test_drums_sound_where_they_are_annotated() -> None:
    errors = []
    for seed in range(14):
        plan = plan_loop(seed)
        dry = dry_stems(plan)
        samples = LoopGeometry(plan.tempo_bpm, plan.bars).samples
        for part in set(DRUMS) & set(plan.parts):
            found = measured_onsets(dry[part])
            for note in plan.notes[part]:
                due = note.beat * 60 / plan.tempo_bpm * SAMPLE_RATE
                gap = (found - due + samples / 2) % samples - samples / 2
                if len(gap):
                    errors.append(gap[np.argmin(np.abs(gap))] / SAMPLE_RATE)
    near = np.abs([e for e in errors if abs(e) < 0.03])
    assert len(near) > 0.6 * len(errors)  # the rest fall into the tail of a louder hit: no rise to measure
    assert np.percentile(near, 95) < 0.005
    assert abs(np.median(near)) < 0.002


def test_silence_between_hits_is_where_the_annotation_has_none() -> None:
    plan = next(p for p in map(plan_loop, range(200)) if p.parts == ("closed_hat",))
    stem = np.abs(dry_stems(plan)["closed_hat"])
    near = np.zeros(len(stem), bool)
    for beat, _ in plan.onsets()["closed_hat"]:
        start = round(beat * 60 / plan.tempo_bpm * SAMPLE_RATE)
        near[np.arange(start - 200, start + 2 * SAMPLE_RATE) % len(stem)] = True
    assert stem[~near].sum() == 0


def one_part(plan: LoopPlan, part: str) -> Audio:
    return dry_stems(plan)[part]


def test_slides_and_chords_reach_the_audio() -> None:
    """A bass that plays A1 for the whole loop sounds at 55 Hz."""
    plan = plan_loop(0, key="A", bars=1, tempo_bpm=120)
    note = Note(0.0, 4.0, 0.9, 33.0)
    held = LoopPlan(**{**plan.__dict__, "notes": {"bass": (note,)}, "sounds": {"bass": plan.sounds["bass"]}})
    stem = one_part(held, "bass")
    power = np.abs(np.fft.rfft(stem)) ** 2
    hz = np.fft.rfftfreq(len(stem), 1 / SAMPLE_RATE)
    low = (hz > 20) & (hz < 600)
    strongest = hz[low][np.argmax(power[low])]
    assert abs(strongest / 55 - round(strongest / 55)) < 0.05


def test_impressions_measure_what_they_say() -> None:
    time = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    low, high = (np.sin(2 * np.pi * hz * time).astype(np.float32) for hz in (80.0, 8000.0))
    assert centre_hz(band_levels(low)) < 150
    assert centre_hz(band_levels(high)) > 5000
    assert sub_share(low) > 0.99
    assert sub_share(high) < 0.01
    clicks = np.where(time % 0.5 < 0.025, high, 0).astype(np.float32)
    assert punch_db(clicks) > 12
    assert punch_db(low) < 3
    stereo = np.stack([low, low])
    assert set(measured_characters(stereo, {"bass": low})) == {"dark", "soft", "sub"}
    bright = np.stack([clicks, clicks])
    assert set(measured_characters(bright, {"bass": high})) == {"bright", "hard"}


def test_any_request_can_be_rendered() -> None:
    for bars, tempo in ((1, 200.0), (3, 60.5), (16, 200.0)):
        plan = plan_loop(5, bars=bars, tempo_bpm=tempo, key="Dbm")
        assert render_plan(plan).audio.shape[1] == LoopGeometry(tempo, bars).samples


def test_one_shots_replace_some_drums_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    decay = np.exp(-np.arange(8000) / 1500)
    for name in ("bd_a", "sn_a", "hat_a"):
        soundfile.write(tmp_path / f"{name}.wav", 0.9 * decay * rng.uniform(-1, 1, 8000), SAMPLE_RATE)
    changed = same = 0
    for seed in range(12):
        plan = plan_loop(seed)
        voiced = dry_stems(plan)
        assert all(stem is voiced[part] for part, stem in sampled_stems(plan, voiced).items())
        monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path))
        sampled = sampled_stems(plan, voiced)
        monkeypatch.delenv(FOLDERS_VARIABLE)
        for part, stem in sampled.items():
            changed += stem is not voiced[part]
            same += stem is voiced[part]
            if stem is not voiced[part]:
                assert part in ("kick", "snare", "closed_hat")
                assert facts_of(plan, (), [part]).words[part] == PART_WORDS[part]
    assert changed >= 4
    assert same >= 10
