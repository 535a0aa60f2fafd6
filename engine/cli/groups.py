"""Options that belong together, declared once as a dataclass and taken whole by every verb that has them.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from engine.cli.options import (
    BitDepthOption,
    DeviceOption,
    GuidanceOption,
    JsonOption,
    LearntOption,
    OutOption,
    PackOption,
    RepeatOption,
    SamplerOption,
    StepsOption,
    TemperatureOption,
)
from engine.knobs import GUIDANCE, LEARNT, REPEAT, SAMPLER, STEPS, TEMPERATURE
from engine.packs.pack import find_pack

if TYPE_CHECKING:
    from engine.cli.rendering import Destination
    from engine.pipeline import LoopPipeline


def grouped(verb: Callable[..., None]) -> Callable[..., None]:
    """The command of a `verb` that takes dataclasses of options: their fields are options of the command's own.

    A group's options stand where the group stands among the verb's parameters.
    """
    hints = get_type_hints(verb, include_extras=True)
    groups: dict[str, Any] = {}
    parameters = []
    for name, parameter in inspect.signature(verb).parameters.items():
        if is_dataclass(hints[name]):
            groups[name] = hints[name]
            parameters += _parameters(hints[name])
        else:
            parameters.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))

    def command(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        verb(**given)

    command.__name__, command.__doc__ = verb.__name__, verb.__doc__
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def _parameters(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    found = []
    for field in fields(group):
        default: Any = inspect.Parameter.empty
        if field.default is not MISSING:
            default = field.default
        elif field.default_factory is not MISSING:
            default = field.default_factory()
        kind = inspect.Parameter.KEYWORD_ONLY
        found.append(inspect.Parameter(field.name, kind, default=default, annotation=hints[field.name]))
    return found


@dataclass(frozen=True)
class MachineOptions:
    """Which pack plays on which device, and whether the figures are told as JSON."""

    pack: PackOption = None
    device: DeviceOption = "auto"
    json: JsonOption = False

    def pack_folder(self) -> Path:
        """The folder of the pack."""
        return find_pack(self.pack)

    def pipeline(self) -> "LoopPipeline":
        """The pipeline of the pack (by folder or name, None for the starter pack) on the device."""
        folder = self.pack_folder()
        from engine.pipeline import LoopPipeline

        return LoopPipeline.from_pack(folder, device=self.device)


@dataclass(frozen=True)
class OutputOptions:
    """Where a verb writes sounds, and how."""

    out: OutOption = Path()
    bit_depth: BitDepthOption = 24

    def check(self, count: int = 1, sources: Sequence[Path] = ()) -> "Destination":
        """Judged for `count` sounds made of `sources` before anything is rendered; raises `ExportError` or
        `InvalidRequest`."""
        from engine.cli.rendering import Destination

        return Destination.check(self.out, self.bit_depth, count, sources)


@dataclass(frozen=True)
class SamplingOptions:
    """How requests are sampled."""

    steps: StepsOption = STEPS.default
    sampler: SamplerOption = SAMPLER.default
    guidance: GuidanceOption = GUIDANCE.default
    temperature: TemperatureOption = TEMPERATURE.default
    repeat: RepeatOption = REPEAT.default
    learnt: LearntOption = LEARNT.default

    def settings(self) -> dict[str, Any]:
        """The same as fields of a `LoopRequest`."""
        return {
            "num_steps": self.steps,
            "sampler": self.sampler,
            "guidance_scale": self.guidance,
            "temperature": self.temperature,
            "repeat": self.repeat,
            "learnt": self.learnt,
        }
