"""What is taken from a sound: an embedding, a voice of a part, one sentence where there is none."""

import numpy as np
import pytest
import torch
from tiny import tiny_clap

from engine.audio.voice_image import VOICE_RATE
from engine.errors import AudioFileError, InvalidRequest
from engine.models.voices import VoiceEncoder
from engine.rendering.sounds import SILENCE, embedding_of, voice_of
from engine.requests import PICTURED, LoopRequest
from engine.vocabulary import EMBEDDING_DIM, PARTS, VOICE_DIM

CPU = torch.device("cpu")


def beep(seconds: float, rate: int = 44100, hertz: float = 220.0, level: float = 0.5) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    sound = level * np.sin(2 * np.pi * hertz * time) * np.exp(-20 * (time % 0.5))
    return np.stack([sound, sound]).astype(np.float32)


def test_an_embedding_is_of_unit_length_however_short_the_sound() -> None:
    clap = tiny_clap().eval()
    for seconds in (0.01, 0.2, 3.0):
        embedded = np.array(embedding_of(clap, beep(seconds), 44100, CPU))
        assert embedded.shape == (EMBEDDING_DIM,) and np.linalg.norm(embedded) == pytest.approx(1.0, abs=1e-3)
    assert embedding_of(clap, beep(1.0), 44100, CPU) == embedding_of(clap, beep(1.0), 44100, CPU)
    mono, six = beep(1.0)[:1], np.repeat(beep(1.0)[:1], 6, 0)
    np.testing.assert_allclose(embedding_of(clap, six, 44100, CPU), embedding_of(clap, beep(1.0), 44100, CPU))
    assert len(embedding_of(clap, mono, 44100, CPU)) == EMBEDDING_DIM


@pytest.mark.parametrize("level", [0.0, 0.5 * SILENCE])
def test_silence_has_no_character(level: float) -> None:
    with pytest.raises(AudioFileError, match="silent"):
        embedding_of(tiny_clap(), beep(1.0, level=level), 44100, CPU)


@pytest.fixture(scope="module")
def encoder() -> VoiceEncoder:
    torch.manual_seed(0)
    return VoiceEncoder().eval()


def test_a_voice_is_that_of_the_clearest_hit_at_any_rate(encoder: VoiceEncoder) -> None:
    voice = np.array(voice_of(encoder, "kick", beep(2.0), 44100, CPU))
    assert voice.shape == (PICTURED,) and np.isfinite(voice).all() and np.abs(voice[:VOICE_DIM]).max() > 0
    assert (voice[VOICE_DIM:].min(), voice[VOICE_DIM:].max()) == (0.0, 1.0)
    LoopRequest(voices={"kick": tuple(voice.tolist())})
    again = np.array(voice_of(encoder, "kick", beep(2.0, VOICE_RATE), VOICE_RATE, CPU))
    np.testing.assert_allclose(voice, again, atol=0.1)
    other = np.array(voice_of(encoder, "kick", beep(2.0, hertz=3000.0), 44100, CPU))
    assert np.abs(voice - other).max() > 2 * np.abs(voice - again).max()


def test_what_is_no_part_or_no_sound_is_one_sentence(encoder: VoiceEncoder) -> None:
    with pytest.raises(InvalidRequest, match=f"'cowbell'.*{PARTS[-1]}"):
        voice_of(encoder, "cowbell", beep(1.0), 44100, CPU)
    with pytest.raises(AudioFileError, match="could be a closed hat"):
        voice_of(encoder, "closed_hat", np.zeros((2, 44100), np.float32), 44100, CPU)
