"""Recordings: tempi recovered, loops that close, lengths to the sample, and only the tracks that may be used."""

import numpy as np
import pytest
import soundfile

from engine.corpus import recordings
from engine.corpus.recordings import Recording, Variation, cut_loop, find_tracks, read_recording, recorded_loops
from engine.errors import CorpusError
from engine.listening.loop_tempo import guess_tempo
from engine.tempo import LoopGeometry

RATE = 44100
RESERVED = ("noiz2sa", "parsec47", "rrootage", "lmms", "hydrogen-data", "heroes", "bb", "solarwolf", "redeclipse",
            "singularity", "hyperrogue", "supertuxkart", "tumiki", "val-and-rick", "pekka", "zaz")  # fmt: skip


def hit(hertz: float, decay: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * hertz * time) + 0.3 * rng.standard_normal(len(time))) * np.exp(-time * decay)


def track(tempo_bpm: float, bars: int, seed: int = 0) -> np.ndarray:
    """A synthetic track: kick on beats, snare on 2 and 4, hats on eighths, a bass line of random sixteenths."""
    rng = np.random.default_rng(seed)
    samples = round(bars * 4 * 60 / tempo_bpm * RATE)
    out = np.zeros(samples + 2 * RATE)
    voices = ((60.0, 12.0, 0.8), (180.0, 20.0, 0.5), (9000.0, 60.0, 0.2), (90.0, 15.0, 0.3))
    line = rng.random(32) < 0.4
    for step in range(bars * 16):
        plays = (step % 4 == 0, step % 8 == 4, step % 2 == 0, line[step % 32])
        for (hertz, decay, gain), sounds in zip(voices, plays, strict=True):
            if sounds:
                start = round(step * 15 / tempo_bpm * RATE)
                sound = gain * hit(hertz, decay, 0.2, rng)
                out[start : start + len(sound)] += sound
    out[: len(out) - samples] += out[samples:]
    return (out[:samples] * 0.3).astype(np.float32)


@pytest.mark.parametrize("tempo_bpm", [75, 92, 105, 120, 133, 150, 174])
def test_the_tempo_of_a_synthetic_track_is_recovered(tempo_bpm, tmp_path):
    bars = 4 * round(25 * tempo_bpm / 60 / 16)
    path = tmp_path / "track.wav"
    soundfile.write(path, track(tempo_bpm, bars, tempo_bpm), RATE)
    recording = read_recording(path)
    octave = 2 if tempo_bpm < 95 and recording.tempo_bpm > 140 else 1  # slow and busy reads as double
    assert (recording.tempo_bpm, recording.bars) == (octave * tempo_bpm, octave * bars)
    assert recording.confidence > 0.2


def test_noise_gives_no_confidence():
    audio = np.random.default_rng(0).standard_normal((1, 10 * RATE)).astype(np.float32)
    assert guess_tempo(audio, RATE, range(60, 201, 10)).confidence == 0
    assert guess_tempo(np.zeros((1, RATE), dtype=np.float32), RATE, [100, 120]).confidence == 0


def test_a_length_that_is_no_whole_number_of_bars_is_refused(tmp_path):
    path = tmp_path / "track.wav"
    soundfile.write(path, np.zeros(round(1.1 * RATE)), RATE)
    with pytest.raises(CorpusError, match="no whole number of bars"):
        read_recording(path)
    (tmp_path / "broken.ogg").write_bytes(b"no audio")
    with pytest.raises(CorpusError, match="cannot be read"):
        read_recording(tmp_path / "broken.ogg")


@pytest.mark.parametrize("speed", [1.0, 0.953, 1.041])
@pytest.mark.parametrize("bars", [1, 4])
def test_a_cut_loop_has_exactly_its_length_and_tempo(speed, bars):
    recording = Recording("x", track(125, 8)[None], 125.0, 8, 1.0)
    loop = cut_loop(recording, 3, bars, Variation(speed=speed), seed=5)
    geometry = LoopGeometry(125.0 * speed, bars)
    assert loop.audio.shape == (2, geometry.samples)
    assert loop.annotation.tempo_bpm == pytest.approx(125 * speed)
    assert loop.annotation.source == "recording"
    assert loop.annotation.onsets == {}
    assert loop.annotation.key is None
    assert loop.annotation.style is None


