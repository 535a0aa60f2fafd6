"""Work on loops that are there: how many steps it takes, what is remembered, and that nothing unasked comes first."""

from collections.abc import Callable

import numpy as np
import pytest
from conftest import Desk
from fakes import FOUND_SEED, FakeApplications, FakeRenderer, sine_loop

from engine import LoopRequest, Progress, SourceLoop, StepReport
from loopgen_app.making.generation import Finished
from loopgen_app.making.rework_tasks import KEPT, Cornered, Workbench, at_rate, stem

WALK = 4
"""Steps of the fakes' walks."""


def source(name: str = "groove.wav", tempo: float = 120.0, rate: int = 44_100) -> SourceLoop:
    request = LoopRequest(tempo_bpm=tempo, bars=2)
    return SourceLoop.from_audio(sine_loop(request, rate), rate, request, name)


class Steps:
    """Runs tasks and counts the steps that they tell."""

    def __init__(self) -> None:
        self.renderer, self.told = FakeRenderer(), list[tuple[int, int]]()

    def run(self, task: Callable[..., object]) -> object:
        self.told.clear()
        return task(self.renderer, Progress(self._hear))

    def _hear(self, report: StepReport) -> None:
        self.told.append((report.step, report.num_steps))


@pytest.fixture
def steps() -> Steps:
    return Steps()


def test_a_variation_finds_the_noise_and_walks_back_and_measures_nothing(
    steps: Steps, applications: FakeApplications
) -> None:
    bench, loop = Workbench(), source()
    made = steps.run(bench.vary(loop, 0.3, "all", 5))
    assert steps.told[-1] == (2 * WALK, 2 * WALK)
    assert isinstance(made, Finished) and made.name == "groove varied"
    assert bench.round_trip(loop) is None
    steps.run(bench.stretch(loop, 130.0))
    assert steps.told[-1] == (WALK, WALK)  # its noise is known
    assert len(applications.inverted) == 1


def test_measuring_plays_back_what_is_known_and_a_transition_counts_both_ends(
    steps: Steps, applications: FakeApplications
) -> None:
    bench, a, b = Workbench(), source("a.wav"), source("b.wav", 90.0)
    trip = steps.run(bench.measure(a))
    assert steps.told[-1] == (2 * WALK, 2 * WALK)
    assert bench.round_trip(a) is trip and trip is not None
    made = steps.run(bench.transition(a, b, 8))
    assert steps.told[-1] == (2 * WALK, 2 * WALK)  # the noise of b, and the way over
    assert isinstance(made, Finished) and (made.name, made.recipe.kind) == ("a to b", "passage")
    assert [loop.name for loop in applications.inverted] == ["a.wav", "b.wav"]


def test_the_noise_of_four_loops_is_remembered_and_that_of_another_pack_is_not(
    steps: Steps, applications: FakeApplications
) -> None:
    bench, loops = Workbench(), [source(f"{number}.wav") for number in range(KEPT + 1)]
    for loop in loops:
        assert steps.run(bench.corner(loop, 1)) == Cornered(1, FOUND_SEED)
    steps.run(bench.corner(loops[-1], 0))
    assert len(applications.inverted) == KEPT + 1
    steps.run(bench.corner(loops[0], 0))
    assert len(applications.inverted) == KEPT + 2


def test_a_source_at_another_rate_is_resampled_to_its_exact_length() -> None:
    fitted = at_rate(source(rate=48_000), 44_100)
    assert (fitted.audio.shape[1], fitted.sample_rate) == (4 * 44_100, 44_100)
    assert np.abs(fitted.audio - source().audio).mean() < 0.001
    assert at_rate(fitted, 44_100) is fitted


@pytest.mark.parametrize(
    ("name", "words"), [("a.wav", "a"), ("a.b.FLAC", "a.b"), ("v1.5", "v1.5"), (".wav", ".wav"), ("x", "x")]
)
def test_the_stem_of_a_source_is_its_name_without_the_ending_of_a_sound(name: str, words: str) -> None:
    assert stem(source(name)) == words


def test_a_locked_corner_is_never_overwritten(desk: Desk, applications: FakeApplications) -> None:
    studio = desk.studio
    heard = desk.generate()
    studio.instrument.set("pad_locks", (False, True, False, False))
    corners = studio.instrument.value("pad_corners")
    studio.reworking.open_banked(heard.id)
    desk.service.cancel()
    studio.reworking.to_corner(1)
    assert studio.instrument.value("pad_corners") == corners
    assert desk.said() == "The corner top right is locked. Unlock it, or choose another one."
    studio.reworking.to_corner(2)
    assert studio.instrument.value("pad_corners")[2] == heard.recipe.request.seed
    studio.reworking.source = None
    studio.reworking._put(1, 5)  # it was locked while its noise was being found
    assert studio.instrument.value("pad_corners")[1] == corners[1]
