"""Text frames of ID3 tags of every version; what is broken ends a tag and raises nothing."""

import io

import pytest

from engine.audio.id3 import leading_tag_bytes, read_texts


def synchsafe(size: int) -> bytes:
    return bytes(size >> 7 * place & 0x7F for place in (3, 2, 1, 0))


def frame(version: int, name: str, text: bytes) -> bytes:
    if version == 2:
        return name.encode() + len(text).to_bytes(3, "big") + text
    size = synchsafe(len(text)) if version == 4 else len(text).to_bytes(4, "big")
    return name.encode() + size + b"\0\0" + text


def tag(version: int, *frames: bytes) -> bytes:
    body = b"".join(frames)
    return b"ID3" + bytes([version, 0, 0]) + synchsafe(len(body)) + body


@pytest.mark.parametrize(("version", "tempo", "key"), [(2, "TBP", "TKE"), (3, "TBPM", "TKEY"), (4, "TBPM", "TKEY")])
def test_every_version_tells_tempo_and_key(version: int, tempo: str, key: str) -> None:
    long = frame(version, tempo, b"\x03" + b"128" + b"\0" * 300)  # sizes above 127 are spelled differently
    found = read_texts(tag(version, long, frame(version, key, b"\x01" + "Am".encode("utf-16"))))
    assert found == {tempo: "128", key: "Am"}


def test_frames_that_are_cut_or_nameless_end_it() -> None:
    whole = tag(3, frame(3, "TBPM", b"\x00120"), frame(3, "TKEY", b"\x00C"))
    assert read_texts(whole[:-1])["TBPM"] == "120"
    assert read_texts(tag(3, frame(3, "TBPM", b"\x00120"), b"\0" * 40)) == {"TBPM": "120"}
    assert read_texts(tag(3, frame(3, "TBPM", b"\x09120"))) == {}  # no such encoding
    assert read_texts(b"ID3") == read_texts(b"") == read_texts(b"RIFF" + bytes(20)) == {}


def test_tags_in_front_of_a_file_are_counted() -> None:
    first, second = tag(3, frame(3, "TBPM", b"\x00120")), tag(4, frame(4, "TKEY", b"\x03C"))
    for before in (b"", first, first + second):
        file = io.BytesIO(before + b"RIFF....")
        assert leading_tag_bytes(file) == len(before) == file.tell()
