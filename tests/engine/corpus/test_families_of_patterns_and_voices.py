"""Every family of patterns and of voices by its module: what it lists is registered, written right, and playable."""

from importlib import import_module

import numpy as np
import pytest

from engine.corpus.patterns import MAKERS
from engine.corpus.patterns.grid import VELOCITIES, Canvas
from engine.corpus.patterns.melodies import PENTATONIC, acid_line, phrase, with_degrees
from engine.corpus.score import Note, Sound
from engine.corpus.voices.chords import CHORDS, voicing
from engine.corpus.voices.registry import STYLE_LEANS, VOICES, voice_of, voices_of
from engine.corpus.voices.rendering import render_part
from engine.corpus.voices.voice import AXES, SAMPLE_RATE
from engine.errors import InvalidRequest
from engine.vocabulary import PARTS, STYLES

PATTERNS = {
    "engine.corpus.patterns.kicks": {"KICKS": "kick"},
    "engine.corpus.patterns.snares": {"SNARES": "snare"},
    "engine.corpus.patterns.cymbals": {"CLOSED_HATS": "closed_hat", "OPEN_HATS": "open_hat"},
    "engine.corpus.patterns.percussion": {"PERCUSSION": "percussion"},
    "engine.corpus.patterns.basses": {"BASSES": "bass"},
    "engine.corpus.patterns.leads": {"LEADS": "lead"},
    "engine.corpus.patterns.pads": {"PADS": "pad"},
}
FAMILIES = {
    "engine.corpus.voices.kicks": {"kick"},
    "engine.corpus.voices.snares": {"snare"},
    "engine.corpus.voices.hats": {"closed_hat", "open_hat"},
    "engine.corpus.voices.percussion": {"percussion"},
    "engine.corpus.voices.electronics": {"percussion"},
    "engine.corpus.voices.basses": {"bass"},
    "engine.corpus.voices.leads": {"lead"},
    "engine.corpus.voices.stabs": {"lead"},
    "engine.corpus.voices.pads": {"pad"},
}


def canvas(seed: int, bars: int = 4) -> Canvas:
    return Canvas(np.random.default_rng(seed), bars, 0.6, frozenset(range(0, 16 * bars, 4)), frozenset({2, 6}))


@pytest.mark.parametrize("name", PATTERNS)
def test_rows_that_are_written_are_of_whole_beats_and_known_marks(name: str) -> None:
    module, known = import_module(name), {*VELOCITIES, "."}
    for listed, part in PATTERNS[name].items():
        assert getattr(module, listed) is MAKERS[part] and len(MAKERS[part]) >= 5
    written = [row for value in vars(module).values() if isinstance(value, tuple) for row in value]
    for row in (row for row in written if isinstance(row, str)):
        assert set(row) <= known and len(row) % 4 == 0 and set(row) != {"."}, row


@pytest.mark.parametrize("part", PARTS)
def test_makers_of_a_part_differ_and_follow_their_seed(part: str) -> None:
    made = {name: maker(canvas(3)) for name, maker in MAKERS[part].items()}
    for name, maker in MAKERS[part].items():
        assert maker(canvas(3)) == made[name]
        assert len({tuple(maker(canvas(seed))) for seed in range(8)}) > 1 or len(made[name]) > 0
    assert len({tuple(hits) for hits in made.values()}) > 0.7 * len(made)


def test_four_on_the_floor_is_on_the_floor() -> None:
    hits = [MAKERS["kick"]["four"](canvas(seed)) for seed in range(40)]
    plain = [[hit.step for hit in each] == list(range(0, 64, 4)) for each in hits]
    assert 8 <= sum(plain) <= 30  # the rest has something at the ends of its phrases
    for each in hits:
        assert sum(hit.step % 4 == 0 for hit in each) >= 10


def test_lines_begin_on_their_root_and_stay_in_their_degrees() -> None:
    for seed in range(20):
        hits = with_degrees(canvas(seed), "X..x..x.X...x...", PENTATONIC, 8.0)
        assert [hit.degree for hit in hits if hit.step % 16 == 0] == [0] * 4
        assert {hit.degree for hit in hits} <= set(PENTATONIC)
        assert {hit.step % 16: hit.steps for hit in hits} == {0: 3.0, 3: 3.0, 6: 2.0, 8: 4.0, 12: 4.0}
        line = acid_line(canvas(seed), 16)
        assert all(0 <= hit.step < 16 for hit in line) and len({hit.step for hit in line}) == len(line) > 0
        assert not line[0].slide
        assert len(phrase(canvas(seed), line, 16)) == 4 * len(line)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_lists_its_voices_under_their_own_names(name: str) -> None:
    module = import_module(name)
    assert module.VOICES and {voice.part for voice in module.VOICES} == FAMILIES[name]
    for voice in module.VOICES:
        assert VOICES[voice.name] is voice and voice in voices_of(voice.part)
        assert set(voice.styles) <= set(STYLES)
        for setting in voice.ranges.values():
            assert setting.low <= setting.high and (not setting.log or setting.low > 0)
            assert setting.axis.lstrip("-") in ("", *AXES)


def test_all_voices_come_from_the_families_and_every_style_leans() -> None:
    listed = [voice.name for name in FAMILIES for voice in import_module(name).VOICES]
    assert sorted(listed) == sorted(VOICES) and len(set(listed)) == len(listed)
    assert set(STYLE_LEANS) == set(STYLES)
    assert all(-1 <= lean <= 1 for leans in STYLE_LEANS.values() for lean in leans.values())
    with pytest.raises(InvalidRequest, match="theremin"):
        voice_of(Sound("theremin"))


@pytest.mark.parametrize("name", VOICES)
def test_a_part_is_a_loop_of_exact_length_that_is_silent_when_nothing_is_played(name: str) -> None:
    sound = Sound(name, {key: setting.at(0.4) for key, setting in VOICES[name].ranges.items()})
    samples = SAMPLE_RATE // 2 + 7

    def render(*notes: Note, seed: int = 4) -> np.ndarray:
        return render_part(sound, notes, 120.0, samples, np.random.default_rng(seed))

    note = Note(0.0, 0.25, 0.8, 48.0)
    made = render(note)
    assert made.shape == (samples,) and made.dtype == np.float32 and np.isfinite(made).all()
    assert 0.05 < np.abs(made).max() < 2.0
    np.testing.assert_array_equal(made, render(note))
    assert not render().any()


def test_chords_stack_upwards_from_their_root() -> None:
    for number, chord in enumerate(CHORDS):
        assert voicing({"chord": float(number)}) == tuple(chord) == tuple(sorted(chord)) and chord[0] == 0
