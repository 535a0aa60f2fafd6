"""`loopgen train balance`: rendered loops brought to the bands of the corpus, by what they lack beside it.

First their phases are told from the rest, so that these begin warm; what bands lack then is given back by gains."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine import knobs
from engine.audio.loudness import level_match
from engine.audio.resampling import resample_periodic
from engine.audio.third_octaves import third_octave_levels
from engine.corpus.seeds import BALANCE
from engine.errors import InvalidRequest
from engine.evaluation.held_out import corpus_case
from engine.models.balance import Balance, BalanceConfig
from engine.packs.balances import store_balance
from engine.packs.models import load_codec
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.training.phases import phase_directions

TURNED = 24
"""Loops of which phases are told: ten thousand frames."""
FULL = 80
"""Percentile of loops that is compared. Where most have next to nothing in a band, as deep down, what matters is how
those sound that have something there."""
MOST_DB = 9.0
"""More is not a colour but something that is not there."""

Doubles = NDArray[np.float64]


def train_balance(
    pack: Path, *, loops: int = 60, device: str = "auto", progress: bool = True
) -> dict[str, list[float]]:
    """Measure `loops` loops of `pack` beside the corpus loops whose requests they answer, and store in the pack which
    directions of latents tell phases, and what their bands lack.

    Returns the errors `[27]` in dB by third octave, `before` and `after`, over the same loops. Raises
    `InvalidRequest` or `PackError` on what cannot be used.
    """
    if not 1 <= loops <= BALANCE.count:
        raise InvalidRequest(f"--loops {loops} is not possible: 1 to {BALANCE.count}.")
    opened = Pack.open(pack)
    pipeline = LoopPipeline.from_pack(pack, device)
    rate, pairs = pipeline.info.sample_rate, []
    balance = _without_gains(pipeline, load_codec(opened).phased_hz, loops)
    pipeline.balance = balance
    for seed in tqdm(range(BALANCE.first, BALANCE.first + loops), desc="balance", unit="loop", disable=not progress):
        case = corpus_case(seed)
        pairs.append((case.audio, pipeline.render(case.request).audio))
    before = _lacking(pairs, rate)
    gains = np.convolve(np.pad(before, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
    balance.gains.copy_(balance.gains.new_tensor(np.clip(gains, -MOST_DB, MOST_DB)))
    mended = [(real, balance.balanced(made, rate, knobs.TEMPERATURE.default)) for real, made in pairs]
    after = _lacking([(real, level_match(made, rate).audio) for real, made in mended], rate)
    figures = {"before": (-before).tolist(), "after": (-after).tolist()}
    record: dict[str, Any] = {
        "run": f"balance-{opened.hash[:8]}",
        "settings": {"loops": loops, "phases": balance.config.phases},
        "band_errors_db": figures,
    }
    store_balance(pack, balance, record)
    return figures


def _without_gains(pipeline: LoopPipeline, phased_hz: float, loops: int) -> Balance:
    """What tells phases below `phased_hz` of up to `TURNED` loops, as a balance that changes no band yet."""
    temperature = knobs.TEMPERATURE.default
    if not phased_hz:
        return Balance(BalanceConfig(temperature))
    heard = []
    for seed in range(BALANCE.first, BALANCE.first + min(loops, TURNED)):
        case = corpus_case(seed)
        geometry = pipeline.geometry(case.request)
        heard.append((resample_periodic(case.audio, geometry.samples), geometry))
    directions = phase_directions(pipeline.latents, heard, phased_hz)
    balance = Balance(BalanceConfig(temperature, *directions.shape))
    balance.phases.copy_(directions)
    return balance


def _lacking(pairs: list[tuple[NDArray[np.float32], NDArray[np.float32]]], sample_rate: int) -> Doubles:
    """What the second of pairs lack in each third octave, `[27]` in dB: levels beside those of whole loops, at `FULL`
    of each side."""
    real, made = (
        np.percentile([_shares(loop, sample_rate) for loop in side], FULL, axis=0)
        for side in zip(*pairs, strict=True)
    )
    lacking: Doubles = real - made
    return lacking


def _shares(audio: NDArray[np.float32], sample_rate: int) -> Doubles:
    """Levels of third octaves `[27]` in dB beside the level of all of them together."""
    levels = third_octave_levels(audio, sample_rate)
    shares: Doubles = levels - 10 * np.log10(np.sum(10 ** (levels / 10)))
    return shares
