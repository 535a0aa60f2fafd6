"""What each effect and part of the corpus adds or costs: its distance to real music with one of them taken away."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from engine.corpus.arrangement import LoopPlan, plan_loop
from engine.corpus.mixing import MixSettings, PartMix, mix
from engine.corpus.render import dry_stems, sampled_stems
from engine.corpus.score import Audio
from engine.corpus.seeds import HELD_OUT_SEED
from engine.evaluation.experiments.corpus import SoundSet, measure_set
from engine.evaluation.judges.distribution import frechet_distance, split_half_floor
from engine.evaluation.judges.musicnn import Musicnn
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.vocabulary import PARTS

WHOLE: Final = "whole"
NO_ONE_SHOTS: Final = "no one-shots"


def _each_part(settings: MixSettings, **values: Any) -> MixSettings:
    return replace(settings, parts={name: replace(part, **values) for name, part in settings.parts.items()})


def _no_space(settings: MixSettings) -> MixSettings:
    return _each_part(settings, reverb_send=0.0, delay_send=0.0)


def _no_ducking(settings: MixSettings) -> MixSettings:
    return replace(_each_part(settings, duck_depth=0.0), space=replace(settings.space, duck_depth=0.0))


def _no_saturation(settings: MixSettings) -> MixSettings:
    clean = _each_part(settings, drive_db=0.0, crush_bits=0.0)
    return replace(clean, master=replace(settings.master, drive_db=0.0, crush_bits=0.0))


def _no_movement(settings: MixSettings) -> MixSettings:
    return _each_part(settings, movement="none")


def _no_stereo(settings: MixSettings) -> MixSettings:
    return replace(settings, master=replace(settings.master, width=0.0))


def _no_tone(settings: MixSettings) -> MixSettings:
    plain = PartMix(0.0)
    flat = {name: getattr(plain, name) for name in ("high_pass_hz", "low_pass_hz", "tilt_db", "bell_db", "transient")}
    return _each_part(settings, **flat)


def _no_master(settings: MixSettings) -> MixSettings:
    master = settings.master
    kept = replace(type(master)(), loudness_db=master.loudness_db, width=master.width)
    return replace(settings, master=kept)


def _dry(settings: MixSettings) -> MixSettings:
    for step in (_no_space, _no_ducking, _no_saturation, _no_movement, _no_stereo, _no_tone, _no_master):
        settings = step(settings)
    return settings


def _without(part: str) -> Callable[[MixSettings], MixSettings]:
    def removed(settings: MixSettings) -> MixSettings:
        return replace(settings, parts={name: strip for name, strip in settings.parts.items() if name != part})

    return removed


VARIANTS: Final[Mapping[str, Callable[[MixSettings], MixSettings]]] = {
    WHOLE: lambda settings: settings,
    NO_ONE_SHOTS: lambda settings: settings,
    "no reverb and delay": _no_space,
    "no ducking": _no_ducking,
    "no saturation": _no_saturation,
    "no movement": _no_movement,
    "mono": _no_stereo,
    "no tone controls": _no_tone,
    "no master chain": _no_master,
    "none of these effects": _dry,
    **{f"no {part}": _without(part) for part in PARTS},
}
"""What is done to the mix of every loop."""


def variant_audio(plan: LoopPlan, variant: str) -> Audio:
    """Loop `plan` `[2, T]` at 44.1 kHz as `variant`, a key of `VARIANTS`, mixes it; silent where no part is left."""
    stems = dry_stems(plan)
    if variant != NO_ONE_SHOTS:
        stems = sampled_stems(plan, stems)
    settings = VARIANTS[variant](plan.mix)
    return mix(stems, settings, plan.tempo_bpm, plan.onsets()["kick"], with_stems=False).audio


def evaluate_ablation(
    real: SoundSet, out: Path, judge: Musicnn | None, *, count: int = 100, progress: bool = True
) -> dict[str, Any]:
    """Distance of `count` held-out corpus loops to `real` per variant: `ablation.json` and `ablation.md` in `out`.

    Every variant has the same loops, so that differences are those of what was taken away; small sets read too high,
    all alike. A part's variant has fewer files where it played alone.
    """
    out = results_folder(out)
    rows: dict[str, dict[str, float]] = {}
    for variant in VARIANTS:
        sounds = measure_set(variant, _loops(variant, count, progress), judge, progress=False)
        rows[variant] = {"loops": float(len(sounds.levels))}
        for name, groups in real.embeddings.items():
            ours = np.concatenate(sounds.embeddings[name])
            rows[variant][f"Frechet, {name}"] = frechet_distance(np.concatenate(groups), ours)
    floors = {
        f"Frechet, {name}": split_half_floor(groups, np.random.default_rng(0))
        for name, groups in real.embeddings.items()
    }
    write_json(out / "ablation.json", {"reference": real.name, "split-half floor": floors, "variants": rows})
    figures = list(rows[WHOLE])
    table = markdown_table(
        ["variant", *figures, *(f"against whole, {name}" for name in floors)],
        [
            [variant, *row.values(), *(row[name] - rows[WHOLE][name] for name in floors)]
            for variant, row in rows.items()
        ],
    )
    told = ", ".join(f"{name}: {low:.1f} to {high:.1f}" for name, (low, high) in floors.items())
    heading = (
        f"# The corpus without each of its effects and parts\n\nDistances to {real.name}; its halves: {told}.\n\n"
    )
    write_atomically(out / "ablation.md", (heading + table).encode())
    return rows


def _loops(variant: str, count: int, progress: bool) -> Iterable[list[Audio]]:
    seeds = range(HELD_OUT_SEED, HELD_OUT_SEED + count)
    for seed in tqdm(seeds, desc=variant, unit="loop", disable=not progress):
        yield [variant_audio(plan_loop(seed), variant)]
