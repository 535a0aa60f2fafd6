"""Training runs on a tiny corpus: the loss falls, a run goes on where it stopped, two processes agree."""

import json
import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from tiny import CODEC, DENOISER, tiny_corpus, tiny_pack

from engine.codec.spectral import Decoded, SpectralCodec
from engine.corpus.store import stored_loops
from engine.errors import CorpusError, PackError
from engine.packs.identities import encoder_hash
from engine.packs.models import load_codec, load_denoiser, load_voices
from engine.packs.pack import Pack
from engine.training.checkpoints import CheckpointError, load_checkpoint
from engine.training.codec import CodecTrainer, CodecTraining, latent_pull
from engine.training.codec_run import train_codec
from engine.training.crops import AudioCrops
from engine.training.denoiser import draw_repeats
from engine.training.denoiser_run import train_denoiser
from engine.training.encoding import encode_corpus
from engine.training.latents import LatentCorpus
from engine.training.run import TrainingOptions, TrainingRun
from engine.training.spectral_losses import ReconstructionLoss, Target, mel_filters, si_sdr
from engine.vocabulary import PARTS, STYLES

ROOT = Path(__file__).resolve().parents[3]
SHORT = TrainingOptions(minutes=10, max_steps=6, warmup_steps=2, validate_every=3)


def rows(run: Path, kind: str) -> list[dict[str, Any]]:
    lines = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return [row for row in lines if row["kind"] == kind]


@pytest.fixture
def encoded(tmp_path: Path) -> tuple[Path, Path]:
    """A tiny corpus encoded by the codec of a tiny pack that has no denoiser yet."""
    pack, corpus = tiny_pack(tmp_path / "pack", denoiser=False), tiny_corpus(tmp_path / "corpus")
    encode_corpus(corpus, load_codec(Pack.open(pack)), lambda *_: None)
    return corpus, pack


