"""`loopgen train balance`: rendered loops brought to the bands of the corpus, by what they lack beside it."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine import knobs
from engine.audio.loudness import level_match
from engine.audio.third_octaves import THIRD_OCTAVES_HZ, band_errors
from engine.corpus.seeds import BALANCE
from engine.errors import InvalidRequest
from engine.evaluation.held_out import corpus_case
from engine.models.balance import Balance, BalanceConfig
from engine.packs.balances import store_balance
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline

MOST_DB = 9.0
"""More is not a colour but something that is not there."""

Doubles = NDArray[np.float64]


def train_balance(
    pack: Path, *, loops: int = 60, device: str = "auto", progress: bool = True
) -> dict[str, list[float]]:
    """Measure `loops` loops of `pack` beside the corpus loops whose requests they answer, and store what their bands
    lack in the pack.

    Returns the median errors `[27]` in dB by third octave, `before` and `after`, over the same loops. Raises
    `InvalidRequest` or `PackError` on what cannot be used.
    """
    if not 1 <= loops <= BALANCE.count:
        raise InvalidRequest(f"--loops {loops} is not possible: 1 to {BALANCE.count}.")
    opened = Pack.open(pack)
    pipeline = LoopPipeline.from_pack(pack, device)
    pipeline.balance = None
    balance = Balance(BalanceConfig(knobs.TEMPERATURE.default))
    rate, pairs = pipeline.info.sample_rate, []
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
        "settings": {"loops": loops},
        "band_errors_db": figures,
    }
    store_balance(pack, balance, record)
    return figures


def _lacking(pairs: list[tuple[NDArray[np.float32], NDArray[np.float32]]], sample_rate: int) -> Doubles:
    """What the second of each pair lacks in each third octave, the median `[27]` in dB; 0 where nothing plays."""
    errors = np.array([band_errors(real, made, sample_rate) for real, made in pairs])
    told = np.isfinite(errors).any(axis=0)
    lacking = np.zeros(len(THIRD_OCTAVES_HZ))
    lacking[told] = -np.nanmedian(errors[:, told], axis=0)
    return lacking
