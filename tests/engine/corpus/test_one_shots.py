"""One-shots: what is used and what never, level, onset, tuning, tails, and life without them."""

import numpy as np
import pytest
import soundfile

from engine.corpus import one_shots
from engine.corpus.one_shots import OneShots, part_of, with_one_shots
from engine.corpus.score import Note
from engine.errors import CorpusError

RATE = 44100


def tone(hertz: float, seconds: float = 0.2, rate: int = RATE) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    return 0.3 * np.sin(2 * np.pi * hertz * time) * np.exp(-time * 10)


@pytest.fixture
def folder(tmp_path):
    silence = np.zeros(2000)
    soundfile.write(tmp_path / "bd_one.wav", np.concatenate([silence, tone(60)]), RATE)
    soundfile.write(tmp_path / "bd_one.flac", tone(60), RATE)
    soundfile.write(tmp_path / "hat_fast.wav", tone(8000, 0.1, 96000), 96000)
    soundfile.write(tmp_path / "loop_kick.wav", tone(60), RATE)
    soundfile.write(tmp_path / "ambi_pad.wav", tone(60), RATE)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("bd_808", "kick"), ("elec_soft_kick", "kick"), ("drum_bass_hard", "kick"), ("sn_dub", "snare"),
        ("elec_filt_snare", "snare"), ("elec_snare", "snare"), ("perc_snap2", "snare"), ("hat_zap", "closed_hat"),
        ("hat_metal", "open_hat"), ("ride_tri", "open_hat"), ("drum_splash_soft", "open_hat"),
        ("drum_cymbal_closed", "closed_hat"), ("tbd_perc_hat", "closed_hat"), ("tabla_na", "percussion"),
        ("elec_blip", "percussion"), ("tbd_perc_tap_1", "percussion"), ("drum_tom_lo_hard", "percussion"),
        ("Hand Clap", "snare"), ("Pedal HH", "closed_hat"), ("Open HH", "open_hat"), ("Tom Mid", "percussion"),
        ("loop_amen", None), ("loop_breakbeat", None), ("arovane_beat_a", None), ("tbd_fxbed_loop", None),
        ("LOOP_kick", None), ("ambi_choir", None), ("vinyl_hiss", None), ("guit_em9", None), ("bass_hit_c", None),
        ("tbd_pad_1", None), ("misc_crow", None), ("drum_roll", None),
    ],
)  # fmt: skip
def test_names_map_to_parts(name, part):
    assert part_of(name) == part


def test_loading_normalises_trims_and_leaves_out_what_is_reserved(folder):
    library = OneShots.load(folder)
    assert {part: [hit.name for hit in hits] for part, hits in library.hits.items()} == {
        "kick": ["bd_one"],
        "closed_hat": ["hat_fast"],
    }
    for hits in library.hits.values():
        for hit in hits:
            assert np.abs(hit.audio).max() == pytest.approx(1, abs=0.02)
            assert np.argmax(np.abs(hit.audio) > 0.1) < 60
    assert len(library.hits["closed_hat"][0].audio) == pytest.approx(0.1 * RATE, abs=40)


def test_reserved_files_are_never_opened(folder, monkeypatch):
    opened = []
    read = soundfile.SoundFile
    monkeypatch.setattr(one_shots.soundfile, "SoundFile", lambda path: opened.append(path.name) or read(path))
    OneShots.load(folder)
    assert "loop_kick.wav" not in opened
    assert opened


def test_a_hydrogen_kit_goes_by_its_instruments(tmp_path):
    soundfile.write(tmp_path / "1234__x.wav", tone(200), RATE)
    (tmp_path / "drumkit.xml").write_text(
        '<drumkit_info xmlns="http://www.hydrogen-music.org/drumkit"><name>Kit</name><instrumentList><instrument>'
        "<name>Hand Clap</name><layer><filename>1234__x.wav</filename></layer></instrument></instrumentList>"
        "</drumkit_info>"
    )
    assert list(OneShots.load(tmp_path).hits) == ["snare"]


def test_tuning_by_resampling(folder):
    sound = OneShots.load(folder).hits["kick"][0]
    up = one_shots.OneShotSound("kick", sound, semitones=12.0).play()
    assert len(up) == pytest.approx(len(sound.audio) / 2, abs=50)
    spectrum = np.abs(np.fft.rfft(up, RATE))
    assert np.argmax(spectrum) == pytest.approx(120, abs=4)


def test_hits_fall_on_their_beats_and_tails_wrap(folder):
    sound = one_shots.OneShotSound("kick", OneShots.load(folder).hits["kick"][0])
    notes = (Note(0.5, velocity=0.5), Note(3.9, velocity=1.0))
    loop = sound.render(notes, 120.0, 2 * RATE)
    plain = sound.play()
    assert np.abs(loop[11025 : 11025 + 3000] - 0.5 * plain[:3000] - loop[11024] * 0).max() < 0.1
    late = round(3.9 * 22050)
    over = 2 * RATE - late
    assert loop[: len(plain) - over] == pytest.approx(plain[over:], abs=1e-6)


def test_closed_hats_cut_open_ones(folder):
    sound = one_shots.OneShotSound("percussion", OneShots.load(folder).hits["kick"][0])
    loop = sound.render((Note(0.0),), 120.0, RATE, choke=(Note(0.1),))
    assert np.abs(loop[2205:]).max() == 0
    assert np.abs(loop[:2000]).max() > 0.2


def test_some_parts_are_replaced_some_layered_and_most_left(folder):
    library = OneShots.load(folder)
    stem = np.full(RATE, 0.25, dtype=np.float32)
    notes = (Note(0.0),)
    results = [
        with_one_shots(stem, "kick", notes, 120.0, np.random.default_rng(seed), library=library)
        for seed in range(300)
    ]
    kept = np.mean([result is stem for result in results])
    replaced = np.mean([result[-1] == 0 for result in results])
    assert kept == pytest.approx(1 - one_shots.ONE_SHOT_SHARE, abs=0.1)
    assert replaced == pytest.approx(one_shots.ONE_SHOT_SHARE * (1 - one_shots.LAYER_SHARE), abs=0.1)
    assert with_one_shots(stem, "pad", notes, 120.0, np.random.default_rng(0), library=library) is stem


def test_nothing_changes_without_the_package(monkeypatch):
    monkeypatch.delenv(one_shots.FOLDERS_VARIABLE, raising=False)
    stem = np.ones(100, dtype=np.float32)
    assert one_shots.available_one_shots() is None
    assert with_one_shots(stem, "kick", (Note(0.0),), 120.0, np.random.default_rng(0)) is stem


def test_the_environment_variable_names_folders(folder, monkeypatch):
    monkeypatch.setenv(one_shots.FOLDERS_VARIABLE, str(folder))
    library = one_shots.available_one_shots()
    assert library is not None
    sound = library.sound("kick", np.random.default_rng(0))
    assert sound is not None
    assert sound.hit.name == "bd_one"


@pytest.mark.parametrize("content", [None, b"", b"not audio at all"])
def test_bad_folders_are_said_clearly(tmp_path, content):
    if content is None:
        with pytest.raises(CorpusError, match="does not exist"):
            OneShots.load(tmp_path / "nowhere")
        return
    with pytest.raises(CorpusError, match="No drum samples"):
        OneShots.load(tmp_path)
    (tmp_path / "bd_bad.wav").write_bytes(content)
    with pytest.raises(CorpusError, match="cannot be read"):
        OneShots.load(tmp_path)
