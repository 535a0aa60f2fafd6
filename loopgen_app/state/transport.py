"""What the transport does and what is known of the sound card; no Qt."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from loopgen_app.state.events import Event

Health = Literal["starting", "ok", "retrying", "no_device", "no_portaudio", "no_room"]


@dataclass(frozen=True)
class TransportState:
    """A snapshot: playing or not, which loop is heard, at which tempo if not its own, the device and its health."""

    playing: bool = False
    loop_id: int | None = None
    pending_id: int | None = None
    bent_bpm: float | None = None
    health: Health = "starting"
    message: str = ""
    device: str = ""
    sample_rate: int = 0
    dropouts: int = 0
    late: int = 0


class Transport:
    """Holds the newest `TransportState` and tells who listens."""

    def __init__(self) -> None:
        self.changed: Event[TransportState] = Event()
        self._state = TransportState()

    @property
    def state(self) -> TransportState:
        """The newest snapshot."""
        return self._state

    def update(self, **changes: Any) -> None:
        """Replace fields of the state; announces only real changes."""
        state = replace(self._state, **changes)
        if state != self._state:
            self._state = state
            self.changed.emit(state)
