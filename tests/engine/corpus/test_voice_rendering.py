"""Circular rendering: exact wrap-around, slides, chords, chokes, reuse."""

import numpy as np
import pytest

from engine.corpus.score import Note, Sound
from engine.corpus.voices import VOICES, draw_sound, play, render_part
from engine.vocabulary import PARTS

TEMPO, SAMPLES = 120.0, 4 * 22050


def middle(name: str, **changed: float) -> Sound:
    return Sound(name, {key: setting.at(0.5) for key, setting in VOICES[name].ranges.items()} | changed)


def render(sound: Sound, *notes: Note, samples: int = SAMPLES, seed: int = 5, choke=()):
    return render_part(sound, notes, TEMPO, samples, np.random.default_rng(seed), choke)


@pytest.mark.parametrize("part", PARTS)
def test_a_late_note_is_the_early_note_rolled(part):
    sound = draw_sound(part, "techno", np.random.default_rng(11))
    early = render(sound, Note(0.0, 0.5, 0.9, 57.0))
    late = render(sound, Note(3.75, 0.5, 0.9, 57.0))
    np.testing.assert_array_equal(late, np.roll(early, round(3.75 * 22050)))


def test_a_tail_longer_than_the_loop_wraps_several_times():
    sound = middle("saw_pad", release=2.0)
    note = Note(0.3, 6.0, 1.0, 50.0)
    loop = render(sound, note, samples=22050)
    long = render(sound, note, samples=50 * 22050)
    folded = long.reshape(50, 22050).sum(axis=0)
    assert np.count_nonzero(np.abs(long.reshape(50, 22050)).max(axis=1)) >= 7
    np.testing.assert_allclose(loop, folded, atol=1e-5)


@pytest.mark.parametrize("part", PARTS)
def test_the_same_generator_gives_the_same_part(part):
    sound = draw_sound(part, "house", np.random.default_rng(2))
    notes = [Note(i * 0.5, 0.25, 0.4 + 0.07 * i, 50.0 + i % 3) for i in range(8)]
    np.testing.assert_array_equal(render(sound, *notes), render(sound, *notes))
    assert np.any(render(sound, *notes) != render(sound, *notes, seed=6))


def test_no_notes_are_silence():
    assert not render(middle("clap")).any()


def test_repeated_hits_are_not_identical():
    loop = render(middle("snare_909", decay=0.2, snappy_decay=0.2), Note(0.0), Note(1.0), Note(2.0))
    first, second = loop[:15000], loop[22050 : 22050 + 15000]
    assert 0.01 < np.max(np.abs(first - second)) < 1.5
    assert np.max(np.abs(first)) == pytest.approx(np.max(np.abs(second)), rel=1e-3)


def test_level_follows_velocity_exactly():
    sound = middle("tom")
    peaks = [np.max(np.abs(render(sound, Note(0.0, velocity=v)))) for v in (0.9, 0.95, 1.0)]
    np.testing.assert_allclose(peaks, [0.9, 0.95, 1.0], rtol=1e-5)


def zero_crossing_hz(audio: np.ndarray) -> float:
    up = np.flatnonzero((audio[:-1] < 0) & (audio[1:] >= 0))
    return float((len(up) - 1) / (up[-1] - up[0]) * 44100)


def test_a_slide_glides_without_a_new_stroke():
    sound = middle("sub", second=0.0, drive=0.0, sustain=1.0)
    loop = render(sound, Note(0.0, 1.0, 0.8, 45.0), Note(1.0, 1.0, 0.8, 57.0, slide=True))
    assert zero_crossing_hz(loop[4000:20000]) == pytest.approx(110.0, rel=0.01)
    assert zero_crossing_hz(loop[33000:43000]) == pytest.approx(220.0, rel=0.01)
    # The level holds across the join, where a new stroke would leave a gap.
    join = np.abs(loop[21000:24000]).reshape(-1, 500).max(axis=1)
    assert join.min() > 0.3


def test_a_slide_goes_around_the_loop_end():
    sound = middle("sub", second=0.0, drive=0.0, sustain=1.0)
    loop = render(sound, Note(0.0, 1.0, 0.8, 57.0, slide=True), Note(3.0, 1.0, 0.8, 45.0))
    straight = render(sound, Note(0.0, 1.0, 0.8, 45.0), Note(1.0, 1.0, 0.8, 57.0, slide=True))
    np.testing.assert_array_equal(loop, np.roll(straight, 3 * 22050))


def test_notes_at_one_place_are_one_chord():
    sound = middle("organ_stab", chord=8.0, second=0.0, third=0.0, drive=0.0, click=0.0, knock=0.0)
    loop = render(sound, *[Note(0.0, 2.0, 0.9, pitch) for pitch in (57.0, 61.0, 64.0)])
    spectrum = np.abs(np.fft.rfft(loop[:44100]))
    hz = [440 * 2 ** ((p - 69) / 12) for p in (57, 61, 64)]
    heard = sorted(np.argmax(spectrum[round(f) - 4 : round(f) + 5]) + round(f) - 4 for f in hz)
    assert heard == pytest.approx(hz, abs=1.5)
    # A played chord replaces the voicing: no minor third over the root.
    absent = round(440 * 2 ** ((60 - 69) / 12))
    assert spectrum[absent - 2 : absent + 3].max() < 0.1 * spectrum.max()
    assert np.max(np.abs(loop)) == pytest.approx(0.45, rel=1e-3)


def test_a_closed_hat_chokes_the_open_one_around_the_loop():
    sound = middle("open_noise", decay=1.5)
    ringing = render(sound, Note(3.5, velocity=1.0))
    choked = render(sound, Note(3.5, velocity=1.0), choke=[Note(0.25)])
    cut = round(0.25 * 22050)
    np.testing.assert_array_equal(choked[:cut], ringing[:cut])
    assert np.max(np.abs(ringing[cut + 400 : cut + 2000])) > 0.01
    assert not choked[cut + 400 : 70000].any()


def test_a_hit_on_the_choke_itself_still_sounds():
    sound = middle("open_noise")
    loop = render(sound, Note(1.0, velocity=1.0), choke=[Note(1.0)])
    assert np.max(np.abs(loop)) == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize("part", PARTS)
def test_parts_have_headroom_and_no_dc(part):
    rng = np.random.default_rng(8)
    notes = [Note(i * 0.25, 0.25, float(rng.uniform(0.4, 1.0)), 48.0 + 12 * (part != "bass")) for i in range(16)]
    for _ in range(3):
        loop = render(draw_sound(part, "breakbeat", rng), *notes)
        assert np.all(np.isfinite(loop))
        assert np.max(np.abs(loop)) < 3.0
        assert abs(float(loop.mean())) < 0.01


def test_play_is_one_note_with_its_tail():
    sound = middle("saw_pad", release=0.5)
    audio = play(sound, Note(0.0, velocity=0.6, pitch=50.0), 1.0, np.random.default_rng(0))
    assert len(audio) == round(1.5 * 44100)
    assert np.max(np.abs(audio)) == pytest.approx(0.3, rel=1e-4)