def test_the_beat_stays_on_the_grid_at_another_speed():
    clicks = np.zeros((1, 8 * 2 * RATE), dtype=np.float32)
    clicks[0, :: RATE // 2] = 1.0  # 120 BPM
    loop = cut_loop(Recording("x", clicks, 120.0, 8, 1.0), 2, 2, Variation(speed=1.05))
    mono = np.abs(loop.audio[0])
    for beat in range(1, 8):
        place = LoopGeometry(126.0, 2).beat_to_sample(beat)
        assert abs(int(np.argmax(mono[place - 300 : place + 300])) - 300) <= 2


def test_the_seam_leads_into_the_beginning():
    """A sine that is no whole number of periods: the raw cut jumps by 0.6, the closed loop by a normal step."""
    time = np.arange(8 * RATE) / RATE
    sine = 0.5 * np.sin(2 * np.pi * 100.37 * time).astype(np.float32)
    recording = Recording("x", sine[None], 120.0, 4, 1.0)
    loop = cut_loop(recording, 1, 1, Variation()).audio[0]
    raw = sine[2 * RATE : 4 * RATE]
    step = np.abs(np.diff(loop)).max()
    assert abs(raw[0] - raw[-1]) > 20 * step
    assert abs(loop[0] - loop[-1]) <= step * 1.5


def test_the_whole_track_wraps_round():
    recording = Recording("x", track(120, 4)[None], 120.0, 4, 1.0)
    loop = cut_loop(recording, 3, 2, Variation()).audio[0]
    assert np.array_equal(loop[2 * RATE : 4 * RATE - 600], recording.audio[0, : 2 * RATE - 600])


def test_mono_is_widened_but_not_in_the_bass_and_mixes_down_as_before():
    time = np.arange(8 * RATE) / RATE
    for hertz, share in ((60, 0.01), (2000, 0.1)):
        sine = 0.5 * np.sin(2 * np.pi * hertz * time).astype(np.float32)
        loop = cut_loop(Recording("x", sine[None], 120.0, 4, 1.0), 0, 1, Variation(side=0.4)).audio
        side, middle = (loop[0] - loop[1]) / 2, (loop[0] + loop[1]) / 2
        energy = float(np.sum(side**2) / np.sum(middle**2))
        assert energy < share if hertz == 60 else energy > share
        gain = float(middle @ sine[: len(middle)] / np.sum(sine[: len(middle)] ** 2))
        assert np.abs(middle - gain * sine[: len(middle)])[600:-600].max() < 1e-3


def test_gain_never_clips():
    recording = Recording("x", np.clip(track(120, 4)[None] * 4, -1, 1), 120.0, 4, 1.0)
    assert np.abs(cut_loop(recording, 0, 4, Variation(gain_db=6, side=0.5)).audio).max() <= 0.981


def test_recorded_loops_cover_the_track_and_differ_by_seed(tmp_path):
    soundfile.write(tmp_path / "a.wav", track(120, 12), RATE)
    soundfile.write(tmp_path / "effect.wav", track(120, 1), RATE)
    first, again, other = (list(recorded_loops(seed, [tmp_path, tmp_path / "nowhere"])) for seed in (1, 1, 2))
    assert sum(loop.annotation.bars for loop in first) >= 12
    assert all(np.array_equal(a.audio, b.audio) for a, b in zip(first, again, strict=True))
    assert [loop.annotation.tempo_bpm for loop in first] != [loop.annotation.tempo_bpm for loop in other]
    assert all(np.isfinite(loop.audio).all() for loop in first)


def test_nothing_reserved_is_a_candidate():
    for folder in recordings.CANDIDATES:
        assert not any(name in folder.parts for name in RESERVED)


INSTALLED = find_tracks()


@pytest.mark.skipif(not INSTALLED, reason="the Debian game packages are not installed")
def test_an_installed_track_has_the_tempo_its_length_says():
    recording = read_recording(INSTALLED[0])
    beats = recording.audio.shape[1] / RATE * recording.tempo_bpm / 60
    assert beats == pytest.approx(recording.bars * 4, abs=0.03)