def test_a_denoiser_learns_and_lands_in_its_pack(encoded: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, pack = encoded
    options = TrainingOptions(
        minutes=10, max_steps=40, warmup_steps=5, learning_rate=3e-3, validate_every=10, ema_decay=0.8
    )
    figures = train_denoiser(corpus, pack, tmp_path / "run", options, frames_per_batch=192, config=DENOISER)
    first, *_, last = rows(tmp_path / "run", "validation")
    assert first["conditional"] < 2.5
    assert last["loss_at_0.3"] < 0.85 * first["loss_at_0.3"]  # most of training is near the noise
    assert figures["conditional"] == pytest.approx(last["conditional"], abs=1e-5)
    record = Pack.open(pack).manifest["training"]["denoiser"][-1]
    assert record["step"] == 40
    denoiser = load_denoiser(Pack.open(pack))
    assert denoiser.config == DENOISER
    assert denoiser.mean.any()


def test_a_run_goes_on_where_it_stopped(encoded: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, pack = encoded
    old = replace(DENOISER, repeats=False)
    for _ in range(2):
        train_denoiser(corpus, pack, tmp_path / "run", SHORT, frames_per_batch=96, config=old)
    assert [row["step"] for row in rows(tmp_path / "run", "validation")] == [3, 6, 6, 9, 12, 12]
    assert load_denoiser(Pack.open(pack)).config == old and load_voices(Pack.open(pack)) is None
    for _ in range(2):
        train_denoiser(corpus, pack, tmp_path / "later", replace(SHORT, max_steps=3), frames_per_batch=96)
    later = load_denoiser(Pack.open(pack)).config  # a later run learns to read them
    assert later.notes and later.repeats
    assert load_voices(Pack.open(pack)) is not None
    first, later = Pack.open(pack).manifest["training"]["denoiser"]  # a record a run, however often it was stopped
    assert (first["step"], later["step"]) == (12, 6)
    assert [row["step"] for row in first["curve"]] == [3, 6, 6, 9, 12, 12]
    assert (tmp_path / "run" / "curves.png").read_bytes().startswith(b"\x89PNG")
    saved = load_checkpoint(tmp_path / "run")
    assert saved is not None
    tensors, state = saved
    assert state["step"] == 12
    assert any(name.startswith("optimizer.") and name.endswith("exp_avg_sq") for name in tensors)


def test_a_run_that_is_interrupted_keeps_every_step(
    encoded: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, pack = encoded
    step = TrainingRun._train_step

    def interrupted(run: TrainingRun, spent: float) -> dict[str, float]:
        if run.step == 4:
            raise KeyboardInterrupt
        return step(run, spent)

    monkeypatch.setattr(TrainingRun, "_train_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_denoiser(corpus, pack, tmp_path / "run", SHORT, frames_per_batch=96, config=DENOISER)
    saved = load_checkpoint(tmp_path / "run")
    assert saved is not None and saved[1]["step"] == 4
    assert Pack.open(pack).manifest["training"]["denoiser"][-1]["step"] == 4
    monkeypatch.undo()
    train_denoiser(corpus, pack, tmp_path / "run", replace(SHORT, max_steps=2), frames_per_batch=96)
    again = load_checkpoint(tmp_path / "run")
    assert again is not None and again[1]["step"] == 6


def test_the_voices_of_training_loops_go_into_the_pack(encoded: tuple[Path, Path], tmp_path: Path) -> None:
    """Four loops have two kicks, of 110 and 150 Hz: the table has those two, and of no other part any."""
    corpus, pack = encoded
    train_denoiser(corpus, pack, tmp_path / "run", SHORT, frames_per_batch=96, config=DENOISER)
    opened = Pack.open(pack)
    table, encoder = load_voices(opened), load_denoiser(opened).voices
    assert table is not None and encoder is not None
    kicks = table.voices[PARTS.index("kick")]
    assert 2 <= len(kicks.unique(dim=0)) <= 4
    for loop in list(stored_loops(corpus))[:2]:
        images, given = loop.voices()
        assert given.tolist() == [1, 0, 0, 0, 0, 0, 0, 0] and images.shape == (8, 40, 32) and not images[1:].any()
        with torch.no_grad():
            voice = encoder(torch.from_numpy(images).float()[None])[0, 0]
        assert float((kicks - voice).abs().max(1).values.min()) < 0.01  # half precision
    assert not table.voices[1:].any() and (table.styles[0] == STYLES.index("techno")).all()


def test_noise_comes_again_in_training_for_two_loops_of_three() -> None:
    shares = draw_repeats(6000, torch.Generator().manual_seed(0))
    assert shares.shape == (6000, 1) and float(shares.min()) >= 0 and float(shares.max()) <= 1
    assert float((shares == 0).float().mean()) == pytest.approx(1 / 3, abs=0.02)
    assert float(shares.mean()) == pytest.approx(1 / 3, abs=0.02)  # half, of two thirds


def test_crops_begin_with_a_frame_and_have_one_length(tmp_path: Path) -> None:
    """A loop whose samples tell where they are: crops of 8 frames begin at multiples of 1024 and go round."""
    corpus = tiny_corpus(tmp_path, loops=3)
    (loop,) = (loop for loop in stored_loops(corpus) if not loop.held_out)
    place = np.arange(48 * 1024, dtype=np.float32) / (96 * 1024)
    told = np.stack((place, np.full_like(place, 0.5)), axis=1)
    soundfile.write(loop.audio_path, told, 44100, subtype="FLOAT", format="WAV")
    crops = AudioCrops([loop], 8, 0).batch(50)
    assert crops.frames == 8 and crops.audio.shape == (50, 2, 8 * 1024)
    starts = set()
    for crop in crops.audio:
        level, ramp = crop if bool((crop[0] == crop[0, 0]).all()) else crop.flip(0)  # either may come first
        gain = float(level[0]) / 0.5  # of both signs, up to 1 dB and down to 9
        assert 10 ** (-9 / 20) - 1e-4 <= abs(gain) <= 10 ** (1 / 20) + 1e-4
        heard = ramp / gain * 96
        frame = round(float(heard[0]))
        expected = (frame * 1024 + torch.arange(8 * 1024)) % (48 * 1024) / 1024
        assert torch.allclose(heard, expected, atol=1e-3)
        starts.add(frame)
    assert len(starts) > 20 and starts <= set(range(48))


def test_a_corpus_of_another_codec_is_refused(encoded: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, _ = encoded
    other = tiny_pack(tmp_path / "other", denoiser=False, seed=1)
    with pytest.raises(CorpusError, match="not encoded by this pack's codec"):
        train_denoiser(corpus, other, tmp_path / "run", SHORT)


def test_a_damaged_checkpoint_says_so(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path) is None
    (tmp_path / "checkpoint.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0nonsense")
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(tmp_path)


def test_a_full_disk_costs_no_checkpoint(encoded: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, pack = encoded
    train_denoiser(corpus, pack, tmp_path / "run", SHORT, frames_per_batch=96, config=DENOISER)
    kept = (tmp_path / "run" / "checkpoint.safetensors").read_bytes()
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(kept) // 2, most))  # no file can grow beyond that
    try:
        with pytest.raises(CheckpointError, match="Cannot write the checkpoint"):
            train_denoiser(corpus, pack, tmp_path / "run", SHORT, frames_per_batch=96, config=DENOISER)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert (tmp_path / "run" / "checkpoint.safetensors").read_bytes() == kept
    assert not list((tmp_path / "run").glob("*.part"))
    Pack.open(pack)


def test_a_codec_learns(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "corpus", frames=96)
    exported: list[dict[str, Any]] = []
    torch.manual_seed(0)
    trainer = CodecTrainer(
        SpectralCodec(CODEC), CodecTraining(corpus, batch_size=2, crop_frames=16), lambda _, p: exported.append(p)
    )
    with torch.no_grad():
        before = trainer.validate(trainer.model.eval())
    options = TrainingOptions(minutes=10, max_steps=30, warmup_steps=2, validate_every=30, ema_decay=0.8)
    after = TrainingRun(trainer, tmp_path / "run", options).run()
    assert after["mel"] < 0.95 * before["mel"]
    assert exported[-1]["step"] == 30


def test_a_decoder_goes_on_alone_where_the_whole_codec_stopped(tmp_path: Path) -> None:
    corpus, pack, run = tiny_corpus(tmp_path / "corpus", frames=96), tmp_path / "pack", tmp_path / "run"
    options = TrainingOptions(
        minutes=10, max_steps=4, warmup_steps=1, validate_every=4, ema_decay=0.9, learning_rate=1e-2
    )
    train_codec(CodecTraining(corpus, batch_size=2, crop_frames=16), pack, run, options)
    before = encoder_hash(load_codec(Pack.open(pack)))
    train_codec(CodecTraining(corpus, batch_size=2, crop_frames=16, freeze_encoder=True), pack, run, options)
    (record,) = Pack.open(pack).manifest["training"]["codec"]
    assert record["step"] == 8 and record["settings"]["freeze_encoder"]
    assert encoder_hash(load_codec(Pack.open(pack))) == before


def test_batches_have_one_length_and_rotate_with_their_conditions(encoded: tuple[Path, Path]) -> None:
    corpus, _ = encoded
    loops = LatentCorpus(corpus, held_out=False, frames_per_batch=192)
    assert len(loops) == 4
    batch = loops.batch(torch.Generator().manual_seed(0))
    assert batch.latent.shape == (4, 16, 48)
    # Wherever a loop was turned to, its kick ramps still begin where the beat does.
    for beat, kick in zip(batch.conditions.beat[:, 0], batch.conditions.pattern[:, 0], strict=True):
        assert (kick.roll(-1)[beat == 0] == 7 / 8).all()
    with pytest.raises(CorpusError, match="no corpus"):
        LatentCorpus(corpus / "nowhere", held_out=False)


def test_the_decoder_goes_on_against_a_discriminator(tmp_path: Path) -> None:
    """The second stage: latents stay what they are, the decoder moves, and stopping loses no discriminator."""
    training = CodecTraining(tiny_corpus(tmp_path / "corpus", frames=96), batch_size=2, crop_frames=16)
    pack = tmp_path / "pack"
    options = TrainingOptions(minutes=10, max_steps=3, warmup_steps=1, validate_every=3, ema_decay=0.5)
    with pytest.raises(PackError, match="has no codec yet"):
        train_codec(training, pack, tmp_path / "adversarial", options, adversarial=True)
    tiny_pack(pack, denoiser=False)
    before = load_codec(Pack.open(pack))
    for _ in range(2):
        train_codec(training, pack, tmp_path / "adversarial", options, adversarial=True)
    after = load_codec(Pack.open(pack))
    assert encoder_hash(after) == encoder_hash(before)
    assert not torch.equal(after.state_dict()["decoder.low.weight"], before.state_dict()["decoder.low.weight"])
    (record,) = Pack.open(pack).manifest["training"]["codec"][1:]
    assert (record["step"], record["settings"]["adversarial"], record["settings"]["freeze_encoder"]) == (
        6,
        True,
        True,
    )
    assert "corpus" not in record["settings"]
    saved = load_checkpoint(tmp_path / "adversarial")
    assert saved is not None
    assert any(name.startswith("judge_optimizer.") for name in saved[0])


def test_losses_have_known_values() -> None:
    audio = torch.randn(2, 2, 8192, generator=torch.Generator().manual_seed(0))
    features, silence = audio.abs(), torch.zeros_like(audio)
    tones = torch.tensor([0.1, 0.0])[None, None, :, None]
    spectrum = torch.complex(audio, audio.flip(-1)).reshape(2, 2, 64, 128)
    target = Target(features, audio, features, audio, tones, spectrum)
    criterion = ReconstructionLoss(44100).eval()
    total, _ = criterion(Decoded(features, tones, None, audio, silence), target)
    assert float(total) == pytest.approx(0, abs=1e-6)
    _, louder = criterion(Decoded(features * 2, tones * 10, None, audio * 10, silence), target)
    assert float(louder["mel"]) == pytest.approx(1.0, abs=0.01)  # a decade, in log10
    assert float(louder["partials"]) == pytest.approx(1.0, abs=0.02)
    assert float(louder["peaks"]) == pytest.approx(1.5, abs=0.01)  # a decade times three, on half of the partials
    assert float(louder["waveform"]) == pytest.approx(9 / 1.2, rel=0.02)
    assert float(louder["phase"]) == pytest.approx(1 / 1.2, rel=0.02)
    # What has no phases is judged by its level alone.
    _, high = criterion(Decoded(features, tones, None, silence, -audio), target)
    assert float(high["mel"]) == pytest.approx(0, abs=1e-6)
    assert float(high["waveform"]) == pytest.approx(1 / 1.2, rel=0.02)
    # A spectrum that is foretold costs nothing, and silence 1 / 1.2; one of another phase costs 2 ** 0.5 of that.
    shaped = {"right": spectrum, "silent": 0 * spectrum, "turned": 1j * spectrum}
    found = {
        name: float(criterion(Decoded(features, tones, guess, audio, silence), target)[1]["shaped"])
        for name, guess in shaped.items()
    }
    assert found == pytest.approx({"right": 0, "silent": 1 / 1.2, "turned": 2**0.5 / 1.2}, rel=0.02, abs=1e-4)
    noisy = audio + 0.1 * torch.randn(audio.shape, generator=torch.Generator().manual_seed(1))
    assert float(si_sdr(noisy, audio).mean()) == pytest.approx(20, abs=0.5)
    assert float(si_sdr(3 * noisy, audio).mean()) == pytest.approx(20, abs=0.5)
    assert torch.allclose(mel_filters(44100, 256, 32).sum(1), torch.ones(32), atol=1e-5)
    latent = torch.randn(4, 3, 1000) * 2 + 5
    assert float(latent_pull(latent)) == pytest.approx(26, abs=1)


@pytest.mark.slow
def test_two_processes_train_one_model(encoded: tuple[Path, Path], tmp_path: Path) -> None:
    """Data parallelism over two CPU processes, as `torchrun` starts it: same weights, one set of files."""
    corpus, pack = encoded
    script = tmp_path / "train.py"
    script.write_text(
        "from pathlib import Path\n"
        "from tiny import DENOISER\n"
        "from engine.training.denoiser_run import train_denoiser\n"
        "from engine.training.run import TrainingOptions\n"
        "options = TrainingOptions(minutes=10, max_steps=4, warmup_steps=2, validate_every=4)\n"
        f"train_denoiser(Path({str(corpus)!r}), Path({str(pack)!r}), Path({str(tmp_path / 'run')!r}), options,\n"
        "               frames_per_batch=96, config=DENOISER)\n"
    )
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-9000:]
    assert [row["step"] for row in rows(tmp_path / "run", "validation")] == [4, 4]
    assert Pack.open(pack).manifest["training"]["denoiser"][-1]["step"] == 4
