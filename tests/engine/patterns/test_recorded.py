"""Scores that musicians wrote, out of WAD files: found, cut, dealt out, and nothing of what does not fit the grid."""

import struct
from pathlib import Path

import numpy as np
import pytest

from engine.patterns.midi import midi_bytes
from engine.patterns.recorded import midi_lumps, recorded_scores
from engine.requests import Pattern
from engine.vocabulary import PARTS


def _wad(lumps: list[tuple[str, bytes]]) -> bytes:
    place, entries, body = 12, b"", b""
    for name, content in lumps:
        entries += struct.pack("<ii8s", place, len(content), name.encode())
        place, body = place + len(content), body + content
    return struct.pack("<4sii", b"IWAD", len(lumps), place) + body + entries


def _beat(hat: int, bars: int = 8) -> bytes:
    kick, row = (1.0, 0) * 8, [0.0] * 16
    row[1::hat] = [0.5] * len(row[1::hat])
    return midi_bytes(Pattern({"kick": kick, "closed_hat": tuple(row)}), bars, tempo_bpm=150)


def test_pieces_are_cut_and_each_score_comes_once(tmp_path: Path) -> None:
    lumps = [(f"D_{hat}", _beat(hat)) for hat in range(2, 8)]
    (tmp_path / "one.wad").write_bytes(_wad([*lumps, ("PLAYPAL", b"no music")]))
    (tmp_path / "two.wad").write_bytes(_wad(lumps[:2]))
    found = recorded_scores(tmp_path)
    scores = [*found.training, *found.held_out]
    assert len(scores) == 6  # both halves of a piece are one score, and the second file holds no other
    assert {score.bars for score in scores} == {4} and {round(score.tempo_bpm) for score in scores} == {150}
    assert all((np.flatnonzero(score.hits[PARTS.index("kick")]) % 2 == 0).all() for score in scores)
    assert all(score.style is None for score in scores)


def test_what_is_off_the_grid_or_drums_too_little_is_left_out(tmp_path: Path) -> None:
    triplets = midi_bytes(
        Pattern({"kick": (1.0,) * 16, "snare": (1.0,) * 16}), 4, timing={"kick": (0.33,) * 16, "snare": (0.33,) * 16}
    )
    alone = midi_bytes(Pattern({"kick": (1.0, 0, 0, 0) * 4}), 4)
    (tmp_path / "one.wad").write_bytes(_wad([("D_TRIP", triplets), ("D_ALONE", alone), ("D_BAD", b"MThd, but no")]))
    found = recorded_scores(tmp_path)
    assert not found.training and not found.held_out and not recorded_scores(tmp_path / "nowhere").training


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"IWAD",
        b"JUNK" + b"\0" * 40,
        struct.pack("<4sii", b"IWAD", 2**31 - 1, 12),
        struct.pack("<4sii", b"IWAD", -1, -1),
        struct.pack("<4sii", b"IWAD", 1, 12) + struct.pack("<ii8s", -4, 99, b"D_X"),
        struct.pack("<4sii", b"IWAD", 1, 12) + struct.pack("<ii8s", 0, 2**31 - 1, b"D_X"),
    ],
)
def test_damaged_files_hold_nothing(content: bytes) -> None:
    assert list(midi_lumps(content)) == []
