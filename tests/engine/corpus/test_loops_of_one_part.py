"""Parts that are stored by themselves: one of their loop's, all others silent, built once and found again."""

from pathlib import Path

import numpy as np
import pytest

from engine.corpus.build import BuildOptions, alone_name, build_corpus, fitted_plan, loop_name, part_alone
from engine.corpus.render import dry_stems, render_plan, sampled_stems
from engine.corpus.store import read_manifest, stored_loops
from engine.errors import CorpusError
from engine.vocabulary import PARTS


def test_a_part_alone_is_that_of_its_loop_and_nothing_else_plays() -> None:
    drawn = {}
    for seed in range(12):
        part, plan = part_alone(seed)
        whole = fitted_plan(seed)
        assert part in whole.parts and plan.parts == (part,)
        assert plan.notes[part] == whole.notes[part] and plan.sounds[part] == whole.sounds[part]
        assert plan.tags == (whole.style, part)
        assert (plan.key is None) == (part not in ("bass", "lead", "pad") or whole.key is None)
        drawn[seed] = part
    assert len({*drawn.values()}) >= 4
    loop = render_plan(part_alone(0)[1])
    struck = {part: len(onsets) for part, onsets in loop.annotation.onsets.items() if onsets}
    assert [*struck] == [drawn[0]] and [*loop.voices] == [drawn[0]]
    assert {*loop.annotation.onsets} == {*PARTS}  # silence is known, not open
    assert 0.05 < np.abs(loop.audio).max() <= 0.98


def test_a_part_alone_is_dry() -> None:
    """Its own voice at another level, in both channels, with neither space nor limiting: what else it is told to
    be, a denoiser cannot know."""
    for seed in range(4):
        part, plan = part_alone(seed)
        dry = sampled_stems(plan, dry_stems(plan))[part]
        heard = render_plan(plan).audio
        gain = float(heard[0] @ dry / (dry @ dry))
        assert np.array_equal(heard[0], heard[1])
        error = heard[0] - gain * dry
        assert 10 * np.log10(np.mean(error**2) / np.mean(heard[0] ** 2)) < -12  # what the lowest cuts turn in phase


def test_they_are_built_beside_the_loops_and_counted(tmp_path: Path) -> None:
    options = BuildOptions(2, held_out=0, first_seed=40, recording_passes=0, keep_audio=False, alone=1)
    told: list[tuple[int, int]] = []
    assert build_corpus(tmp_path, options, lambda done, total: told.append((done, total))) == 3
    assert told[-1] == (3, 3)
    names = [loop.name for loop in stored_loops(tmp_path)]
    assert sorted(names) == sorted([loop_name(40), loop_name(41), alone_name(40)])
    assert read_manifest(tmp_path)["loops_of_one_part"] == 1
    again: list[int] = []
    build_corpus(tmp_path, options, lambda done, total: again.append(done))
    assert again == [3]
    with pytest.raises(CorpusError, match="at least one loop"):
        build_corpus(tmp_path, BuildOptions(2, alone=-1), lambda done, total: None)
