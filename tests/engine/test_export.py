"""Files of sounds: formats, names that are valid everywhere, and what each format says about its sound."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from engine.audio.io import read_audio
from engine.errors import ExportError, InvalidRequest
from engine.export import FORMATS, check_bits, export_name, file_name, find_format, write_sound
from engine.recipe import Origin, Recipe
from engine.requests import MAX_SEED, LoopRequest, NoisePad
from engine.tempo import LoopGeometry, TempoRamp
from engine.vocabulary import KEYS

REQUEST = LoopRequest(prompt="warm dub", tempo_bpm=126.5, bars=2, seed=7, key="Am")
LOOP = Recipe(REQUEST, "starter", "abc")
MOTION = Recipe.of_motion([Recipe(REQUEST.with_(noise=NoisePad((1, 2, 3, 4), x / 3, 0.5))) for x in range(4)])
PASSAGE = Recipe.of_passage(REQUEST, TempoRamp(120.0, 126.5, 4), "starter", "abc", Origin("transition", "a", "b"))


def sound(recipe: Recipe, rate: int = 8000) -> np.ndarray:
    time = np.arange(round(recipe.seconds * rate)) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * 220 * time)] * 2).astype(np.float32)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("recipe", [LOOP, MOTION], ids=["loop", "motion"])
def test_every_format_tells_tempo_length_key_and_recipe_of_loops(tmp_path: Path, kind: str, recipe: Recipe) -> None:
    form, audio = FORMATS[kind], sound(recipe)
    path = write_sound(tmp_path / f"a{form.suffix}", audio, 8000, recipe, form)
    file = read_audio(path)
    assert np.abs(file.audio - audio).max() <= {16: 2.0**-15, 24: 2.0**-23, 32: 0.0}[form.bits]
    assert file.metadata.tempo_bpm == 126.5
    assert Recipe.from_json(file.metadata.comment or "") == recipe
    assert file.metadata.tonic == "A"
    if form.suffix != ".flac":
        assert file.metadata.beats == recipe.bars * 4 == {"loop": 8, "motion": 32}[recipe.kind]
        assert file.metadata.loops == ((0, audio.shape[1] - 1),)
    if form.suffix != ".wav":
        assert file.metadata.key == "Am"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_passage_is_told_to_be_no_loop_in_every_format(tmp_path: Path, kind: str) -> None:
    form = FORMATS[kind]
    path = write_sound(tmp_path / f"a{form.suffix}", sound(PASSAGE), 8000, PASSAGE, form)
    metadata = read_audio(path).metadata
    assert (metadata.loops, metadata.tempo_bpm, metadata.beats, metadata.key) == ((), None, None, None)
    assert Recipe.from_json(metadata.comment or "") == PASSAGE


@pytest.mark.parametrize("kind", FORMATS)
def test_equal_sounds_are_equal_files(tmp_path: Path, kind: str) -> None:
    form, audio = FORMATS[kind], sound(LOOP)
    first, second = (write_sound(tmp_path / name, audio, 8000, LOOP, form).read_bytes() for name in "ab")
    assert first == second


def test_a_recipe_with_a_reference_is_whole_in_every_format(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(0, 0.04, 512)
    long = Recipe(REQUEST.with_(reference=tuple(float(v) for v in values)), "starter", "abc")
    assert len(long.to_json()) > 10_000
    for form in FORMATS.values():
        path = write_sound(tmp_path / f"a{form.suffix}", sound(long), 8000, long, form)
        assert Recipe.from_json(read_audio(path).metadata.comment or "") == long


@pytest.mark.parametrize(
    ("suffix", "bits", "found"),
    [(".wav", 24, "wav24"), (".WAV", 32, "wav32f"), (".flac", 16, "flac16"), (".aif", 24, "aiff24")],
)
def test_a_suffix_and_a_depth_make_a_format(suffix: str, bits: int, found: str) -> None:
    assert find_format(suffix, bits) is FORMATS[found]


@pytest.mark.parametrize(
    ("suffix", "bits", "words"),
    [(".flac", 32, "FLAC holds 16 or 24 bits"), (".aiff", 32, "AIFF holds 16 or 24"), (".mp3", 16, "possible: .wav")],
)
def test_what_no_format_can_do_is_said(suffix: str, bits: int, words: str) -> None:
    with pytest.raises(ExportError, match=words):
        find_format(suffix, bits)


def test_a_depth_that_no_format_has_is_said() -> None:
    with pytest.raises(InvalidRequest, match="16, 24 or 32"):
        check_bits(20)


def test_a_file_is_named_after_its_sound_or_the_prompt_of_one_without_a_name() -> None:
    wav = FORMATS["wav24"]
    assert file_name(LOOP, "", wav) == "warm-dub_126.5bpm_Am_2bars_seed7.wav"
    assert file_name(LOOP, "Opener", wav) == "opener_126.5bpm_Am_2bars_seed7.wav"
    assert file_name(MOTION, "warm dub motion", wav) == "warm-dub-motion_126.5bpm_Am_8bars_seed7.wav"
    assert file_name(PASSAGE, "a to b", FORMATS["aiff16"]) == "a-to-b_126.5bpm_Am_4bars_seed7.aiff"
    assert file_name(Recipe(REQUEST.with_(prompt="")), "Opener", wav).startswith("opener_126.5bpm")


def test_a_loop_of_ours_is_exactly_as_long_as_its_recipe() -> None:
    for rate in (44_100, 48_000, 8_000):
        assert LOOP.fits(LoopGeometry(126.5, 2, rate).samples, rate)


_NASTY = ["../../etc/passwd", "C:\\x", "CON", "nul.txt", "a/b", "x" * 300, "\0", "\u202eevil", "...", "🎛"]
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}


@settings(max_examples=300, deadline=None)
@given(
    prompt=st.one_of(
        st.text(max_size=400),
        st.sampled_from(_NASTY),
    ),
    tempo=st.floats(40, 240),
    key=st.one_of(st.none(), st.sampled_from(KEYS)),
    bars=st.integers(1, 16),
    seed=st.integers(0, MAX_SEED),
)
def test_names_are_valid_everywhere_and_stay_in_the_folder(
    prompt: str, tempo: float, key: str | None, bars: int, seed: int
) -> None:
    name = export_name(prompt, tempo, key, bars, seed)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
    assert len(name) <= 120 and not name.startswith(".") and not name.endswith((".", " ")) and ".." not in name
    assert name.split(".")[0].upper() not in _RESERVED
    folder = Path("/some/folder")
    assert Path(os.path.normpath(folder / name)).parent == folder
    assert f"_{bars}bars_seed{seed}.wav" in name and f"{round(tempo, 2):g}bpm" in name


def test_the_name_of_the_design() -> None:
    assert export_name("Prompt, words!", 126, "Am", 4, 7) == "prompt-words_126bpm_Am_4bars_seed7.wav"
    accents = export_name("Größe à la café", 126.5, None, 1, 0, extension=".flac")
    assert accents == "groe-a-la-cafe_126.5bpm_1bars_seed0.flac"
    assert export_name("", 90, "Bbm", 2, 1) == "loop_90bpm_Bbm_2bars_seed1.wav"
    long = export_name("one two three four five six seven eight nine ten eleven", 90, None, 2, 1)
    assert long == "one-two-three-four-five-six-seven-eight-nine-ten_90bpm_2bars_seed1.wav"
