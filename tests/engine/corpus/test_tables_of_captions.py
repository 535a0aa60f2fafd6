"""Tables of captions as spreadsheets and other systems write them, and tables that are made to be a burden."""

import os
import time
import unicodedata
from pathlib import Path

import pytest

from engine.corpus.import_captions import MAX_CAPTION, MOST_CAPTIONS, ImportCaptions
from engine.errors import CorpusError

TABLE = "file;caption\r\nCaf\u00e9 120.wav;warm d\u00fcb\r\n"


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_letters_are_what_they_are_in_every_code(tmp_path: Path, code: str, form: str) -> None:
    path = tmp_path / "captions.csv"
    path.write_bytes(TABLE.encode(code))
    name = unicodedata.normalize(form, "caf\u00e9 120.WAV")  # type: ignore[arg-type]
    captions, _, _ = ImportCaptions.read(path).of(tmp_path / name, ())
    assert captions == ("warm d\u00fcb",)


def test_a_file_that_is_named_a_million_times_has_a_few_captions(tmp_path: Path) -> None:
    path = tmp_path / "captions.csv"
    path.write_text("file,caption\n" + "a.wav,x\n" * 1_000_000 + f"b.wav,{'y' * 1000}\n")
    began = time.process_time()
    read = ImportCaptions.read(path)
    assert time.process_time() - began < 60  # it was hours
    assert read.by_name == {"a.wav": ("x",) * MOST_CAPTIONS, "b.wav": ("y" * MAX_CAPTION,)}


def test_what_is_no_table_is_one_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "one.csv").write_text("words\n")
    (tmp_path / "field.csv").write_text(f"file,caption\na,{'z' * 200_000}\n")
    for name in ("pipe.csv", "one.csv", "field.csv", "gone.csv", "."):
        with pytest.raises(CorpusError) as told:
            ImportCaptions.read(tmp_path / name)
        assert "\n" not in str(told.value)
