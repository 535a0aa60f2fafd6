"""The transport announces what changed, and nothing that did not."""

from dataclasses import FrozenInstanceError

import pytest

from loopgen_app.state.transport import Transport, TransportState


def test_only_real_changes_are_told_and_each_snapshot_stays() -> None:
    told: list[TransportState] = []
    transport = Transport()
    transport.changed.connect(told.append)
    transport.update(playing=False, health="starting")
    assert told == []
    transport.update(playing=True, loop_id=7)
    transport.update(playing=True)
    transport.update(dropouts=3)
    assert [(state.playing, state.loop_id, state.dropouts) for state in told] == [(True, 7, 0), (True, 7, 3)]
    assert transport.state is told[-1] and told[0].dropouts == 0


def test_what_it_does_not_know_is_refused() -> None:
    transport = Transport()
    with pytest.raises(TypeError):
        transport.update(volume=1.0)
    with pytest.raises(FrozenInstanceError):
        transport.state.playing = True  # type: ignore[misc]
