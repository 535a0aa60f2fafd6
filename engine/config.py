"""Where things live: shipped resources and the user's own folders."""

from pathlib import Path

import platformdirs

APP_NAME = "LoopGen"
RESOURCES = Path(__file__).resolve().parent.parent / "resources"


def starter_pack() -> Path:
    """Folder of the model pack that ships with LoopGen."""
    return RESOURCES / "packs" / "starter"


def user_data() -> Path:
    """The user's data folder (loop bank, exports, packs); not created here."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))


def user_packs() -> Path:
    """Folder searched for the user's own packs."""
    return user_data() / "packs"
