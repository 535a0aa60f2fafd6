"""`loopgen evaluate stems`: how near the parts of loops that are taken apart are to those that they were made of."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from engine.corpus.seeds import STEM_HELD_OUT
from engine.devices import choose_device
from engine.errors import PackError
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.packs.models import load_stems
from engine.packs.pack import Pack
from engine.stems.known_stems import SeparateLoop, improvements, taken_apart


def evaluate_stems(
    folder: Path, out: Path, *, loops: int = 100, device: str = "auto", progress: bool = True
) -> dict[str, Any]:
    """Take `loops` held-out corpus loops apart with the pack in `folder`; writes `stems.json` and `stems.md`.

    For each part, and the drums together: in how many loops it is heard, and by how many dB the SI-SDR of its stem is
    higher than that of the whole loop, mean and median. Raises `PackError` when the pack takes no loops apart.
    """
    pack = Pack.open(folder)
    network = load_stems(pack)
    if network is None:
        raise PackError(f"Pack {pack.name!r} takes no loops apart; see `loopgen train stems`.")
    out, network = results_folder(out), network.to(choose_device(device))
    gains: dict[str, list[float]] = {}
    worst = -np.inf
    for number in tqdm(range(loops), desc="loops", disable=not progress):
        loop = SeparateLoop.rendered(STEM_HELD_OUT.first + number)
        stems = taken_apart(network, loop)
        for part, gain in improvements(loop, stems).items():
            gains.setdefault(part, []).append(gain)
        missing = (stems.sum(0) - loop.audio).square().sum() / loop.audio.square().sum()
        worst = max(worst, 10 * float(torch.log10(missing + 1e-20)))
    parts = {
        part: {"loops": len(found), "mean (dB)": float(np.mean(found)), "median (dB)": float(np.median(found))}
        for part, found in gains.items()
    }
    write_json(out / "stems.json", {"pack": pack.hash, "loops": loops, "worst sum (dB)": worst, "parts": parts})
    header = ["part", "loops", "mean (dB)", "median (dB)"]
    table = markdown_table(header, [[part, *row.values()] for part, row in parts.items()])
    write_atomically(out / "stems.md", f"{table}\nWorst sum of stems: {worst:.0f} dB beside its loop.\n".encode())
    return {"worst sum (dB)": worst, **parts}
