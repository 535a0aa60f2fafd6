"""Loops of a pack that is still learning, to be heard meanwhile."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.errors import LoopGenError
from engine.export import DEFAULT_FORMAT, write_sound
from engine.loop import Loop
from engine.pipeline import LoopPipeline
from engine.recipe import Recipe
from engine.requests import LoopRequest
from engine.training.learning_told import LearningTold

BARS: Final = 4
SEED: Final = 7


class Previews:
    """Renders with the pack in `pack` as it stands; files go to the folder `out`, at `tempo_bpm`, always of one seed.

    They take after `reference`, the mean embedding of the sounds that are learnt from, where that is given.
    """

    def __init__(self, pack: Path, out: Path, tempo_bpm: float, reference: tuple[float, ...]) -> None:
        self._pack, self._out = pack, out
        self._request = LoopRequest(tempo_bpm=tempo_bpm, bars=BARS, seed=SEED, reference=reference)
        self._pipeline: LoopPipeline | None = None

    def told(self, minutes: float) -> LearningTold:
        """Render a loop as the pack is after `minutes`; where that fails, why is a remark and learning goes on."""
        try:
            self._out.mkdir(parents=True, exist_ok=True)
            pipeline = LoopPipeline.from_pack(self._pack)
            loop = pipeline.render(self._request)
            path = self._out / f"preview-{minutes:07.2f}min.wav"
            write_sound(path, loop.audio, loop.sample_rate, Recipe.of_loop(loop), DEFAULT_FORMAT)
        except (LoopGenError, OSError) as error:
            return LearningTold("remark", f"No preview after {minutes:.1f} minutes: {error}")
        return LearningTold("preview", path=str(path), minutes=minutes)

    def loops(self, tempi: Sequence[float], most: int) -> list[Loop]:
        """Up to `most` loops, of different seeds at `tempi` in turn."""
        self._pipeline = LoopPipeline.from_pack(self._pack)
        asked = [self._request.with_(tempo_bpm=tempo, seed=seed) for seed, tempo in enumerate(tempi[:most])]
        return [self._pipeline.render(request) for request in asked]

    @property
    def embeds(self) -> bool:
        """Whether the pack that rendered `loops` hears sounds."""
        return self._pipeline is not None and self._pipeline.info.words is not None

    def embed(self, loop: Loop) -> tuple[float, ...]:
        """The embedding of one of `loops`."""
        assert self._pipeline is not None
        return self._pipeline.embed_sound(loop.audio, loop.sample_rate)
