"""What a file name says of a loop: its tempo and its key, in the spellings that sample libraries use."""

import re

from engine.requests import MAX_TEMPO_BPM, MIN_TEMPO_BPM
from engine.vocabulary import KEYS

_BEFORE = re.compile(r"(?<!\d)(?:(\d{1,3})[.,])?(\d{1,3})([\s_.=:#-]*)bpm", re.IGNORECASE)
"""A number, perhaps with a fraction, and BPM: `126bpm`, `126.5 BPM`, `87,50bpm`, `Slow.75.BPM`."""
_AFTER = re.compile(
    r"bpm([\s_.=:#(-]*)(\d{2,3}(?:[.,]\d{1,3})?)(?!\d)(?![\s_-]*(?:bars?|beats?|k?hz|k|bits?|s|sec|st)(?![a-z0-9]))",
    re.IGNORECASE,
)
"""BPM and a number that counts nothing else: `bpm126`, `BPM_120`, `bpm=128`, but not `bpm 64 bars`."""
_NAME_KEY = re.compile(r"(?:^|[\s_-])([A-G])(b|#)?(m|min|maj)?(?=$|[\s_-])")
_SHARPS = {"C#": "Db", "D#": "Eb", "F#": "Gb", "G#": "Ab", "A#": "Bb", "Cb": "B", "Fb": "E", "E#": "F", "B#": "C"}


def tempo_in_name(name: str) -> float | None:
    """The tempo in a file name such as `groove_126bpm`, `126,5 BPM` or `bpm126`, if it is one (40-240).

    Where numbers stand on both sides, one that touches the BPM is meant; where both or neither do, the second.
    """
    before = [(bool(match[3]), _possible(match[1], match[2])) for match in _BEFORE.finditer(name)]
    after = [(bool(match[1]), _in_range(_number(match[2]))) for match in _AFTER.finditer(name)]
    found = [(apart, tempo) for apart, tempo in (*after, *before) if tempo is not None]
    return min(found, key=lambda each: each[0])[1] if found else None


def key_in_name(name: str) -> str | None:
    """The key in a file name such as `pad_Am_126bpm` or `bass F#min`, if there is one with its mode spelled out."""
    for match in _NAME_KEY.finditer(name):
        tonic, sign, mode = match.groups()
        if mode is None:
            continue  # a lone letter is more often a take than a key
        spelled = _SHARPS.get(tonic + (sign or ""), tonic + (sign or ""))
        key = spelled + ("" if mode == "maj" else "m")
        if key in KEYS:
            return key
    return None


def _possible(whole: str | None, digits: str) -> float | None:
    """`whole`.`digits` where that is a tempo, else `digits` alone: the number of a track may stand before it."""
    told = _in_range(float(f"{whole}.{digits}")) if whole and not whole.startswith("0") else None
    return told if told is not None or digits.startswith("0") else _in_range(float(digits))


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _in_range(tempo: float) -> float | None:
    return tempo if MIN_TEMPO_BPM <= tempo <= MAX_TEMPO_BPM else None
