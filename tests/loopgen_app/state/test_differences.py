"""What changed since: told by the names of the controls, each once."""

import pytest

from engine import LoopRequest, NoisePad, Pattern
from loopgen_app.state.differences import differences

MADE = LoopRequest(prompt="dub", seed=3)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, ()),
        ({"seed": 4}, ()),
        ({"tempo_bpm": 97.7, "bars": 2}, ("Tempo", "Bars")),
        ({"guidance": {"tags": 2.0, "curves": 0.5}}, ("Guidance",)),
        ({"noise": NoisePad((1, 2, 3, 4), 0.2, 0.3)}, ("Noise pad",)),
        ({"pattern": Pattern({"kick": (1.0, 0.0) * 8}, swing=0.2)}, ("Pattern", "Swing")),
        ({"steer": {"dub": 1.0}, "tags": ("house",)}, ("Dub", "Tags")),
        ({"curves": {"density": (0.5,)}, "num_steps": 4}, ("Steps", "Density")),
    ],
)
def test_what_is_asked_otherwise_is_named(change: dict[str, object], told: tuple[str, ...]) -> None:
    assert differences(MADE, MADE.with_(**change), with_seed=False) == told  # type: ignore[arg-type]


def test_a_seed_that_is_kept_is_told_when_it_is_another() -> None:
    assert differences(MADE, MADE.with_(seed=4), with_seed=True) == ("Seed",)
