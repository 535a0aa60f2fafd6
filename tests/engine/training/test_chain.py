"""`train all`: from nothing but a folder to a pack, on a tiny budget, and on from where it was cut."""

import json
from pathlib import Path

import pytest
from tiny import tiny_pack

from engine.errors import CorpusError, InvalidRequest
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest
from engine.training import chain as chains
from engine.training.chain import Chain, Sizes, train_all
from engine.training.checkpoints import seconds_trained

SMALL = Sizes(crops=2, crop_frames=8, heard=4, frames=256)


def small_chain(folder: Path, minutes: float, **changes: object) -> Chain:
    settings = {"loops": 5, "held_out": 2, "recordings": 0, "jobs": 1, "device": "cpu", "sizes": SMALL}
    return Chain(folder / "chain", folder / "pack", minutes, **{**settings, **changes})


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*grad.*")
def test_a_chain_makes_a_pack_that_renders_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = tiny_pack(tmp_path / "pack", clap=True)
    before = files_of(pack)
    told: list[str] = []
    chain = small_chain(tmp_path, 0.1)
    figures = train_all(chain, told.append)
    after = files_of(pack)
    stages = ["corpus", "codec", "decoder", "embedder", "encoding the corpus", "denoiser", "balance"]
    assert list(dict.fromkeys(line.split(":")[0] for line in told)) == stages
    assert all(after[name] != before[name] for name in before)
    assert {"voices", "balance"} <= {*after}
    assert 0 < figures["denoiser conditional"] < 10
    request = LoopRequest(tempo_bpm=170, bars=1, num_steps=2)
    assert LoopPipeline.from_pack(pack, "cpu").render(request).audio.shape == (2, request_samples(request))
    spent = {stage: seconds_trained(chain.run(stage)) for stage in ("codec", "decoder", "clap", "denoiser")}
    assert all(seconds > 0 for seconds in spent.values())
    # The same chain has no time left but for the denoiser, whose encoding was taken off its share.
    told.clear()
    train_all(chain, told.append)
    assert not any(line.startswith(("codec", "decoder", "embedder")) for line in told)


def files_of(pack: Path) -> dict[str, str]:
    components = json.loads((pack / "pack.json").read_text())["components"]
    return {name: entry["file"] for name, entry in components.items()}


def request_samples(request: LoopRequest) -> int:
    return round(request.bars * 4 * 60 / request.tempo_bpm * 44100)


def test_a_corpus_that_cannot_be_rendered_ends_the_chain(tmp_path: Path) -> None:
    (tmp_path / "chain").mkdir()
    (tmp_path / "chain" / "corpus").write_text("in the way")
    with pytest.raises(CorpusError, match="could not be rendered"):
        train_all(small_chain(tmp_path, 1.0), lambda _: None)


@pytest.mark.parametrize(
    ("minutes", "changes"), [(0, {}), (float("nan"), {}), (1, {"loops": 0}), (1, {"held_out": 0})]
)
def test_impossible_chains_are_refused(tmp_path: Path, minutes: float, changes: dict[str, int]) -> None:
    with pytest.raises(InvalidRequest):
        small_chain(tmp_path, minutes, **changes)


def test_shares_are_the_whole() -> None:
    assert sum(chains.SHARES.values()) == pytest.approx(1.0)
