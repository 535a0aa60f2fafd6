"""The spectral codec: exact analysis, circular time, what its linear start is worth."""

import pytest
import torch

from engine.codec.spectral import SpectralCodec, SpectralCodecConfig, mid_side
from engine.codec.stft import analyse, synthesise, tight_window, wrap_pad
from engine.training.spectral_losses import si_sdr

TINY = SpectralCodecConfig(
    latent_dim=24, fine_width=16, coarse_width=16, encoder_blocks=(1, 1), decoder_blocks=(1, 1)
)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("size", "hop"), [(1024, 512), (1024, 256), (512, 256)])
def test_analysis_and_synthesis_are_inverse(size: int, hop: int) -> None:
    window, audio = tight_window(size, hop), noise(2, 2, hop * 24)
    for circular in (True, False):
        rebuilt = synthesise(analyse(audio, window, hop, circular=circular), window, hop, circular=circular)
        inside = slice(None) if circular else slice(size, -size)
        assert (rebuilt - audio)[..., inside].abs().max() < 1e-5


def test_wrapping_more_than_the_length_repeats() -> None:
    x = torch.arange(3.0)[None]
    assert wrap_pad(x, 4, 5, True).tolist() == [[2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]]
    assert wrap_pad(x, 1, 2, False).tolist() == [[0, 0, 1, 2, 0, 0]]


def test_mid_side_keeps_the_energy_and_undoes_itself() -> None:
    audio = noise(1, 2, 100)
    assert torch.allclose(mid_side(mid_side(audio)), audio, atol=1e-6)
    assert torch.allclose(mid_side(audio).square().sum(), audio.square().sum(), rtol=1e-5)


def test_shapes_and_frame_rate() -> None:
    codec = SpectralCodec(TINY)
    latent = codec.encode(noise(2, 2, 1024 * 9))
    assert latent.shape == (2, 24, 9)
    assert codec.decode(latent).shape == (2, 2, 1024 * 9)
    assert codec.frame_rate == pytest.approx(43.066, abs=1e-3)


def test_rotating_a_loop_rotates_its_latent_and_its_decoding() -> None:
    codec = SpectralCodec(TINY).eval()
    with torch.no_grad():
        torch.nn.init.normal_(codec.encoder.out.weight, std=0.1)
        audio = noise(1, 2, 1024 * 12)
        latent = codec.encode(audio)
        assert torch.allclose(codec.encode(torch.roll(audio, 5 * 1024, -1)), torch.roll(latent, 5, -1), atol=1e-4)
        turned = codec.decode(torch.roll(latent, 5, -1))
        assert torch.allclose(turned, torch.roll(codec.decode(latent), 5 * 1024, -1), atol=1e-4)


def test_without_circular_time_the_ends_do_not_meet() -> None:
    codec = SpectralCodec(TINY).eval()
    first = torch.zeros(1, 2, 1024 * 12)
    first[..., -1024:] = noise(1, 2, 1024)
    with torch.no_grad():
        quiet = codec.encode(torch.zeros_like(first), circular=False)
        assert torch.allclose(codec.encode(first, circular=False)[..., 0], quiet[..., 0], atol=1e-5)
        assert not torch.allclose(codec.encode(first, circular=True)[..., 0], quiet[..., 0], atol=1e-3)


def test_principal_components_rebuild_what_they_were_fitted_to() -> None:
    """Twelve sines span 24 dimensions, which 24 latents hold: the linear start alone must give them back."""
    torch.manual_seed(0)
    time = torch.arange(1024 * 64) / 44100
    tones = torch.stack([torch.sin(2 * torch.pi * (110 * k + 40) * time) for k in range(1, 4)])
    audio = (noise(4, 2, 3) @ tones * 0.1)[..., : 1024 * 60]
    codec = SpectralCodec(TINY).eval()
    before = si_sdr(codec.decode(codec.encode(audio, circular=False), circular=False), audio).mean()
    codec.fit_linear(audio)
    with torch.no_grad():
        latent = codec.encode(audio, circular=False)
        after = si_sdr(codec.decode(latent, circular=False), audio).mean()
    assert before < 0
    assert after > 6
    assert latent.std() == pytest.approx(1.0, abs=0.1)
