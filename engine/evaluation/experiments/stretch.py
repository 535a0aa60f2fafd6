"""`loopgen evaluate stretch`: loops at other tempi by inversion, by their conditions, and by signal processing."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.applications.inversion import InvertedLoop, invert_loops, latent_state
from engine.applications.source import SourceLoop
from engine.applications.time_stretch import TURN_AT, stretch
from engine.errors import InvalidRequest
from engine.evaluation.judges.dsp_stretch import NAME, dsp_stretch, dsp_stretcher_available
from engine.evaluation.judges.kinship import Portrait, kinship
from engine.evaluation.ledger import Ledger
from engine.evaluation.results import results_folder
from engine.evaluation.sources import SourceSettings, mean, named, random_loop, write_table
from engine.knobs import STRETCH_RATIOS, TEMPO
from engine.pipeline import LoopPipeline
from engine.tempo import LoopGeometry

PERCENT = (-30, -15, 15, 30, 40)
ROUTES = ("inversion", "conditions")
CODEC, RANDOM = "codec alone, not stretched", "random loop of its tags"

Audio = NDArray[np.float32]
Found = dict[str, Any]


def evaluate_stretch(
    pipeline: LoopPipeline,
    out: Path,
    settings: SourceSettings,
    *,
    percent: Sequence[int] = PERCENT,
    routes: Sequence[str] = ROUTES,
    turns: Sequence[float] = (TURN_AT,),
    progress: bool = True,
) -> dict[str, Any]:
    """Loops at `percent` more tempo: `stretch.json` and `stretch.md` in `out`; stopped, it goes on where it was.

    Every result is compared with the source, and its timbre also with the source as the codec alone gives it, which
    is as near as any latent can come, and with that of a random loop of the same tags. Tempi outside 40-240 BPM are
    left out. `turns` are the alphas at which inverted states are brought to their new length.
    """
    out = results_folder(out)
    ledger = Ledger(out / "stretch.jsonl")
    found: dict[tuple[str, int], list[Found]] = {}
    for seed in tqdm(settings.seeds, desc="stretch", unit="loop", disable=not progress):
        loop = _Stretched(pipeline, settings, seed, ledger, turns)
        for way, change, near in loop.measured(percent, routes):
            found.setdefault((way, change), []).append(near)
    header = [
        "way", "tempo change %", "loops", "tempo hit", "strict", "beat ms, median", "onset F1", "timbre",
        "timbre against the codec's", "nearer than a random loop", "distance", "pitch",
    ]  # fmt: skip
    rows = [[way, change, *_figures(items)] for (way, change), items in found.items()]
    rows += [
        [way, "all", *_figures([item for (who, _), items in found.items() if who == way for item in items])]
        for way in dict.fromkeys(who for who, change in found if change)
    ]
    results = {
        "pack": named(pipeline),
        "settings": settings.to_dict(),
        "rows": [dict(zip(header, row, strict=True)) for row in rows],
    }
    write_table(out / "stretch", settings.heading("Time-stretch", pipeline), header, rows, results)
    return results


def check_changes(percent: Sequence[int]) -> None:
    """Raise `InvalidRequest` on a change of tempo that cannot be made."""
    low, high = (round(100 * (ratio - 1)) for ratio in STRETCH_RATIOS)
    for change in percent:
        if change == 0 or not low <= change <= high:
            raise InvalidRequest(f"A change by {change} % is not possible: {low} to {high}, and not 0.")


class _Stretched:
    """One loop; what is known of it already is not computed again."""

    def __init__(
        self, pipeline: LoopPipeline, settings: SourceSettings, seed: int, ledger: Ledger, turns: Sequence[float]
    ) -> None:
        self.pipeline, self.settings, self.seed, self.ledger = pipeline, settings, seed, ledger
        self.turns = turns

    def measured(self, percent: Sequence[int], routes: Sequence[str]) -> Iterator[tuple[str, int, Found]]:
        """The way, the change of tempo, and how the result is related to the loop."""
        random = self._near(RANDOM, 0, self._random, walked=True)
        yield CODEC, 0, self._near(CODEC, 0, lambda: self._coded, walked=True)
        yield RANDOM, 0, random
        ways = [(f"inversion, turned at alpha {turn:g}", "inversion", turn) for turn in self.turns]
        ways += [("conditions, new noise", "conditions", 0.0)]
        for change in percent:
            tempo = self._tempo(change)
            if not TEMPO.holds(tempo):
                continue
            for way, route, turn in ways:
                if route not in routes:
                    continue

                def ours(tempo: float = tempo, route: str = route, turn: float = turn) -> Audio:
                    return stretch(self.pipeline, self._inverted, tempo, route=route, turn_at=turn).audio

                yield way, change, self._beside(random, self._near(way, change, ours, walked=True))
            if dsp_stretcher_available():
                yield NAME, change, self._beside(random, self._near(NAME, change, partial(self._dsp, change)))

    def _near(self, way: str, change: int, make: Callable[[], Audio], *, walked: bool = False) -> Found:
        under = f"{self.settings.walked(self.pipeline)} " if walked else ""

        def measure() -> Found:
            made = Portrait.of(make(), self._geometry(change))
            near = kinship(self._portrait, made).to_dict()
            return near | ({"coded_timbre": self._coded_portrait.timbre_distance(made)} if walked else {})

        return dict(self.ledger(f"{under}{self.settings.name(self.seed)} {way} {change}", measure))

    @staticmethod
    def _beside(random: Found, near: Found) -> Found:
        return near | {"nearer": near["timbre"] < random["timbre"]}

    @cached_property
    def _source(self) -> SourceLoop:
        return self.settings.source(self.seed)

    @cached_property
    def _portrait(self) -> Portrait:
        return Portrait.of(self._source.audio, self._source.geometry)

    @cached_property
    def _coded(self) -> Audio:
        x_1 = latent_state(self.pipeline, self._source)
        coded: Audio = self.pipeline.latents.decode(x_1, self._source.geometry.samples)[0]
        return coded

    @cached_property
    def _coded_portrait(self) -> Portrait:
        return Portrait.of(self._coded, self._source.geometry)

    @cached_property
    def _inverted(self) -> InvertedLoop:
        return invert_loops(self.pipeline, [self._source], self.settings.walk, down_to=min(self.turns))[0]

    def _random(self) -> Audio:
        return self.pipeline.render(random_loop(self._source, self.seed + 1)).audio

    def _dsp(self, change: int) -> Audio:
        to = self._geometry(change)
        return dsp_stretch(self._source.audio, to.sample_rate, to.samples)

    def _tempo(self, change: int) -> float:
        return round(self._bpm * (1 + change / 100), 2)

    @property
    def _bpm(self) -> float:
        name = f"{self.settings.name(self.seed)} tempo"
        return float(self.ledger(name, lambda: self._source.request.tempo_bpm))

    def _geometry(self, change: int) -> LoopGeometry:
        own = self._source.geometry
        return LoopGeometry(self._tempo(change), own.bars, own.sample_rate) if change else own


def _figures(items: list[Found]) -> list[Any]:
    def average(name: str) -> float:
        return mean([item[name] for item in items if item.get(name) is not None])

    return [
        len(items),
        average("tempo_hit"),
        average("tempo_strict"),
        float(np.median([item["beat_ms"] for item in items])),
        *(average(name) for name in ("onset_f1", "timbre", "coded_timbre", "nearer", "distance", "pitch")),
    ]
