"""What names say of the kind of a sound: that it is one sound and no loop, a single drum, or in another meter."""

import re
from typing import Final

_APART: Final = r"(?:^|(?<=[^a-z]))(?:{})(?=$|[^a-z])"
_ONE_SHOT: Final = re.compile(_APART.format(r"(?:one|1|drum|single)[\s_-]?(?:shot|hit)s?"), re.IGNORECASE)
_HIT: Final = re.compile(_APART.format(r"hits?|shots?"), re.IGNORECASE)
_LOOP: Final = re.compile(
    _APART.format(r"grooves?|beats?|breaks?|fills?|tops?|patterns?|riffs?|phrases?") + "|loop", re.IGNORECASE
)
_DRUM: Final = re.compile(
    _APART.format(
        r"kicks?|bass[\s_-]?drums?|bd|snares?|sd|claps?|rims?(?:shots?)?|snaps?|hi[\s_-]?hats?|hats?|hh|oh|ch|ohh|chh"
        r"|rides?|crash(?:es)?|cymbals?|splash|toms?|congas?|bongos?|cowbells?|shakers?|tamb(?:ourine)?s?|percs?"
        r"|impacts?|fx|sfx|risers?|sweeps?|downlifters?|uplifters?|stabs?|chord|note|vox|vocal"
    )
    + r"|(?:kick|snare|clap|crash|hihat)\d",
    re.IGNORECASE,
)
_COMPOUND: Final = re.compile(r"(?:^|(?<=[\s_()-]))(?:(5|6|7|9|11|12)[-/](8)|([357])[-/](4))(?=$|[\s_()-])")
_COUNTED: Final = re.compile(r"(?:bars?|takes?|beats?|parts?|loops?)[\s_-]*$", re.IGNORECASE)
_TEMPO: Final = re.compile("bpm", re.IGNORECASE)
_METERED: Final = re.compile(
    r"(?:^|(?<=[\s_()-]))(\d{1,2})[-_/\s]?([48])[\s_-]*(?:time|meter|metre|signature)(?=$|[\s_()-])", re.IGNORECASE
)
_WALTZ: Final = re.compile(_APART.format("waltz(?:es)?"), re.IGNORECASE)


def is_named_one_shot(stem: str, folders: tuple[str, ...] = ()) -> bool:
    """Whether a file, or the nearest of its `folders` that says anything, calls itself a one-shot and no loop."""
    for number, name in enumerate((stem, *folders)):
        if _LOOP.search(name):
            return False
        if _ONE_SHOT.search(name):
            return number == 0 or not _TEMPO.search(stem)
        if _HIT.search(name):
            return not _TEMPO.search(stem)
    return False


def is_named_drum(stem: str, folders: tuple[str, ...] = ()) -> bool:
    """Whether a file, or its folder, is named like a single drum or effect: it may be one, where no tempo is told."""
    return not _LOOP.search(stem) and any(_DRUM.search(name) for name in (stem, *folders[:1]))


def meter_in_name(name: str) -> tuple[int, int] | None:
    """A meter that a name tells, such as `6-8`, `3/4 time` or `waltz`; None for names that tell none."""
    match = _METERED.search(name)
    if match is None:
        match = _COMPOUND.search(name)
        # Bars 7-8 are places, and 3-4 is a place more often than a meter.
        if match is not None and (_COUNTED.search(name[: match.start()]) or not (match[1] or _TEMPO.search(name))):
            match = None
    if match is not None:
        over, under = (int(group) for group in match.groups() if group)
        return over, under
    return (3, 4) if _WALTZ.search(name) else None


_PARTS: Final = (
    ("closed_hat", r"(?:closed|pedal)[\s_-]?(?:hi[\s_-]?)?hats?|chh?|hh|hats?|hi[\s_-]?hats?"),
    ("open_hat", r"open[\s_-]?(?:hi[\s_-]?)?hats?|ohh?|rides?|crash(?:es)?|cymbals?|splash"),
    ("kick", r"kicks?|bass[\s_-]?drums?|bd"),
    ("snare", r"snares?|sd|claps?|rims?(?:shots?)?|snaps?"),
    ("percussion", r"toms?|congas?|bongos?|cowbells?|percs?|percussion"),
)
_DRUM_PARTS: Final = tuple(
    (part, re.compile(_APART.format(words) + rf"|(?:{words})(?=\d|s?$)", re.IGNORECASE))
    for part, words in (_PARTS[1], *_PARTS[:1], *_PARTS[2:])
)
"""Open hats first: an open hat is a hat."""


def drum_of(stem: str, folders: tuple[str, ...] = ()) -> str | None:
    """The drum part that the name of a one-shot tells, or that of its nearest folder; None where they tell none."""
    for name in (stem, *folders[:2]):
        for part, pattern in _DRUM_PARTS:
            if pattern.search(name):
                return part
    return None
