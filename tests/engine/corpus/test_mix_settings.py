"""Mixes as styles draw them: within what effects take, the same for a seed, leaning where characters say."""

from dataclasses import fields

import numpy as np
import pytest

from engine.corpus.mix_settings import MasterMix, MixSettings, PartMix, SpaceMix, characters_of, draw_mix
from engine.vocabulary import PARTS, STYLES


def draw(style: str, seed: int, *characters: str) -> MixSettings:
    return draw_mix(style, PARTS, np.random.default_rng(seed), characters)


@pytest.mark.parametrize("style", STYLES)
def test_what_is_drawn_can_be_mixed(style: str) -> None:
    for seed in range(20):
        mix = draw(style, seed)
        assert mix == draw(style, seed) and tuple(mix.parts) == PARTS
        for part, strip in mix.parts.items():
            assert 15 < strip.high_pass_hz < strip.low_pass_hz < 30_001
            assert -0.8 <= strip.pan <= 0.8 and 0 <= strip.duck_depth <= 0.95
            assert strip.drive_db >= 0 and (strip.crush_bits == 0 or 5 <= strip.crush_bits <= 11)
            assert strip.reverb_send >= 0 and strip.delay_send >= 0
            if part in ("kick", "bass"):
                assert (strip.pan, strip.side_delay_seconds, strip.crush_bits) == (0, 0, 0)
        assert mix.parts["kick"].duck_depth == 0  # what ducks the others is not ducked
        assert 0 < mix.space.feedback < 0.8 and 0.2 < mix.space.rt60_seconds <= 4.4
        assert -18 <= mix.master.loudness_db <= -12
    assert draw(style, 1) != draw(style, 2)


@pytest.mark.parametrize(("character", "other"), [("wet", "dry"), ("distorted", "clean"), ("lo_fi", None)])
def test_a_character_that_is_asked_for_is_heard_more_often(character: str, other: str | None) -> None:
    def share(heard: str, *asked: str) -> float:
        return float(np.mean([heard in characters_of(draw("techno", seed, *asked)) for seed in range(60)]))

    assert share(character, character) > share(character) + 0.15
    if other is not None:
        assert share(character, other) <= share(character) and share(other, other) > share(other, character)


def test_characters_are_read_off_the_settings() -> None:
    def mix(part: PartMix, **master: float) -> MixSettings:
        return MixSettings({"lead": part}, SpaceMix(), MasterMix(**master))

    assert characters_of(mix(PartMix(0.0, reverb_send=0.2))) == ("clean",)
    assert characters_of(mix(PartMix(0.0, reverb_send=0.2, delay_send=0.3, drive_db=5.0), drive_db=5.0)) == ("wet",)
    assert characters_of(mix(PartMix(0.0, drive_db=20.0), drive_db=5.0, noise=0.003)) == ("dry", "distorted", "lo_fi")
    assert "lo_fi" in characters_of(mix(PartMix(0.0), low_pass_hz=8000.0))


def test_a_strip_that_is_not_drawn_changes_nothing() -> None:
    plain = {field.name: getattr(PartMix(0.0), field.name) for field in fields(PartMix)}
    assert all(plain[name] == 0 for name in ("pan", "tilt_db", "bell_db", "drive_db", "crush_bits", "transient"))
    assert (MasterMix().ratio, MasterMix().width, MasterMix().drive_db) == (1.0, 1.0, 0.0)
