"""What a request can take from a sound: its character as an embedding, and how one part sounds in it."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from engine.audio.descriptors import onset_times
from engine.audio.resampling import resample
from engine.audio.spectrum import check_audio
from engine.audio.voice_image import VOICE_RATE, attack, voice_image
from engine.clap.base import ClapEmbedder
from engine.errors import AudioFileError, InvalidRequest
from engine.models.voices import VoiceEncoder
from engine.vocabulary import PARTS

SILENCE: Final = 1e-4
"""Peak below which a sound counts as silent, -80 dBFS."""


@torch.inference_mode()
def embedding_of(
    clap: ClapEmbedder, audio: NDArray[np.float32], sample_rate: int, device: torch.device
) -> tuple[float, ...]:
    """The embedding of a sound `audio [C, T]`, 512 values; raises `AudioFileError` on silence."""
    heard = check_audio(audio)[:2]
    heard = np.tile(heard, -(-sample_rate // heard.shape[1]))  # the embedder needs about a third of a second
    if np.abs(heard).max() < SILENCE:
        raise AudioFileError("The reference is silent; give a sound.")
    embedded = clap.embed_audio(torch.from_numpy(heard)[None].to(device), sample_rate)[0]
    return tuple(round(float(value), 5) for value in embedded)


@torch.inference_mode()
def voice_of(
    encoder: VoiceEncoder, part: str, audio: NDArray[np.float32], sample_rate: int, device: torch.device
) -> tuple[float, ...]:
    """How `part` sounds in `audio [C, T]`, by its clearest onset: the numbers of its voice, and behind them its
    picture, row by row.

    Raises `InvalidRequest` on an unknown part, `AudioFileError` when there is nothing to hear.
    """
    if part not in PARTS:
        raise InvalidRequest(f"Unknown part {part!r}; possible: {', '.join(PARTS)}.")
    heard = resample(check_audio(audio), sample_rate, VOICE_RATE)
    times, strengths = onset_times(heard, VOICE_RATE)
    mono = heard.mean(axis=0)
    begun = np.round(times * VOICE_RATE).astype(np.int64).tolist()
    places = [((at + attack(mono, at)) % len(mono), loud) for at, loud in zip(begun, strengths.tolist(), strict=True)]
    image = voice_image(mono, VOICE_RATE, places or [(0, 1.0)])
    if image is None:
        raise AudioFileError(f"Nothing is heard that could be a {part.replace('_', ' ')}; give a sound.")
    pictures = torch.zeros(1, len(PARTS), *image.shape)
    pictures[0, PARTS.index(part)] = torch.from_numpy(image)
    voices = encoder(pictures.to(device, next(encoder.parameters()).dtype))
    numbers = [round(float(value), 4) for value in voices[0, PARTS.index(part)]]
    return (*numbers, *(round(float(level), 2) for level in image.flat))
