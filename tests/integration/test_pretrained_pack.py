"""The seed report's own configuration: EnCodec at 24 kHz and LAION-CLAP, from folders of weights to a loop."""

import json
from pathlib import Path

import pytest
import soundfile
import torch
from pretrained_folders import clap_folder, encodec_folder
from tiny import tiny_corpus

from engine.cli.app import run
from engine.models.unet import DenoiserConfig
from engine.packs.models import load_clap, load_codec, load_denoiser
from engine.packs.pack import Pack
from engine.pretrained.models import read_laion
from engine.tempo import LoopGeometry
from engine.training.denoiser_run import train_denoiser
from engine.training.run import TrainingOptions

pytest.importorskip("transformers")
DENOISER = DenoiserConfig(
    latent_dim=128, widths=(32, 32), blocks=1, groups=8, timeline_width=8, embedding_width=16, notes=True
)


def no_window() -> int:
    raise AssertionError("a verb must not open the window")


def test_encodec_and_clap_train_save_verify_and_render(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    encodec, laion = encodec_folder(tmp_path / "encodec"), clap_folder(tmp_path / "laion")
    pack, corpus = tmp_path / "pack", tiny_corpus(tmp_path / "corpus")
    create = ["pack", "create", str(pack), "--codec", f"encodec:{encodec}", "--clap", f"laion:{laion}"]
    assert run(create, no_window) == 0
    assert "codec (encodec), clap_audio (laion), clap (laion)" in capsys.readouterr().out
    assert run(create, no_window) == 2
    assert "already holds a pack" in capsys.readouterr().err
    assert run(["corpus", "encode", str(corpus), "--pack", str(pack), "--device", "cpu"], no_window) == 0
    options = TrainingOptions(minutes=5, max_steps=4, warmup_steps=1, validate_every=4)
    figures = train_denoiser(corpus, pack, tmp_path / "run", options, frames_per_batch=168, config=DENOISER)
    assert 0 < figures["conditional"] < 5

    opened = Pack.open(pack)
    assert (opened.sample_rate, opened.hop_length, opened.latent_dim) == (24_000, 320, 128)
    assert load_codec(opened).geometry(120, 1).frame_rate == 75
    assert load_denoiser(opened).mean.shape == (128, 1)
    clap = load_clap(opened)
    with torch.no_grad():
        words = clap.embed_text(["deep house", "hard techno"])
        sound = clap.embed_audio(0.1 * torch.randn(2, 2, 24_000), 24_000)
        exact = read_laion(laion)[0](["deep house", "hard techno"])
    assert torch.cosine_similarity(words, exact).min() > 0.99999  # half precision costs nothing
    assert words.shape == sound.shape == (2, 512)
    assert torch.allclose(torch.cat((words, sound)).norm(dim=1), torch.ones(4), atol=1e-5)

    capsys.readouterr()
    assert run(["pack", "verify", str(pack)], no_window) == 0
    assert run(["pack", "show", str(pack)], no_window) == 0
    shown = capsys.readouterr().out
    assert "24000 Hz, 128 latent channels every 320 samples" in shown and "EnCodec" in shown and "LAION-CLAP" in shown

    out = tmp_path / "loop.wav"
    render = ["render", "--pack", str(pack), "--bpm", "150", "--bars", "1", "--steps", "2", "--seed", "1"]
    assert run([*render, "--device", "cpu", "--out", str(out), "--json"], no_window) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    audio, rate = soundfile.read(out, always_2d=True)
    assert rate == told["sample_rate"] == 24_000
    assert audio.shape == (LoopGeometry(150, 1, 24_000, 320).samples, 2) == (38_400, 2)

    (weights,) = pack.glob("clap_audio-*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    assert run(["pack", "verify", str(pack)], no_window) == 2
    assert "bytes instead of" in capsys.readouterr().err
