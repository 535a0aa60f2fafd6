"""`loopgen evaluate architectures`: denoisers of other sizes and other numbers of groups, on short equal budgets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engine.corpus.store import read_manifest
from engine.evaluation.ledger import Ledger
from engine.evaluation.plots import new_figure, save_figure
from engine.evaluation.results import results_folder
from engine.evaluation.sources import write_table
from engine.models.unet import DenoiserConfig

MEDIUM = DenoiserConfig(widths=(96, 128, 160, 160), blocks=1, groups=16, notes=True)
ARCHITECTURES: Mapping[str, DenoiserConfig] = {
    "medium, 8 groups": replace(MEDIUM, groups=8),
    "medium, 16 groups": MEDIUM,
    "medium, 32 groups": replace(MEDIUM, groups=32),
    "narrow": replace(MEDIUM, widths=(64, 96, 112, 112)),
    "wide": replace(MEDIUM, widths=(160, 224, 256, 256)),
    "deep": replace(MEDIUM, blocks=2),
    "three scales": replace(MEDIUM, widths=(96, 128, 160)),
}
"""What is compared; 32 groups divide every width."""
GROUPS: Mapping[str, DenoiserConfig] = {
    f"{kind}, {groups} groups{', informed' * informed}": replace(
        MEDIUM, groups=groups, grouping=kind, informed=informed
    )
    for groups in (8, 16, 32)
    for kind, informed in (("contiguous", False), ("learned", False), ("learned", True))
}
"""The ablation over groups: contiguous or learned, how many, with and without the information loss."""
Train = Callable[[DenoiserConfig], dict[str, Any]]


def evaluate_architectures(
    train: Train,
    corpus: Path,
    out: Path,
    budget: str,
    *,
    architectures: Mapping[str, DenoiserConfig] = ARCHITECTURES,
    progress: bool = True,
) -> dict[str, Any]:
    """What `train` says of each of `architectures`, all on one `budget`, for latents of `corpus`.

    `train` gives "validation loss", "parameters", "groups", "blocks", "seconds a step", losses "at alpha ..." and a
    "curve" of steps and losses. Writes `architectures.json`, `.md` and a plot to `out`; what is trained already is
    not trained again.
    """
    manifest = read_manifest(corpus)
    out = results_folder(out)
    ledger = Ledger(out / "architectures.jsonl")
    latent_dim = int(manifest.get("latent_dim", DenoiserConfig.latent_dim))
    rows: list[dict[str, Any]] = []
    for name, shape in tqdm(architectures.items(), desc="architectures", disable=not progress):
        config = replace(shape, latent_dim=latent_dim)
        key = f"{manifest.get('encoder')} {config} {budget}"
        rows.append({"name": name} | ledger(key, partial(train, config)))
    header = ["denoiser", "parameters", "groups", "blocks", "seconds a step", "validation loss", *_at(rows)]
    table = [[row[title] for title in ("name", *header[1:])] for row in rows]
    heading = (
        f"# Denoisers on equal budgets\n\n{budget}, all on the same batches, noises and alphas; loss over "
        f"{rows[0]['held-out loops']} held-out loops under all conditions.\n\n"
    )
    results = {"budget": budget, "rows": rows}
    write_table(out / "architectures", heading, header, table, results)
    _draw(out, rows)
    return results


def _at(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [title for title in rows[0] if title.startswith("at alpha")]


def _draw(out: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    figure = new_figure(8, 4)
    axis = figure.subplots()
    for row in rows:
        axis.plot(*zip(*row["curve"], strict=True), marker=".", label=row["name"])
    axis.set(title="validation loss", xlabel="steps")
    axis.legend(fontsize=7)
    save_figure(figure, out / "architectures.png")
