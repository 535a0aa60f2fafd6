"""Every reader of what comes from outside, with mutations of what it should read. `LOOPGEN_FUZZ=100000` for long."""

import io
import json
import random
import sqlite3
import struct
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from harness import Reader, fuzz, report
from played_readers import PLAYED
from sent_readers import SENT
from tiny import tiny_pack

from engine import (
    LoopRequest,
    Origin,
    Recipe,
    find_recipe,
    read_audio,
    read_metadata,
    write_aiff,
    write_flac,
    write_wav,
)
from engine.conditioning.phrases import phrases
from engine.corpus.store import read_manifest, stored_loops
from engine.documents import DocumentError, read_document
from engine.listening.names import key_in_name, tempo_in_name
from engine.packs.pack import Pack
from engine.training.checkpoints import FILE, load_checkpoint
from engine.training.metrics import log_metrics, validation_curve
from loopgen_app.midi import MidiMap
from loopgen_app.settings import Settings
from loopgen_app.sound.answers import read_answer
from loopgen_app.sound.status import FIELDS, StatusBlock
from loopgen_app.state.instrument import Instrument
from loopgen_app.state.loop_bank import LoopBank
from loopgen_app.state.session import Session

AUDIO = (0.2 * np.random.default_rng(0).standard_normal((2, 2000))).clip(-1, 1).astype(np.float32)
RECIPE = Recipe(
    LoopRequest(prompt="warm dub", tempo_bpm=126.5, key="Am", tags=("house",), curves={"loudness": (0.2, 0.8)}),
    "starter", "abc", {"bars": 4, "muted": []}, Origin("path", source="a.wav", points=((0.1, 0.2),)),
)  # fmt: skip


def recipes(_folder: Path) -> list[bytes]:
    plain = Recipe(LoopRequest(tempo_bpm=120.0))
    motion = Recipe.of_motion([plain, plain])
    return [each.to_json().encode() for each in (RECIPE, plain, motion)] + [b'{"prompt": "lofi", "seed": 12}', b"{}"]


def read_recipe(content: bytes, _folder: Path) -> None:
    text = content.decode("utf-8", "replace")
    find_recipe(text)
    json.loads(Recipe.from_json(text).to_json())


