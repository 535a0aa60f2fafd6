"""More readers to fuzz: of patterns, kits, crates and what is played by other programs."""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

from harness import Reader

from engine import LoopRequest
from engine.cli.options import read_pattern
from engine.corpus.drumkits import DESCRIPTION, read_drumkit
from engine.corpus.materials import one_shot_material
from engine.patterns.midi import midi_bytes, parse_midi
from engine.requests import Pattern
from loopgen_app.remote.osc_packets import OscError, read_packet
from loopgen_app.state.crates import Crates


def patterns_as_midi(_folder: Path) -> list[bytes]:
    rows = {"kick": [1.0, 0.0, 0.0, 0.0] * 4, "closed_hat": [0.0, 0.0, 0.5, 0.0] * 4}
    return [midi_bytes(Pattern(rows, swing), 1, tempo_bpm=126.5) for swing in (0.0, 0.2)]


def read_pattern_of_midi(content: bytes, _folder: Path) -> None:
    LoopRequest(pattern=parse_midi(content).pattern)


def patterns(folder: Path) -> list[bytes]:
    (folder / "pattern.json").touch()
    rows = {"kick": [1, 0, 0, 0] * 4, "snare": [0.0, 0.25] * 8}
    return [json.dumps(told).encode() for told in (rows, {"rows": rows, "swing": 0.1}, {"rows": {}})]


def read_pattern_file(content: bytes, folder: Path) -> None:
    (folder / "pattern.json").write_bytes(content)
    LoopRequest(pattern=read_pattern(folder / "pattern.json"))


def kits(folder: Path) -> list[bytes]:
    (folder / DESCRIPTION).touch()
    instrument = "<instrument><name>Kick</name><layer><filename>kick.wav</filename></layer></instrument>"
    told = f'<drumkit_info xmlns="x"><name>Kit</name><license>CC0</license>{instrument * 2}</drumkit_info>'
    return [told.encode(), b'<?xml version="1.0" encoding="UTF-8"?>' + told.encode()]


def read_kit(content: bytes, folder: Path) -> None:
    (folder / DESCRIPTION).write_bytes(content)
    one_shot_material(folder)
    read_drumkit(folder)


def crates(folder: Path) -> list[bytes]:
    (folder / "inner").mkdir()
    return [json.dumps({"crates": {"Friday": [1, 2], "dub": []}}).encode()]


def read_crates(content: bytes, folder: Path) -> None:
    path = folder / "inner" / "crates.json"
    path.write_bytes(content)
    found = Crates(path)
    assert all(name and found.ids(name) >= frozenset() for name in found.names())
    for kept in (folder / "inner").iterdir():  # what could not be read was set aside
        kept.unlink()


def packets(_folder: Path) -> list[bytes]:
    return [
        b"/loopgen/tempo\0\0,f\0\0" + struct.pack(">f", 126.5),
        b"#bundle\0" + bytes(8) + b"\0\0\0\x08/a\0\0,\0\0\0",
    ]


PLAYED: Sequence[Reader] = (
    Reader("midi", patterns_as_midi, read_pattern_of_midi),
    Reader("pattern", patterns, read_pattern_file),
    Reader("drum kit", kits, read_kit),
    Reader("crates", crates, read_crates),
    Reader("osc", packets, lambda content, _folder: read_packet(content), (OscError,)),
)
