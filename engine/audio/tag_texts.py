"""Tempo and key out of the texts that tags hold, however their writer spelled them."""

import re
from collections.abc import Mapping

from engine.vocabulary import KEYS

_NUMBER = re.compile(r"\s*(\d{1,4}(?:[.,]\d{1,6})?)\s*(?:bpm)?\s*", re.IGNORECASE)
_KEY = re.compile(r"\s*([A-Ga-g])\s*([b#♭♯]?)\s*(m|min|minor|maj|major|)\s*", re.IGNORECASE)
_FLATS = {"C#": "Db", "D#": "Eb", "F#": "Gb", "G#": "Ab", "A#": "Bb", "Cb": "B", "Fb": "E", "E#": "F", "B#": "C"}
TEMPO_TAGS = ("BPM", "TBPM", "TBP", "TEMPO")
KEY_TAGS = ("INITIALKEY", "TKEY", "TKE", "KEY")


def tempo_of_text(text: str) -> float | None:
    """The tempo in BPM that `text` is, such as `70`, `70,5` or `70 BPM`; None where it is no believable one."""
    match = _NUMBER.fullmatch(text[:40])
    tempo = float(match.group(1).replace(",", ".")) if match else 0.0
    return tempo if 1 <= tempo <= 1000 else None


def key_of_text(text: str) -> str | None:
    """The key that `text` is, such as `Am`, `F#m` or `Db major`, as one of `vocabulary.KEYS`; None for others."""
    match = _KEY.fullmatch(text[:40])
    if match is None:
        return None
    tonic = match.group(1).upper() + match.group(2).replace("♭", "b").replace("♯", "#")
    key = _FLATS.get(tonic, tonic) + ("m" if match.group(3).lower() in ("m", "min", "minor") else "")
    return key if key in KEYS else None


def tempo_and_key(tags: Mapping[str, str]) -> tuple[float | None, str | None]:
    """The tempo and the key that the first of the known tags tell that can be read."""
    tempi = (tempo_of_text(tags[name]) for name in TEMPO_TAGS if name in tags)
    keys = (key_of_text(tags[name]) for name in KEY_TAGS if name in tags)
    return next((t for t in tempi if t is not None), None), next((k for k in keys if k is not None), None)
