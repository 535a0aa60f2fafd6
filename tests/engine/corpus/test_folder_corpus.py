"""The user's own loops: tempo from name, chunk or sound; what does not fit is refused with a sentence."""

import numpy as np
import pytest
import soundfile

from engine.audio.io import write_wav
from engine.corpus.folder import find_loops, read_loop
from engine.corpus.importing import import_loops
from engine.errors import CorpusError
from engine.tempo import LoopGeometry

RATE = 44100


def beat_loop(tempo_bpm: float, bars: int, rate: int = RATE) -> np.ndarray:
    """Kicks on beats, noise ticks on eighths."""
    rng = np.random.default_rng(0)
    samples = round(bars * 240 / tempo_bpm * rate)
    beat = np.arange(samples) / rate * tempo_bpm / 60
    kick = np.sin(2 * np.pi * 60 * (beat % 1) * 60 / tempo_bpm) * np.exp(-(beat % 1) * 12)
    hat = rng.standard_normal(samples) * np.exp(-((beat + 0.5) % 1) * 40) * 0.5
    tick = rng.standard_normal(samples) * np.exp(-((4 * beat) % 1) * 12) * 0.1
    return (0.4 * (kick + hat + tick)).astype(np.float32)


def test_the_name_is_believed_and_the_length_made_exact(tmp_path):
    audio = beat_loop(126, 4)
    soundfile.write(tmp_path / "a_126bpm.wav", audio[:-100], RATE)
    loop, finding = read_loop(tmp_path / "a_126bpm.wav")
    assert (finding.bars, finding.source, finding.confidence) == (4, "name", 1.0)
    assert finding.tempo_bpm == pytest.approx(126 * len(audio) / (len(audio) - 100), rel=1e-9)
    assert loop.audio.shape == (2, len(audio) - 100)
    assert loop.audio.shape[1] == LoopGeometry(finding.tempo_bpm, 4).samples
    assert loop.annotation.source == "folder"
    assert loop.annotation.onsets == {}


def test_the_chunk_is_believed(tmp_path):
    write_wav(tmp_path / "a.wav", np.stack([beat_loop(97, 2)] * 2), RATE, tempo_bpm=97.0, beats=8, key="Am")
    loop, finding = read_loop(tmp_path / "a.wav")
    assert (round(finding.tempo_bpm, 2), finding.bars, finding.source) == (97.0, 2, "chunk")
    assert loop.annotation.key is None  # an acid chunk knows the tonic, not the mode


@pytest.mark.parametrize(("tempo_bpm", "bars"), [(106, 2), (110, 4), (124, 4), (140, 8), (172, 4)])
def test_the_tempo_of_a_nameless_loop_is_heard(tmp_path, tempo_bpm, bars):
    soundfile.write(tmp_path / "a.wav", beat_loop(tempo_bpm, bars), RATE)
    _, finding = read_loop(tmp_path / "a.wav")
    assert finding.tempo_bpm == pytest.approx(tempo_bpm, rel=1e-4)
    assert (finding.bars, finding.source) == (bars, "sound")
    assert 0.1 <= finding.confidence <= 1


def test_other_sample_rates_become_the_engines(tmp_path):
    soundfile.write(tmp_path / "a_120bpm.wav", beat_loop(120, 1, 48000), 48000)
    loop, _ = read_loop(tmp_path / "a_120bpm.wav")
    assert loop.audio.shape == (2, 88200)


def test_what_is_no_whole_number_of_bars_is_refused(tmp_path):
    soundfile.write(tmp_path / "a_126bpm.wav", beat_loop(126, 4)[: 60 * RATE * 14 // 126], RATE)
    with pytest.raises(CorpusError, match=r"a_126bpm.wav lasts 14.00 beats at 126 BPM \(name\); 1 to 16 whole bars"):
        read_loop(tmp_path / "a_126bpm.wav")


def test_what_has_no_tempo_to_hear_is_refused(tmp_path):
    time = np.arange(8 * RATE) / RATE
    soundfile.write(tmp_path / "drone.wav", 0.3 * np.sin(2 * np.pi * 110 * time), RATE)
    with pytest.raises(CorpusError, match="write it into the file name"):
        read_loop(tmp_path / "drone.wav")
    soundfile.write(tmp_path / "blip.wav", beat_loop(120, 1)[:9000], RATE)
    with pytest.raises(CorpusError, match="no 1 to 16 bars"):
        read_loop(tmp_path / "blip.wav")
    soundfile.write(tmp_path / "silent_120bpm.wav", np.zeros(88200), RATE)
    with pytest.raises(CorpusError, match="silent"):
        read_loop(tmp_path / "silent_120bpm.wav")


def test_a_folder_gives_loops_and_a_report(tmp_path):
    (tmp_path / "deep").mkdir()
    soundfile.write(tmp_path / "deep" / "good_120bpm.flac", beat_loop(120, 2), RATE)
    soundfile.write(tmp_path / "odd_126bpm.wav", beat_loop(126, 4)[:200000], RATE)
    (tmp_path / "broken.wav").write_bytes(b"RIFFnothing")
    (tmp_path / "notes.txt").write_text("not audio")
    report = import_loops(tmp_path / "corpus", tmp_path)
    assert [finding.bars for _, finding in report.accepted] == [2]
    assert [path.name for path, _ in report.accepted] == ["good_120bpm.flac"]
    assert {path.name for path, _ in report.refused} == {"odd_126bpm.wav", "broken.wav"}
    assert all(path.name in sentence for path, sentence in report.refused)


def test_folders_without_loops_are_errors(tmp_path):
    with pytest.raises(CorpusError, match="does not exist"):
        find_loops(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="No audio"):
        find_loops(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(CorpusError, match="No audio"):
        import_loops(tmp_path / "corpus", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]
