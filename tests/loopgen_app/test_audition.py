"""Which loop is heard: all equally loud, two at hand for A/B, and memory that does not grow."""

import numpy as np
import pytest
from conftest import Desk
from fakes import sine_loop

from engine import LoopRequest, Origin, Recipe
from loopgen_app.audition import KEPT_BYTES, matched


@pytest.mark.parametrize(
    ("lufs", "gain_db"), [(-20.0, 6.0), (-8.0, -6.0), (-40.0, 12.0), (-14.02, 0.0), (None, 0.0), (float("-inf"), 0.0)]
)
def test_loops_are_brought_to_minus_14_lufs_by_at_most_12_db(lufs: float | None, gain_db: float) -> None:
    audio = np.full((2, 100), 0.1, np.float32)
    assert matched(audio, lufs) == pytest.approx(audio * 10 ** (gain_db / 20), rel=1e-6)


def test_no_loop_is_brought_above_full_scale() -> None:
    assert np.abs(matched(np.array([[0.9, -0.3]], np.float32), -30.0)).max() == pytest.approx(1.0)


def test_a_and_b_are_the_last_two_that_were_heard(desk: Desk) -> None:
    audition = desk.studio.audition
    first, second = desk.generate(), desk.generate()
    assert (audition.current, audition.other_id) == (second, first.id)
    for heard, other in ((first, second), (second, first)):
        audition.toggle_ab()
        assert audition.current is not None
        assert (audition.current.id, audition.other_id) == (heard.id, other.id)
    audition.play_id(second.id)
    assert audition.other_id == first.id  # the same once more is no other one


def test_a_loop_that_is_gone_is_said_and_the_one_before_stays(desk: Desk) -> None:
    heard = desk.generate()
    desk.studio.audition.play_id(999)
    assert desk.said() == "This loop is no longer in the bank." and desk.studio.audition.current is heard


def test_a_loop_is_cued_with_its_beats_and_tempo_and_a_transition_with_its_mean(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cued: list[tuple[int, float, str]] = []
    monkeypatch.setattr(
        desk.studio.playback, "cue", lambda loop, swap_at: cued.append((loop.beats, loop.tempo_bpm, swap_at))
    )
    desk.studio.instrument.set("swap_at", "bar")
    desk.generate(tempo_bpm=128.0, bars=2)
    audio = sine_loop(LoopRequest(tempo_bpm=100.0, bars=2))
    passage = Recipe(
        LoopRequest(tempo_bpm=150.0, bars=1), "fake", "0", origin=Origin("transition", bars=3), kind="passage"
    )
    heard = desk.studio.audition.play_unbanked("over", audio, 44_100, passage)
    beats = heard.beats
    assert cued[0] == (8, 128.0, "bar")
    assert cued[1] == (beats, pytest.approx(beats * 60 * 44_100 / audio.shape[1]), "bar")


def test_sound_is_kept_in_memory_up_to_32_megabytes(desk: Desk) -> None:
    audition = desk.studio.audition
    loud = np.zeros((2, 1_000_000), np.float32)
    for number in range(6):
        audition.play_unbanked(f"{number}", loud, 44_100, Recipe(LoopRequest(bars=1), "fake", "0"))
    assert sum(loop.audio.nbytes for loop in audition._kept.values()) <= KEPT_BYTES
    assert audition.current is not None and audition.current.id in audition._kept


def test_a_loop_has_its_new_name_wherever_it_is_at_hand(desk: Desk) -> None:
    heard = desk.generate(prompt="one")
    told: list[str] = []
    desk.studio.audition.changed.connect(lambda loop: told.append(loop.name if loop is not None else ""))
    desk.studio.audition.rename(heard.id, "  Opener ")
    fetched = desk.studio.audition.fetch(heard.id)
    assert told == ["Opener"] and fetched is not None and fetched.name == "Opener"
    desk.studio.audition.rename(heard.id, "   ")
    assert told[-1] == "Opener"
