"""LoopGen as it is once a part, a tag, a style and a steer were added to it, each in the middle of the others.

Run as a program it renders with a pack that was written before: `added_words.py PACK REQUESTS.json OUT.npz`. The
places that it changes are those that the README tells to change.
"""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PART, TAG, STYLE, STEER = "shaker", "glassy", "trance", "glass"
LISTS = {
    '\nPARTS: Final = ("kick", "snare", ': f'\nPARTS: Final = ("kick", "{PART}", "snare", ',
    '\nSTYLES: Final = (\n    "minimal", ': f'\nSTYLES: Final = (\n    "{STYLE}", "minimal", ',
    'CHARACTERS: Final = (\n    "dark", ': f'CHARACTERS: Final = (\n    "dark", "{TAG}", ',
    'STEERS: Final = {\n': f'STEERS: Final = {{\n    "{STEER}": ("{TAG}", "dark"),\n',
}  # fmt: skip
"""What is written into `engine/vocabulary.py`."""


CORPUS = "engine/corpus"
CHANGED = {
    "part": (f"{CORPUS}/styles.py", f"{CORPUS}/patterns/", f"{CORPUS}/voices/", f"{CORPUS}/wording.py"),
    "style": tuple(f"{CORPUS}/{name}.py" for name in ("styles", "voices/registry", "mix_settings", "wording")),
    "character": (f"{CORPUS}/wording.py",),
    "steer": (),
}
"""The other files that `add_words` changes, by the kind of word."""


def add_words() -> None:
    """Add the words, before anything else of the engine is imported."""
    _edit_vocabulary()
    from engine.corpus import styles, wording
    from engine.corpus.mix_settings import _TASTES, _Taste
    from engine.corpus.patterns import MAKERS
    from engine.corpus.voices import registry

    habits: Any = styles.STYLE_HABITS
    habits[STYLE] = replace(habits["techno"], tempo=(132, 142))
    for name in habits:
        parts, makers = habits[name].parts | {PART: 0.9}, {**habits[name].makers, PART: habits[name].makers["snare"]}
        habits[name] = replace(habits[name], parts=parts, makers=makers)
    tables: list[tuple[Any, str, Any]] = [
        (_TASTES, STYLE, _Taste(0.6, 0.3, 0.6)),
        (registry.STYLE_LEANS, STYLE, {}),
        (wording.STYLE_WORDS, STYLE, ("trance",)),
        (wording.ERAS, STYLE, ("90s",)),
        (wording.PART_WORDS, PART, ("shaker",)),
        (wording.CHARACTER_WORDS, TAG, ("glassy", "crystalline")),
        (MAKERS, PART, MAKERS["snare"]),
        (registry.VOICES, "egg", replace(registry.VOICES["shaker"], name="egg", part=PART)),
    ]
    for table, word, entry in tables:
        table[word] = entry


def _edit_vocabulary() -> None:
    path = ROOT / "engine" / "vocabulary.py"
    text = path.read_text(encoding="utf-8")
    for before, after in LISTS.items():
        assert text.count(before) == 1
        text = text.replace(before, after)
    spec = importlib.util.spec_from_loader("engine.vocabulary", None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["engine.vocabulary"] = module
    exec(compile(text, str(path), "exec"), module.__dict__)


def main(pack: str, requests: str, out: str) -> None:
    """Play `requests` on `pack`; the last line says what the pack does not know, and what new models are made of."""
    add_words()
    import numpy as np

    from engine.corpus.arrangement import plan_loop
    from engine.corpus.render import render_plan
    from engine.models.unet import Denoiser
    from engine.packs.models import load_clap, load_denoiser
    from engine.packs.pack import Pack
    from engine.pipeline import LoopPipeline
    from engine.requests import LoopRequest, Pattern
    from engine.vocabulary import PARTS, STEERS, TAGS

    pipeline = LoopPipeline.from_pack(pack, "cpu")
    asked = [LoopRequest.from_dict(request) for request in json.loads(Path(requests).read_text(encoding="utf-8"))]
    played = {f"loop{number}": pipeline.render(request).audio for number, request in enumerate(asked)}
    row = Pattern(rows={PART: [1.0] + [0.0] * 15})
    new = LoopRequest(bars=1, seed=1, num_steps=1, tags=(STYLE, TAG), steer={STEER: 1.0}, pattern=row)
    pipeline.render(new)
    plan = next(plan for seed in range(99) if PART in (plan := plan_loop(seed, style=STYLE, bars=1)).parts)
    opened = Pack.open(pack)
    told = {
        "unknown": [pipeline.info.unknown(request) for request in (*asked, new)],
        "composed": sorted(pipeline.compose(asked[0].with_(prompt="", tags=())).tags),  # type: ignore[union-attr]
        "words": [len(PARTS), len(TAGS), len(STEERS)],
        "peak": float(np.abs(render_plan(plan).audio).max()),
    }
    widened, old = load_denoiser(opened).widened(), load_denoiser(opened)
    fresh = Denoiser(widened.config).state_dict()
    told["widened"] = [list(fresh[name].shape) == list(tensor.shape) for name, tensor in widened.state_dict().items()]
    tags = [widened.known.tags.index(tag) for tag in old.known.tags]
    columns = widened.stationary.words.weight[:, tags], old.stationary.words.weight[:, : len(tags)]
    told["kept"] = bool((columns[0] == columns[1]).all())
    told["new"] = float(widened.stationary.words.weight[:, widened.known.tags.index(TAG)].abs().max())
    clap = load_clap(opened)
    facts, before = clap.widened().facts.weight, clap.facts.weight  # type: ignore[operator, union-attr]
    told["heard"] = bool((facts[tags] == before).all())
    np.savez(out, **played)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    main(*sys.argv[1:])
