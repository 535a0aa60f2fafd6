"""Loops that can be heard on a page: Opus, inside the page."""

import base64
import io
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio.io import read_audio
from engine.audio.resampling import resample
from engine.recipe import find_recipe

OPUS_RATE: Final = 48_000
MOST: Final = 22
"""Players on a page: 100 kB each."""


def players(loops: Sequence[Path]) -> Iterator[str]:
    """A player for each of the first `loops`; raises `AudioFileError` on a file that cannot be read."""
    for path in loops[:MOST]:
        file = read_audio(path)
        sound = base64.b64encode(as_opus(file.audio, file.sample_rate)).decode()
        name = escape(_called(path.stem, file.metadata.comment))
        yield (
            f'<figure><figcaption>{name}</figcaption><audio controls loop preload="none" '
            f'src="data:audio/ogg;base64,{sound}"></audio></figure>'
        )


def _called(name: str, comment: str | None) -> str:
    """What a loop is called: by its tags, where it carries its recipe."""
    recipe = find_recipe(comment)
    if recipe is None or not recipe.request.tags:
        return name
    return f"{', '.join(recipe.request.tags)}, {recipe.request.tempo_bpm:g} BPM"


def as_opus(audio: NDArray[np.float32], sample_rate: int) -> bytes:
    """An Opus file of `audio` `[C, T]`."""
    file = io.BytesIO()
    heard = np.clip(resample(audio, sample_rate, OPUS_RATE), -1, 1)
    soundfile.write(file, heard.T, OPUS_RATE, format="OGG", subtype="OPUS")
    return file.getvalue()
