"""A corpus on disk: per loop an annotation, its curves, and, where kept, its audio and its latent.

    FOLDER/corpus.json                what it was made of
    FOLDER/loops/NAME.json            annotation, number of latent frames, words that the rows below are of
    FOLDER/loops/NAME.safetensors     curves [4, F], voices [P, bands, columns], voices_given [P]
    FOLDER/loops/NAME.wav             audio, 16 bit
    FOLDER/latents/NAME.safetensors   latent [D, F] of the codec that corpus.json names
    FOLDER/embeddings/NAME.safetensors   sound [512] and captions [N, 512] of the embedder that corpus.json names

Each file is written whole or not at all, the annotation last: a loop with an annotation is complete, so that an
interrupted build goes on where it stopped.
"""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from engine.corpus.score import Annotation, Audio, CorpusLoop
from engine.corpus.seeds import HELD_OUT_SEED
from engine.documents import read_document_file
from engine.errors import CorpusError
from engine.files import is_file, sweep_stale_files, write_atomically
from engine.vocabulary import CURVES, FIRST, PARTS, PICTURE_BANDS, PICTURE_COLUMNS, TODAY, Vocabulary, places

SCHEMA = 2


@dataclass(frozen=True)
class StoredLoop:
    """One loop of a corpus folder; `frames` is F, its length in latent frames.

    `known` are the words that there were when it was stored: the rows of its files are theirs. `is_heard` is true
    where what can be heard in it was added to its annotation.
    """

    folder: Path
    name: str
    annotation: Annotation
    frames: int
    known: Vocabulary = FIRST
    is_heard: bool = False

    @property
    def held_out(self) -> bool:
        """Kept for validation, never trained on."""
        return self.annotation.seed >= HELD_OUT_SEED

    @property
    def audio_path(self) -> Path:
        """Where its audio is, if it was kept."""
        return self.folder / "loops" / f"{self.name}.wav"

    @property
    def latent_path(self) -> Path:
        """Where its latent is, once encoded."""
        return self.folder / "latents" / f"{self.name}.safetensors"

    @property
    def embedding_path(self) -> Path:
        """Where its embeddings are, once embedded."""
        return self.folder / "embeddings" / f"{self.name}.safetensors"

    def curves(self) -> NDArray[np.float32]:
        """Measured curves `[4, F]` in [0, 1], in the rows of today's; zero for one that was not measured."""
        curves = self._array(self.folder / "loops" / f"{self.name}.safetensors", "curves")
        return _in_rows(curves, self.known.curves, CURVES)

    def voices(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Pictures of the parts' hits `[P, bands, columns]` in [0, 1], and `[P]`: 1 for parts that have one; in the
        rows of today's parts."""
        path = self.folder / "loops" / f"{self.name}.safetensors"
        images, given = (
            _in_rows(self._array(path, name), self.known.parts, PARTS) for name in ("voices", "voices_given")
        )
        return images, given

    def latent(self) -> NDArray[np.float32]:
        """Latent `[D, F]`; `CorpusError` before it was encoded."""
        return self._array(self.latent_path, "latent")

    def audio(self) -> Audio:
        """Audio `[2, T]`."""
        try:
            audio, _ = soundfile.read(self.audio_path, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, OSError) as error:
            raise CorpusError(f"The audio {self.audio_path} is not there: build the corpus with --audio.") from error
        return np.ascontiguousarray(audio.T)

    def store_latent(self, latent: NDArray[np.float32]) -> None:
        """Keep `latent` `[D, F]` in half precision."""
        _made(self.latent_path.parent)
        write_atomically(self.latent_path, save({"latent": latent.astype(np.float16)}))

    def embeddings(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Embedding of its sound `[512]` and of its captions `[N, 512]`; `CorpusError` before it was embedded."""
        return self._array(self.embedding_path, "sound"), self._array(self.embedding_path, "captions")

    def store_embeddings(self, sound: NDArray[np.float32], captions: NDArray[np.float32]) -> None:
        """Keep the embeddings `[512]` and `[N, 512]` in half precision."""
        _made(self.embedding_path.parent)
        halves = {"sound": sound.astype(np.float16), "captions": captions.astype(np.float16)}
        write_atomically(self.embedding_path, save(halves))

    def _array(self, path: Path, name: str) -> NDArray[np.float32]:
        try:
            return load_file(path)[name].astype(np.float32)
        except (OSError, SafetensorError, KeyError) as error:
            verb = "build" if path.parent.name == "loops" else "encode"
            raise CorpusError(f"{path} is missing or damaged; run `loopgen corpus {verb}` again.") from error


def _in_rows(rows: NDArray[np.float32], own: tuple[str, ...], here: tuple[str, ...]) -> NDArray[np.float32]:
    """`rows` of the words `own` as those of the words `here`, zero where there was none."""
    at = places(here, own)
    return rows if at is None else np.concatenate([rows, np.zeros_like(rows[:1])])[list(at)]


def store_loop(
    folder: Path, name: str, loop: CorpusLoop, curves: NDArray[np.float32], *, keep_audio: bool = True
) -> None:
    """Add `loop` with its `curves` `[4, F]`, and its audio if that is to be kept.

    Raises `CorpusError` where no folder can be made, `ExportError` where no file can be written.
    """
    annotation = loop.annotation
    loops = _made(folder / "loops")
    if keep_audio:
        write_atomically(loops / f"{name}.wav", stored_audio(loop.audio))
    voices = np.zeros((len(PARTS), PICTURE_BANDS, PICTURE_COLUMNS), np.float16)
    for name_of_part, image in loop.voices.items():
        voices[PARTS.index(name_of_part)] = image
    known = np.array([each in loop.voices for each in PARTS], np.float16)
    measured: dict[str, NDArray[Any]] = {"curves": curves.astype(np.float32), "voices": voices, "voices_given": known}
    write_atomically(loops / f"{name}.safetensors", save(measured))
    row = _row(int(curves.shape[1]), annotation, TODAY)
    write_atomically(loops / f"{name}.json", json.dumps(row).encode())


def annotate(loop: StoredLoop, annotation: Annotation) -> None:
    """Note `annotation`, which has been heard, in the place of that of `loop`. Raises `ExportError`."""
    row = _row(loop.frames, annotation, loop.known) | {"heard": True}
    write_atomically(loop.folder / "loops" / f"{loop.name}.json", json.dumps(row).encode())


def _row(frames: int, annotation: Annotation, known: Vocabulary) -> dict[str, Any]:
    words = known.told("parts", "tags", "curves")
    return {"schema": SCHEMA, "frames": frames, "annotation": annotation.to_dict(), "vocabulary": words}


def stored_audio(audio: Audio) -> bytes:
    """The WAV file, 16 bit, that keeps `audio` `[2, T]` in [-1, 1]."""
    buffer = io.BytesIO()
    soundfile.write(buffer, audio.T, 44100, subtype="PCM_16", format="WAV")
    return buffer.getvalue()


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CorpusError(f"The corpus folder {folder} cannot be made: {reason}.") from error
    return folder


def sweep_corpus(folder: Path) -> None:
    """Delete what programs that were killed left half-written in the corpus in `folder`."""
    for part in (folder, folder / "loops", folder / "latents", folder / "embeddings"):
        sweep_stale_files(part)


def is_stored(folder: Path, name: str) -> bool:
    """True when the loop `name` is complete in `folder`."""
    return is_file(folder / "loops" / f"{name}.json")


def stored_loops(folder: Path) -> Iterator[StoredLoop]:
    """The loops of a corpus folder in the order of their names; `CorpusError` if there are none."""
    paths = sorted((folder / "loops").glob("*.json"))
    if not paths:
        raise CorpusError(f"{folder} holds no corpus; make one with `loopgen corpus build {folder}`.")
    yield from map(stored_loop, paths)


def stored_loop(path: Path) -> StoredLoop:
    """The loop of a corpus folder whose annotation is `path`; `CorpusError` where that is none."""
    try:
        row = read_document_file(path)
        known = Vocabulary.read(row.get("vocabulary", {}))
        annotation, is_heard = Annotation.from_dict(row["annotation"]), row.get("heard") is True
        return StoredLoop(path.parents[1], path.stem, annotation, int(row["frames"]), known, is_heard)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"The annotation {path} is damaged; delete it and build the corpus again.") from error


def write_manifest(folder: Path, values: Mapping[str, Any]) -> None:
    """Note in `corpus.json` what the corpus was made of, keeping what other steps noted."""
    _made(folder)
    write_atomically(folder / "corpus.json", json.dumps(read_manifest(folder) | dict(values), indent=1).encode())


def read_manifest(folder: Path) -> dict[str, Any]:
    """What `corpus.json` says, empty if there is none yet."""
    path = folder / "corpus.json"
    try:
        return dict(read_document_file(path)) if is_file(path) else {}
    except (OSError, ValueError, TypeError) as error:
        raise CorpusError(f"{path} is damaged; delete it and build the corpus again.") from error
