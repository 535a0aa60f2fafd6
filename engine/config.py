"""Where things live: shipped resources and the user's own folders."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import platformdirs

APP_NAME = "LoopGen"
RESOURCES = Path(__file__).resolve().parent.parent / "resources"


def starter_pack() -> Path:
    """Folder of the model pack that ships with LoopGen."""
    return RESOURCES / "packs" / "starter"


def user_data() -> Path:
    """The user's data folder (loop bank, exports, packs); not created here.

    A user whom the system does not know, and who has no HOME, has one among the temporary files.
    """
    folder = Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))
    return folder if folder.is_absolute() else Path(tempfile.gettempdir()) / f"{APP_NAME}-{os.getuid()}"


def user_packs() -> Path:
    """Folder searched for the user's own packs."""
    return user_data() / "packs"


def user_music() -> Path:
    """Where loops go that leave LoopGen; not created here."""
    music = Path(platformdirs.user_music_dir())
    return music / APP_NAME if music.is_absolute() else user_data() / "exports"


def child_environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """`given`, by default this process's, in which a child finds this very copy of LoopGen, and no folder that the
    user stands in: a `numpy.py` there is none of ours."""
    environment = dict(os.environ if given is None else given)
    paths = filter(None, (str(RESOURCES.parent), environment.get("PYTHONPATH")))
    return environment | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}