def sounds(suffix: str) -> "Reader":
    def seeds(folder: Path) -> list[bytes]:
        told = {"tempo_bpm": 126.5, "key": "Am", "recipe": RECIPE.to_json()}
        path = folder / f"seed{suffix}"
        if suffix == ".ogg":
            soundfile.write(path, AUDIO.T, 44100, format="OGG", subtype="VORBIS")
        elif suffix in (".mp3", ".caf", ".rf64"):
            soundfile.write(path, AUDIO.T, 44100, format=suffix[1:].upper())
        elif suffix == ".flac":
            write_flac(path, AUDIO, 44100, **told)
        else:
            (write_wav if suffix == ".wav" else write_aiff)(path, AUDIO, 44100, beats=4, **told)
        plain = io.BytesIO()
        soundfile.write(plain, AUDIO.T[:500], 22050, format={".aiff": "AIFF"}.get(suffix, suffix[1:].upper()))
        tag = b"ID3\x03\x00\x00\x00\x00\x00\x12TBPM\x00\x00\x00\x03\x00\x00\x00126\x00\x00\x00\x00\x00"
        (folder / f"given{suffix}").touch()
        whole = path.read_bytes()
        return [whole, plain.getvalue(), tag + whole, whole[: len(whole) // 2]]

    def read(content: bytes, folder: Path) -> None:
        path = folder / f"given{suffix}"
        path.write_bytes(content)
        told = read_metadata(path)
        find_recipe(told.comment)
        read_audio(path)

    return Reader(f"audio{suffix}", seeds, read)


def names(_folder: Path) -> list[bytes]:
    spelled = ["HipHop86_bpm172_beats8", "Loop_120,60bpm", "Slow.75.BPM", "01.85bpm", "bass F#min 126 bpm", "BPM=128"]
    return [name.encode() for name in spelled]


def read_name(content: bytes, _folder: Path) -> None:
    name = content.decode("utf-8", "surrogateescape")
    tempo = tempo_in_name(name)
    key_in_name(name)
    assert tempo is None or 40 <= tempo <= 240


def manifest(folder: Path) -> list[bytes]:
    return [(tiny_pack(folder / "pack", denoiser=False) / "pack.json").read_bytes()]


def read_manifest_of_pack(content: bytes, folder: Path) -> None:
    (folder / "pack" / "pack.json").write_bytes(content)
    pack = Pack.open(folder / "pack", verify=False)
    for component in pack.components:
        pack.shapes(component)


def weights(folder: Path) -> list[bytes]:
    pack = tiny_pack(folder / "pack", denoiser=False)
    return [next(pack.glob("*.safetensors")).read_bytes()]


def read_weights(content: bytes, folder: Path) -> None:
    pack = folder / "pack"
    path = next(pack.glob("*.safetensors"))
    path.write_bytes(content)
    told = json.loads((pack / "pack.json").read_text())
    told["files"][path.name]["bytes"] = len(content)
    (pack / "pack.json").write_text(json.dumps(told))
    Pack.open(pack, verify=False).shapes("codec")


def settings(folder: Path) -> list[bytes]:
    (folder / "settings.json").touch()
    told = Settings("card", 512, "flac", "/x", ["a"], {"1/7": "tempo_bpm"}, "p", ["dub"], ["harsh"])
    return [told.to_json(), b"{}"]


def read_settings(content: bytes, folder: Path) -> None:
    (folder / "settings.json").write_bytes(content)
    Settings.damaged(folder / "settings.json")
    found = Settings.load(folder / "settings.json")
    found.remember_prompts("a", "b")
    message = SimpleNamespace(type="control_change", channel=0, control=7, value=5)
    MidiMap(Instrument(), found.midi).feed(message)
    Settings(**json.loads(found.to_json()))


def sessions(_folder: Path) -> list[bytes]:
    return [Session(Instrument().to_json(), 3, 2).to_bytes()]


def read_session(content: bytes, _folder: Path) -> None:
    instrument = Instrument()
    instrument.restore_json(Session.from_bytes(content, "x").knobs)
    instrument.request().to_dict()


class Bank:
    """One bank; each input goes into a column of a row."""

    COLUMNS = (
        "recipe",
        "name",
        "tempo_bpm",
        "thumbnail",
        "bars",
        "key",
        "created",
        "loudness_lufs",
        "samples",
        "flac",
    )

    def __init__(self) -> None:
        self._bank: LoopBank | None = None
        self._turn = 0

    def seeds(self, folder: Path) -> list[bytes]:
        self._bank = LoopBank(folder / "loops.sqlite")
        for seed in range(2):
            self._bank.add(AUDIO, 44100, Recipe(LoopRequest(seed=seed)))
        with closing(sqlite3.connect(folder / "loops.sqlite")) as db:
            return [RECIPE.to_json().encode(), *(row[0] for row in db.execute("SELECT flac FROM sounds"))]

    def read(self, content: bytes, folder: Path) -> None:
        assert self._bank is not None
        column = self.COLUMNS[self._turn % len(self.COLUMNS)]
        kind = ("?", "CAST(? AS TEXT)", "CAST(CAST(? AS TEXT) AS REAL)")[self._turn // len(self.COLUMNS) % 3]
        self._turn += 1
        table, row = ("sounds", "loop_id") if column == "flac" else ("loops", "id")
        with closing(sqlite3.connect(folder / "loops.sqlite")) as db:
            kept = db.execute(f"SELECT {column} FROM {table} WHERE {row} = 1").fetchone()
            try:
                with db:
                    db.execute(f"UPDATE {table} SET {column} = {kind} WHERE {row} = 1", (content,))
            except sqlite3.IntegrityError:
                return
            try:
                assert 2 in [loop.id for loop in self._bank.loops()]
                self._bank.audio(1)
            finally:
                with db:
                    db.execute(f"UPDATE {table} SET {column} = ? WHERE {row} = 1", kept)


BANK = Bank()


def answers(_folder: Path) -> list[bytes]:
    told = [
        {"event": "opened", "device": "Card", "rate": 48000, "missed": ""},
        {"event": "loaded", "id": 1, "path": "/dev/shm/x"},
        {"event": "devices", "names": ["a", "b"]},
        {"event": "failed", "order": "open", "message": "x"},
    ]
    return [json.dumps(each).encode() for each in told]


def read_line(content: bytes, _folder: Path) -> None:
    read_answer(read_document(content.decode("utf-8", "replace")))


def statuses(folder: Path) -> list[bytes]:
    StatusBlock(folder / "status", create=True)
    return [struct.pack(f"<{len(FIELDS)}d", *range(len(FIELDS)))]


def read_status(content: bytes, folder: Path) -> None:
    (folder / "status").write_bytes(content[: 8 * len(FIELDS)].ljust(8 * len(FIELDS), b"\0"))
    StatusBlock(folder / "status", create=False).read()


def annotations(folder: Path) -> list[bytes]:
    (folder / "loops").mkdir()
    (folder / "loops" / "a.json").touch()
    (folder / "corpus.json").touch()
    annotation = {
        "seed": 1, "tempo_bpm": 120.0, "bars": 1, "style": None, "key": "Am", "tags": ["house"], "captions": [],
        "onsets": {"kick": [[0.0, 1.0]]}, "source": "folder", "notes": {"bass": [[0.0, 1.0, 40.0]]},
    }  # fmt: skip
    return [json.dumps({"schema": 2, "frames": 8, "annotation": annotation}).encode()]


def read_annotation(content: bytes, folder: Path) -> None:
    (folder / "loops" / "a.json").write_bytes(content)
    list(stored_loops(folder))


def read_corpus(content: bytes, folder: Path) -> None:
    (folder / "corpus.json").write_bytes(content)
    read_manifest(folder)


def records(folder: Path) -> list[bytes]:
    log_metrics(folder, "validation", 1, 60.0, {"loss": 1.0})
    log_metrics(folder, "train", 2, 90.0, {"loss": 0.5})
    return [(folder / "metrics.jsonl").read_bytes()]


def read_record(content: bytes, folder: Path) -> None:
    (folder / "metrics.jsonl").write_bytes(content)
    validation_curve(folder)


def checkpoints(folder: Path) -> list[bytes]:
    from torch import zeros

    from engine.training.checkpoints import save_checkpoint

    save_checkpoint(folder, {"model.a": zeros(3, 4)}, {"step": 3, "seconds": 1.5})
    return [(folder / FILE).read_bytes()]


def read_checkpoint(content: bytes, folder: Path) -> None:
    (folder / FILE).write_bytes(content)
    load_checkpoint(folder)


def prompts(_folder: Path) -> list[bytes]:
    return [b"warm pad, acid:1.3, no kick", b"dub\t\t:2", b"a:" + b"\t" * 2000]


def read_prompt(content: bytes, _folder: Path) -> None:
    text = content.decode("utf-8", "replace")[:2000]
    phrases(text)
    LoopRequest(prompt=text)


READERS: Sequence[Reader] = (
    Reader("document", recipes, lambda content, _folder: read_document(content), (DocumentError,)),
    Reader("recipe", recipes, read_recipe),
    *(sounds(suffix) for suffix in (".wav", ".flac", ".aiff", ".ogg", ".mp3", ".caf", ".rf64")),
    Reader("name", names, read_name),
    Reader("pack manifest", manifest, read_manifest_of_pack),
    Reader("weights", weights, read_weights),
    Reader("settings", settings, read_settings),
    Reader("session", sessions, read_session),
    Reader("bank", BANK.seeds, BANK.read),
    Reader("sound answers", answers, read_line, (DocumentError,)),
    Reader("sound status", statuses, read_status),
    Reader("annotation", annotations, read_annotation),
    Reader("corpus", annotations, read_corpus),
    Reader("training record", records, read_record),
    Reader("checkpoint", checkpoints, read_checkpoint),
    Reader("prompt", prompts, read_prompt),
    *PLAYED,
    *SENT,
)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_only_our_own_errors_come_out(reader: Reader, tmp_path: Path) -> None:
    report(reader, fuzz(reader, tmp_path))


def test_the_harness_notices_what_it_is_for(tmp_path: Path) -> None:
    def foreign(_content: bytes, _folder: Path) -> None:
        raise KeyError("x")

    def stray(_content: bytes, folder: Path) -> None:
        (folder.parent / "outside" / "kept").unlink()

    for name, read, told in (("foreign", foreign, "KeyError"), ("stray", stray, "came or went")):
        (tmp_path / name).mkdir()
        with pytest.raises(AssertionError, match=told):
            fuzz(Reader(name, lambda _folder: [b"x"], read), tmp_path / name, 1)


def test_mutations_are_those_of_the_seed() -> None:
    from harness import mutated

    made = [[mutated(b"abc" * 100, rng) for _ in range(20)] for rng in (random.Random(1), random.Random(1))]
    assert made[0] == made[1] and len(set(made[0])) == 20
