"""Density: which hits go first, where new ones come, and that pitches and drawn rows follow."""

import pytest

from engine.conditioning.composition import compose
from engine.conditioning.density import with_density
from engine.requests import LoopRequest, Pattern

EIGHTHS = tuple((step / 2, 0.8) for step in range(8))


def test_the_softest_and_least_accented_go_first() -> None:
    assert with_density("closed_hat", EIGHTHS, -1.0, 1, 0.0) == tuple((beat, 0.8) for beat in (0, 0.5, 1, 2, 3))
    soft_first = ((0.0, 0.3), *EIGHTHS[1:])
    assert (0.0, 0.3) not in with_density("closed_hat", soft_first, -0.5, 1, 0.0)
    assert with_density("closed_hat", EIGHTHS, -2.0, 1, 0.0) == ((0.0, 0.8), (1.0, 0.8))
    assert with_density("pad", ((0.0, 1.0),), -2.0, 1, 0.0) == ((0.0, 1.0),)
    assert with_density("kick", EIGHTHS, -2.0, 1, 0.0) == EIGHTHS == with_density("kick", EIGHTHS, 2.0, 1, 0.0)


def test_new_hits_come_softly_on_free_steps_and_swing() -> None:
    fuller = with_density("closed_hat", EIGHTHS, 0.5, 1, 0.2)
    new = set(fuller) - set(EIGHTHS)
    assert len(new) == 2 and list(fuller) == sorted(fuller)
    assert sorted(beat for beat, _ in new) == pytest.approx([1.2 / 4, 3.2 / 4])
    assert all(velocity == pytest.approx(0.56) for _, velocity in new)
    offbeats = tuple((beat + 0.5, 1.0) for beat in range(4))
    assert {0.0, 1.0} < {beat for beat, _ in with_density("bass", offbeats, 1.0, 1, 0.0)}  # on the beat first
    assert len(with_density("closed_hat", EIGHTHS, 2.0, 1, 0.0)) == 16  # a step holds one hit
    assert with_density("lead", (), 2.0, 1, 0.0) == ()


def test_the_slider_thins_and_fills_what_is_composed() -> None:
    counts = []
    for amount in (-2.0, -1.0, 0.0, 1.0, 2.0):
        hits = 0
        for seed in range(6):
            found = compose(LoopRequest(bars=2, seed=seed, tags=("techno",), steer={"dense": amount}))
            assert found is not None
            hits += sum(map(len, found.onsets.values()))
            for part in ("bass", "lead"):
                starts = {round(start, 6) for start, _, _ in found.notes.get(part, ())}
                assert starts == {round(beat, 6) for beat, _ in found.onsets[part]}
        counts.append(hits)
    assert counts == sorted(counts) and counts[0] < 0.7 * counts[2] and counts[4] > 1.3 * counts[2]


def test_drawn_rows_keep_their_hits() -> None:
    row = (1.0, 0.5) * 8
    request = LoopRequest(bars=1, pattern=Pattern({"closed_hat": row}), steer={"dense": -2.0})
    found = compose(request)
    assert found is not None and "closed_hat" not in found.onsets
    assert len(request.pattern.onsets("closed_hat", 1)) == 16
