"""How much sound a file promises, and how much there is."""

from pathlib import Path

import numpy as np
import pytest

from engine.audio.io import write_aiff, write_wav
from engine.audio.sound_extent import Patched, read_extent


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "a.wav", np.zeros((2, 1000)), 44_100, subtype="PCM_16")


def test_a_whole_file_promises_what_is_there(wav: Path, tmp_path: Path) -> None:
    extent = read_extent(wav)
    assert extent is not None
    assert (extent.claimed, extent.is_open, extent.missing_share) == (4000, False, 0.0)
    aiff = read_extent(write_aiff(tmp_path / "a.aiff", np.zeros((2, 1000)), 44_100, subtype="PCM_16"))
    assert aiff is not None and aiff.claimed == 4000 + 8  # with its offset and block size


def test_a_file_that_was_cut_misses_its_rest(wav: Path) -> None:
    extent = read_extent(wav)
    assert extent is not None
    wav.write_bytes(wav.read_bytes()[: extent.begins + 1000])
    cut = read_extent(wav)
    assert cut is not None and (cut.claimed, cut.there, cut.missing_share) == (4000, 1000, 3.0)


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 0x7FFF_F000, 0])
def test_a_size_that_was_never_filled_in_is_open(wav: Path, size: int) -> None:
    whole, extent = bytearray(wav.read_bytes()), read_extent(wav)
    assert extent is not None
    whole[extent.begins - 4 : extent.begins] = size.to_bytes(4, "little")
    if not size:
        whole[4:8] = bytes(4)
    wav.write_bytes(whole)
    found = read_extent(wav)
    assert found is not None and found.is_open and found.missing_share == 0.0
    place, new = found.size_patch
    assert place == extent.begins - 4 and int.from_bytes(new, "little") == found.there
    with wav.open("rb") as raw:
        patched = Patched(raw, place, new)
        patched.seek(place - 2)
        assert patched.read(8)[2:6] == new and patched.tell() == place + 6
        assert patched.seek(0) == 0 and patched.read()[:4] == b"RIFF"


def test_other_files_have_none(tmp_path: Path) -> None:
    for name, content in (("a.txt", b"hello"), ("b.wav", b"RIFF\0\0\0\0WAVE"), ("c.wav", b"")):
        (tmp_path / name).write_bytes(content)
        assert read_extent(tmp_path / name) is None
    with pytest.raises(OSError, match="nowhere"):
        read_extent(tmp_path / "nowhere.wav")
