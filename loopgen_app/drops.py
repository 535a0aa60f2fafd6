"""What happens when a file is dropped on the window."""

import logging
from dataclasses import replace
from pathlib import Path

from engine import LoopGenError, Recipe, read_midi
from loopgen_app.keeping.exports import Dropped, look_at, read_drop
from loopgen_app.state.session import SUFFIX
from loopgen_app.studio import Studio

log = logging.getLogger(__name__)


def take_drop(studio: Studio, paths: list[Path], part: str | None = None) -> None:
    """Open a session, restore the state of a loop that LoopGen wrote, or offer other sound as it can be used.

    Over the row of a `part` it is that part's voice.
    """
    if not paths:
        studio.messages.complain("Only files can be dropped: audio, or a LoopGen session.")
        return
    if len(paths) > 1:
        studio.messages.say(f"One file at a time: taking {paths[0].name}.")
    path = paths[0]
    if path.suffix == SUFFIX:
        studio.sessions.open(path)
        return
    if path.suffix.lower() in (".mid", ".midi"):
        take_midi(studio, path)
        return
    try:
        dropped = look_at(path)
    except LoopGenError as error:
        studio.messages.complain(str(error))
        return
    if dropped.recipe is not None and dropped.recipe.kind != "passage":
        restore(studio, dropped, dropped.recipe)
    elif part is not None:
        studio.voices.take_file(part, path)
    else:
        offer(studio, dropped, "carries no recipe of a loop")


def take_midi(studio: Studio, path: Path) -> None:
    """Draw the pattern of a MIDI file, with its bars, tempo and swing, as one step of undo."""
    try:
        read = read_midi(path)
        knobs = {"pattern": replace(read.pattern, swing=0.0), "swing": read.pattern.swing, "bars": read.bars}
        studio.instrument.set_many({**knobs, "tempo_bpm": read.tempo_bpm}, f"Drop {path.name}")
    except LoopGenError as error:
        studio.messages.complain(str(error))
        return
    studio.messages.say(" ".join((f"Drew the pattern of {path.name}.", *read.remarks)))


def restore(studio: Studio, dropped: Dropped, recipe: Recipe) -> None:
    """Turn every knob to where it was when the file was made, and play the file itself; it is not made once more.

    What was cut or stretched since then is no longer what its recipe says, and is offered as other sound is.
    """
    try:
        file = read_drop(dropped.path)
        if not recipe.fits(file.audio.shape[-1], file.sample_rate):
            offer(studio, dropped, "is not as long any more as its recipe says")
            return
        studio.instrument.restore_recipe(recipe, f"Drop {dropped.path.name}")
        row = studio.bank.add(file.audio, file.sample_rate, recipe, name=dropped.path.stem)
    except LoopGenError as error:
        studio.messages.complain(str(error))
        return
    studio.audition.banked.emit()
    studio.audition.play_id(row.id, start=False)
    pack = studio.generation.state.pack
    if recipe.pack_name and pack and recipe.pack_name != pack:
        studio.messages.say(f"Restored. It was made with the pack {recipe.pack_name}; {pack} will sound different.")
    elif recipe.kind == "motion":
        studio.messages.say(f"Restored the settings that {dropped.path.name} begins with.")
    elif recipe.origin is not None:
        source = recipe.origin.source or "another loop"
        studio.messages.say(f"Restored the settings of {dropped.path.name}. Its noise came from {source}.")
    else:
        studio.messages.say(f"Restored everything that made {dropped.path.name}.")


def offer(studio: Studio, dropped: Dropped, reason: str) -> None:
    """Sound without the recipe of a loop, for a `reason`: it becomes the source of the panel Source; its tempo can be
    had too, else its character."""
    tempo, path = dropped.tempo_bpm, dropped.path
    studio.reworking.open(path)
    words = f"{path.name} {reason}: it is opened as a source to rework."
    if tempo is None:
        studio.messages.say(words, "Take its character", lambda: studio.references.take_file(path))
    else:
        studio.messages.say(words, f"Use its tempo, {tempo:g} BPM", lambda: studio.instrument.set("tempo_bpm", tempo))
