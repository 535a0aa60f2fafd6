"""The spectral codec: exact analysis, circular time, levelled spectra."""

import pytest
import torch

from engine.codec.bands import band_means, band_shapes
from engine.codec.networks import SpectralCodecConfig
from engine.codec.peaks import tonal_peaks
from engine.codec.spectral import SpectralCodec, mid_side
from engine.codec.stft import analyse, synthesise, tight_window, wrap_pad

TINY = SpectralCodecConfig(
    learnt_dim=24, fine_width=16, coarse_width=16, encoder_blocks=(1, 1), decoder_blocks=(1, 1)
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
    assert latent.shape == (2, 24 + 44, 9)
    assert codec.decode(latent).shape == (2, 2, 1024 * 9)
    assert codec.frame_rate == pytest.approx(43.066, abs=1e-3)


def test_rotating_a_loop_rotates_its_latent_and_its_decoding() -> None:
    codec = SpectralCodec(TINY).eval()
    with torch.no_grad():
        torch.nn.init.normal_(codec.encoder.out.weight, std=0.1)
        audio = noise(1, 2, 1024 * 12)
        latent = codec.encode(audio)
        assert torch.allclose(codec.encode(torch.roll(audio, 5 * 1024, -1)), torch.roll(latent, 5, -1), atol=1e-4)
        turned = codec.decode_parts(torch.roll(latent, 5, -1)).low
        assert torch.allclose(turned, torch.roll(codec.decode_parts(latent).low, 5 * 1024, -1), atol=1e-4)


def test_without_circular_time_the_ends_do_not_meet() -> None:
    codec = SpectralCodec(TINY).eval()
    first = torch.zeros(1, 2, 1024 * 12)
    first[..., -1024:] = noise(1, 2, 1024)
    with torch.no_grad():
        quiet = codec.encode(torch.zeros_like(first), circular=False)
        assert torch.allclose(codec.encode(first, circular=False)[..., 0], quiet[..., 0], atol=1e-5)
        assert not torch.allclose(codec.encode(first, circular=True)[..., 0], quiet[..., 0], atol=1e-3)


def test_what_has_phases_comes_back_exactly_and_inputs_are_levelled() -> None:
    """Low spectra lead back to the low band; what the network reads has unit level; latents start with it."""
    tilt = torch.linspace(1, 0.02, 513)[:, None]
    window = tight_window(1024, 512)
    spectrum = analyse(0.1 * noise(4, 2, 1024 * 40), window, 512, circular=True) * tilt
    audio = synthesise(spectrum, window, 512, circular=True)
    codec = SpectralCodec(TINY)
    codec.fit_levels(audio)
    with torch.no_grad():
        low = codec.low_band(audio, True)
        rebuilt = mid_side(codec._synthesise(codec._low_spectrum(codec.features(audio, True)), True))
        heard = codec.hear(audio, False) / codec.encoder.usual
        latent = codec.encode(audio, circular=False)
    assert (rebuilt - low).abs().max() < 1e-4
    power = torch.fft.rfft(low).abs().square().sum((0, 1))
    assert float(power[: int(350 / 44100 * low.shape[-1])].sum() / power.sum()) > 0.99
    assert heard.shape == (4, TINY.inputs, 80)
    levels = heard.square().mean((0, 2)).sqrt()
    low_parts, tones = 2 * 2 * TINY.phase_bins, 2 * TINY.tones
    assert levels[low_parts : low_parts + tones].max() < 1.1  # hardly a tone sounds in noise
    others = torch.cat((levels[:low_parts], levels[low_parts + tones :]))
    assert others[others > 0].sub(1).abs().max() < 0.1
    assert (others == 0).sum() == 2  # the imaginary part of 0 Hz, of mid and of side
    assert latent[:, : TINY.learnt_dim].std((0, 2)).sub(1).abs().max() < 0.05


@pytest.mark.parametrize("frames", [37, 400])
def test_a_partial_is_a_pure_sine_that_runs_through_the_seam(frames: int) -> None:
    codec = SpectralCodec(TINY)
    amplitudes = torch.zeros(1, 2, TINY.tones, frames)
    amplitudes[0, 0, -TINY.lowest_tone] = 1.0  # A4 in the middle
    audio = codec._synthesise(codec._partials(amplitudes, True), True)[0, 0]
    power = torch.fft.rfft(audio).abs().square()
    peak = int(power.argmax())
    assert peak * 44100 / len(audio) == pytest.approx(440, abs=0.5 * 44100 / len(audio))
    assert float(power[peak] / power.sum()) > 0.998  # whole turns: nothing leaks beside the line
    assert float(audio.square().mean().sqrt()) == pytest.approx(0.5**0.5, rel=0.01)


def test_peaks_are_the_partials_that_sound() -> None:
    config = SpectralCodecConfig()
    time = torch.arange(44100) / 44100
    chord = sum(0.1 * torch.sin(2 * torch.pi * hertz * time + hertz) for hertz in (261.6, 311.1, 392.0, 2093.0))
    assert isinstance(chord, torch.Tensor)
    chord = torch.cat((torch.zeros(44100 - 44100 % 512), chord))
    chord = chord[: len(chord) // 512 * 512]
    peaks = tonal_peaks(chord[None, None], config.tone_hz, 512, 44100, circular=False)[0, 0]
    sounding = (peaks[:, 130] > 1e-3).nonzero()[:, 0]
    assert [round(float(config.tone_hz[place])) for place in sounding] == [262, 311, 392, 2093]
    assert peaks[sounding, 130].sub(0.1).abs().max() < 0.03  # a minor third that low is hard to part
    assert float(peaks[:, :84].max()) < 1e-3  # the long window reaches into the attack from frame 82 on


def test_few_peaks_are_found_in_noise() -> None:
    config = SpectralCodecConfig()
    peaks = tonal_peaks(noise(1, 1, 65536), config.tone_hz, 512, 44100, circular=True)
    window = torch.hann_window(4096)
    bins = analyse(noise(1, 1, 65536), window, 512, circular=True).abs() * 2 * 64 / window.sum()
    assert peaks.shape == (1, 1, 112, 128)
    assert float(peaks.mean()) < 0.35 * float(bins.mean())


def test_noise_has_the_level_of_its_gains_and_is_always_the_same() -> None:
    codec = SpectralCodec(TINY)
    gains = torch.full((1, 2 * 4 * 20, 30), -3.0)
    first = synthesise(codec._noise(gains), codec.short_window, 128, circular=True)
    again = synthesise(codec._noise(gains), codec.short_window, 128, circular=True)
    louder = synthesise(codec._noise(gains + 1), codec.short_window, 128, circular=True)
    assert torch.equal(first, again)
    assert first.shape == (1, 2, 30 * 512)
    assert float(20 * torch.log10(louder.std() / first.std())) == pytest.approx(8.686, abs=1e-3)  # one neper


def test_bands_draw_and_average() -> None:
    shapes = band_shapes(24, 513)
    assert shapes.shape == (513, 24)
    assert torch.allclose(shapes.sum(1), torch.ones(513), atol=1e-5)
    assert shapes[0, 0] == 1
    assert shapes[-1, -1] == pytest.approx(1, abs=1e-4)
    means = band_means(32, 64, 513)
    assert torch.allclose(means.sum(1), torch.ones(32), atol=1e-5)
    assert not means[:, :64].any()
