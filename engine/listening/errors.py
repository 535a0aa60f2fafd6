"""Why a file is no loop: what was heard is kept apart from the advice, which depends on who asks."""

from engine.errors import InvalidRequest
from engine.requests import MAX_BARS, MAX_TEMPO_BPM, MIN_TEMPO_BPM
from engine.vocabulary import BEATS_PER_BAR


class TempoUnsure(InvalidRequest):
    """The tempo of a file cannot be heard surely: it has to be given. `heard` says why, without advice."""

    def __init__(self, heard: str) -> None:
        super().__init__(
            f"{heard}; give its tempo ({MIN_TEMPO_BPM:g} to {MAX_TEMPO_BPM:g} BPM), "
            "on the command line with --from-bpm."
        )
        self.heard = heard


class OneShot(InvalidRequest):
    """A single sound rather than a loop: `heard` says so, without advice."""

    def __init__(self, heard: str) -> None:
        super().__init__(f"{heard} (give its tempo to use it as one).")
        self.heard = heard


class NotWholeBars(InvalidRequest):
    """A file that is not whole bars at its tempo, as `lasts` says.

    Told to be at `tempo_bpm`, it can be cut to `trim_bars`, and is whole, as `bars`, at `stretch_bpm`; None where
    that is not possible.
    """

    possible = f"1 to {MAX_BARS} whole bars of {BEATS_PER_BAR} beats are possible"

    def __init__(self, lasts: str, tempo_bpm: float, bars: int, *, trim_bars: int, stretch_bpm: float | None) -> None:
        offers = [f"cut it to {trim_bars} bars with --fit trim"] if trim_bars else []
        offers += [f"take it as {bars} bars at {stretch_bpm:.2f} BPM with --fit stretch"] if stretch_bpm else []
        super().__init__(f"{lasts}; {self.possible}: {' or '.join(offers) or 'give another tempo'}.")
        self.lasts, self.tempo_bpm = lasts, tempo_bpm
        self.trim_bars, self.stretch_bpm = trim_bars or None, stretch_bpm
