"""What the names of a file and of its folders say of a loop: tempo and key, in the spellings of sample libraries."""

import re
from typing import Final

from engine.requests import MAX_TEMPO_BPM, MIN_TEMPO_BPM
from engine.vocabulary import KEYS

_BEFORE = re.compile(r"(?<!\d)(?:(\d{1,3})[.,])?(\d{1,6})([\s_.=:#-]*)b\.?p\.?m", re.IGNORECASE)
"""A number, perhaps with a fraction, and BPM: `126bpm`, `126.5 BPM`, `87,50bpm`, `Slow.75.BPM`, `126 b.p.m.`."""
_AFTER = re.compile(
    r"(?:b\.?p\.?m\.?|(?<![a-z])tempo)([\s_.=:#(-]*)(\d{2,3}(?:[.,]\d{1,6})?)(?!\d)"
    r"(?![\s_-]*(?:bars?|beats?|k?hz|k|bits?|s|sec|st)(?![a-z0-9]))",
    re.IGNORECASE,
)
"""BPM and a number that counts nothing else: `bpm126`, `BPM_120`, `tempo=128`, but not `bpm 64 bars`."""
_ALONE = re.compile(
    r"(?:^|(?<=[\s_()\[\]-]))(\d{2,3}(?:[.,]\d{1,2})?)(?=$|[\s_()\[\]-])"
    r"(?![\s_-]*(?:bars?|beats?|k?hz|k|bits?|s|sec|st|kbps?)(?![a-z0-9]))",
    re.IGNORECASE,
)
"""A number by itself, as in `SP_126_Am_Bass`: a tempo only where the length of the sound bears it out."""
_ALONE_BPM: Final = (60.0, 200.0)
_NAME_KEY = re.compile(
    r"(?:^|(?<=[\s_()\[\]-]))([A-G])[\s_-]?(b|#|♭|♯|flat|sharp)?(?:[\s_-]?(m|min|minor|maj|major))?(?=$|[\s_()\[\]-])"
)
_WORDED_KEY = re.compile(
    r"(?:^|(?<=[\s_()\[\]-]))([a-g])[\s_-]?(b|#|flat|sharp)?[\s_-]?(min|minor|maj|major)(?=$|[\s_()\[\]-])",
    re.IGNORECASE,
)
_SIGNS = {"♭": "b", "flat": "b", "♯": "#", "sharp": "#"}
_SHARPS = {"C#": "Db", "D#": "Eb", "F#": "Gb", "G#": "Ab", "A#": "Bb", "Cb": "B", "Fb": "E", "E#": "F", "B#": "C"}


def tempo_in_name(name: str) -> float | None:
    """The tempo in a file name such as `groove_126bpm`, `126,5 BPM` or `bpm126`, if it is one (40-240).

    Where numbers stand on both sides, one that touches the BPM is meant; where both or neither do, the second.
    """
    before = [(bool(match[3]), _possible(match[1], match[2])) for match in _BEFORE.finditer(name)]
    after = [(bool(match[1]), _in_range(_number(match[2]))) for match in _AFTER.finditer(name)]
    found = [(apart, tempo) for apart, tempo in (*after, *before) if tempo is not None]
    return min(found, key=lambda each: each[0])[1] if found else None


def tempi_alone(name: str) -> tuple[float, ...]:
    """The numbers by themselves in a name that may be its tempo (60-200), such as the 126 of `SP_126_Am_Bass`.

    They may as well count files: a length of whole bars has to speak for one.
    """
    low, high = _ALONE_BPM
    tempi = (_number(match[1]) for match in _ALONE.finditer(name) if not match[1].startswith("0"))
    return tuple(dict.fromkeys(tempo for tempo in tempi if low <= tempo <= high))


def key_in_name(name: str) -> str | None:
    """The key in a file name such as `pad_Am_126bpm`, `bass F#min` or `E flat minor`, if its mode is spelled out."""
    for pattern in (_NAME_KEY, _WORDED_KEY):
        for match in pattern.finditer(name):
            tonic, sign, mode = match.groups()
            if mode is None:
                continue  # a lone letter is more often a take than a key
            spelled = tonic.upper() + _SIGNS.get((sign or "").lower(), (sign or "").lower())
            key = _SHARPS.get(spelled, spelled) + ("" if mode.lower().startswith("maj") else "m")
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
