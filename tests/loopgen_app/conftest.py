"""Qt without a screen, and the user's folders in a temporary place."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
