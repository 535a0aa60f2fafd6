"""Options that are declared together reach the verbs that take them, with their own defaults, texts and places."""

from dataclasses import dataclass, field, fields
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from engine.cli import evaluate, evaluate_applications, evaluate_parts
from engine.cli.groups import MachineOptions, SamplingOptions, grouped
from engine.cli.reworking import BlendWalkOptions, WalkOptions
from engine.knobs import GUIDANCE, REPEAT, STEPS, TEMPERATURE, WALK_GUIDANCE
from engine.requests import LoopRequest


@dataclass(frozen=True)
class Heard:
    loud: Annotated[float, typer.Option(help="How loud.")] = 0.5
    names: Annotated[list[str], typer.Option("--name", help="Whose.")] = field(default_factory=list)


@pytest.fixture
def told() -> list[object]:
    return []


@pytest.fixture
def app(told: list[object]) -> typer.Typer:
    @grouped
    def verb(
        source: Annotated[str, typer.Argument()],
        *,
        heard: Heard,
        last: Annotated[int, typer.Option(help="Behind the group.")] = 3,
    ) -> None:
        """What it does."""
        told.append((source, heard, last))

    found = typer.Typer()
    found.command()(verb)
    return found


def test_a_group_arrives_whole(app: typer.Typer, told: list[object]) -> None:
    assert CliRunner().invoke(app, ["a.wav"]).exit_code == 0
    assert (
        CliRunner().invoke(app, ["a.wav", "--loud", "0.25", "--name", "x", "--name", "y", "--last", "9"]).exit_code
        == 0
    )
    assert told == [("a.wav", Heard(), 3), ("a.wav", Heard(0.25, ["x", "y"]), 9)]


def test_its_options_stand_where_the_group_stands_and_what_is_no_number_is_refused(
    app: typer.Typer, told: list[object]
) -> None:
    command = typer.main.get_command(app)
    assert [parameter.name for parameter in command.params if parameter.name != "help"][:4] == [
        "source", "loud", "names", "last",
    ]  # fmt: skip
    assert command.help == "What it does."
    assert CliRunner().invoke(app, ["a.wav", "--loud", "much"]).exit_code == 2
    assert told == []


def test_what_is_sampled_by_default_is_what_a_request_is_sampled_by() -> None:
    plain = SamplingOptions()
    assert (plain.steps, plain.guidance) == (STEPS.default, GUIDANCE.default)
    assert (plain.temperature, plain.repeat) == (TEMPERATURE.default, REPEAT.default)
    assert LoopRequest(**plain.settings()) == LoopRequest()
    assert LoopRequest(**SamplingOptions(steps=4, repeat=0.5).settings()) == LoopRequest(num_steps=4, repeat=0.5)


def test_loops_are_inverted_plainly_and_blended_as_they_are_rendered() -> None:
    walk = WalkOptions().walk()
    assert (walk.guidance_scale, walk.num_steps) == (WALK_GUIDANCE.default, WalkOptions().steps)
    assert WalkOptions().walk(0).corrections == 0 < walk.corrections
    assert BlendWalkOptions().walk().guidance_scale == 2.0
    assert [f.name for f in fields(BlendWalkOptions)] == [f.name for f in fields(WalkOptions)]


def test_every_experiment_says_which_pack_it_measures_where() -> None:
    verbs = {**evaluate_parts.PARTS_ALONE, **evaluate_applications.EXPERIMENTS}
    verbs |= {name: getattr(evaluate, name) for name in ("loops", "guidance", "words", "controls", "likeness")}
    without = {
        "architectures": {"pack", "device"},
        "patterns": {"device"},
        "fewsteps-ablation": {"device"},
    }  # they render nothing
    for name, verb in verbs.items():
        taken = verb.__annotations__
        expected = {f.name for f in fields(MachineOptions)} - without.get(name, set())
        assert expected <= set(taken) and "machine" not in taken, name
