"""Rests: what is soft in them fades faster, hits and what rings on are left alone, and nothing else is touched."""

import numpy as np
import pytest

from engine.audio.expansion import CLOSING_SECONDS, LEAST_SECONDS, MOST_DB, RATIO, THRESHOLD_DB, expanded

RATE, LENGTH = 44_100, 88_200
HIT, REST = (10_000, 14_000), (30_000, LENGTH + 10_000)


def loop(hiss_db: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    audio = 10 ** (hiss_db / 20) * rng.standard_normal((2, LENGTH))
    audio[:, slice(*HIT)] = rng.standard_normal((2, HIT[1] - HIT[0]))
    return audio.astype(np.float32)


def level(audio: np.ndarray, first: int, end: int) -> float:
    return float(10 * np.log10(np.square(np.take(audio, range(first, end), axis=1, mode="wrap")).mean()))


@pytest.mark.parametrize("hiss_db", [-24.0, -30.0, -60.0])
def test_what_is_soft_in_a_rest_is_softer_by_the_ratio_round_the_end_too(hiss_db: float) -> None:
    before = loop(hiss_db)
    after = expanded(before, RATE, [REST])
    inside = REST[0] + round(CLOSING_SECONDS * RATE), REST[1] - 100
    wanted = max((RATIO - 1) * (hiss_db - THRESHOLD_DB), -MOST_DB)
    assert level(after, *inside) - level(before, *inside) == pytest.approx(wanted, abs=1.5)
    np.testing.assert_array_equal(after[:, HIT[0] : REST[0]], before[:, HIT[0] : REST[0]])
    assert after.dtype == np.float32 and after.shape == before.shape


def test_what_rings_on_is_left_alone_and_a_fade_begins_softly() -> None:
    loud = loop(THRESHOLD_DB + 4)
    np.testing.assert_allclose(expanded(loud, RATE, [REST]), loud, atol=1e-6)
    soft = loop(-40.0)
    early = level(expanded(soft, RATE, [REST]), REST[0], REST[0] + 220) - level(soft, REST[0], REST[0] + 220)
    assert -3 < early <= 0


def test_a_hit_that_ends_a_rest_begins_as_it_did() -> None:
    before = loop(-40.0)
    after = expanded(before, RATE, [REST])
    np.testing.assert_array_equal(after[:, HIT[0] : HIT[0] + 500], before[:, HIT[0] : HIT[0] + 500])
    assert level(after, HIT[0] - 441, HIT[0] - 40) < level(before, HIT[0] - 441, HIT[0] - 40) - 50


def test_short_rests_and_none_change_nothing_and_silence_stays_silent() -> None:
    before = loop(-40.0)
    short = (30_000, 30_000 + round(LEAST_SECONDS * RATE) - 1)
    for none in ([], [short]):
        np.testing.assert_array_equal(expanded(before, RATE, none), before)
    silent = np.zeros((2, LENGTH), np.float32)
    np.testing.assert_array_equal(expanded(silent, RATE, [REST]), silent)
