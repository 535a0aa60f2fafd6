"""A tiny pack and a tiny corpus: every real component, small enough to train in a test."""

from pathlib import Path

import numpy as np
import torch

from engine.audio.voice_image import voice_image
from engine.clap.starter import StarterClap
from engine.codec.networks import SpectralCodecConfig
from engine.codec.spectral import SpectralCodec
from engine.corpus.score import Annotation, CorpusLoop
from engine.corpus.seeds import HELD_OUT_SEED
from engine.corpus.store import store_loop
from engine.models.fewsteps import FewStepConfig, FewSteps
from engine.models.unet import Denoiser, DenoiserConfig
from engine.packs.models import load_denoiser, store_clap, store_codec, store_denoiser, store_fewsteps
from engine.packs.pack import Pack
from engine.tempo import LoopGeometry
from engine.training.clap_run import new_clap
from engine.training.word_table import WordVectors

CODEC = SpectralCodecConfig(
    learnt_dim=12, notes=4, fine_width=16, coarse_width=16, encoder_blocks=(1, 1), decoder_blocks=(1, 1)
)
DENOISER = DenoiserConfig(
    latent_dim=16, widths=(32, 32, 32), blocks=1, groups=8, timeline_width=8, embedding_width=16, repeats=True
)


def tiny_pack(folder: Path, *, denoiser: bool = True, clap: bool = False, seed: int = 0) -> Path:
    """A pack with random weights, the codec levelled to noise so that what it decodes is audible."""
    torch.manual_seed(seed)
    codec = SpectralCodec(CODEC)
    codec.fit_levels(0.1 * torch.randn(8, 2, 1024 * 32), 32)
    store_codec(folder, codec, "tiny", {})
    if denoiser:
        model = Denoiser(DENOISER)
        torch.nn.init.normal_(model.out.weight, std=0.05)
        store_denoiser(folder, model, {})
    if clap:
        store_clap(folder, tiny_clap(seed), {})
    return folder


FEW_STEPS = FewStepConfig(rank=4, semantic_dim=8, encoder_width=16, told_width=16, prior_width=16)


def tiny_few_steps(folder: Path) -> Path:
    """`tiny_pack` with an embedder and a few-step model that is not its denoiser any more."""
    pack = tiny_pack(folder, clap=True)
    torch.manual_seed(5)
    model = FewSteps.over(load_denoiser(Pack.open(pack)), FEW_STEPS)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    store_fewsteps(pack, model, {})
    return pack


def tiny_clap(seed: int = 0) -> StarterClap:
    """An embedder with random weights over a few words."""
    torch.manual_seed(seed)
    words = ("techno", "kick", "bright", "no", "warm", "pad", "bpm", "number", "sombre", "##re", "dark")
    vectors = torch.nn.functional.normalize(torch.randn(len(words), 16), dim=1)
    shape = {"text_width": 32, "text_layers": 1, "text_heads": 2, "audio_widths": (16, 24)}
    return new_clap(WordVectors(words, 7, vectors), **shape)


def tiny_corpus(folder: Path, loops: int = 6, frames: int = 48) -> Path:
    """Bars of `frames` frames, a multiple of 16, of 1024 samples, with beeps on the beat; the last two are held out
    and sound like the others."""
    for number in range(loops):
        seed = number + (HELD_OUT_SEED if number >= loops - 2 else 0)
        tempo = 4 * 60 * 44100 / (frames * 1024)
        time = np.arange(frames * 1024) / 44100
        beep = np.sin(2 * np.pi * (110 + 40 * (number % 2)) * time) * np.exp(-20 * (time % (60 / tempo)))
        audio = np.stack((beep, beep)).astype(np.float32) * 0.5
        onsets = {"kick": tuple((float(beat), 1.0) for beat in range(4))}
        captions = ("bright techno kick", "techno no pad") if number % 2 else ("warm techno kick", "dark kick")
        annotation = Annotation(seed, tempo, 1, "techno", "Am", ("techno", "kick"), onsets, captions, source="test")
        curves = np.full((4, frames), 0.5, np.float32)
        image = voice_image(audio[0], 44100, [(beat * frames * 256, 1.0) for beat in range(4)])
        assert image is not None and LoopGeometry(tempo, 1).frames == frames
        loop = CorpusLoop(audio, annotation, voices={"kick": image})
        store_loop(folder, f"loop-{number}", loop, curves)
    return folder
