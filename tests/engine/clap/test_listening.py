"""What the audio tower hears of tones, sides, levels and rotated loops."""

import pytest
import torch

from engine.clap.listening import HOP, LOWEST_PITCH, MEL_BANDS, Listening

FRAMES = 86
TIME = torch.arange(FRAMES * HOP) / 44100


def tone(pitch: float) -> torch.Tensor:
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    cycles = round(hertz * FRAMES * HOP / 44100)  # whole cycles: a loop
    return 0.5 * torch.sin(2 * torch.pi * cycles * torch.arange(FRAMES * HOP) / (FRAMES * HOP))


@pytest.mark.parametrize("pitch", [31, 45, 60, 81, 94])
def test_a_tone_is_loudest_in_its_semitone(pitch: int) -> None:
    audio = tone(pitch).expand(1, 2, -1)
    heard = Listening()(audio)
    assert heard.shape == (1, Listening.rows, FRAMES)
    rows = heard[0, 2 * MEL_BANDS :]
    assert (rows.argmax(0) == pitch - LOWEST_PITCH).all()


def test_mono_has_no_sides_and_opposite_channels_no_middle() -> None:
    listening, audio = Listening(), tone(60)
    mono = listening(audio[None, None])[0]
    stereo = listening(torch.stack((audio, audio))[None])[0]
    assert torch.equal(mono, stereo)
    assert mono[MEL_BANDS : 2 * MEL_BANDS].std() < 1e-5
    apart = listening(torch.stack((audio, -audio))[None])[0]
    assert apart[MEL_BANDS : 2 * MEL_BANDS].amax() > apart[:MEL_BANDS].amax() + 3


def test_level_says_nothing_and_rotation_rotates() -> None:
    generator = torch.Generator().manual_seed(0)
    audio = 0.3 * torch.randn(1, 2, FRAMES * HOP, generator=generator)
    listening = Listening()
    heard = listening(audio)
    assert (listening(0.25 * audio) - heard).abs().mean() < 0.02
    turned = listening(torch.roll(audio, 5 * HOP, -1))
    assert torch.allclose(turned, torch.roll(heard, 5, -1), atol=1e-3)
