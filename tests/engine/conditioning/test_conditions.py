"""Conditions: what each row says, what may be left open, what dropout leaves."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.conditioning.assembly import (
    ConditionDropout,
    annotation_conditions,
    negative_conditions,
    request_conditions,
)
from engine.conditioning.composition import Composition
from engine.conditioning.conditions import GROUPS, Conditions
from engine.conditioning.curves import spread
from engine.conditioning.notes import NOTE_RANGES, NOTE_ROWS, notes_condition
from engine.conditioning.pattern import RAMP_FRAMES, onset_ramps, pattern_condition
from engine.conditioning.tags import key_condition, tags_condition
from engine.corpus.score import Annotation
from engine.rendering.guided import Guidance
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry
from engine.vocabulary import KEYS, PARTS, TAGS

GEOMETRY = LoopGeometry(120, 2)


def test_two_points_of_a_ramp_tell_velocity_and_position() -> None:
    beat, velocity = 1.23, 0.6
    ramps = onset_ramps([(beat, velocity)], GEOMETRY).numpy()
    first = int(np.flatnonzero(ramps)[0])
    slope = (ramps[first] - ramps[first + 1]) * RAMP_FRAMES
    position = first - (1 - ramps[first] / slope) * RAMP_FRAMES
    assert slope == pytest.approx(velocity, rel=1e-4)
    assert position == pytest.approx(GEOMETRY.beat_to_frame(beat), abs=1e-3)


def test_ramps_wrap_around_the_end() -> None:
    late = onset_ramps([(7.99, 1.0)], GEOMETRY)
    assert (late[:7] > 0).all()
    assert late[8:-1].max() == 0


def test_a_later_onset_takes_over() -> None:
    together = onset_ramps([(0.0, 1.0), (0.1, 0.2)], GEOMETRY)
    assert together[3] == pytest.approx(float(onset_ramps([(0.1, 0.2)], GEOMETRY)[3]))


def test_free_silent_and_given_parts_differ() -> None:
    pattern, given = pattern_condition({"kick": [(0.0, 1.0)], "snare": ()}, GEOMETRY)
    assert given[0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert pattern[0, 1].abs().max() == 0
    assert pattern[0, 0, :2].tolist() == [0, 7 / 8]  # behind the frame that it strikes in


def test_a_knob_is_flat_and_a_drawing_is_circular() -> None:
    assert spread([0.7], 5).tolist() == pytest.approx([0.7] * 5)
    assert spread([0.0, 1.0], 8).tolist() == pytest.approx([0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25])


def test_tags_and_keys() -> None:
    vector = tags_condition(["acid", "kick"], ["snare"])[0]
    assert (vector[TAGS.index("acid")], vector[TAGS.index("kick")], vector[TAGS.index("snare")]) == (1, 1, -1)
    assert int(vector.abs().sum()) == 3
    assert key_condition("Am")[0].argmax() == KEYS.index("Am")
    assert key_condition(None, keyless=True)[0].argmax() == 24
    assert key_condition(None).abs().sum() == 0


def test_rolls_hold_the_pitch_for_as_long_as_the_note_lasts_and_go_round() -> None:
    geometry = LoopGeometry(120, 1)
    frame = 1 / geometry.beat_to_frame(1.0)  # in beats
    notes = {"bass": ((0.0, 10.25 * frame, 28.0), (3.9, 1.0, 31.0)), "lead": ((0.0, 1.0, 20.0),)}
    rolls, given = notes_condition(notes, geometry)
    assert rolls.shape == (1, NOTE_ROWS, geometry.frames) and given.tolist() == [[1, 1, 0]]
    low = rolls[0, 28 - 26]
    assert low[:12].tolist() == pytest.approx([0.5, *[1.0] * 9, 0.75, 0.0], abs=1e-4)
    assert float(low.sum()) == pytest.approx(10.25, abs=1e-3)
    assert float(rolls[0, 31 - 26].sum()) == pytest.approx(1 / frame, abs=1e-3)
    assert rolls[0, 31 - 26, 0] == 1 and rolls[0, 31 - 26, -1] == 1  # across the end
    assert not rolls[0, 37:].any()  # a pitch no lead plays
    endless, _ = notes_condition({"pad": ((1.0, 99.0, 60.0),)}, geometry)
    assert float(endless.sum()) == pytest.approx(geometry.frames, abs=1)


def test_a_request_opens_what_it_does_not_say() -> None:
    request = LoopRequest(
        tempo_bpm=120, bars=2, pattern=Pattern({"kick": (1.0, 0, 0, 0) * 4}), curves={"density": (0.3,)}
    )
    conditions = request_conditions(request, GEOMETRY)
    assert conditions.pattern_given[0].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert conditions.curves_given[0].tolist() == [0, 0, 1, 0]
    assert not conditions.tags.any()
    assert not conditions.clap_given.any()
    assert conditions.beat_given.all()
    assert int((conditions.beat[0, 0].diff() < 0).sum()) == GEOMETRY.beats - 1


def test_the_negative_side_names_what_to_leave() -> None:
    request = LoopRequest(tempo_bpm=120, bars=2, tags=("acid",), negative_tags=("pad",))
    away, towards = negative_conditions(request, GEOMETRY), request_conditions(request, GEOMETRY)
    assert away.tags[0, TAGS.index("pad")] == 1
    assert towards.tags[0, TAGS.index("pad")] == -1
    assert away.tags[0, TAGS.index("acid")] == 0


def test_composed_pitches_are_on_both_sides_and_stay_when_groups_are_weighed() -> None:
    request = LoopRequest(tempo_bpm=120, bars=2, guidance_scale=2.0, guidance={"tags": 2.0, "pattern": 1.0})
    written = Composition({"bass": ((0.0, 1.0),)}, {"bass": ((0.0, 1.0, 40.0),)}, 0.0, ("acid",), "Am")
    towards = request_conditions(request, GEOMETRY, composition=written)
    away = negative_conditions(request, GEOMETRY, composition=written)
    low = NOTE_RANGES["bass"][0]
    for side in (towards, away):
        assert side.notes_given[0].tolist() == [1, 0, 0]
        assert side.notes[0, 40 - low].max() == 1 and side.notes[0].sum(1).count_nonzero() == 1
    assert not away.pattern_given.any()
    (emphasis,) = Guidance.of(request, towards).emphases
    assert emphasis.more == 1.0 and not emphasis.without.tags.any()
    assert emphasis.without.notes_given[0].tolist() == [1, 0, 0]


def test_conditions_know_their_bars_and_their_frame_rate() -> None:
    """Two bars at 120 BPM are 160 frames, 40 a second: a tenth of an octave below the usual 43.07."""
    conditions = request_conditions(LoopRequest(tempo_bpm=120, bars=2), GEOMETRY)
    for side in (conditions, negative_conditions(LoopRequest(tempo_bpm=120, bars=2), GEOMETRY)):
        assert (side.frames, float(side.bars)) == (160, 2)
        assert float(side.rate) == pytest.approx(np.log2(40 / 43.066), abs=1e-4)
    # 172 frames of 1024 samples are no whole sixteenths.
    fixed = LoopGeometry(120, 2, hop_length=1024)
    other = request_conditions(LoopRequest(tempo_bpm=120, bars=2), fixed)
    assert (other.frames, float(other.bars)) == (172, 0)
    assert float(other.rate) == pytest.approx(np.log2(172 / 4 / 43.066), abs=1e-4)


def full(batch: int) -> Conditions:
    onsets = dict.fromkeys(PARTS, ((0.0, 1.0),))
    notes = dict.fromkeys(NOTE_RANGES, ((0.0, 1.0, 50.0),))
    annotation = Annotation(1, 120.0, 2, "acid", "Am", ("acid", "kick"), onsets, notes=notes)
    one = annotation_conditions(annotation, GEOMETRY, torch.full((4, GEOMETRY.frames), 0.5))
    one = replace(one, clap_given=torch.ones(1, 1), voices_given=torch.ones(1, len(PARTS)))
    return Conditions.stack([one] * batch)


def test_without_a_group_only_that_is_open() -> None:
    conditions = full(1)
    for group, names in GROUPS.items():
        opened = conditions.without(group)
        for other, fields in GROUPS.items():
            for name in fields:
                assert bool(getattr(opened, name).any()) == (other != group), (group, name)
        assert names


def test_dropout_rates() -> None:
    conditions = full(4000)
    dropped = ConditionDropout(group=0.2, everything=0.1, beat=0.05)(conditions, torch.Generator().manual_seed(0))
    kept = 1 - 0.9 * 0.8
    assert float((dropped.clap_given == 0).float().mean()) == pytest.approx(kept, abs=0.03)
    assert float((dropped.beat_given == 0).float().mean()) == pytest.approx(0.05, abs=0.01)
    nothing = (dropped.pattern_given.sum(1) == 0) & (dropped.clap_given[:, 0] == 0) & (dropped.tags.abs().sum(1) == 0)
    assert 0.1 <= float(nothing.float().mean()) < 0.2
    # Voices go for loops on their own rate, and stay where nothing else does.
    voiceless = dropped.voices_given.sum(1) == 0
    assert 0.3 < float(voiceless.float().mean()) < 0.45
    assert float(voiceless[nothing].float().mean()) == pytest.approx(float(voiceless.float().mean()), abs=0.06)
    some = dropped.voices_given[~voiceless].mean(1)
    assert 0.3 < float((some == 1).float().mean()) < 0.8 and float(some.min()) == 1 / len(PARTS)
    pitchless = (dropped.pattern_given.sum(1) > 0) & (dropped.notes_given.sum(1) == 0)
    assert 0.15 < float(pitchless.float().mean()) < 0.5
    pitched = [PARTS.index(part) for part in NOTE_RANGES]
    assert not (dropped.notes_given * (1 - dropped.pattern_given[:, pitched])).any()
    present = (dropped.tags > 0).sum().item() / (conditions.tags > 0).sum().item()
    absent = (dropped.tags < 0).sum().item() / (conditions.tags < 0).sum().item()
    assert absent < 0.6 * present


def test_dropout_is_seeded() -> None:
    conditions = full(8)
    once, again = (ConditionDropout()(conditions, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(once.tags, again.tags)
    assert torch.equal(once.pattern_given, again.pattern_given)
