"""Folders of loops into a corpus: nothing overwritten, nothing clipped, every name and every folder taken or told."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import RATE, acid, drums, stroke, wav, write

from engine import files
from engine.corpus.importing import import_loops, storable
from engine.corpus.store import read_manifest, stored_loops
from engine.errors import CorpusError, ExportError


def folder(path: Path, **loops: np.ndarray) -> Path:
    path.mkdir()
    for name, sound in loops.items():
        write(path, f"{name}.wav", wav(sound))
    return path


def names(corpus: Path) -> list[str]:
    return [loop.name for loop in stored_loops(corpus)]


def test_a_second_folder_is_numbered_on_and_replaces_nothing(tmp_path: Path) -> None:
    corpus = tmp_path / "c"
    import_loops(corpus, folder(tmp_path / "a", **{"01_120bpm": drums(120, 4)}))
    first = (corpus / "loops" / "folder-00000-01_120bpm.wav").read_bytes()
    (first_loop,) = stored_loops(corpus)
    first_loop.store_latent(np.zeros((4, first_loop.frames), np.float32))
    import_loops(corpus, folder(tmp_path / "b", **{"01_120bpm": drums(120, 8)}))
    assert names(corpus) == ["folder-00000-01_120bpm", "folder-00001-01_120bpm"]
    assert (corpus / "loops" / "folder-00000-01_120bpm.wav").read_bytes() == first
    assert [loop.latent_path.exists() for loop in stored_loops(corpus)] == [True, False]
    assert [loop.annotation.seed for loop in stored_loops(corpus)] == [0, 1]
    again = import_loops(corpus, tmp_path / "b")
    assert (len(again.accepted), len(again.known)) == (0, 1)
    assert read_manifest(corpus)["imported_loops"] == len(names(corpus)) == 2


def test_a_number_that_a_latent_still_has_is_not_given_again(tmp_path: Path) -> None:
    corpus = tmp_path / "c"
    (corpus / "latents").mkdir(parents=True)
    (corpus / "latents" / "folder-00006-gone.safetensors").touch()
    import_loops(corpus, folder(tmp_path / "a", **{"x_120bpm": drums(120, 4)}))
    assert names(corpus) == ["folder-00007-x_120bpm"]


def test_hot_floats_are_turned_down_whole_and_told(tmp_path: Path) -> None:
    source = folder(tmp_path / "a", **{"ok_120bpm": drums(120, 4, 0.5)})
    soundfile.write(source / "hot_120bpm.wav", drums(120, 4, 2.0).T, RATE, subtype="FLOAT")
    report = import_loops(tmp_path / "c", source)
    hot, quiet = (loop.audio()[0].astype(np.float64) for loop in stored_loops(tmp_path / "c"))
    rest = hot - hot @ quiet / (quiet @ quiet) * quiet
    assert 10 * np.log10(np.sum(rest**2) / np.sum(hot**2)) < -60
    assert np.abs(hot).max() == pytest.approx(1, abs=1e-3)
    assert report.remarks == ("hot_120bpm.wav reaches 2.00 times full scale: it is turned down.",)


def test_what_is_no_loop_is_refused_and_what_is_heard_is_told(tmp_path: Path) -> None:
    source = folder(tmp_path / "a", crash=stroke(2.2, 2.5), halfbar=drums(100, 2), heard=drums(120, 20))
    write(source, "stab.wav", wav(drums(120, 4), acid(120, 4, flags=1)))
    report = import_loops(tmp_path / "c", source)
    assert [path.stem for path, _ in report.accepted] == ["heard"]
    assert sorted(path.stem for path, _ in report.refused) == ["crash", "halfbar", "stab"]
    assert report.remarks[0].startswith("heard.wav: 5 bars at 120.00 BPM by ear (confidence ")


def test_names_that_are_not_utf8_or_too_long_are_taken(tmp_path: Path) -> None:
    source = folder(tmp_path / "a", **{"L" * 236 + "_120bpm": drums(120, 4)})
    with open(os.fsencode(source) + b"/\x83h\x83\x89_120bpm.wav", "wb") as file:  # noqa: PTH123
        file.write(wav(drums(120, 8)))
    report = import_loops(tmp_path / "c", source)
    assert len(report.accepted) == 2 and not report.refused
    assert all(name.encode() and len(name) < 140 for name in names(tmp_path / "c"))
    assert sorted(loop.annotation.bars for loop in stored_loops(tmp_path / "c")) == [1, 2]
    assert storable('a/b:c"d\n\udc83') == "a_b_c_d__"


def test_a_corpus_that_cannot_be_written_is_one_sentence_and_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = folder(tmp_path / "a", **{"x_120bpm": drums(120, 4)})
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with pytest.raises(CorpusError, match="cannot be made: not a directory"):
        import_loops(in_the_way, source)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(ExportError, match="the disk is full"):
        import_loops(tmp_path / "c", source)
    assert list((tmp_path / "c" / "loops").iterdir()) == []


@pytest.mark.parametrize(("tempo_bpm", "bars"), [(60, 16), (240, 1)])
def test_long_and_short_loops_keep_their_pitch(tempo_bpm: float, bars: int, tmp_path: Path) -> None:
    seconds = bars * 240 / tempo_bpm
    time = np.arange(round(seconds * RATE)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 220 * time) * np.exp(-4 * (time % (60 / tempo_bpm)))
    import_loops(tmp_path / "c", folder(tmp_path / "a", **{f"t_{tempo_bpm}bpm": np.stack([tone, tone])}))
    (loop,) = stored_loops(tmp_path / "c")
    spectrum = np.abs(np.fft.rfft(loop.audio()[0]))
    assert np.argmax(spectrum) / seconds == pytest.approx(220, rel=0.005)
