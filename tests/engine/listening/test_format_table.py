"""Each row of the table of formats does what it says."""

from io import BytesIO
from pathlib import Path

import pytest
from format_table import BEATS, KEY, LOOP, PASSED, REFUSED, ROWS, TEMPO, Row
from sounds import RATE, write

from engine.audio.io import read_audio
from engine.audio.ogg_comments import read_ogg_comments
from engine.errors import LoopGenError
from engine.listening.reading import as_loop


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.container} {row.field}")
def test_a_row_does_what_it_says(row: Row, tmp_path: Path) -> None:
    name = (
        "file"
        if row.outcome in (TEMPO, BEATS, KEY, REFUSED)
        else "file_120bpm"
        if row.outcome == LOOP
        else "file_70bpm"
    )
    path = write(tmp_path, name, row.make())
    if row.outcome == REFUSED:
        with pytest.raises(LoopGenError, match=row.words) as refusal:
            as_loop(path, read_audio(path))
        assert "\n" not in str(refusal.value)
        return
    if row.outcome == "tag 70":
        assert read_ogg_comments(BytesIO(row.make())).tempo_bpm == 70
        return
    loop = as_loop(path, read_audio(path))
    if row.outcome == LOOP:
        assert loop.file.audio.shape == (2, 2 * RATE) and loop.remarks
        return
    assert (loop.finding.bars, loop.finding.source) == (2, "name" if row.outcome == PASSED else "chunk")
    assert loop.finding.tempo_bpm == pytest.approx(70, abs=1e-3 if row.outcome != PASSED else 0.1)
    assert loop.key == ("Am" if row.outcome == KEY else loop.key)


def test_every_container_and_outcome_has_a_row() -> None:
    assert {row.container for row in ROWS} >= {"WAV", "RF64", "AIFF", "FLAC", "Vorbis", "Opus", "MP3", "CAF", "MP4"}
    assert {row.outcome for row in ROWS} >= {TEMPO, BEATS, KEY, LOOP, PASSED, REFUSED}
