"""Folders of loops into a corpus: nothing overwritten, nothing clipped, every name and every folder taken or told."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import RATE, acid, drums, stroke, wav, write

from engine import files
from engine.audio.io import write_wav
from engine.cli.app import run
from engine.corpus import importing
from engine.corpus.import_ledger import FILE
from engine.corpus.importing import ImportOptions, import_loops, storable
from engine.corpus.one_shots import OneShots
from engine.corpus.sole_writer import sole_writer
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


def test_what_lies_about_is_passed_over_with_its_reason_and_copies_are_found(tmp_path: Path) -> None:
    source = folder(tmp_path / "a", **{"x_120bpm": drums(120, 4)})
    (source / "y_120bpm.wav").write_bytes((source / "x_120bpm.wav").read_bytes())
    (source / "link.wav").symlink_to(source / "x_120bpm.wav")
    (source / "lost.wav").symlink_to(source / "nowhere.wav")
    (source / "round").symlink_to(source, target_is_directory=True)
    os.mkfifo(source / "pipe.wav")
    for name in (".hidden.wav", "photo.jpg", "x.wav.asd", "README"):
        write(source, name, b"x" * 100)
    (source / "__MACOSX").mkdir()
    write(source / "__MACOSX", "._x.wav", b"x")
    report = import_loops(tmp_path / "c", source)
    reasons = {file.path.name: file.says[0].partition(" is ")[2] for file in report.of("passed_over")}
    assert reasons == {
        ".hidden.wav": "hidden.",
        "README": "no audio file.",
        "__MACOSX": "what archives of a Macintosh leave.",
        "lost.wav": "a link that leads nowhere.",
        "photo.jpg": "no audio file (.jpg).",
        "pipe.wav": "no file but a pipe, a socket or a device.",
        "round": "a folder that is read already, or the corpus itself.",
        "x.wav.asd": "an analysis of Ableton Live, which is not needed.",
        "x_120bpm.wav": "the same file as link.wav.",
    }
    assert [file.path.name for file in report.of("loop")] == ["link.wav"]
    (copy,) = report.of("copy")
    assert copy.says == ("y_120bpm.wav is a copy of link.wav.",)
    assert json.loads(json.dumps(report.to_dict()))["counts"] == {
        "loop": 1, "known": 0, "copy": 1, "one_shot": 0, "refused": 0, "passed_over": 9,
    }  # fmt: skip
    assert report.table().splitlines()[:2] == ["1  loops imported", "1    tempo by its sound"]


def test_several_folders_at_once_and_folders_that_tell_the_tempo(tmp_path: Path) -> None:
    first, second = folder(tmp_path / "Deep House 90bpm", one=drums(90, 8)), folder(tmp_path / "b", two=drums(90, 4))
    (first / "more").mkdir()
    write(first / "more", "three.wav", wav(drums(90, 16)))
    report = import_loops(tmp_path / "c", first, second, second / "two.wav")
    assert [(finding.source, finding.bars) for _, finding in report.accepted][:2] == [("folder", 2), ("folder", 4)]
    assert len(report.files) == 4 and report.files[-1].outcome == "passed_over"
    captions = [loop.annotation.captions for loop in stored_loops(tmp_path / "c")]
    assert captions[:2] == [("deep house",), ("deep house more three",)]
    assert next(stored_loops(tmp_path / "c")).annotation.style == "deep_house"


def test_files_that_were_read_are_remembered_and_an_import_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = folder(tmp_path / "a", **{f"{n}_120bpm": drums(120, 4 * n) for n in (1, 2, 3)}, crash=stroke(2.2, 2.5))
    corpus = tmp_path / "c"
    real, reads, killed = importing.import_loop, [], []

    def counted(path: Path, **told: object) -> object:
        reads.append(path.name)
        if reads == ["1_120bpm.wav", "2_120bpm.wav", "3_120bpm.wav"] and not killed:
            killed.append(True)
            raise RuntimeError("killed")
        return real(path, **told)

    monkeypatch.setattr(importing, "import_loop", counted)
    with pytest.raises(RuntimeError, match="killed"):
        import_loops(corpus, source)
    with (corpus / FILE).open("ab") as file:
        file.write(b'{"file": "cut')
    (corpus / "loops" / "folder-00009-half.wav").write_bytes(b"half")
    report = import_loops(corpus, source)
    assert [file.outcome for file in report.files] == ["known", "known", "loop", "one_shot"]
    assert reads[3:] == ["3_120bpm.wav", "crash.wav"]
    assert not list((corpus / "loops").glob("*half*")) and len(names(corpus)) == 3
    reads.clear()
    (corpus / FILE).unlink()
    again = import_loops(corpus, source)
    assert [file.outcome for file in again.files] == ["known", "known", "known", "one_shot"]


def test_files_that_change_or_vanish_while_they_are_read_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = folder(tmp_path / "a", **{f"{n}_120bpm": drums(120, 4 * n) for n in (1, 2, 3)})
    real = importing.import_loop

    def meanwhile(path: Path, **told: object) -> object:
        if path.name.startswith("1"):
            path.unlink()
        loop = real(path, **told)
        if path.name.startswith("2"):
            path.write_bytes(b"other")
        return loop

    monkeypatch.setattr(importing, "import_loop", meanwhile)
    report = import_loops(tmp_path / "c", source)
    assert [file.outcome for file in report.files] == ["refused", "refused", "loop"]
    assert "cannot be read" in report.files[0].says[0] and "changed while it was read" in report.files[1].says[0]


def test_one_import_at_a_time(tmp_path: Path) -> None:
    source = folder(tmp_path / "a", **{"x_120bpm": drums(120, 4)})
    with sole_writer(tmp_path / "c"), pytest.raises(CorpusError, match="Another import"):
        import_loops(tmp_path / "c", source)
    assert len(import_loops(tmp_path / "c", source).accepted) == 1


def test_one_shots_become_drum_samples(tmp_path: Path) -> None:
    source = folder(tmp_path / "a", Kick_1=stroke(0.4, 12, 50), Snare=stroke(0.3, 15), ok_120bpm=drums(120, 4))
    options = ImportOptions(one_shots=tmp_path / "shots")
    for _ in range(2):
        report = import_loops(tmp_path / "c", source, options=options)
    assert {file.path.stem: file.part for file in report.of("one_shot")} == {"Kick_1": "kick", "Snare": "snare"}
    assert sorted(path.name for path in (tmp_path / "shots").iterdir()) == ["kick - Kick_1.wav", "snare - Snare.wav"]
    hits = OneShots.load(tmp_path / "shots").hits
    assert {part: len(own) for part, own in hits.items()} == {"kick": 1, "snare": 1}


def test_loops_that_are_not_whole_bars_are_fitted_where_that_is_asked(tmp_path: Path) -> None:
    source = folder(tmp_path / "a", **{"x_120bpm": drums(120, 10)})
    assert import_loops(tmp_path / "c", source).refused[0][1].startswith("x_120bpm.wav lasts 10.00 beats")
    trimmed = import_loops(tmp_path / "c", source, options=ImportOptions(fit="trim"))
    assert trimmed.accepted[0][1].bars == 2 and "cut to 2 bars at 120.00 BPM" in trimmed.remarks[0]
    (loop,) = stored_loops(tmp_path / "c")
    assert loop.audio().shape == (2, 4 * RATE)


def test_a_table_of_captions_is_read_however_it_is_written(tmp_path: Path) -> None:
    source = folder(tmp_path / "a", **{"x_120bpm": drums(120, 4), "y_120bpm": drums(120, 8)})
    table = tmp_path / "t.csv"
    table.write_text("\ufefffile;caption;caption 2\nsub/x_120bpm.wav;dark acid line;warm\nY_120BPM;house\n")
    import_loops(tmp_path / "c", source, options=ImportOptions(captions=table))
    told = [(loop.annotation.captions, loop.annotation.tags) for loop in stored_loops(tmp_path / "c")]
    assert told == [(("dark acid line", "warm"), ("acid", "dark", "warm")), (("house",), ("house",))]
    table.write_text("only one column\n")
    with pytest.raises(CorpusError, match="no table of captions"):
        import_loops(tmp_path / "d", source, options=ImportOptions(captions=table))
    with pytest.raises(CorpusError, match="cannot be read"):
        import_loops(tmp_path / "d", source, options=ImportOptions(captions=tmp_path / "none.csv"))
    assert not (tmp_path / "d").exists()


def test_one_tempo_out_of_many_that_are_told(tmp_path: Path) -> None:
    content = wav(drums(90, 8), acid(90, 8))
    source = folder(tmp_path / "100 BPM", plain=drums(90, 8))
    write(source, "a_140bpm.wav", content)  # by its name no whole bars, by its chunk
    write(source, "SP_90_bass.wav", wav(drums(90, 16)))
    write_wav(source / "quiet.wav", drums(100, 8) * 0.5, RATE)
    found = {path.stem: finding for path, finding in import_loops(tmp_path / "c", source).accepted}
    assert {stem: (round(f.tempo_bpm), f.source) for stem, f in found.items()} == {
        "a_140bpm": (90, "chunk"), "SP_90_bass": (90, "name"), "quiet": (100, "folder"),
    }  # fmt: skip


def test_the_command_tells_a_table_and_writes_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = folder(tmp_path / "a", **{"x_120bpm": drums(120, 4)}, crash=stroke(2.2, 2.5))
    line = ["corpus", "import", str(tmp_path / "c"), str(source), "--no-listen"]
    assert run([*line, "--report", str(tmp_path / "r.json")], lambda: 0) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"{tmp_path / 'c'}: 1 loops imported.",
        "1  loops imported",
        "1    tempo by its name",
        "1  one-shots, no loops",
        "1    open_hat",
    ]
    assert "crash.wav" in said.err
    told = json.loads((tmp_path / "r.json").read_text())
    assert told["counts"]["loop"] == told["counts"]["one_shot"] == 1 and told["tempo_from"] == {"name": 1}
    assert [file["outcome"] for file in told["files"]] == ["one_shot", "loop"]
    assert told["files"][1]["loop"] == "folder-00000-x_120bpm"
    assert run([*line, "--fit", "bend"], lambda: 0) == 2
    (source / "x_120bpm.wav").unlink()
    assert run(["corpus", "import", str(tmp_path / "d"), str(source)], lambda: 0) == 2
    assert capsys.readouterr().err.count("\n") == 2
