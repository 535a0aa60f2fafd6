"""Plans: deterministic, spread over tempo, style and key as promised, exact in what they annotate."""

import hashlib
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from engine.corpus.arrangement import PITCHED, LoopPlan, plan_loop
from engine.corpus.characters import BUSY_ABOVE, SPARSE_BELOW, kick_figure
from engine.corpus.groove import MAX_SHIFT_SECONDS, MAX_SWING
from engine.corpus.harmony import PROGRESSIONS, SCALES, Harmony
from engine.corpus.score import Note
from engine.corpus.streams import Streams
from engine.corpus.styles import STYLE_HABITS
from engine.corpus.voices import CHORDS
from engine.errors import InvalidRequest
from engine.vocabulary import CHARACTERS, KEYS, PARTS, STYLES, TAGS

FINGERPRINT = """
import hashlib
from engine.corpus.arrangement import plan_loop
print(hashlib.sha256(repr([plan_loop(seed) for seed in (0, 1, 99, 1_000_003)]).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def plans() -> list[LoopPlan]:
    return [plan_loop(seed) for seed in range(500)]


def test_another_process_plans_the_same() -> None:
    here = hashlib.sha256(repr([plan_loop(seed) for seed in (0, 1, 99, 1_000_003)]).encode()).hexdigest()
    there = subprocess.run([sys.executable, "-c", FINGERPRINT], check=True, capture_output=True, text=True)
    assert there.stdout.strip() == here


def test_streams_do_not_depend_on_each_other() -> None:
    streams = Streams(4)
    streams("kick", "pattern").random(100)
    assert streams("snare", "pattern").random() == Streams(4)("snare", "pattern").random()
    assert len({Streams(4)(part, "pattern").random() for part in PARTS}) == len(PARTS)


def test_constraints_replace_only_what_they_name() -> None:
    free, fixed = plan_loop(11), plan_loop(11, tempo_bpm=91.5)
    assert fixed.tempo_bpm == 91.5
    assert (free.style, free.key, free.parts, free.swing) == (fixed.style, fixed.key, fixed.parts, fixed.swing)
    asked = plan_loop(3, style="electro", tempo_bpm=133, bars=3, key="Ebm")
    assert (asked.style, asked.tempo_bpm, asked.bars, asked.key) == ("electro", 133.0, 3, "Ebm")
    assert set(asked.parts) & set(PITCHED)


@pytest.mark.parametrize(
    "wrong",
    [{"style": "polka"}, {"tempo_bpm": 30}, {"bars": 0}, {"bars": 17}, {"key": "H"}, {"tempo_bpm": float("nan")}],
)
def test_impossible_constraints_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        plan_loop(0, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 1.5, True, 2**63])
def test_impossible_seeds_are_refused(seed: object) -> None:
    with pytest.raises(InvalidRequest, match="Seed"):
        plan_loop(seed)  # type: ignore[arg-type]


def test_every_tempo_has_loops(plans: list[LoopPlan]) -> None:
    tempi = np.array([plan.tempo_bpm for plan in plans])
    assert tempi.min() >= 60
    assert tempi.max() <= 200
    counts, _ = np.histogram(tempi, bins=np.arange(60, 201, 10))
    assert counts.min() >= 3  # 0.6 % in the emptiest ten BPM: 600 loops of 100,000
    whole = np.mean(tempi == np.round(tempi))
    assert 0.6 <= whole <= 0.75
    inside = [
        STYLE_HABITS[p.style].tempo[0] - 0.5 <= p.tempo_bpm <= STYLE_HABITS[p.style].tempo[1] + 0.5 for p in plans
    ]
    assert 0.74 <= np.mean(inside) <= 0.9  # some of those drawn freely fall inside


def test_styles_and_keys_are_even(plans: list[LoopPlan]) -> None:
    styles = Counter(plan.style for plan in plans)
    assert set(styles) == set(STYLES)
    assert min(styles.values()) >= 25
    keys = Counter(plan.key for plan in plans if plan.key)
    assert set(keys) == set(KEYS)
    assert min(keys.values()) >= 7
    assert max(keys.values()) <= 35


def test_parts_and_sizes(plans: list[LoopPlan]) -> None:
    share = {part: np.mean([part in plan.notes for plan in plans]) for part in PARTS}
    assert all(0.25 <= value <= 0.85 for value in share.values()), share
    assert share["kick"] > 0.6
    alone = np.mean([len(plan.parts) <= 2 for plan in plans])
    assert 0.08 <= alone <= 0.16
    assert {plan.parts[0] for plan in plans if len(plan.parts) == 1} == set(PARTS)
    assert 0.05 <= np.mean([not set(plan.parts) & set(PITCHED) for plan in plans]) <= 0.25


def test_lengths(plans: list[LoopPlan]) -> None:
    bars = Counter(plan.bars for plan in plans)
    assert set(bars) == {1, 2, 4, 8}
    assert bars[2] + bars[4] > 350
    seconds = np.array([plan.bars * 240 / plan.tempo_bpm for plan in plans])
    assert seconds.max() <= 20
    assert np.mean((seconds >= 2.9) & (seconds <= 16.1)) > 0.85


def test_notes_lie_in_the_loop_in_order(plans: list[LoopPlan]) -> None:
    for plan in plans:
        for notes in plan.notes.values():
            assert notes
            beats = [note.beat for note in notes]
            assert beats == sorted(beats)
            assert min(beats) >= 0
            assert max(beats) < plan.bars * 4
            assert all(0 < note.velocity <= 1 and note.beats > 0 for note in notes)


def test_notes_keep_to_the_swung_grid(plans: list[LoopPlan]) -> None:
    for plan in plans:
        assert 0 <= plan.swing <= MAX_SWING
        # Thirds of a step are the finest ratchets, two thirds and halves lie among sixths.
        grid = np.arange(0, plan.bars * 16 * 12 + 1) / 12
        pair, place = np.divmod(grid, 2.0)
        late = np.where(place <= 1, place * (1 + plan.swing), (1 + plan.swing) + (place - 1) * (1 - plan.swing))
        places = (2 * pair + late) / 4
        beats = np.array([note.beat for notes in plan.notes.values() for note in notes])
        off = np.abs(beats[:, None] - places[None]).min(axis=1) * 60 / plan.tempo_bpm
        assert off.max() <= MAX_SHIFT_SECONDS + 1e-6
        kick = np.array([note.beat for note in plan.notes.get("kick", ())])
        if len(kick):
            assert np.abs(kick[:, None] - places[None]).min(axis=1).max() < 1e-5


def test_onsets_are_the_notes_of_all_eight_parts(plans: list[LoopPlan]) -> None:
    for plan in plans:
        onsets = plan.onsets()
        assert tuple(onsets) == PARTS
        for part in PARTS:
            beats = [beat for beat, _ in onsets[part]]
            assert beats == sorted(set(beats))
            assert set(beats) == {note.beat for note in plan.notes.get(part, ())}
            assert bool(beats) == (part in plan.parts)
            assert all(0 < velocity <= 1 for _, velocity in onsets[part])


def test_pitches_are_all_that_sounds_chords_of_the_sounds_too(plans: list[LoopPlan]) -> None:
    stacked = 0
    for plan in plans:
        pitches = plan.pitches()
        assert tuple(pitches) == PITCHED
        for part in PITCHED:
            played = {(note.beat, note.beats, note.pitch) for note in plan.notes.get(part, ())}
            assert played <= set(pitches[part])  # every chord has its root
            stacked += len(pitches[part]) > len(played)
            assert {pitch % 12 for _, _, pitch in pitches[part]} <= (
                Harmony(plan.key, plan.mode, ((0, 0),)).pitch_classes if plan.key and plan.mode else set()
            )
    assert stacked > 10


def test_every_note_is_in_the_key(plans: list[LoopPlan]) -> None:
    for plan in plans:
        pitched = [note for part in PITCHED for note in plan.notes.get(part, ())]
        assert (plan.key is None) == (not pitched) == (plan.mode is None)
        if plan.key is None or plan.mode is None:
            continue
        scale = Harmony(plan.key, plan.mode, ((0, 0),)).pitch_classes
        assert all(note.pitch % 12 in scale for note in pitched)
        assert (SCALES[plan.mode][2] == 3) == plan.key.endswith("m")
        for part in PITCHED:
            if part not in plan.notes:
                continue
            chord = CHORDS[int(plan.sounds[part].settings.get("chord", 0))]
            assert all((note.pitch + i) % 12 in scale for note in plan.notes[part] for i in chord)


def test_progressions_have_no_diminished_chord() -> None:
    for mode, kinds in PROGRESSIONS.items():
        scale = SCALES[mode]
        for degree in {d for progressions in kinds.values() for progression in progressions for d in progression}:
            fifth = (scale[(degree + 4) % 7] - scale[degree]) % 12
            assert fifth == 7, (mode, degree)


def test_bass_lies_below_the_pads(plans: list[LoopPlan]) -> None:
    both = [p for p in plans if "bass" in p.notes and "pad" in p.notes]
    lower = [np.mean([n.pitch for n in p.notes["bass"]]) < np.mean([n.pitch for n in p.notes["pad"]]) for p in both]
    assert np.mean(lower) == 1.0
    pitches = [note.pitch for p in plans for note in p.notes.get("bass", ())]
    assert min(pitches) >= 26  # 37 Hz


def test_tags_follow_from_the_notes(plans: list[LoopPlan]) -> None:
    for plan in plans:
        assert set(plan.tags) <= set(TAGS)
        assert plan.tags[: 1 + len(plan.parts)] == (plan.style, *plan.parts)
        density = sum(len(found) for found in plan.onsets().values()) / (plan.bars * 4)
        assert ("sparse" in plan.tags) == (density < SPARSE_BELOW)
        assert ("busy" in plan.tags) == (density > BUSY_ABOVE)
        assert not {"four_on_the_floor", "broken"} <= set(plan.tags)
        if "swung" in plan.tags:
            assert plan.swing >= 0.12
    counts = Counter(tag for plan in plans for tag in plan.tags if tag in CHARACTERS)
    for tag in ("sparse", "busy", "swung", "four_on_the_floor", "broken", "evolving", "hypnotic"):
        assert 25 <= counts[tag] <= 200, (tag, counts[tag])


@pytest.mark.parametrize(
    ("beats", "expected"),
    [
        ((0, 1, 2, 3), ["four_on_the_floor"]),
        ((0, 1, 2, 3, 3.5), ["four_on_the_floor"]),
        ((0, 0.75, 1.5, 2.75), ["broken"]),
        ((0, 2.5), ["broken"]),
        ((0,), []),
        ((), []),
    ],
)
def test_kick_figures(beats: tuple[float, ...], expected: list[str]) -> None:
    assert kick_figure(tuple(Note(beat) for beat in beats), 4) == expected
