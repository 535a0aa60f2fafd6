"""Mixes: no NaN, no clipping, the stems add up, ducking follows the kick, styles differ."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from engine.corpus.mixing import CEILING, MasterMix, MixSettings, PartMix, SpaceMix, characters_of, draw_mix, mix
from engine.vocabulary import CHARACTERS, PARTS, STYLES

TEMPO = 150.0
SAMPLES = round(4 * 60 / TEMPO * 44100)
KICKS = tuple((float(beat), 1.0) for beat in range(4))


def stem(part: str, samples: int = SAMPLES) -> np.ndarray:
    """A decaying burst of noise twice a beat, another for each part."""
    rng = np.random.default_rng(PARTS.index(part))
    place = (np.arange(samples) * 8 / SAMPLES) % 1
    return (rng.standard_normal(samples) * np.exp(-place * (2 + PARTS.index(part))) * 0.2).astype(np.float32)


STEMS = {part: stem(part) for part in PARTS}
PLAIN = MixSettings(parts={"pad": PartMix(0.0, high_pass_hz=5, low_pass_hz=20000)}, master=MasterMix())


@given(st.sampled_from(STYLES), st.integers(0, 2**32), st.sets(st.sampled_from(PARTS), min_size=1), st.booleans())
@settings(max_examples=15, deadline=None)
def test_any_drawn_mix_is_finite_stereo_and_below_the_ceiling(style, seed, parts, silent):
    chosen = [part for part in PARTS if part in parts]
    stems = {part: STEMS[part] * np.float32(0 if silent else 1) for part in chosen}
    drawn = draw_mix(style, chosen, np.random.default_rng(seed))
    audio, mixed = mix(stems, drawn, TEMPO, KICKS)
    assert audio.shape == (2, SAMPLES)
    assert audio.dtype == np.float32
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() <= CEILING
    assert list(mixed) == chosen
    if silent:
        assert np.abs(audio).max() == 0
    else:
        level = 20 * np.log10(np.sqrt(np.mean(audio**2)))
        assert -30 < level < drawn.master.loudness_db + 1


@pytest.mark.parametrize("style", STYLES)
def test_a_drawn_mix_is_circular(style):
    """Two repetitions in, two repetitions out: the mix of the tiled stems is the tiled mix."""
    drawn = draw_mix(style, PARTS, np.random.default_rng(4))
    still = {part: replace(settings, movement="none", crush_bits=0.0) for part, settings in drawn.parts.items()}
    master = replace(drawn.master, noise=0.0, wobble_seconds=0.0, crush_bits=0.0)
    drawn = replace(drawn, parts=still, master=master)
    once, _ = mix(STEMS, drawn, TEMPO, KICKS)
    tiled = {part: np.tile(audio, 2) for part, audio in STEMS.items()}
    twice, _ = mix(tiled, drawn, TEMPO, KICKS + tuple((beat + 4, v) for beat, v in KICKS))
    # Levels are measured in blocks that fall differently in the longer loop: compare up to one gain.
    gain = float(np.sum(twice[:, :SAMPLES] * once) / np.sum(once**2))
    assert np.abs(twice[:, :SAMPLES] - twice[:, SAMPLES:]).max() < 1e-3
    assert np.abs(twice[:, :SAMPLES] - gain * once).max() < 0.02


def test_stems_sum_to_the_mix_before_the_master():
    drawn = draw_mix("techno", PARTS, np.random.default_rng(1))
    plain = MasterMix(high_pass_hz=5.0, low_pass_hz=20000.0, loudness_db=-30.0)
    audio, stems = mix(STEMS, replace(drawn, master=plain), TEMPO, KICKS)
    total = np.sum(list(stems.values()), axis=0)
    assert 10 * np.log10(np.mean((total - audio) ** 2) / np.mean(audio**2)) < -30  # the high-pass takes the rest


def test_the_mix_is_the_same_without_stems():
    drawn = draw_mix("dub_techno", PARTS, np.random.default_rng(2))
    with_stems, _ = mix(STEMS, drawn, TEMPO, KICKS)
    without, none = mix(STEMS, drawn, TEMPO, KICKS, with_stems=False)
    assert none == {}
    assert np.abs(with_stems - without).max() < 1e-3


def test_ducking_follows_the_kick():
    steady = {"pad": np.random.default_rng(0).standard_normal(SAMPLES).astype(np.float32) * 0.1}
    ducked = replace(PLAIN, parts={"pad": replace(PLAIN.parts["pad"], duck_depth=0.8)}, duck_recovery_beats=0.6)
    audio, _ = mix(steady, ducked, TEMPO, KICKS)
    beat = SAMPLES // 4
    power = np.mean(audio[:, : 4 * beat] ** 2, axis=0).reshape(4, beat).mean(axis=0)
    at_kick, before_kick = power[:300].mean(), power[-2000:-400].mean()
    assert 10 * np.log10(at_kick / before_kick) == pytest.approx(20 * np.log10(0.2), abs=2)
    undisturbed, _ = mix(steady, ducked, TEMPO, ())
    power = np.mean(undisturbed[:, : 4 * beat] ** 2, axis=0).reshape(4, beat).mean(axis=0)
    assert 10 * np.log10(power[:300].mean() / power[-2000:-400].mean()) == pytest.approx(0, abs=1)


def test_loudness_is_the_drawn_one():
    audio, _ = mix({"pad": STEMS["pad"]}, replace(PLAIN, master=MasterMix(loudness_db=-30.0)), TEMPO, ())
    assert 20 * np.log10(np.sqrt(np.mean(audio**2))) == pytest.approx(-30, abs=0.01)


def test_bass_and_kick_stand_in_the_centre():
    for seed in range(20):
        drawn = draw_mix("house", PARTS, np.random.default_rng(seed))
        for part in ("kick", "bass"):
            assert drawn.parts[part].pan == 0
            assert drawn.parts[part].side_delay_seconds == 0


def test_styles_and_characters_lean_the_mix():
    def mean(style, number, characters=()):
        drawn = [draw_mix(style, PARTS, np.random.default_rng(seed), characters) for seed in range(60)]
        return np.mean([number(d) for d in drawn])

    def wet(drawn):
        return np.mean([part.reverb_send for part in drawn.parts.values()])

    def dirt(drawn):
        return np.mean([part.drive_db for part in drawn.parts.values()])

    assert mean("dub_techno", wet) > 2 * mean("minimal", wet)
    assert mean("industrial", dirt) > 2 * mean("minimal", dirt)
    assert mean("downtempo", lambda d: d.master.noise > 0) > 0.3
    assert mean("minimal", wet, ["wet"]) > 1.5 * mean("minimal", wet)
    assert mean("techno", wet, ["dry"]) < 0.5 * mean("techno", wet)


def test_characters_are_words_of_the_vocabulary():
    found = set()
    for seed in range(100):
        found.update(characters_of(draw_mix(STYLES[seed % 12], PARTS, np.random.default_rng(seed))))
    assert found == {"wet", "dry", "distorted", "clean", "lo_fi"}
    assert found <= set(CHARACTERS)


def test_same_settings_same_sound():
    drawn = draw_mix("downtempo", PARTS, np.random.default_rng(7))
    assert drawn == draw_mix("downtempo", PARTS, np.random.default_rng(7))
    assert np.array_equal(mix(STEMS, drawn, TEMPO, KICKS)[0], mix(STEMS, drawn, TEMPO, KICKS)[0])


def test_space_can_be_dry():
    dry = replace(PLAIN, space=SpaceMix(reverb_kind="hall", rt60_seconds=3.0))
    audio, _ = mix({"pad": STEMS["pad"]}, dry, TEMPO, ())
    assert np.abs(audio[0] - audio[1]).max() < 1e-5
