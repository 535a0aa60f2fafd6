"""What a corpus is made of besides synthesis, by name and licence: what a pack has to say of its training."""

from collections.abc import Sequence
from pathlib import Path

from engine.corpus.drumkits import plain_tag, read_drumkit
from engine.corpus.one_shots import one_shot_folders
from engine.corpus.recordings import GAMES, find_tracks
from engine.corpus.sampled import soundfont
from engine.documents import read_document_file
from engine.errors import CorpusError


def materials(*, recordings: bool = True) -> list[str]:
    """The sources that are at hand: packages of recorded tracks where `recordings` are used, folders of one-shots,
    a soundfont."""
    tracks = recorded_materials(find_tracks()) if recordings else []
    played = soundfont()
    instruments = [f"soundfont {played.name}"] if played else []
    return [*tracks, *(one_shot_material(folder) for folder in one_shot_folders()), *instruments]


def recorded_materials(tracks: Sequence[Path]) -> list[str]:
    """The Debian packages that `tracks` are from, each once; other tracks by the name of their folder."""
    games = [path.relative_to(GAMES).parts[0] if path.is_relative_to(GAMES) else None for path in tracks]
    named = [
        f"Debian {game}-data (BSD-2-Clause)" if game else f"recordings of the folder {path.parent.name}"
        for game, path in zip(games, tracks, strict=True)
    ]
    return list(dict.fromkeys(named))


def one_shot_material(folder: Path) -> str:
    """A folder of one-shots by what it says of itself: an npm package, a Hydrogen kit, else its name."""
    for place in (folder, folder.parent):
        if (place / "package.json").is_file():
            try:
                told = read_document_file(place / "package.json")
                return f"npm {told['name']} {told['version']} ({told['license']})"
            except (OSError, ValueError, KeyError, TypeError):
                break
    try:
        root = read_drumkit(folder)
    except CorpusError:
        root = None
    if root is not None:
        texts = {plain_tag(node): (node.text or "").strip() for node in root}
        return f"Hydrogen kit {texts.get('name', folder.name)} ({texts.get('license') or 'licence unknown'})"
    return f"one-shots of the folder {folder.name}"
