"""Every voice: audible, bounded, in tune, alive; every style draws from all of them."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from engine.corpus.score import Note, Sound
from engine.corpus.voices import SAMPLE_RATE, VOICES, draw_sound, play, voices_of
from engine.errors import InvalidRequest
from engine.vocabulary import PARTS, STYLES

DRUMS = PARTS[:5]
HOLD = {"bass": 0.3, "lead": 0.3, "pad": 1.2}
PITCH = {"bass": 38.0, "lead": 62.0, "pad": 55.0}


def middle(name: str, **changed: float) -> Sound:
    return Sound(name, {key: setting.at(0.5) for key, setting in VOICES[name].ranges.items()} | changed)


def strike(sound: Sound, velocity: float = 0.8, seed: int = 0, pitch: float | None = None, hold: float | None = None):
    part = VOICES[sound.voice].part
    note = Note(0.0, velocity=velocity, pitch=PITCH.get(part, 60.0) if pitch is None else pitch)
    return play(sound, note, hold or HOLD.get(part, 0.1), np.random.default_rng(seed))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("style", STYLES)
def test_every_style_draws_sounding_voices(part, style):
    rng = np.random.default_rng(STYLES.index(style))
    for _ in range(2):
        sound = draw_sound(part, style, rng)
        assert VOICES[sound.voice].part == part
        audio = strike(sound)
        assert audio.dtype == np.float32
        assert np.max(np.abs(audio)) == pytest.approx(0.8 if part in DRUMS else 0.4, abs=1e-4)
        assert np.sqrt(np.mean(audio**2)) > 0.004


def test_every_voice_is_drawn_in_every_style_and_favourites_most():
    rng = np.random.default_rng(0)
    drawn = [draw_sound("kick", "industrial", rng).voice for _ in range(600)]
    assert set(drawn) == {voice.name for voice in voices_of("kick")}
    assert max(set(drawn), key=drawn.count) == "kick_hard"


def test_dark_styles_draw_darker_settings():
    def mean_cutoff(style: str) -> float:
        rng = np.random.default_rng(0)
        sounds = [draw_sound("pad", style, rng) for _ in range(300)]
        return float(np.mean([np.log2(s.settings["cutoff"]) for s in sounds if s.voice == "saw_pad"]))

    assert mean_cutoff("dub_techno") < mean_cutoff("electro") - 0.7


@pytest.mark.parametrize("name", VOICES)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_extreme_settings_stay_finite_bounded_and_audible(name, data):
    corner = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0)
    sound = Sound(name, {key: setting.at(data.draw(corner)) for key, setting in VOICES[name].ranges.items()})
    velocity = data.draw(st.floats(0.05, 1.0))
    shift = data.draw(st.integers(-12, 24))
    pitch = PITCH.get(VOICES[name].part, 60.0 - shift) + shift
    audio = strike(sound, velocity, pitch=pitch, hold=0.25)
    peak = velocity if VOICES[name].part in DRUMS else velocity / 2
    assert np.all(np.isfinite(audio))
    assert np.max(np.abs(audio)) == pytest.approx(peak, rel=1e-3)
    # A fifth of a second never ends in a click, and a constant offset never survives.
    assert np.max(np.abs(audio[-8:])) < 0.01 * peak
    assert abs(float(audio.mean())) < 0.02 * peak


@pytest.mark.parametrize("name", VOICES)
def test_hits_repeat_exactly_and_vary_like_a_player(name):
    first, again, other = strike(middle(name)), strike(middle(name)), strike(middle(name), seed=1)
    np.testing.assert_array_equal(first, again)
    assert np.max(np.abs(first - other[: len(first)])) > 1e-3


def brightness(audio: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(audio)) ** 2
    return float((power * np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE)).sum() / power.sum())


@pytest.mark.parametrize(
    "name",
    ["kick_909", "kick_hard", "snare_808", "snare_909", "snare_acoustic", "closed_808", "open_noise", "conga", "blip",
     "acid_bass", "fm_bass", "pluck_bass", "pluck", "arp", "dub_stab", "house_piano", "electric_piano", "saw_pad"],
)  # fmt: skip
def test_velocity_opens_the_timbre(name):
    assert brightness(strike(middle(name), 1.0)) > 1.03 * brightness(strike(middle(name), 0.3))


def cents_off(audio: np.ndarray, pitch: float) -> float:
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    size = 1 << 19
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), size))
    cents = 1200 * np.log2(np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), 1.0) / hz)
    near = np.abs(cents) < 60
    return float(cents[near][np.argmax(spectrum[near])])


@pytest.mark.parametrize(
    ("name", "changed"),
    [("sub", {}), ("acid_bass", {}), ("fm_bass", {}), ("pluck_bass", {}), ("organ_bass", {}), ("dirty_bass", {}),
     ("acid_line", {}), ("string", {}), ("bleep", {"vibrato": 0.0}), ("fm_bell", {"clang": 0.0}), ("arp", {}),
     ("marimba", {}), ("organ_stab", {"chord": 0.0}), ("electric_piano", {"chord": 0.0}), ("glass", {"chord": 0.0}),
     ("sampled_stab", {"chord": 0.0, "wow": 0.0, "detune": 0.0})],
)  # fmt: skip
def test_pitched_voices_are_in_tune(name, changed):
    for pitch in (40.0, 52.0, 64.0):
        assert abs(cents_off(strike(middle(name, **changed), pitch=pitch, hold=1.0), pitch)) < 5.0


@pytest.mark.parametrize("name", ["strings", "organ_pad", "choir"])
def test_ensembles_centre_on_their_pitch(name):
    audio = strike(middle(name, chord=0.0, breath=0.0, detune=8.0), pitch=57.0, hold=4.0)
    assert abs(cents_off(audio, 57.0)) < 15.0


def test_chords_sound_their_intervals():
    audio = strike(
        middle("organ_stab", chord=8.0, drive=0.0, second=0.0, third=0.0, click=0.0, knock=0.0), pitch=60.0, hold=1.0
    )
    for interval in (0, 3, 7, 10):
        assert abs(cents_off(audio, 60.0 + interval)) < 4.0


def instantaneous_hz(audio: np.ndarray, start: float, stop: float) -> float:
    """From the zero crossings between two times."""
    part = audio[round(start * SAMPLE_RATE) : round(stop * SAMPLE_RATE)]
    up = np.flatnonzero((part[:-1] < 0) & (part[1:] >= 0))
    exact = up + part[up] / (part[up] - part[up + 1])
    return float((len(exact) - 1) / (exact[-1] - exact[0]) * SAMPLE_RATE)


@pytest.mark.parametrize("name", ["kick_808", "kick_909", "kick_hard"])
def test_kicks_fall_to_their_fundamental(name):
    audio = strike(middle(name, hz=50.0, octaves=2.5, sweep=0.02, click=0.0, grit=0.0, crush=0.0, decay=0.6), 1.0)
    assert instantaneous_hz(audio, 0.15, 0.3) == pytest.approx(50.0, abs=1.5)
    assert instantaneous_hz(audio, 0.0, 0.025) > 100.0


@pytest.mark.parametrize(("name", "seconds"), [("kick_808", 0.5), ("open_noise", 0.6), ("tom", 0.4), ("claves", 0.1)])
def test_decays_last_as_long_as_set(name, seconds):
    audio = strike(middle(name, decay=seconds, drive=0.0, tick=0.0, click=0.0), 1.0)
    window = round(0.02 * SAMPLE_RATE)
    level = 10 * np.log10(np.convolve(audio.astype(float) ** 2, np.ones(window) / window, "valid") + 1e-14)
    start = int(np.argmax(level))
    times = start + np.array([0.2, 0.7]) * seconds * SAMPLE_RATE
    early, late = level[times.astype(int)]
    assert (early - late) / 0.5 == pytest.approx(60.0, abs=9.0)


def test_a_clap_has_several_hands():
    audio = strike(middle("clap", hands=4.0, spread=0.014, tail=0.2))
    envelope = np.convolve(np.abs(audio), np.ones(60) / 60, "same")[: round(0.06 * SAMPLE_RATE)]
    loud = envelope > 0.35 * envelope.max()
    assert np.count_nonzero(np.diff(loud.astype(int)) == 1) + int(loud[0]) >= 3


def test_words_outside_the_vocabulary_are_named():
    rng = np.random.default_rng(0)
    with pytest.raises(InvalidRequest, match="triangle"):
        draw_sound("triangle", "house", rng)
    with pytest.raises(InvalidRequest, match="polka"):
        draw_sound("kick", "polka", rng)
    with pytest.raises(InvalidRequest, match="theremin"):
        play(Sound("theremin"), Note(0.0), 0.1, rng)
